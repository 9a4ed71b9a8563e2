import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pixel } from '../src/collect/door.ts';
import {
  AMERICAN,
  type Front,
  front,
  GERMAN,
  headersOf,
  NO,
  OUR_VENDOR,
  requestOf,
  SITE,
  YES,
} from '../src/collect/front.testing.ts';

interface AmpConfig {
  readonly requests: Readonly<Record<string, string>>;
  readonly triggers: Readonly<Record<string, { readonly on: string; readonly request: string }>>;
  readonly transport: Readonly<Record<string, boolean>>;
}

const [, FORM = ''] =
  /<amp-analytics[^>]*>\s*<script type="application\/json">\n(.*?)<\/script>/s.exec(
    readFileSync(new URL('../README.md', import.meta.url), 'utf8'),
  ) ?? [];
const CONFIG = JSON.parse(FORM) as AmpConfig;

/** An AMP page as its visitor has it, by what AMP's variables stand for ("AMP HTML Substitutions Guide"). */
interface AmpPage {
  readonly canonicalUrl?: string;
  readonly documentReferrer?: string;
  readonly title?: string;
  /** The cookie that the client id is kept in. */
  readonly cookies?: Readonly<Record<string, string>>;
  /** Of any of the laws; none where the consent manager gave none. */
  readonly consentString?: string;
}

/** What AMP makes of a client: kept in a cookie of that name, or made anew with a prefix of AMP's own. */
const NEW_CLIENT_ID = `amp-${'aZ09_-'.repeat(8)}`;

/**
 * The request that AMP makes of the form: each variable by its value, percent-encoded, and by nothing where it has
 * none.
 */
function fill(page: AmpPage): string {
  const values: Readonly<Record<string, (argument: string) => string | undefined>> = {
    canonicalUrl: () => page.canonicalUrl,
    documentReferrer: () => page.documentReferrer,
    title: () => page.title,
    clientId: (cookie) => page.cookies?.[cookie] ?? NEW_CLIENT_ID,
    consentString: () => page.consentString,
  };
  return CONFIG.requests[CONFIG.triggers['view']!.request]!.replaceAll(
    /\$\{(\w+)(?:\((\w+)\))?\}/g,
    (_, name: string, argument = '') => encodeURIComponent(values[name]!(argument) ?? ''),
  );
}

const PAGE: AmpPage = {
  canonicalUrl: 'https://shop.test/alps/over-the-passes?utm_campaign=spring&q=1',
  documentReferrer: 'https://www.google.com/',
  title: 'Über die Pässe & zurück',
};

/** Sends what AMP would to a collector. @returns how it ended, and what was kept. */
function view(page: AmpPage, address = AMERICAN, door: Front = front({ gvlId: OUR_VENDOR })) {
  const url = new URL(fill(page).replace('YOUR-SITE-KEY', SITE.key));
  expect(url.origin).toBe('https://collector.example');
  const results: (string | undefined)[] = [];
  pixel(
    door.collector,
    door.cookie,
    requestOf(url.pathname + url.search, {}, { address }),
    Date.now(),
    (answer) => results.push(headersOf(answer, 'ninety-result')[0]),
  );
  return { result: results[0], hits: door.journal.of('hits') };
}

describe('the form for AMP pages that the README shows', () => {
  it('sends an image when the page is seen, once there is a consent', () => {
    expect(CONFIG.triggers['view']!.on).toBe('visible');
    expect(CONFIG.transport).toEqual({ beacon: false, xhrpost: false, image: true });
  });

  it('is a page view of the canonical address, with what AMP knows of the page', () => {
    const { result, hits } = view({ ...PAGE, consentString: YES }, GERMAN);
    expect(result).toBe('stored');
    expect(hits).toMatchObject([
      {
        event: 'pageview',
        site: SITE.id,
        url: 'https://shop.test/alps/over-the-passes?utm_campaign=spring',
        path: '/alps/over-the-passes',
        title: 'Über die Pässe & zurück',
        referrer_host: 'www.google.com',
        campaign: 'spring',
      },
    ]);
  });

  it('knows the visitor by the client id that AMP keeps, and by that of the tag where there is one', () => {
    const door = front({ gvlId: OUR_VENDOR });
    view(PAGE, AMERICAN, door);
    view(PAGE, AMERICAN, door);
    const { hits } = view({ ...PAGE, cookies: { _n90: '3'.repeat(38) } }, AMERICAN, door);
    const [first, second, tagged] = hits.map(({ visitor }) => visitor);
    expect(second).toBe(first);
    expect(tagged).not.toBe(first);
  });

  it.each<[string, string, string, string]>([
    ['none, where absence allows', AMERICAN, '', 'stored'],
    ['none, where a yes is needed', GERMAN, '', 'refused; reason=consent_missing'],
    ['a TC string with a yes', GERMAN, YES, 'stored'],
    ['a TC string with a no', GERMAN, NO, 'refused; reason=no_vendor_consent'],
    ['a US Privacy string without an opt-out', AMERICAN, '1YNN', 'stored'],
    ['a US Privacy string with one', AMERICAN, '1YYN', 'refused; reason=sale_opt_out'],
    ['a US Privacy string, which is no yes of a European', GERMAN, '1YNN', 'refused; reason=consent_missing'],
    ['a GPP string without an opt-out', AMERICAN, 'DBABTA~1YNN', 'stored'],
    ['a GPP string with one', AMERICAN, 'DBABTA~1YYN', 'refused; reason=sale_opt_out'],
    ['one that nobody can read', AMERICAN, 'granted', 'refused; reason=consent_unreadable'],
  ])('with a consent string that is %s', (_, address, consentString, ended) => {
    const { result, hits } = view({ ...PAGE, consentString }, address);
    expect(result).toBe(ended);
    expect(hits).toHaveLength(ended === 'stored' ? 1 : 0);
  });

  it('stores nothing where the tag has left the mark of an opt-out', () => {
    const { result, hits } = view({ ...PAGE, cookies: { _n90: '0' } });
    expect([result, hits]).toEqual(['refused; reason=bad_field', []]);
  });
});
