import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { openShards } from '../../identity/shards.testing.ts';
import { dryRun } from './dry-run.ts';
import { keepLastDay } from './last-day.ts';
import { plan } from './plan.ts';
import type { PlanRequest } from './planning.ts';
import { recheck } from './recheck.ts';
import { settle } from './settle.ts';
import { ACME, Held, IDFA, World } from './world.testing.ts';

const clickhouse = new ClickHouse(await freshDatabase());
beforeAll(async () => void (await migrate(clickhouse, 90)));
afterAll(() => clickhouse.close());

const DAY = 86_400_000;
const VISITORS = 6;

const who = fc.nat(VISITORS - 1);
const uid = fc.constantFrom('', 'u1', 'u2', 'u3', 'u4');
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('build' as const), at: fc.nat(1), members: fc.uniqueArray(who) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('match' as const), who, uid }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('device' as const), who, uid: fc.constantFrom('d1', 'd2') }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('withdraw' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('consent' as const), who, partner: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('erase' as const), who }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('rename' as const), code: fc.constantFrom('a', 'a2', 'b') }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What may go wrong while a run is sent, or come in between. */
const run = fc.record({
  steps: fc.array(step, { maxLength: 5 }),
  mode: fc.constantFrom('delta' as const, 'delta' as const, 'full' as const),
  cutOff: fc.boolean(),
  deadChunk: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  late: fc.option(who, { nil: undefined }),
  floor: fc.constantFrom(0, 0, 0, 3),
});

async function take(world: World, does: Step): Promise<void> {
  switch (does.do) {
    case 'build':
      return world.members(does.at, does.members);
    case 'match':
      return world.link(does.who, 'acme', does.uid);
    case 'device':
      return world.link(does.who, 'idfa', does.uid);
    case 'withdraw':
      return world.withdraw(does.who);
    case 'consent':
      return world.consent(does.who, does.partner ? {} : { partners: [] });
    case 'erase':
      return world.erase(does.who);
    case 'rename':
      world.segments[0] = { ...world.segments[0]!, code: does.code };
  }
}

/** What somebody holds who is told everything for the first time. */
async function whole(world: World, like: Partial<PlanRequest>): Promise<string[]> {
  const held = new Held();
  const { request, planned } = await world.planned({
    ...like,
    destination: `${world.destination}-${Math.random()}`,
    mode: 'full',
    tells: 'changes',
    bySegment: false,
  });
  for (const lines of await world.lines(request, planned.chunks)) held.take(lines);
  return held.set;
}

type Run = typeof run extends fc.Arbitrary<infer T> ? T : never;

async function playHistory(
  at: ClickHouse,
  runs: readonly Run[],
  { replaces, ...how }: Pick<PlanRequest, 'tells' | 'bySegment' | 'lines'> & { readonly replaces: boolean },
): Promise<void> {
  const world = new World(at);
  world.segment('a');
  world.segment('b');
  for (let number = 0; number < VISITORS; number++) {
    await world.consent(number);
    await world.link(number, 'acme', `u${number}`);
  }
  const held = new Held(how.tells);
  for (const { steps, mode, cutOff, deadChunk, late, floor } of runs) {
    for (const each of steps) await take(world, each);
    if (cutOff) await plan(at, world.request({ ...how, mode }));
    const before = held.set;
    const request = world.request({ ...how, mode, minAudience: floor });
    const everything = await world.everything(request);
    const planned = await plan(at, request);
    await world.publish(request);
    // What is found by looking at changes alone is what would have been found by comparing all.
    expect(await world.said(request)).toEqual(everything);
    if (late !== undefined) await world.withdraw(late);
    const chunks = Array.from({ length: planned.chunks }, (_, index) => index + 1);
    const versions =
      late === undefined || chunks.length === 0
        ? new Map<number, number>()
        : await recheck(at, { recipient: request, run: request.run, chunks });
    // Of who replaces what he has by a whole list, whoever is not in it is gone.
    if (replaces && mode === 'full' && chunks.length > 0 && deadChunk !== 1) held.clear();
    for (const chunk of chunks) {
      await world.ended(request, chunk, chunk === deadChunk ? 'dead' : 'acknowledged');
      if (chunk === deadChunk) continue;
      held.take((await world.lines(request, planned.chunks, versions.get(chunk) ?? 0))[chunk - 1]!);
    }
    await settle(at, { ...request, replay: false });
    const exact = late === undefined && (deadChunk === undefined || deadChunk > planned.chunks);
    const wanted = await whole(world, {});
    if (late !== undefined) {
      // Nobody who said no in between was told of; who was already is taken back by the next run.
      const told = held.set.filter((entry) => !before.includes(entry));
      for (const entry of told) expect(wanted).toContain(entry);
    } else if (exact && floor === 0) expect(held.set).toEqual(wanted);
    else if (exact) for (const entry of held.set) expect(wanted).toContain(entry);
  }
  // Whatever went wrong, the next run that does not sets it right.
  const { request, planned } = await world.planned({ ...how });
  for (const lines of await world.lines(request, planned.chunks)) held.take(lines);
  expect(held.set).toEqual(await whole(world, {}));
  expect((await world.planned({ ...how })).planned).toMatchObject({ lines: 0, chunks: 0 });
}

