import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { isLocal } from '../collect/address.ts';
import { Collector } from '../collect/collector.ts';
import { HIT_COLUMNS } from '../collect/encode.ts';
import { CHROME, front, NO, OUR_VENDOR, SECRET, SITE, YES } from '../collect/front.testing.ts';
import type { HitInput } from '../collect/hit.ts';
import { Households, isSignalledYes } from './household.ts';
import { householdAddress } from './household-address.ts';
import { dropEndedKeys, periodAt, removeKeys } from './household-key.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const away = new ClickHouse({
  urls: ['http://127.0.0.1:9'],
  user: 'nobody',
  password: '',
  database: 'none',
  cluster: undefined,
});
const folders: string[] = [];
beforeAll(() => migrate(clickhouse, 90).then(() => {}));
afterAll(async () => {
  await Promise.all([clickhouse.close(), away.close()]);
  for (const folder of folders) await rm(folder, { recursive: true });
});

const newFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ninety-household-'));
  folders.push(folder);
  return folder;
};
const DAY = 86_400_000;
/** Each test in weeks of its own, because a key's token is remembered. */
let week = Math.floor(Date.now() / DAY / 7);
const nextWeek = () => {
  week += 2;
  return week * 7 * DAY + DAY / 2;
};
const HOME = { dataCentre: false, local: false };
const ADDRESS = '198.51.100.17';

/** A collector's households, ready to hash. */
async function open(now: () => number, folder?: string, from: ClickHouse = clickhouse) {
  const households = await Households.open({
    clickhouse: from,
    folder: folder ?? (await newFolder()),
    days: 7,
    now,
  });
  await households.refresh().catch(() => undefined);
  return households;
}
const keyFiles = async (folder: string) =>
  (await readdir(folder)).filter((name) => name.includes('household'));

