import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { ClickHouseError } from '../../clickhouse/errors.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { LeaseBusyError, Leases } from '../../jobs/lease.ts';
import type { Destination } from '../../registry/kinds.ts';
import { DeliveryError, type DeliveryReason } from '../destination.ts';
import { Vault } from '../secrets.ts';
import { readBreaker, writeBreaker } from './breaker.ts';
import { listChunks, writeChunks } from './chunks.ts';
import type { Courier } from './courier.ts';
import { deliver, deliverLease, type Order } from './deliver.ts';
import { countDeadLetters, listDeadLetters } from './failures.ts';
import { listRuns, unfinishedRuns } from './runs.ts';
import {
  ALL_TAKEN,
  StandIn,
  StandInPlans,
  standInCourier,
  standInDestination,
  type Wanted,
} from './stand-in.testing.ts';
import { leaseEndpoints } from './under-leases.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const couriers: Courier[] = [];
let number = 0;
let standIn: StandIn;
let plans: StandInPlans;
let courier: Courier;
let destination: Destination;

beforeAll(() => migrate(clickhouse, 90).then(() => {}));
beforeEach(async () => {
  number += 1;
  standIn = new StandIn();
  plans = new StandInPlans(clickhouse);
  courier = await standInCourier(clickhouse, standIn.type, plans);
  couriers.push(courier);
  destination = standInDestination(`dsp-${number}`);
});
afterAll(async () => {
  for (const { folder } of couriers) await rm(folder, { recursive: true, force: true });
  await clickhouse.close();
});

const DELTA: Order = { do: 'plan', cause: 'manual', mode: 'delta' };
const RESUME: Order = { do: 'resume' };
const people = (n: number, code = 'news') =>
  Array.from({ length: n }, (_, at) => ({ uid: `u${at}`, add: [code] }));
const holders = (code: string) =>
  [...standIn.held].filter(([, codes]) => codes.has(code)).map(([uid]) => uid);
const refusal = (reason: DeliveryReason, retry: boolean, afterMs?: number) =>
  new DeliveryError(reason, 'it said no', { retry, afterMs });
const chunksOf = async (run: number) =>
  listChunks(clickhouse, { destination: destination.id, run }, -1, 1000);
/** Makes everything that waits due, as time would. */
const timePasses = async () => {
  for (const { run } of await unfinishedRuns(clickhouse, destination.id))
    await writeChunks(
      clickhouse,
      (await chunksOf(run))
        .filter(({ state }) => state === 'waiting' || state === 'planned')
        .map((chunk) => ({ ...chunk, step: chunk.step + 1, next: 0 })),
    );
  const breaker = await readBreaker(clickhouse, destination.id);
  if (breaker.failures > 0)
    await writeBreaker(clickhouse, destination.id, { ...breaker, next: 0 }, breaker.step + 1);
};

