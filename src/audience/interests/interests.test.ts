import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { openShards } from '../../identity/shards.testing.ts';
import { Leases } from '../../jobs/lease.ts';
import { published } from '../published.ts';
import { scoreInterests } from './interests.ts';
import { reckon, type Seen } from './reckoning.testing.ts';

const DAY = 86_400_000;
const HALF_LIFE = 14;
/** What a score may differ by: it is kept in 32 bits, and the run begins a moment after the hits were made. */
const CLOSE = 0.01;

const TENNIS = '539';
const COOKING = '216';

/** A view of a page that is surely about something, now; its own hit each. */
let nextHit = 1;
const view = (visitor: number, category: string, more: Partial<Seen> = {}): Seen => ({
  visitor,
  hit: nextHit++,
  age: 0,
  event: 'pageview',
  keywords: [],
  categories: [category],
  confidences: [100],
  dwellMs: 0,
  ...more,
});
const views = (n: number, visitor: number, category: string, more: Partial<Seen> = {}) =>
  Array.from({ length: n }, () => view(visitor, category, more));

async function store(clickhouse: ClickHouse, hits: readonly Seen[]): Promise<void> {
  const now = Date.now();
  await clickhouse.insert(
    'hits',
    hits.map(({ age, dwellMs, ...hit }) => ({
      ...hit,
      time: new Date(now - age).toISOString(),
      dwell_ms: dwellMs,
      purposes: 0xffff,
      origin: 'pixel',
    })),
  );
}

const empty = async (clickhouse: ClickHouse) => {
  for (const table of ['hits', 'consents', 'erasures', 'interests', 'audience_builds'])
    await clickhouse.command(`TRUNCATE TABLE ${table}`);
};

async function scores(clickhouse: ClickHouse): Promise<Map<string, number>> {
  const rows = await clickhouse.query<{ visitor: string; interest: string; score: number }>(
    'SELECT visitor, interest, score FROM kept_interests ORDER BY visitor, interest',
  );
  return new Map(rows.map(({ visitor, interest, score }) => [`${visitor}/${interest}`, score]));
}

async function scored(clickhouse: ClickHouse, hits: readonly Seen[], halfLife = HALF_LIFE) {
  await store(clickhouse, hits);
  await scoreInterests(clickhouse, new Leases(clickhouse, 'test'), halfLife);
  return scores(clickhouse);
}

function expectSame(found: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>): void {
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [key, score] of expected) expect(Math.abs(found.get(key)! - score), key).toBeLessThan(CLOSE);
}