describe('the part of an address that a home has to itself', () => {
  it.each<[string, string | undefined]>([
    ['198.51.100.17', '198.51.100.17'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'],
    ['2001:db8::1:2:3:192.0.2.1', '2001:db8:0:1::/64'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
    ['100.64.0.1', undefined],
    ['100.127.255.255', undefined],
    ['100.128.0.1', '100.128.0.1'],
    ['64:ff9b::198.51.100.17', undefined],
    ['2001::4136:e378:8000:63bf:3fff:fdd2', undefined],
    ['', undefined],
    ['home', undefined],
  ])('%s: %s', (address, home) => {
    expect(householdAddress(address)).toBe(home);
  });

  it('is of IPv6 the first 64 bits and no more', () => {
    const groups = fc.array(fc.integer({ min: 1, max: 0xffff }), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(groups, (numbers) => {
        const words = numbers.map((number) => number.toString(16));
        const one = ['2a02', ...words.slice(0, 7)].join(':');
        const same = ['2a02', ...words.slice(0, 3), ...words.slice(8, 12)].join(':');
        const other = ['2a02', ...words.slice(0, 2), (numbers[2]! % 0xffff) + 1, ...words.slice(3, 7)].join(
          ':',
        );
        expect(householdAddress(one)).toBe(householdAddress(same));
        if (one.split(':')[3] !== other.split(':')[3])
          expect(householdAddress(other)).not.toBe(householdAddress(one));
      }),
    );
  });
});

describe('a household', () => {
  it('is the same hash at every collector, and another after the key is thrown away', async () => {
    let now = nextWeek();
    const collectors = await Promise.all(Array.from({ length: 5 }, () => open(() => now)));
    const hashes = collectors.map((one) => one.hash(ADDRESS, HOME));
    expect(new Set(hashes).size).toBe(1);
    expect(hashes[0]).not.toBe(0n);
    expect(collectors[0]!.hash('198.51.100.18', HOME)).not.toBe(hashes[0]);
    now += 7 * DAY;
    expect(collectors[0]!.hash(ADDRESS, HOME)).toBe(0n);
    await collectors[0]!.refresh();
    expect([0n, hashes[0]]).not.toContain(collectors[0]!.hash(ADDRESS, HOME));
  });

  it.each([
    ['in a data centre', { dataCentre: true, local: false }, ADDRESS],
    ['of this network', { dataCentre: false, local: true }, '192.168.1.7'],
    ['of a carrier', HOME, '100.64.0.1'],
  ])('is none %s', async (_, place, address) => {
    const now = nextWeek();
    expect((await open(() => now)).hash(address, place)).toBe(0n);
  });

  it('is made while ClickHouse is away where the data folder has the key, and else not at all', async () => {
    const now = nextWeek();
    const folder = await newFolder();
    const hash = (await open(() => now, folder)).hash(ADDRESS, HOME);
    const [name] = await keyFiles(folder);
    expect((await stat(join(folder, name!))).mode & 0o777).toBe(0o600);
    expect((await open(() => now, folder, away)).hash(ADDRESS, HOME)).toBe(hash);
    expect((await open(() => now, undefined, away)).hash(ADDRESS, HOME)).toBe(0n);
    // A period later there is no key again, and the old one is gone although ClickHouse is away.
    expect((await open(() => now + 7 * DAY, folder, away)).hash(ADDRESS, HOME)).toBe(0n);
    expect(await keyFiles(folder)).toEqual([]);
  });

  it('cannot be made again once its key’s time is over: file and row are gone', async () => {
    const now = nextWeek();
    const folder = await newFolder();
    const households = await open(() => now, folder);
    const hash = households.hash(ADDRESS, HOME);
    const { starts, ends } = periodAt(now, 7);
    const [row] = await clickhouse.query<{ key: string }>(
      'SELECT key FROM household_keys WHERE starts = {starts:Date}',
      {
        starts,
      },
    );
    expect((await readFile(join(folder, (await keyFiles(folder))[0]!), 'utf8')).trim()).toBe(row!.key);

    expect(await dropEndedKeys(clickhouse, Date.parse(ends) - 1)).toBeGreaterThanOrEqual(0);
    expect(
      await clickhouse.query('SELECT 1 FROM household_keys WHERE starts = {starts:Date}', { starts }),
    ).toHaveLength(1);
    await dropEndedKeys(clickhouse, Date.parse(ends));
    await removeKeys(folder);
    expect(await keyFiles(folder)).toEqual([]);
    expect(
      await clickhouse.query('SELECT 1 FROM household_keys WHERE starts = {starts:Date}', { starts }),
    ).toEqual([]);
    expect(
      await clickhouse.query(
        "SELECT name FROM system.parts WHERE database = currentDatabase() AND table = 'household_keys' AND active AND partition = {ends:String}",
        { ends },
      ),
    ).toEqual([]);
    households.close();
    expect((await open(() => now, folder)).hash(ADDRESS, HOME)).not.toBe(hash);
  });
});

describe('a yes that is given by a signal', () => {
  it.each<[string, Parameters<typeof isSignalledYes>[0], boolean]>([
    ['gdpr=1', { gdpr: '1' }, true],
    ['section 2 in force', { gppSid: '2' }, true],
    ['section 2 in force among others', { gppSid: '2,7' }, true],
    ['nothing', {}, false],
    ['gdpr=0', { gdpr: '0' }, false],
    ['a US section in force', { gppSid: '7' }, false],
    ['implied consent in Canada', { gppSid: '5' }, false],
  ])('%s: %s', (_, signals, yes) => {
    expect(isSignalledYes(signals)).toBe(yes);
  });
});

/** A collector that makes households, wherever the address. */
async function door(country: string) {
  const now = nextWeek();
  const households = await open(() => now);
  const { rules, journal, tally } = front({ gvlId: OUR_VENDOR });
  const collector = new Collector({
    rules,
    journal,
    geo: { locate: () => ({ country, region: '', dataCentre: false }) },
    tally,
    secret: SECRET,
    retentionDays: 90,
    household: (input, address, place) => (isSignalledYes(input) ? households.hash(address, place) : 0n),
  });
  return {
    journal,
    see: (address: string, input: HitInput) =>
      collector.collect(
        { site: SITE.key, url: 'https://shop.test/a', ...input },
        {
          time: Date.now(),
          address,
          userAgent: CHROME,
          acceptLanguage: undefined,
          gpc: false,
          cookie: undefined,
          mayMint: true,
          origin: 'pixel',
        },
        () => {},
      ),
  };
}

describe('a hit', () => {
  it.each<[string, string, HitInput, boolean]>([
    ['with a yes has a household', 'DE', { gdpr: '1', gdprConsent: YES }, true],
    ['where the absence of a no is enough has none', 'US', {}, false],
    ['with an opt-out that was not made has none', 'US', { usPrivacy: '1YNN' }, false],
    ['that says no law applies has none', 'US', { gdpr: '0' }, false],
  ])('%s', async (_, country, input, has) => {
    const { journal, see } = await door(country);
    see(ADDRESS, input);
    const [hit] = journal.of('hits');
    expect(hit!['household'] !== '0').toBe(has);
  });

  it('with a no is not stored at all', async () => {
    const { journal, see } = await door('DE');
    see(ADDRESS, { gdpr: '1', gdprConsent: NO });
    expect(journal.of('hits')).toEqual([]);
  });

  it('leaves nothing of the address, in the journal or in a table', async () => {
    const { journal, see } = await door('DE');
    const ipv4 = fc.tuple(
      fc.integer({ min: 11, max: 99 }),
      fc.nat(255),
      fc.nat(255),
      fc.integer({ min: 100, max: 255 }),
    );
    const ipv6 = fc.array(fc.integer({ min: 0x1000, max: 0xffff }), { minLength: 7, maxLength: 7 });
    const texts: string[] = [];
    for (const bytes of fc.sample(ipv4, { numRuns: 200, seed: 1 })) {
      const address = bytes.join('.');
      if (isLocal(address)) continue;
      see(address, { gdpr: '1', gdprConsent: YES });
      const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
      const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
      texts.push(
        address,
        hex,
        String(number),
        String(Buffer.from(bytes).readUInt32LE()),
        address.split('.').reverse().join('.'),
      );
    }
    for (const words of fc.sample(ipv6, { numRuns: 200, seed: 1 })) {
      const groups = words.map((word) => word.toString(16));
      see(`2a02:${groups.join(':')}`, { gdpr: '1', gdprConsent: YES });
      texts.push(
        groups.slice(0, 3).join(':'),
        groups.slice(3).join(':'),
        groups.join(''),
        groups.slice(3).join(''),
      );
    }
    const hits = journal.of('hits');
    expect(hits.length).toBeGreaterThan(390);
    expect(new Set(hits.map((hit) => hit['household'])).size).toBe(hits.length);

    const file = `w1-${randomBytes(6).toString('hex')}-1`;
    const lines = journal.rows.map(({ line }) => line);
    const text = `${HIT_COLUMNS}\n${lines.map((line) => `${line}\t${file}\n`).join('')}`;
    await clickhouse.insertBytes('hits', Readable.from([Buffer.from(text)], { objectMode: false }), file);
    const stored: string[] = [];
    for (const table of ['hits', 'links', 'consents', 'household_keys']) {
      for await (const chunk of await clickhouse.stream(`SELECT * FROM ${table}`, {}, 'TSV'))
        stored.push(String(chunk));
    }
    const everything = [...lines, ...stored].join('\n').toLowerCase();
    expect(everything).toContain('household');
    for (const trace of texts) expect(everything, trace).not.toContain(trace);
  });
});
