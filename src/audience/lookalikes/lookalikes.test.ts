import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { PURPOSE, PURPOSES_WITHOUT_TCF } from '../../consent/purposes.ts';
import { openShards } from '../../identity/shards.testing.ts';
import { Leases } from '../../jobs/lease.ts';
import { estimate } from '../build.ts';
import { HELD_OUT } from '../models/held-out.ts';
import { needs, type Seed } from '../rule/needs.ts';
import { resolvedAs } from '../rule/stored.testing.ts';
import { sizeOf } from '../size.ts';
import { sizesByReach } from './curve.ts';
import { ensureLookalikes, makeLookalike, publishedLookalikes } from './ensure.ts';
import { buildLookalikes } from './job.ts';
import { liftAt, REACHES } from './lift.ts';
import type { Lookalike } from './lookalike.ts';
import { liftOfFirstTenth, type Planted, plant, SIGNED_UP } from './world.testing.ts';

const PLAN = { visitors: 4000, trait: 0.2, seed: 0.3, pages: 60, strength: 2 };
const SEGMENTS = new Map(
  Object.entries({
    signed: { rule: SIGNED_UP, merge: 'visitor' },
    few: { rule: { did: { event: 'nobody' } }, merge: 'visitor' },
    'like-few': { rule: { any: [SIGNED_UP, { like: 'few', reach: 0.1 }] }, merge: 'visitor' },
  } as const),
);
const resolved = (rule: unknown) => resolvedAs({ rule, merge: 'visitor' }, SEGMENTS);
const seedOf = (id: string): Seed => needs(resolved({ like: id, reach: 1 })).at(-1)!;

const UNITS = {
  'one engine': async () => {
    const clickhouse = new ClickHouse(database);
    await migrate(clickhouse, 90);
    return { clickhouse, close: () => clickhouse.close() };
  },
  'two shards': openShards,
};
const database = await freshDatabase();

/** Everybody who has a place, by place; then the seed. */
const placed = (clickhouse: ClickHouse) =>
  clickhouse.query<{ visitor: string; place: string; score: number }>(
    "SELECT visitor, place, score FROM kept_lookalikes WHERE seed = 'signed' ORDER BY place = 0, place",
  );