describe('interests', async () => {
  const clickhouse = new ClickHouse(await freshDatabase());
  beforeAll(() => migrate(clickhouse, 90).then(() => {}));
  beforeEach(() => empty(clickhouse));
  afterAll(() => clickhouse.close());

  it('are what the formula gives by hand', async () => {
    const found = await scored(clickhouse, [
      ...views(3, 1, TENNIS),
      ...views(1, 1, COOKING),
      ...views(4, 2, COOKING),
    ]);
    // Tennis of 1: e = 3, o = 1, so s = 0.75; of the other's 4 visits none is, so u = (0 + 9) / (4 + 300).
    // 100 * (1 - 2^-2) * (1 - 2^-(0.75 / 0.029605)) = 75 * (1 - 2.4e-8).
    // Cooking of 2: e = 4, s = 1; of the other's 4 visits one is: u = (1 + 9) / 304, and 2^-30.4 is nothing.
    // 100 * (1 - 2^(-4 / 1.5)) = 84.25. The one visit of 1 to cooking is under the floor of 1.5.
    expect([...found.keys()]).toEqual(['1/607', '1/669', '2/368', '2/371']);
    expect(found.get('1/669')).toBeCloseTo(75, 2);
    expect(found.get('1/607')).toBeCloseTo(75, 2);
    expect(found.get('2/371')).toBeCloseTo(84.25, 2);
  });

  it('weigh attention, age and how sure a page’s subject is', async () => {
    const found = await scored(clickhouse, [
      // e = 1 + 60 / 30 = 3, by a ping that is no visit of its own.
      view(1, TENNIS),
      view(1, TENNIS, { event: 'attention', dwellMs: 60_000 }),
      // e = 1 + 120 / 30 = 5: no hit brings more attention than that.
      view(2, TENNIS, { dwellMs: 3_600_000 }),
      // e = 4 / 2 after one half-life.
      ...views(4, 3, TENNIS, { age: HALF_LIFE * DAY }),
      // e = 4 * 0.5.
      ...views(4, 4, TENNIS, { confidences: [50] }),
      // An ad that was shown to somebody says nothing of him.
      ...views(9, 5, TENNIS, { event: 'impression' }),
    ]);
    const known = (evidence: number) => 100 * (1 - 2 ** (-evidence / 1.5));
    // Everybody cares for tennis alone, but among 300 visits' worth of guessing the lift is above 9 for each.
    for (const [visitor, evidence] of [
      [1, 3],
      [2, 5],
      [3, 2],
      [4, 2],
    ] as const) {
      expect(found.get(`${visitor}/669`)).toBeLessThanOrEqual(known(evidence));
      expect(found.get(`${visitor}/669`)).toBeGreaterThan(known(evidence) * 0.998);
    }
    expect(found.has('5/669')).toBe(false);
  });

  it('do not come of a single glance, and of a long look they do', async () => {
    const found = await scored(clickhouse, [view(1, TENNIS), view(2, TENNIS, { dwellMs: 30_000 })]);
    expect([...found.keys()]).toEqual(['2/607', '2/669']);
  });

  it('are fifty at most for who cares as much as everybody else', async () => {
    const hits = Array.from({ length: 100 }, (_, n) => [
      ...views(40, n + 1, TENNIS),
      ...views(40, n + 1, COOKING),
    ]);
    const found = await scored(clickhouse, [...hits.flat(), ...views(20, 200, TENNIS)]);
    // s = 0.5; of all others' attention u = (99 * 40 + 20 + 9) / (99 * 80 + 20 + 300) = 0.48410 is on tennis:
    // 100 * (1 - 2^-1.03284), a little above fifty because 300 visits' worth of guessing stands beside the 8,000.
    for (const visitor of [1, 50, 100]) expect(found.get(`${visitor}/669`)).toBeCloseTo(51.12, 1);
    // s = 1, u = (4000 + 9) / (8000 + 300) = 0.48301: 100 * (1 - 2^-2.07034).
    expect(found.get('200/669')).toBeCloseTo(76.18, 1);
  });

  it('count a repeated hit once', async () => {
    const [one] = [view(1, TENNIS)];
    expect(await scored(clickhouse, [one, one, one])).toEqual(new Map());
  });

  it('of special categories there are none', async () => {
    const found = await scored(
      clickhouse,
      ['286', '453', '386', '188', '231'].flatMap((id) => views(9, 1, id)),
    );
    expect(found).toEqual(new Map());
  });

  it('of purchases are told by events and product pages, the surer the nearer to the till', async () => {
    const laptop = '630';
    const found = await scored(clickhouse, [
      ...views(2, 1, laptop, { event: 'view_item' }),
      view(2, laptop, { event: 'Product Added' }),
      view(3, laptop, { event: 'purchase' }),
      ...views(2, 4, laptop, { keywords: ['og:product'] }),
      ...views(9, 5, laptop),
    ]);
    const intent = (visitor: number) => found.get(`${visitor}/954`) ?? 0;
    expect(intent(1)).toBeGreaterThan(50);
    expect(intent(2)).toBeGreaterThan(intent(1));
    expect(intent(3)).toBeGreaterThan(intent(2));
    expect(intent(4)).toBeCloseTo(intent(1), 1);
    expect(intent(5)).toBe(0);
    // Whatever leads to a laptop leads to computers and to electronics; who only reads about them is interested.
    expect(found.get('1/942')).toBeGreaterThan(50);
    expect(found.get('5/687')).toBeGreaterThan(50);
  });

  it('are not made of whoever allows no profile, nor shown of whoever is erased', async () => {
    await store(
      clickhouse,
      [1, 2, 3, 4].flatMap((visitor) => views(5, visitor, TENNIS)),
    );
    const time = new Date().toISOString();
    await clickhouse.insert('consents', [
      { visitor: 1, time, withdrawn: 1 },
      { visitor: 2, time, withdrawn: 0, purposes: 1 },
    ]);
    await scoreInterests(clickhouse, new Leases(clickhouse, 'test'), HALF_LIFE);
    expect([...(await scores(clickhouse)).keys()]).toEqual(['3/607', '3/669', '4/607', '4/669']);
    await clickhouse.insert('erasures', [
      { erasure: 'e', visitor: 3, time, stored: time, origin: 'optout', suppressed: true },
    ]);
    expect([...(await scores(clickhouse)).keys()]).toEqual(['4/607', '4/669']);
  });

  it('become visible with their pointer, and the build before stays until then', async () => {
    const leases = new Leases(clickhouse, 'test');
    await store(clickhouse, views(5, 1, TENNIS));
    const first = await scoreInterests(clickhouse, leases, HALF_LIFE);
    expect(first.result).toMatchObject({ visitors: 1, scores: 2, halfLifeDays: HALF_LIFE });
    expect(first.rowsRead).toBeGreaterThan(0);
    const pointer = (await published(clickhouse)).get('interests');
    expect(pointer).toMatchObject({ build: first.result['build'], summary: { visitors: 1, scores: 2 } });
    const [more] = await clickhouse.query<{ build: string }>('SELECT build FROM interests LIMIT 1');
    await clickhouse.insert('interests', [
      {
        build: Number(more!.build) + 1,
        interest: '607',
        visitor: 9,
        score: 99,
        last: new Date().toISOString(),
      },
    ]);
    expect([...(await scores(clickhouse)).keys()]).toEqual(['1/607', '1/669']);
  });

  const hit: fc.Arbitrary<Seen> = fc
    .record({
      visitor: fc.integer({ min: 1, max: 20 }),
      hit: fc.integer({ min: 1, max: 200 }),
      age: fc.integer({ min: 0, max: 60 * DAY }),
      event: fc.constantFrom(
        'pageview',
        'pageview',
        'attention',
        'impression',
        'add_to_cart',
        'ViewContent',
        'Checkout Completed',
        'x',
      ),
      keywords: fc.subarray(['og:product', 'k']),
      categories: fc.subarray([
        '539',
        '483',
        '216',
        '583',
        '324',
        '325',
        '640',
        '286',
        'desk',
        '8VZQHL',
        '630',
      ]),
      // None that makes just as much evidence as a score takes: the run begins a moment after the hits.
      dwellMs: fc.constantFrom(0, 500, 14_000, 200_000),
      sure: fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 11, maxLength: 11 }),
      unsaid: fc.integer({ min: 0, max: 3 }),
    })
    .map(({ sure, unsaid, ...rest }) => ({
      ...rest,
      // Of older hits nobody has said how sure their categories are.
      confidences: unsaid === 0 ? [] : sure.slice(0, rest.categories.length),
    }));

  it('are what a plain reckoning gives, whatever the hits', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(hit, { maxLength: 500, selector: ({ visitor, hit: id }) => `${visitor}/${id}` }),
        fc.integer({ min: 1, max: 90 }),
        async (hits, halfLife) => {
          await empty(clickhouse);
          expectSame(await scored(clickhouse, hits, halfLife), reckon(hits, halfLife));
        },
      ),
      // A statement costs the same for few visitors as for many: large worlds, and not many of them.
      { numRuns: 5, endOnFailure: true },
    );
  });

  it('never fall by one more hit about them, a surer, a longer or a fresher one', () => {
    const about: fc.Arbitrary<Seen> = hit.map((each) => ({
      ...each,
      visitor: 1,
      categories: ['539'],
      confidences: [60],
    }));
    const changes: readonly ((each: Seen) => Seen)[] = [
      (each) => each,
      (each) => ({ ...each, confidences: [90] }),
      (each) => ({ ...each, dwellMs: each.dwellMs + 10_000 }),
      (each) => ({ ...each, age: each.age / 2 }),
    ];
    fc.assert(
      fc.property(fc.array(hit, { maxLength: 40 }), about, fc.nat(3), (hits, more, which) => {
        const change = changes[which]!;
        const one = { ...more, hit: 1000 };
        const before = reckon(which === 0 ? hits : [...hits, one], HALF_LIFE);
        const after = reckon([...hits, change(one)], HALF_LIFE);
        for (const node of ['607', '669']) {
          const was = before.get(`1/${node}`) ?? 0;
          expect(after.get(`1/${node}`) ?? 0).toBeGreaterThanOrEqual(was - 1e-9);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('interests on a cluster', () => {
  let shards: Awaited<ReturnType<typeof openShards>>;
  beforeAll(async () => {
    shards = await openShards();
  });
  afterAll(() => shards?.close());

  it('are the same as in one place', async () => {
    const hits = Array.from({ length: 12 }, (_, n) =>
      views(2 + (n % 4), n + 1, n % 3 === 0 ? COOKING : TENNIS),
    ).flat();
    const found = await scored(shards.clickhouse, hits);
    expect(found.size).toBe(24);
    expectSame(found, reckon(hits, HALF_LIFE));
  });
});