describe('a delivery', () => {
  it('sends all that was planned, in chunks, with the secrets in clear and a key for each', async () => {
    plans.wanted = people(25);
    const done = await deliver(courier, destination, DELTA);
    expect(done).toMatchObject({ state: 'done', lines: 25, accepted: 25 });
    expect(holders('news')).toHaveLength(25);
    expect(standIn.tries.map(({ lines }) => lines.length).sort()).toEqual([10, 10, 5]);
    expect(new Set(standIn.tries.map(({ chunk }) => chunk.key)).size).toBe(3);
    expect(new Set(standIn.tries.map(({ chunk }) => chunk.planned.getTime())).size).toBe(3);
    expect(await listRuns(clickhouse, destination.id, { limit: 10 })).toMatchObject([
      { run: done.run, state: 'done', cause: 'manual', mode: 'delta', chunks: 3, lines: 25, adds: 25 },
    ]);
    expect(
      await clickhouse.query('SELECT uid FROM delivery_lines WHERE destination = {id:String}', {
        id: destination.id,
      }),
    ).toEqual([]);
  });

  it('has a run also where there was nothing to tell', async () => {
    expect(await deliver(courier, destination, DELTA)).toMatchObject({ state: 'done', lines: 0 });
    expect(await listRuns(clickhouse, destination.id, { limit: 10 })).toHaveLength(1);
    expect(standIn.tries).toEqual([]);
  });

  it('is one at a time for a destination', async () => {
    const held = await courier.leases.wait(deliverLease(destination.id), 1000);
    expect(await deliver(courier, destination, DELTA)).toMatchObject({ state: 'busy' });
    await held.release();
    expect(await deliver(courier, destination, DELTA)).toMatchObject({ state: 'done' });
  });

  it('of several processes at once is made by one, and nobody is told twice', async () => {
    plans.wanted = people(30);
    const others = [1, 2, 3, 4].map((process) => ({
      ...courier,
      leases: new Leases(clickhouse, `process ${process}`),
    }));
    const ends = await Promise.all(others.map((other) => deliver(other, destination, DELTA)));
    const told = standIn.tries.flatMap(({ lines }) => lines.map(({ uid }) => uid));
    // Who came when the first had ended planned the same people once more, as this stand-in of a plan does.
    const runs = ends.filter(({ state }) => state === 'done').length;
    expect(told).toHaveLength(30 * runs);
    expect(new Set(standIn.tries.map(({ chunk }) => chunk.key)).size).toBe(standIn.tries.length);
  });

  it('has no more chunks under way than the destination takes', async () => {
    plans.wanted = people(80);
    let [now, most] = [0, 0];
    let open = () => {};
    const three = new Promise<void>((resolve) => {
      open = resolve;
    });
    standIn.limits = { lines: 5, concurrency: 3 };
    standIn.answer = async (_, nth) => {
      now += 1;
      most = Math.max(most, now);
      if (nth === 3) open();
      await three;
      await new Promise(setImmediate);
      now -= 1;
      return ALL_TAKEN;
    };
    await deliver(courier, destination, DELTA);
    expect(most).toBe(3);
    expect(standIn.tries).toHaveLength(16);
  });

  it('ends with its last chunk, and waits for no turn that nobody takes', async () => {
    plans.wanted = people(5);
    standIn.limits = { lines: 10, concurrency: 10, perMinute: 1 };
    expect(await deliver(courier, destination, DELTA)).toMatchObject({ state: 'done', accepted: 5 });
  });

  it('ends where the destination begins to fail, though the turns of others are to come', async () => {
    plans.wanted = people(50);
    standIn.limits = { lines: 10, concurrency: 5, perMinute: 1 };
    standIn.answer = () => {
      throw refusal('unauthorized', false);
    };
    expect(await deliver(courier, destination, DELTA)).toMatchObject({ state: 'down' });
    expect(standIn.tries).toHaveLength(1);
  });

  it('cannot be made with secrets of another installation', async () => {
    await expect(
      deliver({ ...courier, vault: new Vault('another secret of 24 characters') }, destination, DELTA),
    ).rejects.toMatchObject({ reason: 'secret_unreadable' });
  });
});

