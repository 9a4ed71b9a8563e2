import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { matchRate } from './match-rate.ts';

const clickhouse = new ClickHouse(await freshDatabase());
beforeAll(() => migrate(clickhouse, 90).then(() => {}));
afterAll(() => clickhouse.close());

const NOW = Date.now();
const DAY = 86_400_000;
const ago = (days: number) => new Date(NOW - days * DAY - 1_000).toISOString();
const ALL = 0b1101;
const ACME = { id: 'acme', freshDays: 14 };

interface Seen {
  readonly days: number;
  readonly browser?: string;
  readonly country?: string;
  readonly origin?: string;
  readonly purposes?: number;
  readonly partners?: readonly string[];
}

let visitors = 0;
let hits = 0;

/** A visitor who was seen, and how long ago an id came from the partner. */
async function visitor(
  seen: readonly Seen[],
  match?: { days: number; uid?: string; partner?: string },
): Promise<number> {
  visitors += 1;
  await clickhouse.insert(
    'hits',
    seen.map(
      ({
        days,
        browser = 'Firefox',
        country = 'DE',
        origin = 'pixel',
        purposes = ALL,
        partners = ['acme'],
      }) => {
        hits += 1;
        return {
          visitor: visitors,
          hit: hits,
          time: ago(days),
          browser,
          country,
          origin,
          purposes,
          partners,
        };
      },
    ),
  );
  const { days, uid = `u${visitors}`, partner = 'acme' } = match ?? { days: 0, uid: undefined };
  if (match !== undefined)
    await clickhouse.insert('links', [
      { source: partner, visitor: visitors, uid, own: 0, first: ago(days), last: ago(days) },
    ]);
  return visitors;
}

describe('a match rate', () => {
  beforeAll(async () => {
    await visitor([{ days: 0 }], { days: 3 });
    await visitor([{ days: 3, browser: 'Safari' }]);
    await visitor(
      [
        { days: 3, browser: 'Chrome', country: 'FR' },
        { days: 20, browser: 'Safari' },
      ],
      { days: 20 },
    );
    await visitor([{ days: 20, partners: [] }], { days: 1 });
    await visitor([{ days: 20, purposes: 0b101 }]);
    await visitor([{ days: 40 }], { days: 1 });
    await visitor([{ days: 0, origin: 'import' }], { days: 1 });
    await visitor([{ days: 0, country: '' }], { days: 2, uid: '' });
    await visitor([{ days: 0, country: 'FR' }], { days: 2, partner: 'dsp' });
    const withdrawn = await visitor([{ days: 1 }], { days: 2 });
    await clickhouse.insert('consents', [
      { visitor: withdrawn, time: ago(0), withdrawn: 1, purposes: 0, partners: [] },
    ]);
  });

  it('counts who was seen, whose consent allows the partner, who has an id there and whose is fresh', async () => {
    const { windows, asOf } = await matchRate(clickhouse, ACME, new Date(NOW));
    expect(asOf).toBe(new Date(NOW).toISOString());
    const counts = windows.map(({ browsers: _, countries: __, ...window }) => window);
    expect(counts).toEqual([
      {
        days: 1,
        ...{ visitors: 3, consented: 3, matched: 1, matchedConsented: 1, fresh: 1 },
        ...{ matchRate: 0.3333, consentedMatchRate: 0.3333, freshRate: 0.3333 },
      },
      {
        days: 7,
        ...{ visitors: 6, consented: 5, matched: 3, matchedConsented: 2, fresh: 2 },
        ...{ matchRate: 0.5, consentedMatchRate: 0.4, freshRate: 0.3333 },
      },
      {
        days: 30,
        ...{ visitors: 8, consented: 5, matched: 4, matchedConsented: 2, fresh: 3 },
        ...{ matchRate: 0.5, consentedMatchRate: 0.4, freshRate: 0.375 },
      },
    ]);
  });

  it('is split by browser and country of the newest hit, most visitors first', async () => {
    const { windows } = await matchRate(clickhouse, ACME, new Date(NOW));
    const month = windows[2]!;
    expect(month.browsers.map(({ browser, visitors, matched }) => [browser, visitors, matched])).toEqual([
      ['Firefox', 6, 3],
      ['Chrome', 1, 1],
      ['Safari', 1, 0],
    ]);
    expect(month.countries.map(({ country, visitors, matched }) => [country, visitors, matched])).toEqual([
      ['DE', 5, 3],
      ['FR', 2, 1],
      ['', 1, 0],
    ]);
    for (const { visitors, browsers, countries } of windows)
      for (const split of [browsers, countries])
        expect(split.reduce((sum, each) => sum + each.visitors, 0)).toBe(visitors);
  });

  it('of a partner who keeps the matches is none, where nobody uploaded any', async () => {
    const kept = { id: 'keeper', freshDays: 14, keepsMatches: true };
    const none = await matchRate(clickhouse, kept, new Date(NOW));
    expect(none.reason).toBe('kept_by_partner');
    for (const { visitors, browsers, ...window } of none.windows) {
      expect(visitors).toBeGreaterThan(0);
      for (const each of [window, ...browsers])
        expect(each).toMatchObject({ matched: null, fresh: null, matchRate: null, freshRate: null });
    }
    const uploaded = await matchRate(clickhouse, { ...ACME, keepsMatches: true }, new Date(NOW));
    expect(uploaded).toEqual(await matchRate(clickhouse, ACME, new Date(NOW)));
  });

  it('names the twenty largest and counts the others together', async () => {
    for (let at = 0; at < 25; at++) await visitor([{ days: 5, country: `X${String.fromCharCode(65 + at)}` }]);
    const month = (await matchRate(clickhouse, ACME, new Date(NOW))).windows[2]!;
    expect(month.countries).toHaveLength(21);
    expect(month.countries.at(-1)).toMatchObject({ country: 'rest', visitors: month.visitors - 7 - 18 });
  });

  it('of nobody is none', async () => {
    const past = await matchRate(clickhouse, ACME, new Date(NOW - 80 * DAY));
    expect(past.windows[0]).toEqual({
      days: 1,
      ...{ visitors: 0, consented: 0, matched: 0, matchedConsented: 0, fresh: 0 },
      ...{ matchRate: null, consentedMatchRate: null, freshRate: null, browsers: [], countries: [] },
    });
  });
});
