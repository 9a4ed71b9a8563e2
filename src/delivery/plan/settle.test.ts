import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate } from '../../clickhouse/schema.ts';
import type { PlanRequest } from './planning.ts';
import { settle } from './settle.ts';
import { World } from './world.testing.ts';

const clickhouse = new ClickHouse(await freshDatabase());
beforeAll(async () => void (await migrate(clickhouse, 90)));
afterAll(() => clickhouse.close());

const DAY = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY).toISOString();
const settled = (request: PlanRequest, replay = false) => settle(clickhouse, { ...request, replay });

const notTaken = (world: World, { run }: PlanRequest, reason: string) =>
  clickhouse.insert('delivery_failures', [
    {
      destination: world.destination,
      run,
      chunk: 1,
      number: 0,
      attempt: 1,
      reason,
      retry: false,
      time: new Date().toISOString(),
    },
  ]);

/** Somebody of whom a destination was told, and who has left. */
async function left(): Promise<{ world: World; request: PlanRequest }> {
  const world = new World(clickhouse);
  world.segment('a');
  await world.consent(0);
  await world.link(0, 'acme', 'u0');
  await world.members(0, [0]);
  await world.planned();
  await world.members(0, []);
  const { request, planned } = await world.planned();
  expect(planned).toMatchObject({ removes: 1, lines: 1 });
  return { world, request };
}

describe('a removal that a destination did not take', () => {
  it.each([
    ['is told again by the next run', 'line_rejected', 1],
    ['is told again though the segment is not known', 'unknown_segment', 1],
    ['is told no more where it does not know the id', 'unknown_id', 0],
    ['is told no more where no such id can be', 'bad_id', 0],
  ])('%s', async (_, reason, removes) => {
    const { world, request } = await left();
    await world.ended(request, 1, 'acknowledged');
    await notTaken(world, request, reason);
    for (let again = 0; again < 2; again++) await settled(request);
    expect((await world.planned()).planned).toMatchObject({ adds: 0, removes, lines: removes });
    expect((await world.planned()).planned.lines).toBe(0);
  });

  it('is told for thirty days since it was told first, however often it fails', async () => {
    let { world, request } = await left();
    let days = 0;
    for (; days < 60; days += 10) {
      await world.ended(request, 1, 'acknowledged');
      await notTaken(world, request, 'line_rejected');
      await settled(request);
      await clickhouse.command(
        `ALTER TABLE sent_sets UPDATE observed = observed - 10 WHERE destination = {destination:String} AND op != 'add'`,
        { destination: world.destination },
        { mutations_sync: '2' },
      );
      // The add is let go of by then.
      await clickhouse.command(
        `DELETE FROM sent_sets WHERE destination = {destination:String} AND op = 'add'`,
        { destination: world.destination },
      );
      const next = await world.planned();
      if (next.planned.lines === 0) break;
      request = next.request;
    }
    expect(days).toBe(20);
  });

  it('is told no more once a replay has brought it', async () => {
    const { world, request } = await left();
    await world.ended(request, 1, 'dead');
    await settled(request);
    const replay = world.request();
    await clickhouse.command(
      `INSERT INTO delivery_lines SELECT destination, {to:UInt64} AS run, chunk, number, source, uid, add, remove, all, erased, observed, time
       FROM delivery_lines WHERE destination = {destination:String} AND delivery_lines.run = {run:UInt64}`,
      { ...request, to: replay.run },
    );
    await world.publish(replay);
    await world.ended(replay, 1, 'acknowledged');
    await settled(replay, true);
    expect((await world.planned()).planned.lines).toBe(0);
  });
});

describe('an add of which it is known late that it never arrived', () => {
  /** Its run is under way still when a later one finds that its day has moved on. */
  async function movedOn(): Promise<{ world: World; request: PlanRequest }> {
    const world = new World(clickhouse);
    world.segment('a');
    await world.consent(0);
    await world.link(0, 'acme', 'u0', { first: daysAgo(20), last: daysAgo(20) });
    await world.members(0, [0]);
    const { request, planned } = await world.planned();
    expect(planned).toMatchObject({ adds: 1 });
    await world.link(0, 'acme', 'u0');
    await world.members(0, [0]);
    expect((await world.planned()).planned.lines).toBe(0);
    return { world, request };
  }

  it('is told by the next run, though one between them has written the id anew', async () => {
    const { world, request } = await movedOn();
    await world.ended(request, 1, 'dead');
    for (let again = 0; again < 2; again++) await settled(request);
    expect((await world.planned()).planned).toMatchObject({ adds: 1, lines: 1 });
    expect((await world.planned()).planned.lines).toBe(0);
  });

  it('counts as refused, though one between them has written the id anew', async () => {
    const { world, request } = await movedOn();
    await world.ended(request, 1, 'acknowledged');
    await notTaken(world, request, 'unknown_id');
    await settled(request);
    const rows = await clickhouse.query(
      `SELECT toString(argMax(sent.op, (sent.seq, sent.op))) AS op FROM kept_sent_sets AS sent
       WHERE destination = {destination:String}`,
      { destination: world.destination },
    );
    expect(rows).toEqual([{ op: 'refused' }]);
  });

  it('is not told where a later run has told the id meanwhile', async () => {
    const { world, request } = await movedOn();
    await world.planned({ mode: 'full' });
    await world.ended(request, 1, 'dead');
    await settled(request);
    expect((await world.planned()).planned.lines).toBe(0);
  });

  it('is told by the next run where nothing of its chunk could leave', async () => {
    const { world, request } = await movedOn();
    const withheld = { chunk: 1, version: 1, number: 0, code: 'a', reason: 'withdrawn' };
    const { destination, run } = request;
    await clickhouse.insert('delivery_withheld', [
      { destination, run, ...withheld, time: new Date().toISOString() },
    ]);
    await world.ended(request, 1, 'superseded');
    await settled(request);
    expect((await world.planned()).planned).toMatchObject({ adds: 1 });
  });
});
