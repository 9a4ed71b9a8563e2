import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { CONSENT_COLUMNS, encodeHit, encodeWithdrawal, HIT_COLUMNS } from '../collect/encode.ts';
import { shipTo, storedRows } from './ship-to-clickhouse.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const DAY_MS = 86_400_000;
const NAME = 'w1-boot-00000001';
let folder: string;

const row = (n: number) =>
  encodeHit({
    time: Date.now() - (n % 3) * DAY_MS,
    visitor: BigInt(n),
    hit: BigInt(1000 + n),
    site: 'main',
    event: 'pageview',
    origin: 'pixel',
    page: {
      url: "https://example.com/it's\\here",
      path: '/',
      title: '',
      categories: ["o'clock"],
      confidences: '[100]',
      keywords: [],
    },
    referrer: { referrer: '', host: '' },
    dwellMs: 0,
    scroll: 0,
    place: { country: '', region: '', network: '' },
    language: '',
    agent: { device: 'desktop', os: '', browser: '' },
    tz: 0,
    deviceType: '',
    deviceId: '',
    deviceVisitor: 0n,
    firstParty: 0n,
    household: 0n,
    allowed: { purposes: 1, partners: [] },
    source: 'direct',
    campaign: '',
    creative: '',
    props: {},
  });

async function file(header: string, rows: readonly string[]) {
  const path = join(folder, 'file.tsv');
  await writeFile(path, `${[header, ...rows].join('\n')}\n`);
  return { path, name: NAME, bytes: 0, replayed: false };
}

const hits = () =>
  file(
    HIT_COLUMNS,
    [0, 1, 2, 3, 4, 5, 6, 7, 8].map((n) => `${row(n)}\t${NAME}`),
  );

const counted = async () => {
  const [counts] = await clickhouse.query<{ rows: string; hits: string; features: string }>(
    `SELECT count() AS rows, uniqExact(hit) AS hits, (SELECT uniqExact(hit) FROM features) AS features FROM hits`,
  );
  return { rows: Number(counts?.rows), hits: Number(counts?.hits), features: Number(counts?.features) };
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ninety-ship-'));
  await migrate(clickhouse, 90);
});

beforeEach(async () => {
  for (const table of ['hits', 'features', 'consents']) await clickhouse.command(`TRUNCATE TABLE ${table}`);
});

afterAll(async () => {
  await clickhouse.close();
  await rm(folder, { recursive: true });
});

describe('a journal file on its way into ClickHouse', () => {
  it('counts once, however often it is shipped, by the process that wrote it or by a later one', async () => {
    const name = 'w1-boot-0000000a';
    const whole = {
      ...(await file(
        HIT_COLUMNS,
        [0, 1, 2, 3].map((n) => `${row(n)}\t${name}`),
      )),
      name,
    };
    const ours = shipTo(clickhouse, () => true);
    const later = shipTo(clickhouse, () => false);
    await ours('hits', whole);
    await ours('hits', whole);
    await later('hits', whole);
    expect(await counted()).toEqual({ rows: 4, hits: 4, features: 4 });
  });

  it('is put in where its token is remembered and its rows of a day are not there', async () => {
    const hitsFile = await hits();
    await shipTo(clickhouse, () => true)('hits', hitsFile);
    expect(await counted()).toEqual({ rows: 9, hits: 9, features: 9 });
    const today = new Date().toISOString().slice(0, 10);
    await clickhouse.command(`ALTER TABLE hits DROP PARTITION '${today}'`);
    expect((await counted()).rows).toBeLessThan(9);

    await shipTo(clickhouse, () => false)('hits', hitsFile);

    expect(await counted()).toEqual({ rows: 9, hits: 9, features: 9 });
  });

  it('brings a withdrawal in again although its token is remembered', async () => {
    const consents = {
      ...(await file(CONSENT_COLUMNS, [encodeWithdrawal(Date.now(), 7n, 'pixel')])),
      name: 'w1-boot-0000000b',
    };
    await shipTo(clickhouse, () => true)('consents', consents);
    await clickhouse.command('TRUNCATE TABLE consents');

    await shipTo(clickhouse, () => false)('consents', consents);

    expect(
      await clickhouse.query('SELECT toString(visitor) AS visitor, withdrawn FROM kept_consents'),
    ).toEqual([{ visitor: '7', withdrawn: 1 }]);
  });

  it('that was put back brings only the hits that are missing, although its token is forgotten', async () => {
    const replayed = { ...(await hits()), name: 'w1-boot-0000000d', replayed: true };
    const rows = [0, 1, 2, 3].map((n) => `${row(n)}\t${replayed.name}`);
    await writeFile(replayed.path, `${[HIT_COLUMNS, ...rows].join('\n')}\n`);
    const before = Buffer.from(`${[HIT_COLUMNS, ...rows.slice(0, 3)].join('\n')}\n`);
    await clickhouse.insertBytes('hits', Readable.from(before, { objectMode: false }), 'forgotten');
    expect(await storedRows(clickhouse, replayed.name)).toBe(3);

    for (const ships of [shipTo(clickhouse, () => true), shipTo(clickhouse, () => false)]) {
      await ships('hits', replayed);
      expect(await counted()).toEqual({ rows: 4, hits: 4, features: 4 });
    }
  });

  it('that is put in twice at once, as after a cut connection, is in once', async () => {
    const replayed = { ...(await hits()), replayed: true };
    const ships = [
      shipTo(clickhouse, () => true),
      shipTo(clickhouse, () => false),
      shipTo(clickhouse, () => true),
    ];
    const ends = await Promise.allSettled(ships.map((ship) => ship('hits', replayed)));
    for (const end of ends)
      if (end.status === 'rejected') expect(end.reason).toMatchObject({ fault: 'unavailable' });
    expect(ends.map(({ status }) => status)).toContain('fulfilled');
    expect(await counted()).toEqual({ rows: 9, hits: 9, features: 9 });
  });

  it('is not to blame where its table is not there', async () => {
    const innocent = { ...(await hits()), name: 'w1-boot-0000000e' };
    await clickhouse.command('RENAME TABLE hits TO hits_elsewhere');
    const failure = await shipTo(clickhouse, () => true)('hits', innocent).catch((error: unknown) => error);
    await clickhouse.command('RENAME TABLE hits_elsewhere TO hits');
    expect(failure).toMatchObject({ fault: 'refused' });
    expect(failure).not.toHaveProperty('poisoned');
  });

  it.runIf(process.platform === 'linux')('leaves no file open when nobody answers', async () => {
    const away = new ClickHouse({
      urls: ['http://127.0.0.1:9'],
      user: '',
      password: '',
      database: 'x',
      cluster: undefined,
    });
    const ship = shipTo(away, () => true);
    const file = await hits();
    await expect(ship('hits', file)).rejects.toMatchObject({ fault: 'unavailable' });
    const open = () => readdirSync('/proc/self/fd').length;
    const before = open();
    for (let time = 0; time < 20; time += 1)
      await expect(ship('hits', file)).rejects.toMatchObject({ fault: 'unavailable' });
    await expect.poll(open).toBeLessThanOrEqual(before);
    await away.close();
  });

  it('is poisoned where ClickHouse refuses its content', async () => {
    const broken = { ...(await file(HIT_COLUMNS, ['not a hit'])), name: 'w1-boot-0000000c' };

    await expect(shipTo(clickhouse, () => true)('hits', broken)).rejects.toMatchObject({ poisoned: true });
  });
});
