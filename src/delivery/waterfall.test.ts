import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import type { PlanRequest } from './plan/planning.ts';
import { settle } from './plan/settle.ts';
import { World } from './plan/world.testing.ts';
import { waterfall } from './waterfall.ts';

const clickhouse = new ClickHouse(await freshDatabase());
beforeAll(async () => void (await migrate(clickhouse, 90)));
afterAll(() => clickhouse.close());

const numbers = (stages: readonly { stage: string; n: number | null }[]) =>
  stages.map(({ stage, n }) => `${stage} ${n}`).join(', ');

async function worldOf(people: number): Promise<World> {
  const world = new World(clickhouse);
  world.segment('a');
  for (let number = 0; number < people; number++) {
    await world.consent(number);
    await world.link(number, 'acme', `u${number}`);
  }
  await world.members(0, [...Array(people).keys()]);
  return world;
}

/** A run has come to its end. */
const over = ({ destination, run }: PlanRequest) => {
  const time = new Date().toISOString();
  return clickhouse.insert('delivery_runs', [
    { destination, run, step: 1, state: 'done', planned: time, time },
  ]);
};

it('counts from the members down to what was accepted, each loss by its name', async () => {
  const world = await worldOf(6);
  await world.withdraw(0);
  await world.link(1, 'acme', '');
  const { request, planned } = await world.planned();
  expect(planned).toMatchObject({ adds: 4, chunks: 2 });
  const of = { destination: world.destination };
  const [before] = await waterfall(clickhouse, of);
  expect(numbers(before!.stages)).toBe(
    'members 6, consented 5, id_known 4, id_fresh 4, allowed 4, sent 4, accepted null',
  );
  expect(before!.stages[1]!.losses).toEqual([{ reason: 'withdrawn', n: 1 }]);
  expect(before!.stages[2]!.losses).toEqual([{ reason: 'no_id', n: 1 }]);
  expect(before).toMatchObject({
    segment: world.segments[0]!.id,
    added: 4,
    removed: 0,
    refreshed: 0,
    days: [],
  });

  // Of the first chunk one line is not taken, the second never arrives.
  await world.ended(request, 1, 'acknowledged');
  await world.ended(request, 2, 'dead');
  const failure = { run: request.run, chunk: 1, number: 1, attempt: 1, reason: 'unknown_id', retry: false };
  await clickhouse.insert('delivery_failures', [{ ...of, ...failure, time: new Date().toISOString() }]);
  for (let again = 0; again < 2; again++) await settle(clickhouse, { ...request, replay: false });
  await over(request);
  const [after] = await waterfall(clickhouse, { ...of, segment: world.segments[0]!.id });
  expect(after!.stages.at(-1)).toEqual({
    stage: 'accepted',
    n: 1,
    losses: [
      { reason: 'undelivered', n: 2 },
      { reason: 'unknown_id', n: 1 },
    ],
  });
  // What did not arrive is told by the next run, what was not taken is not.
  const { request: next, planned: later } = await world.planned();
  expect(later).toMatchObject({ adds: 2, removes: 0, refreshes: 0 });
  await world.ended(next, 1, 'acknowledged');
  await settle(clickhouse, { ...next, replay: false });
  const [last] = await waterfall(clickhouse, of);
  expect(numbers(last!.stages)).toContain('sent 4, accepted 3');
  expect(last!.stages.at(-1)!.losses).toEqual([{ reason: 'unknown_id', n: 1 }]);
  expect(last).toMatchObject({ added: 6 });
});

it('counts as accepted nobody who waits in another run, and believes the run that ended last', async () => {
  const world = await worldOf(3);
  await world.members(0, [0, 1]);
  const { request: older } = await world.planned();
  await world.members(0, [0, 1, 2]);
  const { request: newer } = await world.planned();
  const accepted = async () => {
    const [found] = await waterfall(clickhouse, { destination: world.destination });
    return found!.stages.at(-1);
  };
  // The older waits for its next try while the newer is taken.
  await world.ended(newer, 1, 'acknowledged');
  await settle(clickhouse, { ...newer, replay: false }, new Date(Date.now() + 1000));
  await over(newer);
  expect(await accepted()).toMatchObject({ n: 1, losses: [{ reason: 'waiting', n: 2 }] });
  await world.ended(older, 1, 'acknowledged');
  await settle(clickhouse, { ...older, replay: false }, new Date(Date.now() + 2000));
  await over(older);
  expect(await accepted()).toMatchObject({ n: 3, losses: [] });
});

