import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isbot } from 'isbot';
import { open, type Response } from 'maxmind';

export const LOG = fileURLToPath(new URL('../../shared/data/logs/access.log', import.meta.url));
export const text = existsSync(LOG) ? readFileSync(LOG, 'utf8') : '';

// What the raw lines of the log say, by rules written down here and none of the product's code.

/** One page view by a person. */
export interface View {
  /** A line has no cookie: who it is, is where it came from and with what. */
  readonly visitor: string;
  readonly path: string;
  /** The words of the path. */
  readonly words: ReadonlySet<string>;
  readonly country: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}

const LINE =
  /^(\S+) \S+ \S+ \[(\d\d)\/May\/2015:([\d:]{8}) \+0000\] "([^"\\]*)" (\d{3}) \S+ "(?:[^"\\]|\\.)*" "((?:[^"\\]|\\.)*)"$/;
const GOOD = new Set(['200', '203', '204', '206', '304']);
/** The endings of this site's pages, and those ends of a name that are no type of file. */
const PAGES = new Set(
  'html xhtml htm php access threads markdown xs Jan05 3 newmoused+newpsm no-pkg-config html%20target='.split(
    ' ',
  ),
);

const countries = await open<Response>(
  createRequire(import.meta.url).resolve(
    '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb',
  ),
);

export const reckoned = {
  malformed: [] as number[],
  newest: 0,
  notViews: 0,
  assets: 0,
  bots: 0,
  views: [] as View[],
};
for (const [index, line] of text.split('\n').entries()) {
  if (line === '') continue;
  const fields = LINE.exec(line);
  if (fields === null) {
    reckoned.malformed.push(index + 1);
    continue;
  }
  const [, address = '', day, clock, request = '', status = '', agent = ''] = fields;
  const time = Date.parse(`2015-05-${day}T${clock}Z`);
  reckoned.newest = Math.max(reckoned.newest, time);
  const [method, target = ''] = request.split(' ');
  if (method !== 'GET' || !GOOD.has(status)) reckoned.notViews++;
  else if (!isPage(target)) reckoned.assets++;
  else if (agent === '-' || isbot(agent)) reckoned.bots++;
  else {
    const path = target.replace(/[?#].*/, '');
    const words = new Set(path.toLowerCase().split(/[^a-z0-9]+/));
    const country = (countries.get(address) as { country_code?: string } | null)?.country_code ?? '';
    reckoned.views.push({ visitor: `${address} ${agent}`, path, words, country, time });
  }
}

function isPage(target: string): boolean {
  if (/[?&]flav=(rss20|atom)/.test(target)) return false;
  const name = target
    .replace(/[?#].*/, '')
    .split('/')
    .at(-1)!;
  return !name.includes('.') || PAGES.has(name.split('.').at(-1)!);
}

/** How many visitors have so many views that are meant. */
export function visitorsWith(meant: (view: View) => boolean, times = 1): number {
  const views = new Map<string, number>();
  for (const view of reckoned.views)
    if (meant(view)) views.set(view.visitor, (views.get(view.visitor) ?? 0) + 1);
  return [...views.values()].filter((n) => n >= times).length;
}

/** What a reader of the pages finds in each IAB category: the words of the paths that mean it on this site. */
export const INTERESTS: Readonly<Record<string, { id: string; words: readonly (readonly string[])[] }>> = {
  'Computer Networking': {
    id: '600',
    words: [
      ['ssh'],
      ['dns'],
      ['dhcp'],
      ['arp'],
      ['ppp'],
      ['vpn'],
      ['iptables'],
      ['latency'],
      ['captive', 'portals'],
    ],
  },
  'Information and Network Security': {
    id: '618',
    words: [['ssh'], ['ssl'], ['publickey'], ['arp', 'security']],
  },
  'Data Storage and Warehousing': { id: '616', words: [['logstash'], ['disk', 'partitions']] },
  'Programming Languages': {
    id: '631',
    words: [
      ['python'],
      ['perl', 'cplusplus'],
      ['debugging'],
      ['shebang'],
      ['xargs'],
      ['awk'],
      ['sed', 'unix'],
      ['ld', 'preload'],
    ],
  },
};
export const isAbout =
  (interest: string) =>
  ({ words }: View) =>
    INTERESTS[interest]!.words.some((all) => all.every((word) => words.has(word)));

/** Where nobody may be counted without a yes: EEA, United Kingdom, Switzerland, Brazil. */
export const NEED_A_YES = new Set(
  'AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO GB CH BR'.split(
    ' ',
  ),
);
