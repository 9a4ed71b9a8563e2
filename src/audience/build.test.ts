import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { ClickHouseError } from '../clickhouse/errors.ts';
import { migrate } from '../clickhouse/schema.ts';
import { openShards } from '../identity/shards.testing.ts';
import { LeaseLostError, Leases } from '../jobs/lease.ts';
import type { Merge } from '../registry/kinds.ts';
import { type Buildable, buildSegments, estimate } from './build.ts';
import { buildHistory, currentBuilds } from './builds.ts';
import { resolvedAs } from './rule/stored.testing.ts';

const HOUR = 3_600_000;
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

/** Visits of a category, of each visitor named; the first an hour and a visitor ago. */
const visits = (category: string, ...visitors: number[]) =>
  visitors.map((visitor, n) => ({
    time: ago((n + 1) * HOUR),
    visitor,
    hit: visitor * 100 + n,
    event: 'pageview',
    categories: [category],
    purposes: 0xffff,
    origin: 'web',
  }));

/**
 * Visitors 1, 2 and 3 are one device's, 4 and 5 another's, 6 and 7 live together, as do 8 and 9; 3, 5 and 8
 * withdraw in the second half, and 1 is erased.
 */
async function fill(clickhouse: ClickHouse): Promise<void> {
  const last = ago(HOUR);
  await clickhouse.insert('hits', [
    ...visits('tea', 1, 3, 5, 6, 8),
    ...visits('tea', 2).map((hit) => ({ ...hit, hit: 999 })),
    ...visits('rice', 4, 7, 9, 10),
  ]);
  await clickhouse.insert('identity_builds', [{ kind: 'clusters', build: 5, as_of: last, time: last }]);
  const clusters = [
    [1, 1],
    [2, 1],
    [3, 1],
    [4, 4],
    [5, 4],
  ];
  await clickhouse.insert(
    'clusters',
    clusters.map(([visitor, cluster]) => ({ build: 5, visitor, cluster, last })),
  );
  const homes: readonly (readonly [number, string])[] = [
    [6, '77'],
    [7, '77'],
    [8, '88'],
    [9, '88'],
  ];
  await clickhouse.insert(
    'links',
    homes.map(([visitor, uid]) => ({ source: 'household', visitor, uid, first: last, last })),
  );
}

const tea = (times: number) => ({ did: { category: 'tea' }, times });
const segment = (id: string, rule: unknown, merge: Merge): Buildable => ({
  id,
  version: 1,
  merge,
  rule: resolvedAs({ rule, merge }, new Map()),
});
const SEGMENTS = [
  segment('alone', tea(1), 'visitor'),
  segment('thrice', tea(3), 'device'),
  segment('device', tea(1), 'device'),
  segment('home', tea(1), 'household'),
];

const UNITS = {
  'one engine': async () => {
    const clickhouse = new ClickHouse(database);
    await migrate(clickhouse, 90);
    return { clickhouse, close: () => clickhouse.close() };
  },
  'two shards': openShards,
};
const database = await freshDatabase();

describe.each(Object.entries(UNITS))('segments that are merged, on %s', (_, open) => {
  let clickhouse: ClickHouse;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ clickhouse, close } = await open());
    await fill(clickhouse);
  });
  afterAll(() => close?.());

  /** Builds all. @returns of each its members with their `via`, having seen that every count says the same. */
  async function build(): Promise<Record<string, string>> {
    await buildSegments(clickhouse, new Leases(clickhouse, 'test'), () => SEGMENTS);
    const builds = await currentBuilds(clickhouse);
    const found: Record<string, string> = {};
    for (const { id, rule, merge } of SEGMENTS) {
      const made = builds.get(id)!;
      expect(made.failure).toBeNull();
      const rows = await clickhouse.query<{ visitor: string; via: string }>(
        'SELECT visitor, via FROM kept_members WHERE segment = {id:String} AND build = {build:UInt64} ORDER BY visitor',
        { id, build: made.build },
      );
      const count = (via: string) => rows.filter((row) => row.via === via).length;
      const sizes = { own: count('own'), device: count('device'), household: count('household') };
      expect(made.sizeByVia).toEqual(sizes);
      expect(made.size).toBe(rows.length);
      if ('refused' in rule) throw new Error(rule.refused);
      expect(await estimate(clickhouse, rule, new Date(), merge)).toEqual(sizes);
      found[id] = rows.map(({ visitor, via }) => `${visitor} ${via}`).join(', ');
    }
    return found;
  }

  it('have whom the cluster or the household brings in, and count them apart', async () => {
    expect(await build()).toEqual({
      alone: '1 own, 2 own, 3 own, 5 own, 6 own, 8 own',
      thrice: '1 device, 2 device, 3 device',
      device: '1 own, 2 own, 3 own, 4 device, 5 own, 6 own, 8 own',
      home: '1 own, 2 own, 3 own, 5 own, 6 own, 7 household, 8 own, 9 household',
    });
  });

  it('lose with somebody who withdraws or is erased whom he brought in', async () => {
    await clickhouse.insert(
      'consents',
      [3, 5, 8].map((visitor) => ({ visitor, time: ago(0), withdrawn: 1 })),
    );
    await clickhouse.insert('erasures', [
      { erasure: 'e', visitor: 1, time: ago(0), stored: ago(0), origin: 'optout', suppressed: true },
    ]);
    expect(await build()).toEqual({
      alone: '2 own, 6 own',
      thrice: '',
      device: '2 own, 6 own',
      home: '2 own, 6 own, 7 household',
    });
  });
});