describe.each(Object.entries(UNITS))('look-alikes, on %s', (_, open) => {
  let clickhouse: ClickHouse;
  let close: () => Promise<void>;
  let leases: Leases;
  let people: Planted[];
  let made: Lookalike;
  beforeAll(async () => {
    ({ clickhouse, close } = await open());
    leases = new Leases(clickhouse, 'test');
    people = await plant(clickhouse, PLAN);
    await refuse(clickhouse, people);
    made = (await makeLookalike(clickhouse, leases, seedOf('signed'), new Date())) as Lookalike;
  });
  afterAll(() => close?.());

  it('give everybody else who may be profiled a place of his own, and the seed none', async () => {
    const rows = await placed(clickhouse);
    const allowed = people.slice(GONE);
    const others = allowed.filter(({ isSeed }) => !isSeed);
    expect(rows.slice(0, others.length).map(({ place }) => Number(place))).toEqual(
      others.map((_, n) => n + 1),
    );
    expect(new Set(rows.slice(0, others.length).map(({ visitor }) => visitor))).toEqual(
      new Set(others.map(({ visitor }) => visitor)),
    );
    expect(rows.slice(others.length).every(({ place }) => place === '0')).toBe(true);
    expect(new Set(rows.map(({ visitor }) => visitor))).toEqual(
      new Set(allowed.map(({ visitor }) => visitor)),
    );
    expect(made).toMatchObject({ members: allowed.length - others.length, others: others.length });
    const scores = rows.slice(0, others.length).map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
  });

  it('stand nearly as well as is possible', async () => {
    const byVisitor = new Map(people.map((one) => [one.visitor, one]));
    const rows = (await placed(clickhouse)).filter(({ place }) => place !== '0');
    const ranked = rows.map(({ visitor }) => byVisitor.get(visitor)!);
    const best = [...ranked].sort((a, b) => b.telling - a.telling);
    expect(liftOfFirstTenth(ranked)).toBeGreaterThan(0.9 * liftOfFirstTenth(best));
  });

  it('are worth what those who were held out say', async () => {
    const rows = await clickhouse.query<{ isMember: boolean; score: number }>(
      `SELECT place = 0 AS isMember, score FROM kept_lookalikes WHERE seed = 'signed' AND ${HELD_OUT}`,
    );
    const scores = (isMember: boolean) =>
      rows.filter((row) => Boolean(row.isMember) === isMember).map(({ score }) => score);
    const [members, others] = [scores(true), scores(false)];
    expect(made.heldOut).toEqual({ members: members.length, others: others.length });
    expect(rows.length / made.universe).toBeCloseTo(0.2, 1);
    const ahead = (from: number) => others.filter((score) => score > from).length;
    const before = members.reduce((sum, score) => sum + ahead(score), 0);
    expect(made.auc).toBeCloseTo(1 - before / (members.length * others.length), 2);
    const found = members.filter((score) => ahead(score) < others.length / 10).length / members.length;
    // Of some fifty held-out members those who are as likely as the last of the tenth may count either way.
    expect(Math.abs(liftAt(0.1, made.lifts, made).found - found)).toBeLessThan(0.1);
  });

  it('of a reach are its share of everybody, as the slider and a rule count them', async () => {
    const sizes = await sizesByReach(clickhouse, 'signed');
    const withSeed = await sizesByReach(clickhouse, 'signed', { seed: seedOf('signed'), asOf: new Date() });
    for (const reach of [0.001, 0.05, 0.5, 1]) {
      const rule = resolved({ like: 'signed', reach });
      const size = sizeOf(await estimate(clickhouse, rule, new Date()));
      expect(size).toBe(sizes[REACHES.indexOf(reach)]);
      expect(size).toBe(Math.min(made.others, Math.round(reach * made.universe)));
      const either = resolved({ any: [{ segment: 'signed' }, { like: 'signed', reach }] });
      expect(sizeOf(await estimate(clickhouse, either, new Date()))).toBe(
        withSeed[REACHES.indexOf(reach)]! + made.members,
      );
    }
  });

  it('are the same of the same data', async () => {
    const before = await placed(clickhouse);
    const again = await makeLookalike(clickhouse, leases, seedOf('signed'), new Date());
    expect(again).toEqual(made);
    expect(await placed(clickhouse)).toEqual(before);
  });

  it('leave nothing behind that they made on their way', async () => {
    const [row] = await clickhouse.query<{ n: string }>('SELECT count() AS n FROM lookalike_work');
    expect(row!.n).toBe('0');
  });

  it('lose at once who withdraws or is erased', async () => {
    const rows = await placed(clickhouse);
    const [first, second] = rows;
    const like = resolved({ like: 'signed', reach: 0.1 });
    const before = sizeOf(await estimate(clickhouse, like, new Date()));
    const now = new Date().toISOString();
    await clickhouse.insert('consents', [{ visitor: first!.visitor, time: now, withdrawn: 1 }]);
    await clickhouse.insert('erasures', [
      { erasure: 'later', visitor: second!.visitor, time: now, stored: now, suppressed: true },
    ]);
    expect(sizeOf(await estimate(clickhouse, like, new Date()))).toBe(before - 2);
    expect((await sizesByReach(clickhouse, 'signed'))[REACHES.indexOf(0.1)]).toBe(before - 2);
  });
});

/** The first three of a world may not be profiled any more, each for another reason. */
const GONE = 3;
async function refuse(clickhouse: ClickHouse, [withdrawn, erased, unprofiled]: readonly Planted[]) {
  const time = new Date().toISOString();
  await clickhouse.insert('consents', [
    { visitor: withdrawn!.visitor, time, withdrawn: 1, purposes: 0 },
    { visitor: unprofiled!.visitor, time, withdrawn: 0, purposes: PURPOSES_WITHOUT_TCF & ~PURPOSE.profile },
  ]);
  await clickhouse.insert('erasures', [
    { erasure: 'e', visitor: erased!.visitor, time, stored: time, suppressed: true },
  ]);
}

