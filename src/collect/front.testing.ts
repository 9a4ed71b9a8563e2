import { GVL, TCModel, TCString } from '@iabtechlabtcf/core';
import { consentDecider } from '../consent/decide.ts';
import { vendorList } from '../consent/vendor-list.testing.ts';
import { VisitorCookie } from '../identity/cookie.ts';
import type { JournalRefusal, Stream } from '../journal/name.ts';
import { KINDS, type Partner, type Site } from '../registry/kinds.ts';
import { Tally } from '../report/tally.ts';
import { StateCookie } from '../sync/state.ts';
import { SyncTargets } from '../sync/target.ts';
import { Collector } from './collector.ts';
import { type Request, type Response, setCookies } from './door.ts';
import { CONSENT_COLUMNS, HIT_COLUMNS, MATCH_COLUMNS, OPTOUT_COLUMNS, TALLY_COLUMNS } from './encode.ts';
import type { Geo } from './geo.ts';
import type { Latest } from './latest.ts';
import type { Places } from './places.ts';

export const SECRET = 'a secret of tests, of no use elsewhere';
export const OUR_VENDOR = 77;
export const PARTNER_VENDOR = 10;
export const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';

/** Addresses of these tests: documentation's own ranges (RFC 5737), so nobody's. */
export const AMERICAN = '192.0.2.17';
export const GERMAN = '198.51.100.17';
export const NOWHERE = '203.0.113.17';
/** American too, in a data centre. */
export const HOSTED = '192.0.2.200';

const COUNTRIES: Readonly<Record<string, string>> = { [AMERICAN]: 'US', [HOSTED]: 'US', [GERMAN]: 'DE' };
const geo: Geo = {
  locate: (address) => ({ country: COUNTRIES[address] ?? '', region: '', dataCentre: address === HOSTED }),
};

const written = { version: 1, updatedAt: '2026-01-01T00:00:00.000Z' };
export const SITE: Site = { id: 'shop', name: 'Shop', domains: ['shop.test'], key: 'SITEKEY', ...written };
export const partnerOf = (id: string, rest: Partial<Partner> = {}): Partner => ({
  ...KINDS.partner.parse({ name: id }),
  id,
  ...written,
  ...rest,
});
/** One in the Global Vendor List, one that is not, one that syncs in a frame. */
export const PARTNERS: readonly Partner[] = [
  partnerOf('acme', { gvlId: PARTNER_VENDOR, syncUrl: 'https://acme.test/sync' }),
  partnerOf('plain'),
  partnerOf('framed', { iframeUrl: 'https://framed.test/sync' }),
];

const COLUMNS: Readonly<Record<Stream, string>> = {
  hits: HIT_COLUMNS,
  matches: MATCH_COLUMNS,
  consents: CONSENT_COLUMNS,
  optouts: OPTOUT_COLUMNS,
  tallies: TALLY_COLUMNS,
};

/** A journal in memory that takes every row, or refuses each as told. */
export class MemoryJournal {
  readonly rows: { readonly stream: Stream; readonly line: string }[] = [];
  refusal: JournalRefusal | undefined;

  append(stream: Stream, line: string, done: (refusal?: JournalRefusal) => void): void {
    if (this.refusal === undefined) this.rows.push({ stream, line });
    done(this.refusal);
  }

  /** The rows of a stream, as text by column, still escaped. */
  of(stream: Stream): Record<string, string>[] {
    const names = COLUMNS[stream].split('\t');
    return this.rows
      .filter((row) => row.stream === stream)
      .map(({ line }) =>
        Object.fromEntries(line.split('\t').map((value, i) => [names[i] ?? `extra${i}`, value])),
      );
  }
}

export interface Front {
  readonly journal: MemoryJournal;
  readonly tally: Tally;
  readonly cookie: VisitorCookie;
  readonly collector: Collector;
  readonly geo: Geo;
  readonly places: Places;
  readonly latest: Latest;
  readonly state: StateCookie;
  readonly publicUrl: () => string;
  readonly gvlId: number | undefined;
  readonly rules: () => {
    readonly siteByKey: (key: string) => Site | undefined;
    readonly syncTargets: SyncTargets;
    readonly decide: ReturnType<typeof consentDecider>;
  };
  /** `reason: n` of everything counted, the sites together. */
  readonly counted: () => Record<string, number>;
}

/** The front door with a journal in memory; its clock stands at `now` where one is given. */
export function front(
  options: { gvlId?: number | undefined; now?: number; partners?: readonly Partner[] } = {
    gvlId: OUR_VENDOR,
  },
): Front {
  const journal = new MemoryJournal();
  const tally = new Tally();
  const partners = options.partners ?? PARTNERS;
  const decide = consentDecider({ gvlId: options.gvlId, localRegion: undefined, partners });
  const syncTargets = new SyncTargets(partners);
  const rules = () => ({
    siteByKey: (key: string) => (key === SITE.key ? SITE : undefined),
    syncTargets,
    decide,
  });
  const { now } = options;
  const collector = new Collector({
    rules,
    journal,
    geo,
    tally,
    secret: SECRET,
    retentionDays: 90,
    ...(now === undefined ? {} : { now: () => now }),
  });
  return {
    journal,
    tally,
    cookie: new VisitorCookie(SECRET, 90),
    collector,
    geo,
    places: collector.places,
    latest: collector.latest,
    state: new StateCookie(90),
    publicUrl: () => 'https://ninety.test',
    gvlId: options.gvlId,
    rules,
    counted: () => {
      const counted: Record<string, number> = {};
      for (const { reason, n } of tally.totals()) counted[reason] = (counted[reason] ?? 0) + n;
      return counted;
    },
  };
}

/** A browser's request, from America unless told otherwise. */
export function requestOf(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  rest: Partial<Request> = {},
): Request {
  const all: Readonly<Record<string, string>> = { 'user-agent': CHROME, ...headers };
  return { method: 'GET', url, header: (name) => all[name], address: AMERICAN, secure: true, ...rest };
}

/** The values of a header, which stand in turn with their names. */
export function headersOf({ headers, setCookie }: Response, name: string): string[] {
  const all = [...headers, ...setCookies(...(setCookie ?? []))];
  return all.filter((_, i) => i % 2 === 1 && all[i - 1]?.toLowerCase() === name.toLowerCase());
}

/** A TC string that gives these purposes to these vendors. */
export function tc(purposes: readonly number[], vendors: readonly number[]): string {
  const model = new TCModel(new GVL(vendorList(5)));
  model.cmpId = 10;
  model.cmpVersion = 1;
  model.isServiceSpecific = true;
  model.purposeConsents.set([...purposes]);
  model.vendorConsents.set([...vendors]);
  model.vendorsDisclosed.set([OUR_VENDOR, PARTNER_VENDOR]);
  model.created = new Date('2026-01-01T00:00:00Z');
  model.lastUpdated = model.created;
  return TCString.encode(model);
}

export const ALL_PURPOSES = [1, 3, 4, 9, 10];
export const YES = tc(ALL_PURPOSES, [OUR_VENDOR, PARTNER_VENDOR]);
/** Nothing is allowed to anybody. */
export const NO = tc([], []);