describe('a chunk that is not taken', () => {
  it.each<
    [
      sentence: string,
      reason: DeliveryReason,
      retry: boolean,
      after: number | undefined,
      state: string,
      attempt: number,
    ]
  >([
    ['waits for its next try', 'bad_answer', true, 60_000, 'waiting', 1],
    ['waits as long as it is told', 'unavailable', true, 3_000_000, 'waiting', 1],
    [
      'waits where too much was sent already, and that is no try',
      'rate_limited',
      true,
      3_000_000,
      'waiting',
      0,
    ],
    ['is given up where the same would be refused again', 'rejected', false, undefined, 'dead', 1],
    [
      'waits where nothing is taken of us, and that is no try',
      'unauthorized',
      false,
      undefined,
      'waiting',
      0,
    ],
    [
      'waits where the destination is at it still, and that is no try',
      'processing',
      true,
      60_000,
      'waiting',
      0,
    ],
  ])('%s: %s', async (_, reason, retry, after, state, attempt) => {
    plans.wanted = people(5);
    standIn.answer = () => {
      throw refusal(reason, retry, after);
    };
    const { run } = await deliver(courier, destination, DELTA);
    const [chunk] = await chunksOf(run!);
    expect(chunk).toMatchObject({ state, attempt, reason, detail: 'it said no' });
    if (after !== undefined) expect(chunk!.next - Date.now()).toBeGreaterThan(after - 30_000);
  });

  it('is sent again the same, under the same key, and then is not told twice', async () => {
    plans.wanted = people(10);
    standIn.answer = (_, nth) => {
      if (nth < 3) throw refusal('bad_answer', true, 600_000);
      return ALL_TAKEN;
    };
    await deliver(courier, destination, DELTA);
    for (let tries = 0; tries < 4 && standIn.tries.length < 3; tries += 1) {
      await timePasses();
      await deliver(courier, destination, RESUME);
    }
    const [first, ...again] = standIn.tries;
    expect(again).toHaveLength(2);
    for (const { chunk, lines } of again) {
      expect([chunk.key, chunk.planned, lines]).toEqual([
        first!.chunk.key,
        first!.chunk.planned,
        first!.lines,
      ]);
    }
    expect(holders('news')).toHaveLength(10);
    expect(await unfinishedRuns(clickhouse, destination.id)).toEqual([]);
  });

  it('is sent again under the same key where its acknowledgement was not written, and the next one is heard', async () => {
    plans.wanted = people(30);
    standIn.limits = { lines: 10, concurrency: 1 };
    standIn.answer = (_, nth) => {
      if (nth === 2) throw refusal('rate_limited', true, 600_000);
      return ALL_TAKEN;
    };
    const { insert } = clickhouse;
    let lost = 0;
    vi.spyOn(clickhouse, 'insert').mockImplementation(async (table, rows, ...rest) => {
      const isAcknowledged = rows.some((row) => 'state' in row && row.state === 'acknowledged');
      if (!isAcknowledged || lost > 0) return insert.call(clickhouse, table, rows, ...rest);
      lost += 1;
      await vi.waitUntil(() => standIn.tries.length === 2);
      throw new ClickHouseError('unavailable', 'insert', undefined, '');
    });
    await expect(deliver(courier, destination, DELTA)).rejects.toBeInstanceOf(ClickHouseError);
    vi.restoreAllMocks();
    expect(lost).toBe(1);
    expect(standIn.tries).toHaveLength(2);
    expect((await readBreaker(clickhouse, destination.id)).next - Date.now()).toBeGreaterThan(500_000);
    await timePasses();
    await deliver(courier, destination, RESUME);
    const first = standIn.tries.filter(({ lines }) => lines[0]!.uid === 'u0');
    expect(first).toHaveLength(2);
    expect(new Set(first.map(({ chunk }) => chunk.key)).size).toBe(1);
    expect(holders('news')).toHaveLength(30);
    expect(await unfinishedRuns(clickhouse, destination.id)).toEqual([]);
  });

  it('goes under another key without what may not leave any more', async () => {
    plans.wanted = people(10);
    standIn.answer = (_, nth) => {
      if (nth === 1) throw refusal('bad_answer', true, 600_000);
      return ALL_TAKEN;
    };
    await deliver(courier, destination, DELTA);
    plans.withheld = new Map([[1, 4]]);
    await timePasses();
    expect(await deliver(courier, destination, RESUME)).toMatchObject({ state: 'done', accepted: 6 });
    const [first, second] = standIn.tries;
    expect(second!.chunk.key).not.toBe(first!.chunk.key);
    expect(second!.chunk.count).toBe(6);
    expect(holders('news')).toEqual(['u4', 'u5', 'u6', 'u7', 'u8', 'u9']);
  });

  it.each<[sentence: string, note: string, reason: DeliveryReason, isKept: boolean]>([
    ['that the destination is at is asked about, and stays as it was sent', 'uploaded', 'processing', true],
    ['that it has is so also where the question failed', 'uploaded', 'unavailable', true],
    ['that it has a part of begins anew without whom it may not be told of', 'begun', 'processing', false],
    ['whose job failed does as well', '', 'job_failed', false],
  ])('%s: %s, %s', async (_, note, reason, isKept) => {
    plans.wanted = people(10);
    standIn.answer = async (_, nth, remember) => {
      if (nth > 1) return ALL_TAKEN;
      await remember('uploaded');
      await remember(note);
      throw refusal(reason, true, 600_000);
    };
    const { run } = await deliver(courier, destination, DELTA);
    await clickhouse.insert(
      'delivery_withheld',
      [0, 1, 2, 3].map((number) => ({
        destination: destination.id,
        run,
        chunk: 1,
        version: 1,
        number,
        code: 'news',
        reason: 'withdrawn',
        time: new Date().toISOString(),
      })),
    );
    plans.withheld = new Map([[1, 4]]);
    await timePasses();
    expect(await deliver(courier, destination, RESUME)).toMatchObject({
      state: 'done',
      accepted: isKept ? 10 : 6,
    });
    const [first, second, ...others] = standIn.tries;
    expect(others).toEqual([]);
    expect(second!.remembered).toBe(isKept ? 'uploaded' : undefined);
    expect(second!.chunk.key === first!.chunk.key).toBe(isKept);
    expect(second!.lines).toHaveLength(isKept ? 10 : 6);
    // Either way nobody knows that it has whom it must not have: the next run tells it.
    expect(
      await clickhouse.query(
        `SELECT uid FROM sent_sets WHERE destination = {id:String}
         GROUP BY uid HAVING argMax(toString(op), (seq, op)) = 'unsure' ORDER BY uid`,
        { id: destination.id },
      ),
    ).toEqual(['u0', 'u1', 'u2', 'u3'].map((uid) => ({ uid })));
  });

  it('of which nothing may leave any more is not sent', async () => {
    plans.wanted = people(3);
    standIn.answer = () => {
      throw refusal('bad_answer', true, 600_000);
    };
    const { run } = await deliver(courier, destination, DELTA);
    plans.withheld = new Map([[1, 3]]);
    await timePasses();
    expect(await deliver(courier, destination, RESUME)).toMatchObject({ state: 'done' });
    expect(standIn.tries).toHaveLength(1);
    expect(await chunksOf(run!)).toMatchObject([{ state: 'superseded' }]);
  });

  it('is a dead letter after the twelfth try, and does not keep the next run back', async () => {
    plans.wanted = people(2);
    standIn.answer = () => {
      throw refusal('bad_answer', true, 600_000);
    };
    const { run } = await deliver(courier, destination, DELTA);
    for (
      let tries = 0;
      tries < 30 && (await unfinishedRuns(clickhouse, destination.id)).length > 0;
      tries += 1
    ) {
      await timePasses();
      await deliver(courier, destination, RESUME);
    }
    expect(standIn.tries).toHaveLength(12);
    expect(await listDeadLetters(clickhouse, destination.id, 10)).toMatchObject([
      { run, chunk: 1, number: null, lines: 2, reason: 'bad_answer' },
    ]);
  });

  it('waits for another day of a destination that takes so much a day, however often it says so', async () => {
    plans.wanted = people(2);
    standIn.answer = () => {
      throw refusal('rate_limited', true);
    };
    const { run } = await deliver(courier, destination, DELTA);
    for (let looks = 0; looks < 12; looks += 1) {
      await timePasses();
      await deliver(courier, destination, RESUME);
    }
    expect(standIn.tries.length).toBeGreaterThan(12);
    expect(await chunksOf(run!)).toMatchObject([{ state: 'waiting', attempt: 0 }]);
    expect(await listDeadLetters(clickhouse, destination.id, 10)).toEqual([]);
    standIn.answer = () => ALL_TAKEN;
    await timePasses();
    expect(await deliver(courier, destination, RESUME)).toMatchObject({ state: 'done', accepted: 2 });
  });

  it('does not keep what changed since back, but a full run', async () => {
    plans.wanted = people(2);
    standIn.answer = (_, nth) => {
      if (nth === 1) throw refusal('bad_answer', true, 600_000);
      return ALL_TAKEN;
    };
    await deliver(courier, destination, DELTA);
    plans.wanted = [{ uid: 'u9', remove: ['news'] }];
    const full = await deliver(courier, destination, { do: 'plan', cause: 'resync', mode: 'full' });
    expect(full).toMatchObject({ state: 'waiting', run: null });
    expect(await deliver(courier, destination, DELTA)).toMatchObject({
      state: 'waiting',
      lines: 1,
      accepted: 1,
    });
    expect(standIn.tries.at(-1)!.lines[0]).toMatchObject({ uid: 'u9', remove: ['news'] });
  });
});

