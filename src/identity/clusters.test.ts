import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { Leases } from '../jobs/lease.ts';
import { clustersOf, type Link } from './clusters.testing.ts';
import { buildIdentity } from './job.ts';
import { LIMITS } from './limits.ts';
import { openShards } from './shards.testing.ts';

const DAY = 86_400_000;
const NOW = Math.floor(Date.now() / 1000) * 1000;

/** How a graph is drawn: joints of a few visitors each, now and then one of many. */
const graph = fc.record({
  visitors: fc.integer({ min: 2, max: 70 }),
  joints: fc.array(
    fc.record({
      kind: fc.constantFrom('idfa', 'gaid', 'first_party', 'acme', 'dsp'),
      members: fc.oneof(
        { weight: 8, arbitrary: fc.array(fc.nat(69), { minLength: 1, maxLength: 4 }) },
        { weight: 1, arbitrary: fc.array(fc.nat(69), { minLength: 15, maxLength: 60 }) },
      ),
      /** Of the visitor that the id alone is: in an app, or where there is no cookie. */
      alone: fc.boolean(),
    }),
    { minLength: 1, maxLength: 45 },
  ),
  order: fc.infiniteStream(fc.nat(87 * 24 * 60)),
});

const PARTNERS = ['acme', 'dsp'];

interface World {
  readonly links: Link[];
  readonly alone: Map<bigint, number>;
  /** Visitors whose newest consent names no more all partners that an older one did, with those it names. */
  readonly dropped: Map<bigint, string[]>;
}

/** Many graphs side by side, so that one build answers for all of them. */
function worldOf(graphs: ReturnType<typeof sample>): World {
  const world: World = { links: [], alone: new Map(), dropped: new Map() };
  for (const [number, { visitors, joints, order }] of graphs.entries()) {
    const base = BigInt(number + 1) * 1_000n;
    const moment = () => NOW - DAY - Number(order.next().value) * 60_000;
    const matched = new Map<string, Link>();
    const several = new Map<string, number>();
    for (const [at, { kind, members, alone }] of joints.entries()) {
      const partner = PARTNERS.includes(kind);
      // Scattered over the numbers, so that the lowest visitor of a component is any of them.
      const own = partner ? 0n : ((base + 500n + BigInt(at)) * 7_919_993n) % 1_000_000_007n;
      const uid = `${number}-${at}`;
      for (const member of new Set(members.map((one) => one % visitors))) {
        const visitor = ((base + BigInt(member)) * 7_919_993n) % 1_000_000_007n;
        const times = [moment(), moment()].sort((a, b) => a - b) as [number, number];
        const link = { source: kind, visitor, uid, own, first: times[0], last: times[1] };
        const many = (several.get(`${kind} ${member}`) ?? 0) + 1;
        if (!partner && many > LIMITS.uidsKept) continue;
        several.set(`${kind} ${member}`, many);
        if (order.next().value % 20 === 0)
          world.dropped.set(
            visitor,
            PARTNERS.filter((one) => one !== kind),
          );
        if (!partner) world.links.push(link);
        // Of several with a partner only the newest is the visitor's.
        else if ((matched.get(`${kind} ${member}`)?.last ?? 0) < link.last)
          matched.set(`${kind} ${member}`, link);
      }
      if (alone && kind === 'first_party') world.alone.set(own, moment());
      else if (alone && !partner) {
        const last = moment();
        world.links.push({ source: kind, visitor: own, uid, own, first: last, last });
      }
    }
    world.links.push(...matched.values());
  }
  return world;
}

const sample = (runs: number, seed: number) => fc.sample(graph, { numRuns: runs, seed });

const iso = (ms: number) => new Date(ms).toISOString();

