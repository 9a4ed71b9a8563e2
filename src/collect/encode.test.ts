import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import {
  CONSENT_COLUMNS,
  encodeHit,
  encodeMatch,
  encodeTally,
  encodeWithdrawal,
  HIT_COLUMNS,
  MATCH_COLUMNS,
  TALLY_COLUMNS,
} from './encode.ts';
import type { Hit, HitInParts } from './hit.ts';

const clickhouse = new ClickHouse(await freshDatabase());
beforeAll(async () => void (await migrate(clickhouse, 90)));
afterAll(() => clickhouse.close());

const TODAY = Math.floor(Date.now() / 86_400_000) * 86_400_000;

/** Ships lines as the journal does: the header, and the file's name behind each row that carries it. */
async function ship(table: string, columns: string, lines: readonly string[]): Promise<void> {
  const file = `w1-${randomBytes(6).toString('hex')}-1`;
  const end = columns.endsWith('\tfile') ? `\t${file}\n` : '\n';
  const text = `${columns}\n${lines.map((line) => line + end).join('')}`;
  await clickhouse.insertBytes(table, Readable.from([Buffer.from(text)], { objectMode: false }), file);
}

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const uint = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
/** Everything that could end a value, a row, a list or an escape, and text of all scripts. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.string({
    unit: fc.constantFrom(
      '\t',
      '\n',
      '\r',
      '\0',
      '\b',
      '\f',
      '\\',
      "'",
      '"',
      ',',
      '[',
      ']',
      'N',
      'n',
      '\u001a',
      ' ',
      '🌻',
      '\ud800',
      '\udfff',
    ),
  }),
  fc.constantFrom('', '\\N', '\\\\N', '\\', "\\'", 'NULL', "']", "','", '\ufeff', '🌻', '\ud83c', 'a\u2028b'),
);
const texts = fc.array(text, { maxLength: 4 });

/** A Map with the same name twice would be another one after the way through UTF-8. */
const props = fc
  .uniqueArray(fc.tuple(text, text), { maxLength: 3, selector: ([name]) => name.toWellFormed() })
  .map((pairs) => Object.fromEntries(pairs.filter(([name]) => name !== '__proto__')));

const hit: fc.Arbitrary<Hit> = fc.record({
  time: fc.integer({ min: TODAY - 80 * 86_400_000, max: TODAY + 86_399_999 }),
  visitor: uint64,
  hit: uint64,
  site: text,
  event: text,
  origin: fc.constantFrom('pixel' as const, 'api' as const, 'import' as const),
  url: text,
  path: text,
  title: text,
  referrer: text,
  referrerHost: text,
  categories: texts,
  confidences: fc.array(uint(8), { maxLength: 4 }).map((each) => `[${each.join()}]`),
  keywords: texts,
  dwellMs: uint(32),
  scroll: uint(8),
  country: fc.constantFrom('', 'DE'),
  region: fc.constantFrom('', 'US-CA'),
  language: fc.constantFrom('', 'de'),
  device: text,
  os: text,
  browser: text,
  tz: fc.integer({ min: -720, max: 840 }),
  network: fc.constantFrom('', '192.0.2.0/24', '2001:db8:1::/48'),
  deviceType: fc.constantFrom('', 'idfa'),
  deviceId: text,
  deviceVisitor: uint64,
  firstParty: uint64,
  household: uint64,
  allowed: fc.record({ purposes: uint(16), partners: texts }),
  source: fc.constantFrom('' as const, 'direct' as const, 'social' as const),
  campaign: text,
  creative: text,
  props,
});

/** As the collector hands it over. */
const inParts = (one: Hit): HitInParts => ({
  ...one,
  page: { ...one },
  referrer: { referrer: one.referrer, host: one.referrerHost },
  place: { ...one },
  agent: { ...one },
});
const line = (one: Hit) => encodeHit(inParts(one));

/** What a lone surrogate becomes in any UTF-8: the sign for what is no character. */
const stored = (value: string) => value.toWellFormed();
const storedAll = (values: readonly string[]) => values.map(stored);
const moment = (ms: number) => new Date(ms).toISOString().replace('T', ' ').slice(0, 23);