describe('a chunk that was never tried', () => {
  it('is looked at again where a later run was planned before its turn, and not in its own', async () => {
    plans.wanted = people(30);
    standIn.limits = { lines: 10, concurrency: 1 };
    standIn.answer = (_, nth) => {
      if (nth === 1) throw refusal('rate_limited', true, 600_000);
      return ALL_TAKEN;
    };
    const { run } = await deliver(courier, destination, DELTA);
    plans.wanted = [{ uid: 'u25', remove: ['news'] }];
    await deliver(courier, destination, DELTA);
    expect(plans.looks).toEqual([]);
    await timePasses();
    plans.withheld = new Map([[3, 6]]);
    expect(await deliver(courier, destination, RESUME)).toMatchObject({ state: 'done' });
    expect(plans.looks[0]).toEqual({ run, chunks: [1, 2, 3] });
    expect(holders('news')).not.toContain('u25');
  });
});

describe('destinations at one endpoint', () => {
  it('are sent to one after the other, in whichever process, so that its callers are bounded once', async () => {
    const endpoints = ['https://dsp.example/data', 'https://dsp.example/requests'];
    standIn.limits = { lines: 5, concurrency: 4, endpoints };
    plans.wanted = people(40);
    let [calls, most] = [0, 0];
    let open = () => {};
    // The first are answered when there are as many as may be, however long a busy machine takes for that.
    const full = new Promise<void>((resolve) => {
      open = resolve;
    });
    standIn.answer = async () => {
      calls += 1;
      most = Math.max(most, calls);
      if (calls === 4) open();
      await full;
      await sleep(20);
      calls -= 1;
      return ALL_TAKEN;
    };
    const other = { ...courier, leases: new Leases(clickhouse, `other/${number}`) };
    const ends = await Promise.all([
      deliver(courier, destination, DELTA),
      deliver(other, standInDestination(`dsp-${number}-b`), DELTA),
    ]);
    expect(ends.map(({ state, accepted }) => [state, accepted])).toEqual([
      ['done', 40],
      ['done', 40],
    ]);
    expect(most).toBe(4);
  });

  it('wait for the next look where one of them takes long', async () => {
    standIn.limits = { lines: 5, concurrency: 4, endpoints: ['https://dsp.example/slow?of=one'] };
    const held = await leaseEndpoints(courier.leases, ['https://dsp.example/slow'], 0);
    plans.wanted = people(5);
    vi.spyOn(courier.leases, 'wait').mockImplementation(async (name) => {
      throw new LeaseBusyError(name);
    });
    expect(await deliver(courier, destination, DELTA)).toMatchObject({ state: 'waiting', accepted: 0 });
    expect(standIn.tries).toEqual([]);
    vi.restoreAllMocks();
    for (const lease of held ?? []) await lease.release();
    expect(await deliver(courier, destination, RESUME)).toMatchObject({ state: 'done', accepted: 5 });
  });
});