async function store(clickhouse: ClickHouse, { links, alone, dropped }: World): Promise<void> {
  await clickhouse.insert(
    'links',
    links.map(({ visitor, own, first, last, ...link }) => ({
      ...link,
      visitor: String(visitor),
      own: String(own),
      first: iso(first),
      last: iso(last),
    })),
  );
  await clickhouse.insert(
    'consents',
    [...alone].map(([visitor, time]) => ({ visitor: String(visitor), time: iso(time), purposes: 13 })),
  );
  const visitors = [
    ...new Set(links.flatMap(({ source, visitor }) => (PARTNERS.includes(source) ? visitor : []))),
  ];
  for (const [days, partnersOf] of [
    [2, () => PARTNERS],
    [1, (visitor: bigint) => dropped.get(visitor) ?? PARTNERS],
  ] as const)
    await clickhouse.insert(
      'consents',
      visitors.map((visitor) => ({
        visitor: String(visitor),
        time: iso(NOW - days * DAY),
        purposes: 13,
        partners: partnersOf(visitor),
      })),
    );
}

async function hashes(clickhouse: ClickHouse, { links }: World) {
  const rows = await clickhouse.query<{ source: string; uid: string; hash: string }>(
    'SELECT DISTINCT source, uid, sipHash64(source, uid) AS hash FROM links WHERE own = 0',
  );
  const known = new Map(rows.map(({ source, uid, hash }) => [`${source} ${uid}`, BigInt(hash)]));
  expect(known.size).toBe(new Set(links.filter(({ own }) => own === 0n).map((l) => l.source + l.uid)).size);
  return (source: string, uid: string) => known.get(`${source} ${uid}`)!;
}

async function found(clickhouse: ClickHouse): Promise<Map<bigint, bigint>> {
  const rows = await clickhouse.query<{ visitor: string; cluster: string }>(
    'SELECT visitor, cluster FROM kept_clusters ORDER BY visitor',
  );
  // In order of visitor, so the first of a cluster is its lowest.
  const lowest = new Map<string, bigint>();
  for (const { visitor, cluster } of rows) lowest.set(cluster, lowest.get(cluster) ?? BigInt(visitor));
  return new Map(rows.map(({ visitor, cluster }) => [BigInt(visitor), lowest.get(cluster)!]));
}

const sorted = (clusters: ReadonlyMap<bigint, bigint>) => [...clusters].sort(([a], [b]) => (a < b ? -1 : 1));

/** Builds, and holds what readers see against the union-find. */
async function check(clickhouse: ClickHouse, world: World): Promise<Map<bigint, bigint>> {
  await buildIdentity(clickhouse, new Leases(clickhouse, 'test'));
  const believed = world.links.filter(
    ({ source, visitor }) =>
      !(PARTNERS.includes(source) && world.dropped.get(visitor)?.includes(source) === false),
  );
  const expected = clustersOf(believed, world.alone, await hashes(clickhouse, world));
  expect(sorted(await found(clickhouse))).toEqual(sorted(expected));
  return expected;
}

const leftOver = async (clickhouse: ClickHouse) => {
  const [row] = await clickhouse.query<{ n: string }>('SELECT count() AS n FROM cluster_work');
  return Number(row!.n);
};

