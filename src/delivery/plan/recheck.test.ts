import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate } from '../../clickhouse/schema.ts';
import type { Line } from '../destination.ts';
import type { PlanRequest } from './planning.ts';
import { type Rechecked, recheck } from './recheck.ts';
import { settle } from './settle.ts';
import { ACME, World } from './world.testing.ts';

const clickhouse = new ClickHouse(await freshDatabase());
beforeAll(async () => void (await migrate(clickhouse, 90)));
afterAll(() => clickhouse.close());

/** So many people whom a partner knows, and segments without a member. */
async function worldOf(people: number, ...codes: string[]): Promise<World> {
  const world = new World(clickhouse);
  for (const code of codes) world.segment(code);
  for (let number = 0; number < people; number++) {
    await world.consent(number);
    await world.link(number, 'acme', `u${number}`);
  }
  return world;
}

/** What leaves of the first chunk of a run, after a look at it with the builds of now. */
async function leaving(world: World, request: PlanRequest, change: Partial<Rechecked> = {}): Promise<Line[]> {
  const recipient = { ...request, segments: world.segments, ...change };
  const versions = await recheck(clickhouse, { recipient, run: request.run, chunks: [1] });
  const [lines] = await world.lines(request, 1, versions.get(1));
  return lines!;
}

/** All chunks of a run were taken as they left. */
async function taken(world: World, request: PlanRequest): Promise<void> {
  await world.ended(request, 1, 'acknowledged');
  await settle(clickhouse, { ...request, replay: false });
}

describe('of who is told all segments of an id', () => {
  const all = { tells: 'all', sources: [ACME] } as const;

  it('a line stays behind as soon as a later run has told anything of the id', async () => {
    const world = await worldOf(2, 'a', 'b', 'c');
    await world.members(0, [0, 1]);
    await world.planned(all);
    await world.members(1, [0, 1]);
    const { request: older } = await world.planned(all);
    // One leaves what the older line has among all, the other comes into what it has not.
    await world.members(0, [1]);
    await world.members(2, [1]);
    await world.planned(all);
    expect(await leaving(world, older)).toEqual([]);
  });

  it('a line leaves where the later run told of others', async () => {
    const world = await worldOf(2, 'a', 'b');
    await world.members(0, [0]);
    const { request: older } = await world.planned(all);
    await world.members(1, [1]);
    await world.planned(all);
    expect(await leaving(world, older)).toMatchObject([{ uid: world.uid('u0'), add: ['a'], all: ['a'] }]);
  });

  it('nobody who has withdrawn since is told to be in what the line does not change', async () => {
    const world = await worldOf(1, 'a', 'b');
    await world.members(0, [0]);
    await world.members(1, [0]);
    await world.planned(all);
    await world.members(0, []);
    const { request } = await world.planned(all);
    expect((await world.lines(request, 1)).flat()).toMatchObject([{ remove: ['a'], all: ['b'] }]);
    await world.withdraw(0);
    expect(await leaving(world, request)).toMatchObject([{ add: [], remove: ['a'], all: [] }]);
    // It was dropped there with that line, and is told once more when it may be.
    await taken(world, request);
    await world.consent(0);
    expect((await world.planned(all)).planned).toMatchObject({ adds: 1, removes: 0 });
  });
});

describe('of a segment of which no adds leave now', () => {
  it.each<[string, Partial<PlanRequest>, (world: World) => void]>([
    ['because it is below the floor', { minAudience: 2 }, () => undefined],
    [
      'because its rule is not the one that it was built by',
      {},
      (world) => {
        world.segments[0] = { ...world.segments[0]!, ruleChanged: true };
      },
    ],
  ])('what was planned before stays behind, and is told later: %s', async (_, how, change) => {
    const world = await worldOf(3, 'a');
    await world.members(0, [0, 1]);
    const { request } = await world.planned({ ...how, lines: 10 });
    await world.members(0, [1]);
    change(world);
    expect(await leaving(world, request)).toEqual([]);
    await taken(world, request);
    await world.members(0, [1, 2]);
    world.segments[0] = { ...world.segments[0]!, ruleChanged: false };
    const { planned } = await world.planned(how);
    expect(planned).toMatchObject({ adds: 2, removes: 1 });
  });

  it('who left is taken back, and whoever is in stays', async () => {
    const world = await worldOf(2, 'a');
    await world.members(0, [0, 1]);
    await world.planned();
    await world.members(0, [1]);
    const { request } = await world.planned();
    world.segments[0] = { ...world.segments[0]!, ruleChanged: true };
    expect(await leaving(world, request, { minAudience: 50 })).toMatchObject([{ add: [], remove: ['a'] }]);
    expect((await world.planned()).planned).toMatchObject({ lines: 0 });
  });
});