describe('a build of many segments', async () => {
  const clickhouse = new ClickHouse(await freshDatabase());
  afterAll(() => clickhouse.close());
  const leases = new Leases(clickhouse, 'test');
  const never = { steps: [], op: 'sequence', gapMs: undefined, withinMs: undefined } as const;
  const many: Buildable[] = [
    segment('tea', tea(1), 'visitor'),
    segment('twice', tea(2), 'visitor'),
    segment('rice', { did: { category: 'rice' } }, 'visitor'),
    segment('either', { any: [tea(1), { did: { category: 'rice' } }] }, 'visitor'),
    segment('neither', { not: { any: [tea(1), { did: { category: 'rice' } }] } }, 'visitor'),
    segment('none', { did: { category: 'none' } }, 'visitor'),
    segment('all', { did: {} }, 'visitor'),
    segment('home', tea(1), 'household'),
    { id: 'impossible', version: 1, rule: never },
    { id: 'refused', version: 1, rule: { refused: 'unknown_segment: there is no segment x' } },
  ];
  const build = () => buildSegments(clickhouse, leases, () => many);
  const members = async (id: string) => {
    const { build: visible } = (await currentBuilds(clickhouse, [id])).get(id)!;
    const rows = await clickhouse.query<{ visitor: string }>(
      'SELECT visitor FROM kept_members WHERE segment = {id:String} AND build = {visible:UInt64} ORDER BY visitor',
      { id, visible },
    );
    return rows.map(({ visitor }) => Number(visitor));
  };
  beforeAll(async () => {
    await migrate(clickhouse, 90);
    await clickhouse.insert('hits', [
      ...visits('tea', 1, 2, 3),
      ...visits('rice', 3, 4),
      ...visits('salt', 5),
    ]);
  });

  it('makes all of them visible, and says of each that fails why, alone', async () => {
    const { result } = await build();
    const sizes = { tea: 3, twice: 0, rice: 2, either: 4, neither: 1, none: 0, all: 5, home: 3 };
    expect(result['built']).toEqual(sizes);
    expect(Object.keys(result['failed'] as object)).toEqual(['impossible', 'refused']);
    const builds = await currentBuilds(clickhouse);
    for (const [id, size] of Object.entries(sizes))
      expect(builds.get(id)).toMatchObject({ size, failure: null });
    expect(builds.get('refused')).toMatchObject({
      build: 0,
      failure: expect.stringContaining('unknown_segment'),
    });
    expect(builds.get('impossible')).toMatchObject({
      build: 0,
      failure: expect.stringContaining('ClickHouse'),
    });
    expect(await members('neither')).toEqual([5]);
    const [left] = await clickhouse.query<{ n: string }>(
      'SELECT (SELECT count() FROM build_questions) + (SELECT count() FROM build_drivers) + (SELECT count() FROM build_clauses) AS n',
    );
    expect(left!.n).toBe('0');
  });

  it('tells who came and who went against the build before', async () => {
    expect((await buildHistory(clickhouse, 'tea', 10)).map(({ added, removed }) => [added, removed])).toEqual(
      [[null, null]],
    );
    await clickhouse.insert('hits', visits('tea', 6));
    await clickhouse.insert('consents', [{ visitor: 1, time: ago(0), withdrawn: 1 }]);
    const { result } = await build();
    expect(result['built']).toMatchObject({ tea: 3, rice: 2 });
    const last = async (id: string) => (await buildHistory(clickhouse, id, 10)).at(-1);
    expect(await last('tea')).toMatchObject({ size: 3, added: 1, removed: 1 });
    expect(await last('rice')).toMatchObject({ size: 2, added: 0, removed: 0 });
    expect(
      await clickhouse.query(
        "SELECT toUInt32(visitor) AS visitor, added FROM kept_member_changes WHERE segment = 'tea' ORDER BY visitor",
      ),
    ).toEqual([
      { visitor: 1, added: false },
      { visitor: 6, added: true },
    ]);
  });

  /** The same door, but for what happens before who came and went is written down, and before it is published. */
  const doorWith = (meanwhile: {
    readonly changes?: () => Promise<void>;
    readonly publish?: () => Promise<void>;
  }) =>
    new Proxy(clickhouse, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (name === 'command')
          return async (...given: Parameters<ClickHouse['command']>) => {
            if (given[0].startsWith('INSERT INTO member_changes')) await meanwhile.changes?.();
            return target.command(...given);
          };
        if (name === 'insert')
          return async (...given: Parameters<ClickHouse['insert']>) => {
            if (given[0] === 'builds') await meanwhile.publish?.();
            return target.insert(...given);
          };
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  const noAnswer = () => Promise.reject(new ClickHouseError('unavailable', 'insert', undefined, ''));
  const changes = (table: string) => clickhouse.query(`SELECT count() AS n FROM ${table}`);

  it('leaves everything as it was where it cannot be finished', async () => {
    const before = await currentBuilds(clickhouse);
    await clickhouse.insert('hits', visits('tea', 7));
    await expect(buildSegments(doorWith({ changes: noAnswer }), leases, () => many)).rejects.toThrow(
      'no answer',
    );
    expect(await currentBuilds(clickhouse)).toEqual(before);
  });

  it('shows nobody who came or went where it ends just before it is published', async () => {
    const before = await currentBuilds(clickhouse);
    const seen = await changes('kept_member_changes');
    const written = await changes('member_changes');
    await expect(buildSegments(doorWith({ publish: noAnswer }), leases, () => many)).rejects.toThrow(
      'no answer',
    );
    expect(await currentBuilds(clickhouse)).toEqual(before);
    expect(await changes('member_changes')).not.toEqual(written);
    expect(await changes('kept_member_changes')).toEqual(seen);
  });

  it('publishes nothing where another has the lease since, as its clock runs ahead', async () => {
    const before = await currentBuilds(clickhouse);
    const overtaken = async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
      const other = await new Leases(clickhouse, 'ahead').acquire('segments');
      vi.useRealTimers();
      await other!.release();
    };
    await expect(buildSegments(doorWith({ changes: overtaken }), leases, () => many)).rejects.toThrow(
      LeaseLostError,
    );
    expect(await currentBuilds(clickhouse)).toEqual(before);
  });

  it('forgets of a segment what was built a while after it is deleted, and not before', async () => {
    const gone = (id: string, time: string) => [
      { kind: 'segment', id, version: 1, time: ago(HOUR * 2) },
      { kind: 'segment', id, version: 2, time, deleted: true },
    ];
    await clickhouse.insert('objects', [...gone('gone', ago(HOUR)), ...gone('just gone', ago(0))]);
    await clickhouse.insert(
      'builds',
      ['gone', 'just gone'].map((id) => ({ segment: id, build: 1, state: 'built', time: ago(HOUR) })),
    );
    await build();
    const known = await currentBuilds(clickhouse);
    expect([known.has('gone'), known.has('just gone'), known.has('tea')]).toEqual([false, true, true]);
  });

  it('that fails as a whole leaves each its members, and says why', async () => {
    const tea = async () => (await currentBuilds(clickhouse)).get('tea')!;
    const { build: visible, size } = await tea();
    await clickhouse.insert('hits', visits('tea', 8));
    const noMemory = () => Promise.reject(new ClickHouseError('unavailable', 'insert', 241, ''));
    await expect(buildSegments(doorWith({ changes: noMemory }), leases, () => many)).rejects.toThrow('241');
    expect(await tea()).toMatchObject({
      build: visible,
      size,
      failure: expect.stringMatching(/^out_of_memory: /),
    });
    await build();
    expect(await members('tea')).toEqual([2, 3, 6, 7, 8]);
    expect(await tea()).toMatchObject({ failure: null });
  });
});

describe('a build that was made before there were merge rules', async () => {
  const before = new ClickHouse(await freshDatabase());
  afterAll(() => before.close());

  it('is of members who are so alone', async () => {
    await migrate(before, 90);
    await before.insert('builds', [
      { segment: 's', build: 1, state: 'built', version: 1, as_of: ago(0), size: 7, time: ago(0) },
    ]);
    expect((await currentBuilds(before)).get('s')).toMatchObject({
      size: 7,
      sizeByVia: { own: 7, device: 0, household: 0 },
    });
  });
});