describe('lines that are not taken', () => {
  it('are put together into a chunk of their own where they may be later, else they are dead letters', async () => {
    plans.wanted = people(20).map((line) => ({ ...line, erased: line.uid === 'u1' }));
    standIn.answer = ({ lines }, nth) =>
      nth > 2
        ? ALL_TAKEN
        : {
            accepted: 0,
            failed: lines.slice(0, 3).map(({ number }) => ({
              number,
              reason: number === 0 ? 'unknown_id' : 'line_rejected',
              detail: 'not this one',
              retry: number !== 0,
            })),
          };
    const { run } = await deliver(courier, destination, DELTA);
    await timePasses();
    expect(await deliver(courier, destination, RESUME)).toMatchObject({ state: 'done' });
    expect(standIn.tries[2]!.lines.map(({ uid }) => uid).sort()).toEqual(['u1', 'u11', 'u12', 'u2']);
    expect(standIn.tries[2]!.lines.map(({ number }) => number)).toEqual([0, 1, 2, 3]);
    expect(standIn.tries[2]!.lines.filter(({ erased }) => erased).map(({ uid }) => uid)).toEqual(['u1']);
    expect(standIn.tries[2]!.chunk.mode).toBe('delta');
    expect(holders('news')).toHaveLength(18);
    expect(await countDeadLetters(clickhouse, destination.id)).toEqual(new Map([[run, { unknown_id: 2 }]]));
  });
});