const how = fc.record({
  tells: fc.constantFrom('changes' as const, 'all' as const),
  bySegment: fc.boolean(),
  lines: fc.constantFrom(1, 2, 100),
  replaces: fc.boolean(),
});
type How = typeof how extends fc.Arbitrary<infer T> ? T : never;

/** What goes together: who is told all of an id is not told segment by segment, and a list that replaces is one. */
const fitting = (how: How): How => {
  if (how.replaces) return { ...how, tells: 'changes', bySegment: false, lines: 100 };
  return how.tells === 'all' ? { ...how, bySegment: false } : how;
};

describe('what a destination holds that takes each run in turn', () => {
  it('is what it would be told at once, whatever happened in between', { timeout: 600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 4 }), how, (runs, how) =>
        playHistory(clickhouse, runs, fitting(how)),
      ),
      { numRuns: 8, endOnFailure: true },
    );
  });

  it('is so on two shards too', async () => {
    const { clickhouse: shards, close } = await openShards();
    try {
      const quiet = { mode: 'delta', cutOff: true, deadChunk: undefined, late: undefined, floor: 0 } as const;
      const runs: Run[] = [
        {
          ...quiet,
          steps: [
            { do: 'build', at: 0, members: [0, 1, 2, 3] },
            { do: 'build', at: 1, members: [2, 3, 4] },
          ],
        },
        {
          ...quiet,
          late: 2,
          steps: [
            { do: 'match', who: 0, uid: 'u4' },
            { do: 'erase', who: 1 },
          ],
        },
        {
          ...quiet,
          deadChunk: 1,
          steps: [
            { do: 'withdraw', who: 3 },
            { do: 'device', who: 4, uid: 'd1' },
          ],
        },
      ];
      await playHistory(shards, runs, { tells: 'all', bySegment: false, lines: 2, replaces: false });

      const world = new World(shards);
      await manyMembers(world, 40_000);
      const { planned, request } = await world.planned({ lines: 1000, sources: [ACME] });
      expect(planned).toMatchObject({ chunks: 40, lines: 40_000, adds: 40_000 });
      expect(await places(shards, request)).toEqual([
        { chunks: '40', lines: '40000', fullest: '1000', last: 999 },
      ]);
    } finally {
      await close();
    }
  });
});

/** A segment of so many people, made where they are stored. */
async function manyMembers(world: World, count: number): Promise<void> {
  world.segment('many', { build: 1_000_000, size: count });
  const params = { base: world.visitor(0), count, segment: world.segments[0]!.id, uid: world.uid('') };
  const people = 'FROM (SELECT {base:UInt64} + number AS visitor FROM numbers({count:UInt64}))';
  for (const sql of [
    `INSERT INTO members (build, segment, visitor, seen) SELECT 1000000, {segment:String}, visitor, now64(3) ${people}`,
    `INSERT INTO consents (visitor, time, withdrawn, purposes, partners, origin)
     SELECT visitor, now64(3), 0, 13, ['acme'], 'pixel' ${people}`,
    `INSERT INTO links (source, visitor, uid, own, first, last)
     SELECT 'acme', visitor, concat({uid:String}, toString(visitor)), 0, now64(3), now64(3) ${people}`,
  ])
    await world.clickhouse.command(sql, params);
}

