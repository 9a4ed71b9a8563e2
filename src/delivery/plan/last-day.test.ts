import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { openShards } from '../../identity/shards.testing.ts';
import { countHeld } from './held.ts';
import { forgetOvertaken, keepLastDay } from './last-day.ts';
import { World } from './world.testing.ts';

const clickhouse = new ClickHouse(await freshDatabase());
beforeAll(async () => void (await migrate(clickhouse, 90)));
afterAll(() => clickhouse.close());

const DAY = 86_400_000;

async function worldOf(people: number, at = clickhouse): Promise<World> {
  const world = new World(at);
  world.segment('a');
  for (let number = 0; number < people; number++) {
    await world.consent(number);
    await world.link(number, 'acme', `u${number}`);
  }
  await world.members(0, [...Array(people).keys()]);
  return world;
}

/** Makes everything that a destination was told so many days older. */
async function daysPass({ clickhouse: at, destination }: World, days: number): Promise<void> {
  const stored = at.cluster === undefined ? '' : '_local';
  await at.onEachHost(async (host) => {
    for (const change of [
      `ALTER TABLE sent_sets${stored} UPDATE observed = observed - {days:UInt16}, told = told - {days:UInt16} WHERE destination = {destination:String}`,
      `ALTER TABLE plan_looks${stored} UPDATE looked = looked - toIntervalDay({days:UInt16}), whole = whole - toIntervalDay({days:UInt16}) WHERE destination = {destination:String}`,
      `ALTER TABLE delivery_runs${stored} UPDATE time = time - toIntervalDay({days:UInt16}) WHERE destination = {destination:String}`,
    ])
      await host.command(change, { destination, days }, { mutations_sync: '2' });
  });
}

describe('a removal whose thirty days are over', () => {
  it('leaves nothing behind that says the destination still has the id', async () => {
    const world = await worldOf(2);
    await world.planned();
    await world.members(0, [1]);
    expect((await world.planned()).planned).toMatchObject({ adds: 0, removes: 1 });
    expect(await forgetOvertaken(clickhouse, 90)).toBe(1);
    expect(await forgetOvertaken(clickhouse, 90)).toBe(0);
    expect(await countHeld(clickhouse, world.destination)).toBe(1);
    await daysPass(world, 30);
    expect(await countHeld(clickhouse, world.destination)).toBe(1);
    // Neither is the removal told once more, nor is who comes back taken for one who is in.
    expect((await world.planned()).planned).toMatchObject({ adds: 0, removes: 0 });
    await world.members(0, [0, 1]);
    expect((await world.planned()).planned).toMatchObject({ adds: 1, removes: 0 });
  });

  it('leaves nothing of a destination from which all was taken back', async () => {
    const world = await worldOf(3);
    await world.planned();
    await world.planned({ mode: 'withdraw' });
    expect(await forgetOvertaken(clickhouse, 90)).toBe(3);
    await daysPass(world, 30);
    expect(await countHeld(clickhouse, world.destination)).toBe(0);
  });

  it('is let go of on the shard where the id is', async () => {
    const { clickhouse: shards, close } = await openShards();
    try {
      const world = await worldOf(8, shards);
      await world.planned();
      await world.members(0, [0, 1]);
      expect((await world.planned()).planned).toMatchObject({ removes: 6 });
      expect(await forgetOvertaken(shards, 90)).toBe(6);
      expect(await forgetOvertaken(shards, 90)).toBe(0);
      await daysPass(world, 30);
      expect(await countHeld(shards, world.destination)).toBe(2);
    } finally {
      await close();
    }
  });
});

it('who was not taken is not taken for one who is in when that is forgotten', async () => {
  const world = await worldOf(1);
  const { request } = await world.planned();
  await clickhouse.insert('sent_sets', [
    {
      destination: world.destination,
      code: 'a',
      source: 'acme',
      uid: world.uid('u0'),
      seq: request.run,
      op: 'refused',
      said: 'unknown_id',
      told: new Date().toISOString().slice(0, 10),
      observed: new Date().toISOString().slice(0, 10),
    },
  ]);
  expect((await world.planned()).planned.lines).toBe(0);
  expect(await forgetOvertaken(clickhouse, 90)).toBe(1);
  await daysPass(world, 30);
  expect((await world.planned()).planned).toMatchObject({ adds: 1 });
});

it('what an overtaken row told stays as long as the row that overtakes it', async () => {
  const world = await worldOf(1);
  await world.planned();
  await world.planned({ mode: 'full' });
  expect(await forgetOvertaken(clickhouse, 90)).toBe(0);
  expect(await countHeld(clickhouse, world.destination)).toBe(1);
});

it('an id whose last day has passed can be taken back for thirty days', async () => {
  const world = new World(clickhouse);
  world.segment('a');
  await world.consent(0);
  const last = new Date(Date.now() - DAY).toISOString();
  await world.link(0, 'acme', 'u0', { first: last, last });
  await world.members(0, [0], last);
  expect((await world.planned()).planned).toMatchObject({ adds: 1 });
  await world.members(0, []);
  await daysPass(world, 88);
  expect(await keepLastDay(clickhouse, 90)).toBe(1);
  expect(await keepLastDay(clickhouse, 90)).toBe(0);
  await daysPass(world, 29);
  await clickhouse.command('OPTIMIZE TABLE delivery_runs FINAL');
  const { request, planned } = await world.planned();
  expect(planned).toMatchObject({ adds: 0, removes: 1 });
  expect((await world.lines(request, 1)).flat()).toMatchObject([{ uid: world.uid('u0'), remove: ['a'] }]);
});

describe('where the job did not run when an id had its last days', () => {
  it.each([
    [87, 'not yet', 0],
    [88, 'as on the day', 1],
    [90, 'though no view shows the row any more', 1],
    [117, 'as long as a removal is kept', 1],
    [118, 'no longer', 0],
  ])('%i days after it was seen it is kept in mind: %s', async (days, _, kept) => {
    await clickhouse.command('SYSTEM STOP TTL MERGES sent_sets');
    const world = new World(clickhouse);
    world.segment('a');
    const request = world.request();
    const day = new Date(Date.now() - days * DAY).toISOString().slice(0, 10);
    const row = {
      destination: world.destination,
      code: 'a',
      source: 'acme',
      uid: world.uid('u0'),
      seq: request.run,
    };
    await clickhouse.insert('sent_sets', [{ ...row, op: 'add', said: 'add', told: day, observed: day }]);
    await world.publish(request);
    expect(await keepLastDay(clickhouse, 90)).toBe(kept);
    expect((await world.planned()).planned).toMatchObject({ adds: 0, removes: days < 90 ? 1 : kept });
    expect(await keepLastDay(clickhouse, 90)).toBe(0);
    await clickhouse.command('SYSTEM START TTL MERGES sent_sets');
  });
});