describe('a destination that works off what it is sent', () => {
  const minutesPass = (minutes: number) =>
    clickhouse.command(
      `ALTER TABLE delivery_chunks UPDATE time = time - toIntervalMinute({minutes:UInt32})
       WHERE destination = {id:String} SETTINGS mutations_sync = 2`,
      { minutes, id: destination.id },
    );
  beforeEach(async () => {
    standIn.limits = { lines: 10, concurrency: 1, restMinutes: 30 };
    plans.wanted = people(20);
    expect(await deliver(courier, destination, DELTA)).toMatchObject({ state: 'done', accepted: 20 });
    plans.wanted = [{ uid: 'u1', remove: ['news'] }];
  });

  it.each(['cron', 'change'] as const)('is told nothing more for so long: %s', async (cause) => {
    const order: Order = { do: 'plan', cause, mode: 'delta' };
    const rests = await deliver(courier, destination, order);
    expect(rests).toMatchObject({ state: 'resting', run: null, lines: 0 });
    expect((Date.parse(rests.until!) - Date.now()) / 60_000).toBeGreaterThan(29);
    expect(plans.planned).toHaveLength(1);
    await minutesPass(31);
    expect(await deliver(courier, destination, order)).toMatchObject({ state: 'done', accepted: 1 });
    expect(holders('news')).toHaveLength(19);
  });

  it.each([
    { do: 'plan', cause: 'manual', mode: 'delta' },
    { do: 'plan', cause: 'resync', mode: 'full' },
    { do: 'plan', cause: 'withdraw', mode: 'withdraw' },
  ] satisfies Order[])('hears afterwards what was ordered meanwhile: $cause', async (order) => {
    expect(await deliver(courier, destination, order)).toMatchObject({ state: 'resting', lines: 1 });
    expect(await deliver(courier, destination, RESUME)).toMatchObject({ state: 'resting' });
    expect(standIn.tries).toHaveLength(2);
    await minutesPass(31);
    expect(await deliver(courier, destination, RESUME)).toMatchObject({ state: 'done', accepted: 1 });
    expect(holders('news')).toHaveLength(19);
  });

  it('hears afterwards what is replayed', async () => {
    standIn.answer = () => {
      throw refusal('rejected', false);
    };
    await minutesPass(31);
    await deliver(courier, destination, DELTA);
    standIn.answer = () => ALL_TAKEN;
    const replay: Order = { do: 'replay', of: {} };
    expect(await deliver(courier, destination, replay)).toMatchObject({ state: 'resting', lines: 1 });
    // It is taken up, and a second order finds nothing more.
    expect(await deliver(courier, destination, replay)).toMatchObject({ state: 'resting', lines: 0 });
    await minutesPass(31);
    expect(await deliver(courier, destination, RESUME)).toMatchObject({ state: 'done', accepted: 1 });
    expect(holders('news')).toHaveLength(19);
  });
});

describe('a destination that is down', () => {
  const failing = async () => {
    plans.wanted = people(200);
    standIn.limits = { lines: 10, concurrency: 1 };
    standIn.answer = () => {
      throw refusal('unreachable', true, 600_000);
    };
    return deliver(courier, destination, DELTA);
  };

  it('is left alone after five failures in a row, then asked with one chunk', async () => {
    expect(await failing()).toMatchObject({ state: 'down' });
    expect(standIn.tries).toHaveLength(5);
    await deliver(courier, destination, RESUME);
    expect(standIn.tries).toHaveLength(5);
    await timePasses();
    expect(await deliver(courier, destination, RESUME)).toMatchObject({ state: 'down' });
    expect(standIn.tries).toHaveLength(6);
    expect(await readBreaker(clickhouse, destination.id)).toMatchObject({
      failures: 6,
      reason: 'unreachable',
    });
  });

  it('gets everything once it is back', async () => {
    await failing();
    standIn.answer = () => ALL_TAKEN;
    await timePasses();
    expect(await deliver(courier, destination, RESUME)).toMatchObject({ state: 'done', accepted: 200 });
    expect(holders('news')).toHaveLength(200);
    expect(await readBreaker(clickhouse, destination.id)).toMatchObject({ failures: 0 });
  });

  it('is asked at once where somebody has changed it', async () => {
    plans.wanted = people(10);
    standIn.answer = () => {
      throw refusal('unauthorized', false);
    };
    expect(await deliver(courier, destination, DELTA)).toMatchObject({ state: 'down' });
    standIn.answer = () => ALL_TAKEN;
    expect(await deliver(courier, destination, RESUME)).toMatchObject({ state: 'down' });
    const mended = { ...destination, version: destination.version + 1 };
    expect(await deliver(courier, mended, RESUME)).toMatchObject({ state: 'done', accepted: 10 });
  });
});