it('while removals wait it is not known how many are accepted, and never more than are sent', async () => {
  const world = await worldOf(3);
  const { request: adds } = await world.planned();
  await world.ended(adds, 1, 'acknowledged');
  await settle(clickhouse, { ...adds, replay: false });
  await over(adds);
  const found = async () =>
    numbers((await waterfall(clickhouse, { destination: world.destination }))[0]!.stages);
  expect(await found()).toContain('sent 3, accepted 3');
  await world.members(0, [0]);
  const { request: removals } = await world.planned();
  expect(await found()).toContain('sent 1, accepted null');
  await world.ended(removals, 1, 'acknowledged');
  await settle(clickhouse, { ...removals, replay: false });
  expect(await found()).toContain('sent 1, accepted 1');
});

it('of a replay what was taken is told no more', async () => {
  const world = await worldOf(1);
  const { request } = await world.planned();
  await world.ended(request, 1, 'dead');
  await settle(clickhouse, { ...request, replay: false });
  const replay = world.request();
  await clickhouse.command(
    `INSERT INTO delivery_lines (destination, run, chunk, number, source, uid, add, remove, all, observed, time)
     SELECT destination, {to:UInt64} AS run, chunk, number, source, uid, add, remove, all, observed, time
     FROM delivery_lines WHERE destination = {destination:String} AND delivery_lines.run = {run:UInt64}`,
    { ...request, to: replay.run },
  );
  await world.publish(replay);
  await world.ended(replay, 1, 'acknowledged');
  await settle(clickhouse, { ...replay, replay: true });
  expect((await world.planned()).planned.lines).toBe(0);
});

it('below the floor nobody is added, whoever is in stays, and who leaves is taken back', async () => {
  const world = await worldOf(3);
  const floor = { minAudience: 3 };
  await world.planned(floor);
  await world.members(0, [0, 1]);
  expect((await world.planned(floor)).planned).toMatchObject({ adds: 0, removes: 1 });
  await world.members(0, [0, 2]);
  expect((await world.planned(floor)).planned).toMatchObject({ adds: 0, removes: 1 });
  const [held] = await waterfall(clickhouse, { destination: world.destination });
  expect(numbers(held!.stages)).toContain('allowed 2, sent 1');
  expect(held!.stages[5]!.losses).toEqual([{ reason: 'below_floor', n: 1 }]);
  await world.members(0, [0, 1, 2]);
  expect((await world.planned(floor)).planned).toMatchObject({ adds: 2, removes: 0 });
});

it('shows the days before and what has changed since the oldest of them', async () => {
  const world = await worldOf(2);
  const { request } = await world.planned();
  await clickhouse.command(
    `INSERT INTO delivery_losses SELECT destination, segment, {run:UInt64} AS run, day - 3 AS day, stage, reason, n * 5 AS n, time
     FROM delivery_losses WHERE destination = {destination:String}`,
    { ...request },
  );
  const [found] = await waterfall(clickhouse, { destination: world.destination });
  expect(found!.days).toHaveLength(1);
  expect(found!.days[0]!.stages[0]).toMatchObject({ stage: 'members', n: 10 });
  expect(found!.trend).toMatchObject({ members: -8, sent: -8, accepted: null });
  // A plan that was cut off counts nowhere.
  await clickhouse.insert('delivery_losses', [
    {
      destination: world.destination,
      segment: 'x',
      run: 99,
      day: new Date().toISOString().slice(0, 10),
      stage: 'members',
      n: 1,
    },
  ]);
  expect(await waterfall(clickhouse, { destination: world.destination })).toHaveLength(1);
});