describe('a hit that went through ClickHouse', () => {
  it('is what it was, whatever its texts hold', async () => {
    const hits = fc.sample(hit, 600);
    await ship(
      'hits',
      HIT_COLUMNS,
      hits.map((one, place) => line({ ...one, hit: BigInt(place) })),
    );
    const rows = await clickhouse.query<Record<string, unknown>>(
      'SELECT * EXCEPT (file) FROM hits ORDER BY hit',
    );
    expect(rows).toHaveLength(hits.length);
    for (const [place, one] of hits.entries()) {
      expect(rows[place]).toEqual({
        time: moment(one.time),
        visitor: String(one.visitor),
        hit: String(place),
        site: stored(one.site),
        event: stored(one.event),
        origin: one.origin,
        url: stored(one.url),
        path: stored(one.path),
        title: stored(one.title),
        referrer: stored(one.referrer),
        referrer_host: stored(one.referrerHost),
        categories: storedAll(one.categories),
        confidences: JSON.parse(one.confidences) as number[],
        keywords: storedAll(one.keywords),
        dwell_ms: one.dwellMs,
        scroll: one.scroll,
        country: one.country,
        region: one.region,
        language: one.language,
        device: stored(one.device),
        os: stored(one.os),
        browser: stored(one.browser),
        tz: one.tz,
        network: one.network,
        device_type: one.deviceType,
        device_id: stored(one.deviceId),
        device_visitor: String(one.deviceVisitor),
        first_party: String(one.firstParty),
        household: String(one.household),
        purposes: one.allowed.purposes,
        partners: storedAll(one.allowed.partners),
        source: one.source,
        campaign: stored(one.campaign),
        creative: stored(one.creative),
        props: Object.fromEntries(
          Object.entries(one.props).map(([name, value]) => [stored(name), stored(value)]),
        ),
      });
    }
  });

  it('of a journal that the last version left is read, each column by its name in the header', async () => {
    const since = ['source', 'campaign', 'creative', 'props'];
    const columns = HIT_COLUMNS.split('\t');
    const [one] = fc.sample(hit, 1);
    const left = (n: bigint) =>
      line({ ...one!, hit: 10_000n + n, event: 'left' })
        .split('\t')
        .filter((_, place) => !since.includes(columns[place]!))
        .join('\t');
    const header = columns.filter((name) => !since.includes(name)).join('\t');
    await ship('hits', header, [left(1n)]);
    const rest = `${header}\n${left(1n)}\tw1-left-1\n${left(2n)}\tw1-left-1\n`;
    const bytes = Readable.from([Buffer.from(rest)], { objectMode: false });
    await clickhouse.insertMissing('hits', bytes, 'hit', 'w1-left-1');
    expect(
      await clickhouse.query(
        "SELECT count() AS n, source, campaign, creative, props FROM kept_hits WHERE event = 'left' GROUP BY ALL",
      ),
    ).toEqual([{ n: '3', source: '', campaign: '', creative: '', props: {} }]);
  });

  it('has hour and weekday of the visitor’s own clock', async () => {
    const rows = await clickhouse.query<{
      hit: string;
      hour: number;
      weekday: number;
      time: string;
      tz: number;
    }>('SELECT hit, hour, weekday, time, tz FROM kept_hits');
    expect(rows.length).toBeGreaterThan(500);
    for (const { time, tz, hour, weekday } of rows) {
      const local = new Date(Date.parse(`${time.replace(' ', 'T')}Z`) + tz * 60_000);
      expect([hour, weekday]).toEqual([local.getUTCHours(), local.getUTCDay() || 7]);
    }
  });

  it('is one row in its journal’s line', () => {
    fc.assert(
      fc.property(hit, (one) => {
        const encoded = line(one);
        expect(encoded).not.toMatch(/[\n\r\0]/);
        expect(encoded.split('\t')).toHaveLength(HIT_COLUMNS.split('\t').length - 1);
      }),
    );
  });
});

describe('the other rows', () => {
  it('of matches are what they were', async () => {
    const uid = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((c) => String.fromCharCode(c)) });
    const matches = fc.sample(fc.tuple(uint64, uid, uint(16), texts), 200);
    await ship(
      'matches',
      MATCH_COLUMNS,
      matches.map(([visitor, id, purposes, partners], place) =>
        encodeMatch(TODAY + place, visitor, 'acme', id, { purposes, partners }),
      ),
    );
    const rows = await clickhouse.query<Record<string, unknown>>(
      'SELECT * EXCEPT (file) FROM matches ORDER BY time',
    );
    expect(rows).toEqual(
      matches.map(([visitor, id, purposes, partners], place) => ({
        time: moment(TODAY + place),
        visitor: String(visitor),
        partner: 'acme',
        uid: id,
        purposes,
        partners: storedAll(partners),
      })),
    );
  });

  it('a withdrawal is the newest state of its visitor, also in the very millisecond of a hit', async () => {
    const at = TODAY + 5;
    const visitor = 4242n;
    const [one] = fc.sample(hit, 1);
    await ship('hits', HIT_COLUMNS, [line({ ...one!, time: at, visitor })]);
    await ship('consents', CONSENT_COLUMNS, [encodeWithdrawal(at, visitor, 'pixel')]);
    const state = () =>
      clickhouse.query('SELECT time, withdrawn, purposes FROM kept_consents WHERE visitor = 4242');
    expect(await state()).toEqual([{ time: moment(at), withdrawn: 1, purposes: 0 }]);
    await ship('hits', HIT_COLUMNS, [
      line({ ...one!, time: at + 1, visitor, allowed: { purposes: 781, partners: [] } }),
    ]);
    expect(await state()).toEqual([{ time: moment(at + 1), withdrawn: 0, purposes: 781 }]);
  });

  it('counts of a minute add up', async () => {
    await ship('tallies', TALLY_COLUMNS, [
      encodeTally(TODAY, 'collect', 'shop', 'bot', 'DE', 2),
      encodeTally(TODAY, 'collect', "it's\ta shop", 'bot', '', 1),
    ]);
    await ship('tallies', TALLY_COLUMNS, [
      encodeTally(TODAY, 'collect', 'shop', 'bot', 'DE', 3),
      encodeTally(TODAY, 'collect', 'shop', 'bot', 'FR', 1),
    ]);
    await clickhouse.command('OPTIMIZE TABLE tallies FINAL');
    expect(await counted()).toEqual([
      { site: "it's\ta shop", reason: 'bot', country: '', n: '1' },
      { site: 'shop', reason: 'bot', country: 'DE', n: '5' },
      { site: 'shop', reason: 'bot', country: 'FR', n: '1' },
    ]);
  });

  it('counts of a journal that knew no countries are of none', async () => {
    const at = Math.floor(TODAY / 1000);
    await ship('tallies', 'time\troom\tsite\treason\tn', [`${at}\tcollect\told\tbot\t4`]);
    expect(await counted("site = 'old'")).toEqual([{ site: 'old', reason: 'bot', country: '', n: '4' }]);
  });

  const counted = (which = '1') =>
    clickhouse.query(
      `SELECT site, reason, country, sum(kept_tallies.n) AS n FROM kept_tallies WHERE ${which} GROUP BY ALL ORDER BY site, country`,
    );
});