describe('dead letters', () => {
  /** Whose lines are dead, sorted: of a chunk all of them. */
  const deadUids = async () => {
    const letters = await listDeadLetters(clickhouse, destination.id, 1000);
    const lines = await clickhouse.query<{ run: string; chunk: number; number: number; uid: string }>(
      'SELECT run, chunk, number, uid FROM delivery_lines WHERE destination = {id:String} ORDER BY uid',
      { id: destination.id },
    );
    return letters
      .flatMap((letter) =>
        lines.filter(
          ({ run, chunk, number }) =>
            Number(run) === letter.run && chunk === letter.chunk && number === (letter.number ?? number),
        ),
      )
      .map(({ uid }) => uid)
      .sort();
  };
  const refuseLines = (...uids: string[]) => {
    standIn.answer = ({ lines }) => ({
      accepted: 0,
      failed: lines
        .filter(({ uid }) => uids.includes(uid))
        .map(({ number }) => ({ number, reason: 'line_rejected', detail: 'this', retry: false })),
    });
  };
  const runs = async (...wanted: Wanted) => {
    plans.wanted = wanted;
    return deliver(courier, destination, DELTA);
  };

  it('are none any more once a later run has told the line, or its opposite', async () => {
    refuseLines('again', 'left', 'half', 'stays');
    const first = await runs(
      { uid: 'again', add: ['news'] },
      { uid: 'left', add: ['news'] },
      { uid: 'half', add: ['news', 'sport'] },
      { uid: 'stays', add: ['news'] },
      { uid: 'taken', add: ['news'] },
    );
    expect(await deadUids()).toEqual(['again', 'half', 'left', 'stays']);
    refuseLines('stays');
    await runs(
      { uid: 'again', add: ['news'] },
      { uid: 'left', remove: ['news'] },
      { uid: 'half', add: ['news'] },
      { uid: 'stays', add: ['news'] },
    );
    expect(await deadUids()).toEqual(['half', 'stays', 'stays']);
    standIn.answer = () => ALL_TAKEN;
    await runs({ uid: 'half', remove: ['sport'] }, { uid: 'stays', add: ['news'] });
    expect(await deadUids()).toEqual([]);
    expect(await countDeadLetters(clickhouse, destination.id)).toEqual(new Map());
    // Nobody needs what they held.
    const kept = 'SELECT run FROM delivery_lines WHERE destination = {id:String} AND run = {run:UInt64}';
    expect(await clickhouse.query(kept, { id: destination.id, run: first.run })).toEqual([]);
    const sent = standIn.tries.length;
    await deliver(courier, destination, { do: 'replay', of: {} });
    expect(standIn.tries).toHaveLength(sent);
  });

  it('of a chunk are those of its lines that no later run has told', async () => {
    standIn.answer = () => {
      throw refusal('rejected', false);
    };
    const { run } = await runs(...people(5));
    standIn.answer = () => ALL_TAKEN;
    await runs({ uid: 'u0', remove: ['news'] }, { uid: 'u3', add: ['news'] });
    expect(await countDeadLetters(clickhouse, destination.id)).toEqual(new Map([[run, { rejected: 3 }]]));
    expect(await deadUids()).toEqual(['u1', 'u2', 'u4']);
    expect(await deliver(courier, destination, { do: 'replay', of: {} })).toMatchObject({ accepted: 3 });
    expect(holders('news')).toEqual(['u3', 'u1', 'u2', 'u4']);
  });

  it('are none either where they are given up when a later run has told otherwise', async () => {
    standIn.answer = () => {
      throw refusal('bad_answer', true, 600_000);
    };
    await runs(...people(2));
    standIn.answer = () => ALL_TAKEN;
    expect(await runs({ uid: 'u0', remove: ['news'] })).toMatchObject({ state: 'waiting', accepted: 1 });
    standIn.answer = () => {
      throw refusal('rejected', false);
    };
    await timePasses();
    expect(await deliver(courier, destination, RESUME)).toMatchObject({ state: 'done', dead: 1 });
    expect(await deadUids()).toEqual(['u1']);
  });

  it('stay where what a later run was to tell has not arrived', async () => {
    standIn.answer = () => {
      throw refusal('rejected', false);
    };
    await runs({ uid: 'u0', add: ['news'] });
    await runs({ uid: 'u0', remove: ['news'] });
    expect(await deadUids()).toEqual(['u0', 'u0']);
  });

  it('of what a person asked for stay until that is asked again, or he is in something', async () => {
    courier = { ...courier, types: new Map([['stand-in', { ...standIn.type, forgets: true }]]) };
    standIn.answer = () => {
      throw refusal('rejected', false);
    };
    await runs(
      { uid: 'gone', remove: ['news'], erased: true },
      { uid: 'asked', erased: true },
      { uid: 'back', erased: true },
    );
    standIn.answer = () => ALL_TAKEN;
    await runs({ uid: 'gone', remove: ['news'] }, { uid: 'back', add: ['sport'] });
    expect(await deadUids()).toEqual(['asked', 'gone']);
    await runs({ uid: 'gone', erased: true }, { uid: 'asked', erased: true });
    expect(await deadUids()).toEqual([]);
  });

  it('are told again when asked, as what is so by now, and are none afterwards', async () => {
    plans.wanted = [
      { uid: 'stays', add: ['news', 'sport'] },
      { uid: 'left', add: ['news'] },
      { uid: 'gone', remove: ['news'], erased: true },
      { uid: 'back', remove: ['news', 'sport'], erased: true },
    ];
    standIn.answer = () => {
      throw refusal('rejected', false);
    };
    const { run } = await deliver(courier, destination, DELTA);
    standIn.answer = ({ lines }) => ({
      accepted: 0,
      failed: lines
        .filter(({ uid }) => uid === 'line')
        .map(({ number }) => ({ number, reason: 'bad_id', detail: 'this', retry: false })),
    });
    plans.wanted = [
      { uid: 'left', remove: ['news'] },
      { uid: 'back', add: ['news'] },
      { uid: 'line', add: ['sport'] },
    ];
    await deliver(courier, destination, DELTA);
    expect(await deadUids()).toEqual(['back', 'gone', 'line', 'stays']);

    standIn.answer = () => ALL_TAKEN;
    const replay: Order = { do: 'replay', of: {} };
    expect(await deliver(courier, destination, replay)).toMatchObject({
      state: 'done',
      lines: 4,
      accepted: 4,
    });
    const { lines } = standIn.tries.at(-1)!;
    // Of who was erased and is in something again not everything is to be deleted.
    expect(lines.map(({ uid, add, remove, erased }) => ({ uid, add, remove, erased }))).toEqual([
      { uid: 'back', add: [], remove: ['sport'], erased: false },
      { uid: 'gone', add: [], remove: ['news'], erased: true },
      { uid: 'line', add: ['sport'], remove: [], erased: false },
      { uid: 'stays', add: ['news', 'sport'], remove: [], erased: false },
    ]);
    expect(await listDeadLetters(clickhouse, destination.id, 10)).toEqual([]);
    expect(await chunksOf(run!)).toMatchObject([{ state: 'superseded' }]);
    expect(await deliver(courier, destination, replay)).toMatchObject({ state: 'done', lines: 0 });
  });

  it('of what a person asked for are asked again, and count as asked once they are taken', async () => {
    courier = { ...courier, types: new Map([['stand-in', { ...standIn.type, forgets: true }]]) };
    const asked = () =>
      clickhouse.query<{ run: string; uid: string; kind: string }>(
        'SELECT run, uid, kind FROM kept_subject_requests WHERE destination = {id:String}',
        { id: destination.id },
      );
    plans.wanted = [{ uid: 'left long ago', erased: true }];
    standIn.answer = () => {
      throw refusal('rejected', false);
    };
    expect(await deliver(courier, destination, DELTA)).toMatchObject({ state: 'done', dead: 1 });
    expect(await asked()).toEqual([]);
    standIn.answer = () => ALL_TAKEN;
    const { run } = await deliver(courier, destination, { do: 'replay', of: {} });
    expect(standIn.tries.at(-1)!.lines).toMatchObject([
      { uid: 'left long ago', add: [], remove: [], erased: true },
    ]);
    expect(await asked()).toEqual([{ run: String(run), uid: 'left long ago', kind: 'deletion' }]);
  });

  it('can be told again of one run alone, segment by segment where the destination wants it so', async () => {
    standIn = new StandIn();
    standIn.limits = { lines: 10, concurrency: 1 };
    courier = { ...courier, types: new Map([['stand-in', { ...standIn.type, bySegment: true }]]) };
    plans.wanted = [
      { uid: 'a', add: ['news'] },
      { uid: 'b', add: ['news', 'sport'] },
    ];
    standIn.answer = () => {
      throw refusal('rejected', false);
    };
    const { run } = await deliver(courier, destination, DELTA);
    plans.wanted = [{ uid: 'c', add: ['news'] }];
    const later = await deliver(courier, destination, DELTA);
    standIn.answer = () => ALL_TAKEN;
    await deliver(courier, destination, { do: 'replay', of: { run: run! } });
    expect(
      standIn.tries
        .slice(2)
        .map(({ chunk, lines }) => [[...chunk.segments.keys()], lines.map(({ uid }) => uid)]),
    ).toEqual([
      [['news'], ['a', 'b']],
      [['sport'], ['b']],
    ]);
    expect((await listDeadLetters(clickhouse, destination.id, 10)).map((letter) => letter.run)).toEqual([
      later.run,
    ]);
  });
});