describe('the look-alike of a seed', async () => {
  const clickhouse = new ClickHouse(await freshDatabase());
  const leases = new Leases(clickhouse, 'test');
  const build = async (id: string) => (await publishedLookalikes(clickhouse)).get(id)?.build;
  beforeAll(async () => {
    await migrate(clickhouse, 90);
    await plant(clickhouse, { ...PLAN, visitors: 1500, strength: 0, trait: 1, seed: 0.1 });
  });
  afterAll(() => clickhouse.close());

  it('in whom nothing tells is by lot, and says so', async () => {
    expect(await ensureLookalikes(clickhouse, leases, [seedOf('signed')])).toEqual(new Map());
    const { summary } = (await publishedLookalikes(clickhouse)).get('signed')!;
    expect(summary).toMatchObject({ noSignal: 'no_better_than_prior', universe: 1500 });
    expect(liftAt(0.05, summary.lifts, summary).lift).toBeCloseTo(1);
    const [row] = await clickhouse.query<{ n: string; last: string }>(
      'SELECT uniqExact(place) AS n, max(place) AS last FROM kept_lookalikes WHERE place > 0',
    );
    expect([Number(row!.n), Number(row!.last)]).toEqual([summary.others, summary.others]);
  });

  it('is made once, and anew when what the seed asks for is another, not when it is renamed', async () => {
    const first = await build('signed');
    await ensureLookalikes(clickhouse, leases, [{ ...seedOf('signed'), version: 2 }]);
    expect(await build('signed')).toBe(first);
    const changed = { ...seedOf('signed'), rule: resolved({ all: [SIGNED_UP, { did: {}, times: 5 }] }) };
    await Promise.all([1, 2, 3].map(() => ensureLookalikes(clickhouse, leases, [changed])));
    const second = await build('signed');
    expect(second).toBeGreaterThan(first!);
    const [row] = await clickhouse.query<{ n: string }>('SELECT uniqExact(build) AS n FROM lookalikes');
    expect(row!.n).toBe('2');
  });

  it('that has fewer than a hundred members is refused by name, and so is one that needs it', async () => {
    const seeds = needs(resolved({ like: 'like-few', reach: 0.1 }));
    expect(seeds.map(({ id }) => id)).toEqual(['few', 'like-few']);
    const refused = await ensureLookalikes(clickhouse, leases, seeds);
    expect([...refused].map(([id, { reason, seed }]) => [id, reason, seed])).toEqual([
      ['few', 'seed_too_small', 'few'],
      ['like-few', 'seed_too_small', 'few'],
    ]);
    expect(await build('few')).toBeUndefined();
  });

  it('is taken back when the seed has become too small, and the job says which were', async () => {
    const segment = (id: string, rule: unknown) => ({ id, version: 1, rule: resolved(rule) });
    const { result } = await buildLookalikes(clickhouse, leases, [
      segment('a', {
        all: [
          { like: 'signed', reach: 0.1 },
          { like: 'few', reach: 0.2 },
        ],
      }),
      segment('b', { not: { like: 'signed', reach: 0.5 } }),
      { id: 'c', version: 1, rule: { refused: 'unknown_segment: there is no segment x' } },
    ]);
    expect(result).toMatchObject({
      made: { signed: { members: expect.any(Number) } },
      refused: { few: expect.stringMatching(/^seed_too_small: of segment few 0 members/) },
      failed: {},
    });
    const small = { ...seedOf('signed'), rule: resolved({ all: [SIGNED_UP, { did: {}, times: 99 }] }) };
    expect(await ensureLookalikes(clickhouse, leases, [small])).toMatchObject({ size: 1 });
    expect(await build('signed')).toBeUndefined();
    const [row] = await clickhouse.query<{ n: string }>('SELECT count() AS n FROM kept_lookalikes');
    expect(row!.n).toBe('0');
  });
});
