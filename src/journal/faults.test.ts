import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Collector } from '../collect/collector.ts';
import { pixel } from '../collect/door.ts';
import { HIT_COLUMNS } from '../collect/encode.ts';
import { type Front, front, headersOf, requestOf, SECRET, SITE } from '../collect/front.testing.ts';
import { Tally } from '../report/tally.ts';
import { type Disk, disk } from './disk.ts';
import { expireJournal } from './expire.ts';
import { Journal } from './journal.ts';
import { STREAMS, type Stream } from './name.ts';
import { recover } from './recover.ts';
import { Shipper } from './shipper.ts';

const HOUR_MS = 3_600_000;
const headers = Object.fromEntries(
  STREAMS.map((stream) => [stream, stream === 'hits' ? HIT_COLUMNS : 'text']),
) as Record<Stream, string>;
const KEYWORDS = HIT_COLUMNS.split('\t').indexOf('keywords');
const TIME = HIT_COLUMNS.split('\t').indexOf('time');

let folder: string;
let journal: Journal;
let door: Front;
let collector: Collector;
let next = 0;

async function open(use: Disk = disk): Promise<void> {
  journal = await Journal.open({
    folder,
    worker: '0',
    headers,
    quotaBytes: 2 ** 30,
    fsync: false,
    rotateMs: 20,
    disk: use,
  });
  const { rules, geo, tally } = door;
  collector = new Collector({ rules, journal, geo, tally, secret: SECRET, retentionDays: 90 });
}

/** A numbered hit as a browser sends it. @returns its number and how it ended. */
function hit(): Promise<{ n: number; result: string }> {
  next += 1;
  const n = next;
  const asked = requestOf(`/p.gif?s=${SITE.key}&u=https://shop.test/&k=n${n}`);
  return new Promise((resolve) =>
    pixel(collector, door.cookie, asked, Date.now(), (answer) => {
      expect(answer.status).toBe(200);
      resolve({ n, result: headersOf(answer, 'Ninety-Result')[0]! });
    }),
  );
}

const numberOf = (row: string) => Number(/n(\d+)/.exec(row.split('\t')[KEYWORDS]!)?.[1]);

/** Ships whatever is closed. @returns the rows, as a table would hold them. */
async function shipped(): Promise<string[]> {
  await journal.rotate();
  const rows: string[] = [];
  const insert = async (stream: Stream, { path }: { path: string }) => {
    if (stream === 'hits') rows.push(...readFileSync(path, 'utf8').split('\n').slice(1, -1));
  };
  await new Shipper({ folder, insert }).ship();
  return rows;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ninety-journal-faults-'));
  door = front();
});
afterEach(async () => {
  vi.useRealTimers();
  await journal.close();
  await rm(folder, { recursive: true });
});

describe('a disk that is full', () => {
  it.each([
    ['takes no byte', 0],
    ['takes half of what it is given', 0.5],
  ])('and %s: hits are refused by name, and taken again once there is room', async (_, share) => {
    let full = false;
    await open({
      ...disk,
      async write(fd, bytes, position) {
        if (!full) return disk.write(fd, bytes, position);
        const some = Math.floor(bytes.length * share);
        if (some > 0) await disk.write(fd, bytes.subarray(0, some), position);
        throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      },
    });
    const taken: number[] = [];
    const refused: string[] = [];
    const round = async () => {
      for (const { n, result } of await Promise.all(Array.from({ length: 50 }, hit)))
        if (result === 'stored') taken.push(n);
        else refused.push(result);
    };
    await round();
    full = true;
    await round();
    await round();
    full = false;
    await round();
    expect(taken).toHaveLength(100);
    expect(refused).toEqual(Array(100).fill('refused; reason=journal_failed'));
    expect(door.counted()).toMatchObject({ stored: 100, journal_failed: 100 });
    expect((await shipped()).map(numberOf).sort((a, b) => a - b)).toEqual(taken);
    expect(readdirSync(join(folder, 'hits'))).toEqual([]);
  });
});

describe('a clock that is set back by an hour', () => {
  const setBack = () => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - HOUR_MS });

  it('loses and doubles no hit, neither of this start nor of the next', async () => {
    await open();
    const taken: number[] = [];
    const take = async () => {
      const { n, result } = await hit();
      expect(result).toBe('stored');
      taken.push(n);
    };
    for (let n = 0; n < 20; n += 1) await take();
    await journal.rotate();
    const before = Date.now();
    setBack();
    for (let n = 0; n < 20; n += 1) await take();
    await journal.rotate();
    // A restart finds files that are older than those of the run before it, and all of them from the future.
    await journal.close();
    await open();
    for (let n = 0; n < 20; n += 1) await take();
    await recover(folder, (_, boot) => boot === journal.boot);
    expect(await expireJournal(folder, 1)).toEqual({ removed: 0, kept: 0 });
    const rows = await shipped();
    expect(rows.map(numberOf).sort((a, b) => a - b)).toEqual(taken);
    // The row says when it happened by the clock of then.
    const times = rows.map((row) => Number(row.split('\t')[TIME]) * 1000);
    expect(times.filter((time) => time <= before - HOUR_MS + 60_000)).toHaveLength(40);
  });

  it('does not make a no older than the yes before it', async () => {
    const { cookie, journal: memory } = door;
    await open();
    const ask = (query: string, set?: string) =>
      new Promise<string>((resolve) =>
        pixel(
          door.collector,
          cookie,
          requestOf(
            `/p.gif?s=${SITE.key}&u=https://shop.test/${query}`,
            set === undefined ? {} : { cookie: set },
          ),
          Date.now(),
          (answer) => resolve(headersOf(answer, 'Set-Cookie')[0] ?? ''),
        ),
      );
    const set = (await ask('')).split(';')[0]!;
    setBack();
    await ask('&us_privacy=1YYN', set);
    const [yes] = memory.of('hits');
    const [withdrawal] = memory.of('consents');
    expect(withdrawal!['visitor']).toBe(yes!['visitor']);
    expect(Number(withdrawal!['time'])).toBeGreaterThanOrEqual(Number(yes!['time']));
  });

  it('keeps every count of what was refused and stored', () => {
    const tally = new Tally();
    const now = Date.now();
    const back = now - HOUR_MS;
    for (const time of [now, back, now + 1, back + 60_000]) tally.count('collect', 'shop', 'bot', time);
    const taken = tally.take();
    expect(taken.reduce((sum, { n }) => sum + n, 0)).toBe(4);
    // Put back by a journal that would not take them, and taken again.
    for (const { room, site, reason, country, minute, n } of taken)
      tally.put(room, site, reason, country, minute, n);
    tally.count('collect', 'shop', 'bot', back);
    expect(tally.take().reduce((sum, { n }) => sum + n, 0)).toBe(5);
    expect(tally.totals()).toMatchObject([{ n: 5 }]);
  });
});