const places = (at: ClickHouse, { destination, run }: PlanRequest) =>
  at.query(
    `SELECT uniqExact(chunk) AS chunks, uniqExact(chunk, number) AS lines, max(n) AS fullest, max(last) AS last FROM (
       SELECT chunk, number, count() OVER (PARTITION BY chunk) AS n, max(number) OVER (PARTITION BY chunk) AS last
       FROM delivery_lines WHERE destination = {destination:String} AND run = {run:UInt64})`,
    { destination, run },
  );

describe('a plan', () => {
  it('cuts many lines into full chunks, each line with a place of its own', async () => {
    const world = new World(clickhouse);
    await manyMembers(world, 300_000);
    const { request } = await world.planned({ lines: 7_000, sources: [ACME] });
    expect(await places(clickhouse, request)).toEqual([
      { chunks: '43', lines: '300000', fullest: '7000', last: 6999 },
    ]);
  });

  it('brings any name and any id to the line as it is', async () => {
    const codes = ["a'b", 'x"y', 'a\tb', 'line\nfeed', '\\N', '=1+1', '{id:String}', 'é\u2028\u2029', ' '];
    const uids = ["u'1", 'u"2', 'u\t3', 'u\n4', '\\u5', '=cmd()', '{uid:String}', 'ü\u2028', '%s'];
    const world = new World(clickhouse);
    for (const [number, code] of codes.entries()) {
      world.segment(code);
      await world.consent(number);
      await world.link(number, 'acme', 'x', { uid: `${world.destination}${uids[number]}` });
      await world.members(number, [number]);
    }
    for (const how of [{ bySegment: true }, { tells: 'all' as const }]) {
      const { request, planned } = await world.planned({ ...how, mode: 'full', sources: [ACME] });
      const lines = (await world.lines(request, planned.chunks)).flat();
      expect(lines.map(({ uid, add }) => [uid, ...add]).sort()).toEqual(
        codes.map((code, number) => [`${world.destination}${uids[number]}`, code]).sort(),
      );
    }
  });

  it('tells again who would be forgotten, and nobody else', async () => {
    const world = new World(clickhouse);
    world.segment('a', { refreshDays: 20 });
    for (const number of [0, 1]) {
      await world.consent(number);
      await world.link(number, 'acme', `u${number}`);
    }
    await world.members(0, [0, 1]);
    const { request } = await world.planned();
    expect((await world.planned()).planned.lines).toBe(0);
    // As if it had been told of one of them twenty days ago.
    await clickhouse.command(
      `INSERT INTO sent_sets SELECT destination, code, source, uid, {seq:UInt64} AS seq, op, said, today() - 20 AS told, observed
       FROM sent_sets WHERE destination = {destination:String} AND uid = {uid:String}`,
      { destination: world.destination, uid: world.uid('u1'), seq: request.run + 1 },
    );
    const { request: again, planned } = await world.planned();
    expect(planned).toMatchObject({ lines: 1, adds: 0, refreshes: 1, removes: 0 });
    expect((await world.lines(again, 1)).flat()).toEqual([
      {
        number: 0,
        source: 'acme',
        uid: world.uid('u1'),
        add: ['a'],
        remove: [],
        all: [],
        erased: false,
        optedOut: false,
      },
    ]);
    expect((await world.planned()).planned.lines).toBe(0);
  });

  it('takes back on the last day, also where no run was made on it', async () => {
    const world = new World(clickhouse);
    world.segment('a');
    await world.consent(0);
    const last = new Date(Date.now() - 87 * DAY).toISOString();
    await world.link(0, 'acme', 'u0', { first: last, last });
    await world.members(0, [0], last);
    expect((await world.planned()).planned).toMatchObject({ adds: 1 });
    // The next day: its row has its last days, and what keeps the removal is written.
    await clickhouse.command(
      `ALTER TABLE sent_sets UPDATE observed = observed - 1 WHERE destination = {destination:String}`,
      { destination: world.destination },
      { mutations_sync: '2' },
    );
    expect(await keepLastDay(clickhouse, 90)).toBe(1);
    expect(await keepLastDay(clickhouse, 90)).toBe(0);
    await world.members(0, []);
    const { request, planned } = await world.planned();
    expect(planned).toMatchObject({ adds: 0, removes: 1 });
    expect((await world.lines(request, 1)).flat()[0]).toMatchObject({ remove: ['a'], uid: world.uid('u0') });
  });

  it('takes everything back where that is asked', async () => {
    const world = new World(clickhouse);
    world.segment('a');
    world.segment('b');
    await world.consent(0);
    await world.link(0, 'acme', 'u0');
    await world.members(0, [0]);
    await world.members(1, [0]);
    await world.planned();
    const { request, planned } = await world.planned({ mode: 'withdraw' });
    expect(planned).toMatchObject({ adds: 0, removes: 2, lines: 1 });
    expect((await world.lines(request, 1)).flat()[0]).toMatchObject({ add: [], remove: ['a', 'b'] });
    expect((await world.planned()).planned).toMatchObject({ adds: 2 });
  });

  it('tells of those again who were below the floor when a whole list was told', async () => {
    const world = new World(clickhouse);
    world.segment('a');
    for (const number of [0, 1]) {
      await world.consent(number);
      await world.link(number, 'acme', `u${number}`);
    }
    await world.members(0, [0, 1]);
    expect((await world.planned()).planned).toMatchObject({ adds: 2 });
    expect((await world.planned({ mode: 'full', minAudience: 3 })).planned).toMatchObject({ lines: 0 });
    expect((await world.planned({ minAudience: 3 })).planned).toMatchObject({ lines: 0 });
    await world.members(0, [0]);
    expect((await world.planned({ minAudience: 3 })).planned).toMatchObject({ adds: 0, removes: 1 });
    expect((await world.planned()).planned).toMatchObject({ adds: 1, removes: 0 });
    expect((await world.planned()).planned).toMatchObject({ lines: 0 });
  });

  it('leaves out of an older chunk what a later run has told', async () => {
    const world = new World(clickhouse);
    world.segment('a');
    await world.consent(0);
    await world.consent(1);
    await world.link(0, 'acme', 'u0');
    await world.link(1, 'acme', 'u1');
    await world.members(0, [0, 1]);
    const { request } = await world.planned();
    await world.members(0, [1]);
    await world.planned();
    const of = { recipient: { ...request, segments: world.segments }, run: request.run, chunks: [1] };
    expect(await recheck(clickhouse, of)).toEqual(new Map([[1, 1]]));
    expect(await recheck(clickhouse, of)).toEqual(new Map([[1, 1]]));
    expect((await world.lines(request, 1, 1)).flat().map(({ uid }) => uid)).toEqual([world.uid('u1')]);
    expect((await world.lines(request, 1, 0)).flat()).toHaveLength(2);
  });

  it('is told by a dry run beforehand, which plans nothing', async () => {
    const world = new World(clickhouse);
    world.segment('a');
    world.segment('b');
    for (const number of [0, 1, 2]) {
      await world.consent(number);
      await world.link(number, 'acme', `u${number}`);
    }
    await world.members(0, [0, 1]);
    await world.members(1, [1, 2]);
    await world.planned();
    await world.members(0, [1, 2]);
    await world.withdraw(1);
    for (const tells of ['changes', 'all'] as const) {
      const dry = await dryRun(clickhouse, world.request({ tells, sources: [ACME, IDFA] }), 2);
      expect(dry.said).toEqual([
        { code: 'a', adds: 1, removes: 2, refreshes: 0, sent: 1, refused: 0 },
        { code: 'b', adds: 0, removes: 1, refreshes: 0, sent: 1, refused: 0 },
      ]);
      expect(dry.lines.map(({ uid, add, remove, all }) => [uid, add, remove, all])).toEqual([
        [world.uid('u0'), [], ['a'], []],
        [world.uid('u1'), [], ['a', 'b'], []],
      ]);
    }
    const { planned } = await world.planned();
    expect(planned).toMatchObject({ adds: 1, removes: 3, lines: 3 });
  });
});