describe('clusters', async () => {
  const clickhouse = new ClickHouse(await freshDatabase());
  beforeAll(() => migrate(clickhouse, 90).then(() => {}));
  afterAll(() => clickhouse.close());
  beforeEach(async () => {
    for (const table of ['links', 'consents']) await clickhouse.command(`TRUNCATE TABLE ${table}`);
  });

  it('are those of a plain union-find, over random graphs, and the same in whatever order links came', async () => {
    const world = worldOf(sample(150, 4));
    await store(clickhouse, world);
    const clusters = await check(clickhouse, world);
    const sizes = new Map<bigint, number>();
    for (const cluster of clusters.values()) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1);
    expect(sizes.size).toBeGreaterThan(300);
    expect(world.dropped.size).toBeGreaterThan(50);
    expect(Math.max(...sizes.values())).toBe(20);
    await clickhouse.command('TRUNCATE TABLE links');
    const half = Math.floor(world.links.length / 2);
    const { dropped } = world;
    await store(clickhouse, { links: world.links.slice(half).reverse(), alone: new Map(), dropped });
    await store(clickhouse, { links: world.links.slice(0, half), alone: new Map(), dropped });
    await check(clickhouse, world);
    expect(await leftOver(clickhouse)).toBe(0);
  });

  it('are found along a path of thousands of visitors, and cut it', async () => {
    const links = Array.from({ length: 3_000 }, (_, at) =>
      [at, at + 1].map((visitor) => ({
        source: 'idfa',
        visitor: (BigInt(visitor + 1) * 7_919_993n) % 1_000_000_007n,
        uid: `path-${at}`,
        // As a hash is.
        own: BigInt.asUintN(64, BigInt(at + 1) * 0x9e3779b97f4a7c15n),
        first: NOW - DAY,
        last: NOW - DAY + at * 1_000,
      })),
    ).flat();
    const world = { links, alone: new Map(), dropped: new Map() };
    await store(clickhouse, world);
    expect((await check(clickhouse, world)).size).toBeGreaterThan(1_500);
  });

  it('leave out who has said no, at once where somebody has, and by the id itself', async () => {
    const link = (visitor: bigint, own: bigint): Link => ({
      source: 'idfa',
      visitor,
      uid: `device-${own}`,
      own,
      first: NOW - DAY,
      last: NOW - DAY,
    });
    const no = (visitor: bigint, time: number) =>
      clickhouse.insert('consents', [
        { visitor: String(visitor), time: iso(time), withdrawn: 1, purposes: 0 },
      ]);
    await store(clickhouse, {
      links: [link(1n, 100n), link(2n, 100n), link(3n, 100n), link(4n, 101n), link(5n, 101n)],
      alone: new Map(),
      dropped: new Map(),
    });
    // The device of the last two has said no since.
    await no(101n, NOW);
    await buildIdentity(clickhouse, new Leases(clickhouse, 'test'));
    expect([...(await found(clickhouse)).keys()]).toEqual([1n, 2n, 3n]);
    await no(1n, NOW);
    expect([...(await found(clickhouse)).keys()]).toEqual([2n, 3n]);
    await buildIdentity(clickhouse, new Leases(clickhouse, 'test'));
    expect(await found(clickhouse)).toEqual(new Map([2n, 3n].map((visitor) => [visitor, 2n])));
  });
});

describe('a cluster by a partner’s id', async () => {
  const clickhouse = new ClickHouse(await freshDatabase());
  beforeAll(() => migrate(clickhouse, 90).then(() => {}));
  afterAll(() => clickhouse.close());

  it('joins those alone whose newest consent names the partner', async () => {
    const time = NOW - 3 * DAY;
    const match = { source: 'acme', uid: 'one', own: 0n, first: time, last: time };
    const visitors = [1n, 2n, 3n, 4n, 5n];
    await store(clickhouse, {
      links: visitors.map((visitor) => ({ ...match, visitor })),
      alone: new Map(),
      dropped: new Map([
        [3n, ['dsp']],
        [4n, []],
      ]),
    });
    await clickhouse.insert('consents', [{ visitor: '5', time: iso(NOW), withdrawn: 1, purposes: 0 }]);
    await buildIdentity(clickhouse, new Leases(clickhouse, 'test'));
    expect([...(await found(clickhouse)).keys()]).toEqual([1n, 2n]);
    // Seen again with a yes it is one of them again.
    await clickhouse.insert('consents', [
      { visitor: '3', time: iso(NOW), withdrawn: 0, purposes: 13, partners: ['acme'] },
    ]);
    await buildIdentity(clickhouse, new Leases(clickhouse, 'test'));
    expect([...(await found(clickhouse)).keys()]).toEqual([1n, 2n, 3n]);
  });
});

describe('clusters on two shards', () => {
  it('are the same as on one machine', async () => {
    const { clickhouse, close } = await openShards();
    try {
      const world = worldOf(sample(60, 5));
      await store(clickhouse, world);
      await check(clickhouse, world);
      expect(await leftOver(clickhouse)).toBe(0);
    } finally {
      await close();
    }
  });
});
