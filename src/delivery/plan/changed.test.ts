import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { openShards } from '../../identity/shards.testing.ts';
import { rememberUnlinked } from '../upkeep/unlinked.ts';
import { plan } from './plan.ts';
import type { PlanRequest } from './planning.ts';
import { settle } from './settle.ts';
import { World } from './world.testing.ts';

const clickhouse = new ClickHouse(await freshDatabase());
beforeAll(async () => void (await migrate(clickhouse, 90)));
afterAll(() => clickhouse.close());

/** Three of four are in two segments, under a partner's ids and two of them under a device's, and all is told. */
async function told(at: ClickHouse, change: Partial<PlanRequest> = {}): Promise<World> {
  const world = new World(at);
  world.segment('a');
  world.segment('b');
  for (const number of [0, 1, 2, 3]) {
    await world.consent(number);
    await world.link(number, 'acme', `u${number}`);
  }
  await world.link(1, 'idfa', 'd1');
  await world.link(2, 'idfa', 'd1');
  await world.members(0, [0, 1, 2]);
  await world.members(1, [1, 2]);
  expect((await world.planned(change)).planned.whole).toBe(true);
  return world;
}

/** @returns the next plan, which says what one would that compares everything. */
async function next(world: World, change: Partial<PlanRequest> = {}) {
  const request = world.request(change);
  const everything = await world.everything(request);
  const planned = await plan(world.clickhouse, request);
  await world.publish(request);
  expect(await world.said(request)).toEqual(everything);
  return { ...planned, request };
}

const CHANGES: readonly (readonly [string, (world: World) => Promise<void>, object])[] = [
  ['nothing', async () => undefined, { adds: 0, removes: 0 }],
  ['a build', (world) => world.members(0, [1, 2, 3]), { adds: 1, removes: 1 }],
  [
    'builds of both segments, one of them twice',
    async (world) => {
      await world.members(0, [0]);
      await world.members(1, [1, 2, 3]);
      await world.members(0, [0, 1]);
    },
    { adds: 1, removes: 1 },
  ],
  ['a withdrawal', (world) => world.withdraw(0), { adds: 0, removes: 1 }],
  ['a consent without the partner', (world) => world.consent(0, { partners: [] }), { adds: 0, removes: 1 }],
  ['a replaced id', (world) => world.link(0, 'acme', 'u9'), { adds: 1, removes: 1 }],
  ['an id that went to somebody else', (world) => world.link(3, 'acme', 'u0'), { adds: 0, removes: 0 }],
  ['a match that was deleted', (world) => world.link(0, 'acme', ''), { adds: 0, removes: 1 }],
  ['a new device', (world) => world.link(0, 'idfa', 'd2'), { adds: 1, removes: 0 }],
  ['an erasure', (world) => world.erase(0), { adds: 0, removes: 1 }],
  [
    'an erasure whose links are gone',
    async (world) => {
      await world.erase(0);
      const visitors = [BigInt(world.visitor(0))];
      await rememberUnlinked(world.clickhouse, { stored: 'links', id: 'visitor', visitors });
      await world.clickhouse.command('DELETE FROM links WHERE visitor IN {visitors:Array(UInt64)}', {
        visitors,
      });
    },
    { adds: 0, removes: 1 },
  ],
];

describe('a plan looks at what changed since the last one, and says what it would of all', () => {
  it.each(CHANGES)('%s', async (_, change, says) => {
    const world = await told(clickhouse);
    await change(world);
    expect(await next(world)).toMatchObject({ whole: false, ...says });
    expect(await next(world)).toMatchObject({ whole: false, lines: 0 });
  });

  it('what was told and never arrived', async () => {
    const world = await told(clickhouse);
    await world.members(0, [1, 2, 3]);
    const { request, lines, chunks } = await next(world);
    expect(lines).toBeGreaterThan(0);
    for (let chunk = 1; chunk <= chunks; chunk++) await world.ended(request, chunk, 'dead');
    await settle(clickhouse, { ...request, replay: false });
    expect(await next(world)).toMatchObject({ whole: false, lines });
  });

  it('on two shards too', async () => {
    const { clickhouse: shards, close } = await openShards();
    try {
      const world = await told(shards);
      await world.members(0, [1, 2, 3]);
      await world.withdraw(1);
      expect(await next(world)).toMatchObject({ whole: false, adds: 1 });
    } finally {
      await close();
    }
  });
});

describe('a plan compares all', () => {
  it.each<
    [
      sentence: string,
      before: Partial<PlanRequest>,
      after: Partial<PlanRequest>,
      change?: (world: World) => void,
    ]
  >([
    ['where everybody is told', {}, { mode: 'full' }],
    ['after all was taken back', { mode: 'withdraw' }, {}],
    ['where adds leave again that were held back', { minAudience: 3 }, {}],
    ['by another rule', {}, { vendors: ['acme', 'other'] }],
    ['under other ids', {}, { sources: [{ kind: 'partner', id: 'acme' }] }],
    ['where places count', {}, { regions: ['DE'] }],
    [
      'under another name',
      {},
      {},
      (world) => {
        world.segments[0] = { ...world.segments[0]!, code: 'renamed' };
      },
    ],
  ])('%s', async (_, before, after, change) => {
    const world = await told(clickhouse);
    await next(world, before);
    change?.(world);
    expect(await next(world, after)).toMatchObject({ whole: true });
  });

  it('where the last plan was never published', async () => {
    const world = await told(clickhouse);
    await world.members(0, [0, 3]);
    await plan(clickhouse, world.request());
    expect(await next(world)).toMatchObject({ whole: false, adds: 1, removes: 3 });
  });
});
