import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate, storedTable } from '../../clickhouse/schema.ts';
import { openShards } from '../../identity/shards.testing.ts';
import { rememberUnlinked } from '../upkeep/unlinked.ts';
import type { PlanRequest } from './planning.ts';
import { recheck } from './recheck.ts';
import { settleSubjectRequests } from './subject-requests.ts';
import { World } from './world.testing.ts';

let clickhouse: ClickHouse;
beforeAll(async () => {
  clickhouse = new ClickHouse(await freshDatabase());
  await migrate(clickhouse, 90);
});
afterAll(() => clickhouse.close());

/** Of so many visitors who are in a segment, each told of under an id of his own. */
async function told(visitors: readonly number[], home = clickhouse): Promise<World> {
  const world = new World(home);
  world.segment('a');
  for (const number of visitors) {
    await world.consent(number);
    await world.link(number, 'acme', `u${number}`);
  }
  await world.members(0, visitors);
  await world.planned({ forgets: true });
  return world;
}

/** Asks for a deletion, without opting out. */
const askDeletion = (world: World, number: number) => {
  const time = world.time();
  return world.clickhouse.insert('erasures', [
    { erasure: 'api', visitor: world.visitor(number), time, stored: time, origin: 'api', suppressed: false },
  ]);
};

/** What the next run asks for, of whom something is asked: id, codes taken back, deletion, opt-out. */
async function asked(world: World, change: Partial<PlanRequest> = {}) {
  const { request, planned } = await world.planned({ forgets: true, ...change });
  const lines = (await world.lines(request, planned.chunks)).flat();
  return lines
    .filter(({ erased, optedOut }) => erased || optedOut)
    .map(({ uid, remove, erased, optedOut }) => [uid, remove, erased, optedOut])
    .sort();
}

describe('what people ask of a destination', () => {
  it('is a deletion for who was erased, an opt-out for who opted out, and nothing where somebody else has the id', async () => {
    const world = await told([0, 1, 2, 3, 4]);
    // Two have one device: what was of the one is of the other still.
    await world.link(3, 'idfa', 'd1');
    await world.link(4, 'idfa', 'd1');
    await world.planned({ forgets: true });
    await world.withdraw(0);
    await askDeletion(world, 1);
    await world.erase(2);
    await world.erase(3);
    await askDeletion(world, 3);
    expect(await asked(world)).toEqual([
      [world.uid('u1'), ['a'], true, false],
      [world.uid('u2'), ['a'], false, true],
      [world.uid('u3'), ['a'], true, true],
    ]);
    expect(await asked(world)).toEqual([]);
  });

  it.each<['api' | 'optout', boolean, boolean]>([
    ['api', true, false],
    ['optout', false, true],
  ])('is asked once the links are deleted as well, and once only (%s)', async (origin, erased, optedOut) => {
    const world = await told([0]);
    await (origin === 'api' ? askDeletion(world, 0) : world.erase(0));
    const visitors = [BigInt(world.visitor(0))];
    await rememberUnlinked(clickhouse, { stored: 'links', id: 'visitor', visitors });
    await clickhouse.command('DELETE FROM links WHERE visitor IN {visitors:Array(UInt64)}', { visitors });
    expect(await asked(world)).toEqual([[world.uid('u0'), ['a'], erased, optedOut]]);
    expect(await asked(world)).toEqual([]);
  });

  it.each([
    ['after weeks', 29, 1],
    ['not any more where removals are not told either', 31, 0],
  ])('is asked once the links are long deleted: %s', async (_, days, lines) => {
    const world = await told([0]);
    await world.erase(0);
    const visitors = [BigInt(world.visitor(0))];
    await clickhouse.command('DELETE FROM links WHERE visitor IN {visitors:Array(UInt64)}', { visitors });
    const time = Math.floor(Date.now() / 1000) - days * 86_400;
    await clickhouse.insert('unlinked_uids', [
      { source: 'acme', uid: world.uid('u0'), opted_out: true, time },
    ]);
    const expected = [[world.uid('u0'), ['a'], false, true]];
    // Who was told nothing for weeks is compared whole, as by another rule.
    expect(await asked(world, { freshDays: 80 })).toEqual(expected.slice(0, lines));
  });

  it('is asked of an id that had left its segments before, and of none that the destination never heard of', async () => {
    const world = await told([0, 1]);
    await world.consent(2);
    await world.link(2, 'acme', 'u2');
    await world.members(0, [1]);
    await world.planned({ forgets: true });
    await askDeletion(world, 0);
    await askDeletion(world, 2);
    expect(await asked(world)).toEqual([[world.uid('u0'), [], true, false]]);
    expect(await asked(world)).toEqual([]);
  });

  it('is asked again of who was told of since, and with what the destination did not take', async () => {
    const world = await told([0]);
    await askDeletion(world, 0);
    const { request, planned } = await world.planned({ forgets: true });
    expect(planned.lines).toBe(1);
    await clickhouse.insert('delivery_chunks', [
      {
        destination: world.destination,
        run: request.run,
        chunk: 1,
        step: 9,
        state: 'dead',
        time: world.time(),
      },
    ]);
    await settleSubjectRequests(clickhouse, request);
    expect(await asked(world)).toEqual([[world.uid('u0'), [], true, false]]);
    expect(await asked(world)).toEqual([]);
    // Somebody else came under his id, and is gone again.
    await world.consent(1);
    await world.link(1, 'acme', 'u0');
    await world.members(0, [1]);
    await world.planned({ forgets: true });
    await world.members(0, []);
    expect(await asked(world)).toEqual([[world.uid('u0'), ['a'], true, false]]);
  });

  it('is found on two shards too, each on which it is', async () => {
    const shards = await openShards();
    try {
      const people = Array.from({ length: 12 }, (_, n) => n);
      const world = await told(people, shards.clickhouse);
      await world.members(0, people.slice(4));
      await world.planned({ forgets: true });
      // Of the first four, who left before, two are erased and one opted out; so of the next, whose links go.
      for (const number of [0, 1, 4, 5]) await askDeletion(world, number);
      for (const number of [2, 6]) await world.erase(number);
      const visitors = [4, 5, 6].map((number) => BigInt(world.visitor(number)));
      await shards.clickhouse.onEachHost(async (host) => {
        const stored = storedTable('links', host.cluster);
        await rememberUnlinked(host, { stored, id: 'visitor', visitors });
        await host.command('DELETE FROM {stored:Identifier} WHERE visitor IN {visitors:Array(UInt64)}', {
          stored,
          visitors,
        });
      });
      expect(await asked(world)).toEqual(
        [0, 1, 2, 4, 5, 6].map((n) => [world.uid(`u${n}`), n < 4 ? [] : ['a'], n % 4 < 2, n % 4 === 2]),
      );
      expect(await asked(world)).toEqual([]);
    } finally {
      await shards.close();
    }
  });

  it('is left out of a chunk that waited until a later run told that somebody is in under the id', async () => {
    const world = await told([0, 1]);
    await world.members(0, [1]);
    await world.planned({ forgets: true });
    await askDeletion(world, 0);
    const { request, planned } = await world.planned({ forgets: true });
    expect((await world.lines(request, planned.chunks)).flat()).toMatchObject([{ erased: true }]);
    await world.consent(2);
    await world.link(2, 'acme', 'u0');
    await world.members(0, [1, 2]);
    await world.planned({ forgets: true });
    const versions = await recheck(clickhouse, { recipient: request, run: request.run, chunks: [1] });
    expect(versions.get(1)).toBe(1);
    expect((await world.lines(request, planned.chunks, 1)).flat()).toEqual([]);
  });
});
