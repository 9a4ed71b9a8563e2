import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { compile, compileUndated, fits, type Statement } from './compile.ts';
import { evaluate, type Observed, type Written, worldOf } from './evaluate.testing.ts';
import { resolvedAs, Stored } from './stored.testing.ts';
import { chained, chains, known, narrowing, rule, rules, traits, world } from './world.testing.ts';

const DAY = 86_400_000;
/** Of no whole second: `within` reaches back to the millisecond. */
const asOf = Math.floor(Date.now() / 1000) * 1000 + 123;

const clickhouse = new ClickHouse(await freshDatabase());
beforeAll(() => migrate(clickhouse, 90));
afterAll(() => clickhouse.close());

const stored = new Stored(clickhouse, asOf);
const store = (hits: readonly Partial<Observed>[]) => stored.hits(hits);
const storeTraits = (uploaded: Parameters<Stored['traits']>[0]) => stored.traits(uploaded);

/** Every segment evaluated for the visitor alone. */
const alone = (rule: unknown): Written => ({ rule, merge: 'visitor' });
const resolved = (json: unknown, segments: ReadonlyMap<string, unknown> = new Map()) =>
  resolvedAs(alone(json), new Map([...segments].map(([id, rule]) => [id, alone(rule)])));

interface Row {
  segment?: string;
  visitor: string;
  seen: string;
}
const ask = ({ sql, params }: Statement) => clickhouse.query<Row>(sql, params);
const members = async (json: unknown) =>
  (await ask(compile(resolved(json), new Date(asOf)))).map((row) => BigInt(row.visitor)).sort();
const bySegment = (rows: readonly Row[]) => {
  const found = new Map<string, string[]>();
  for (const { segment = '', visitor } of rows) found.set(segment, [...(found.get(segment) ?? []), visitor]);
  return found;
};
const sorted = (visitors: Iterable<bigint>) => [...visitors].map(String).sort();

describe('a compiled rule finds whom the words of the rule language mean', () => {
  const RUNS = 6;
  const SINGLE = 6;
  const NARROWING = 12;
  const TOGETHER = { rules: 400, clauses: 48 };
  let asked = 0;
  let separating = 0;

  it('in random worlds, for random rules, each alone and many in one pass', async () => {
    await fc.assert(
      fc.asyncProperty(
        world(asOf),
        traits(asOf),
        known(['x', 'y']),
        fc.tuple(rule([]), rule([])),
        fc.array(rule(['x', 'y']), { minLength: SINGLE, maxLength: SINGLE }),
        fc.array(narrowing(['x', 'y']), { minLength: NARROWING, maxLength: NARROWING }),
        rules(['x', 'y'], TOGETHER),
        async (hits, uploaded, made, [x, y], single, narrow, together) => {
          await store(hits);
          await storeTraits(uploaded);
          await stored.known(made);
          const segments = new Map<string, unknown>([
            ['x', x],
            ['y', y],
          ]);
          const everyone = new Set(hits.map(({ visitor }) => visitor)).size;
          const all = worldOf(hits, {
            uploaded,
            ...made,
            segments: new Map([...segments].map(([id, json]) => [id, alone(json)])),
          });
          const expected = (json: unknown) => {
            const visitors = evaluate(alone(json), all, asOf);
            asked += 1;
            if (visitors.size > 0 && visitors.size < everyone) separating += 1;
            return sorted(visitors.keys());
          };
          for (const json of [...single, ...narrow]) {
            const wanted = expected(json);
            for (const compiled of [compile, compileUndated]) {
              const rows = await ask(compiled(resolved(json, segments), new Date(asOf)));
              expect(rows.map((row) => row.visitor).sort(), JSON.stringify(json)).toEqual(wanted);
            }
          }
          // Asked about visitors who are named, no statement looks for them first.
          const named = [...new Set(hits.map(({ visitor }) => visitor))];
          for (const json of narrow) {
            const seen = async (only?: readonly bigint[]) =>
              (await ask(compile(resolved(json, segments), new Date(asOf), 'visitor', only)))
                .map((row) => `${row.visitor} ${row.seen}`)
                .sort();
            expect(await seen(), JSON.stringify(json)).toEqual(await seen(named));
          }
          const wanted = new Map(together.map((json, i) => [`segment ${i}`, resolved(json, segments)]));
          const found = bySegment(await ask(compile(wanted, new Date(asOf))));
          for (const [i, json] of together.entries()) {
            expect(found.get(`segment ${i}`)?.sort() ?? [], JSON.stringify(json)).toEqual(expected(json));
          }
        },
      ),
      { numRuns: RUNS, endOnFailure: true },
    );
  }, 400_000);

  it('of which a good part told visitors apart', () => {
    expect(asked).toBe(RUNS * (SINGLE + NARROWING + TOGETHER.rules));
    expect(separating).toBeGreaterThan(asked / 5);
  });
});

describe('a sequence finds whom trying every order of hits finds', () => {
  const RUNS = 16;
  const TOGETHER = 8;
  let asked = 0;
  let separating = 0;

  it('where hits lie close together, or within one millisecond', async () => {
    await fc.assert(
      fc.asyncProperty(
        chains(asOf),
        fc.array(chained, { minLength: TOGETHER, maxLength: TOGETHER }),
        async (hits, sequences) => {
          await store(hits);
          const all = worldOf(hits.map((hit) => stored.filled(hit)));
          const everyone = new Set(hits.map(({ visitor }) => visitor)).size;
          const rules = new Map(sequences.map((json, i) => [`segment ${i}`, resolved(json)]));
          const found = await ask(compile(rules, new Date(asOf)));
          for (const [i, json] of sequences.entries()) {
            const rows = found.filter(({ segment }) => segment === `segment ${i}`);
            const expected = sorted(evaluate(alone(json), all, asOf).keys());
            expect(rows.map((row) => row.visitor).sort(), JSON.stringify(json)).toEqual(expected);
            asked += 1;
            if (expected.length > 0 && expected.length < everyone) separating += 1;
          }
        },
      ),
      { numRuns: RUNS, endOnFailure: true },
    );
  }, 400_000);

  it('of which a good part told visitors apart', () => {
    expect(asked).toBe(RUNS * TOGETHER);
    expect(separating).toBeGreaterThan(asked / 4);
  });
});

describe('a Match', () => {
  it('is met by one hit that has all its fields, not by two that have one each', async () => {
    await store([
      { visitor: 1n, hit: 1n, categories: ['a'], country: 'DE' },
      { visitor: 1n, hit: 2n, categories: ['b'], keywords: ['k'], country: 'US' },
      { visitor: 2n, hit: 3n, categories: ['a', 'b'], keywords: ['k'], country: 'US' },
    ]);
    expect(await members({ did: { category: 'a', country: 'US' } })).toEqual([2n]);
    expect(await members({ did: { category: 'a', keyword: 'k' } })).toEqual([2n]);
  });

  it('is not met by attention, unless it names that event', async () => {
    await store([
      { visitor: 1n, hit: 1n, event: 'attention', categories: ['a'] },
      { visitor: 2n, hit: 2n, categories: ['a'] },
    ]);
    expect(await members({ did: {} })).toEqual([2n]);
    expect(await members({ did: { category: 'a' } })).toEqual([2n]);
    expect(await members({ did: { category: 'a', event: 'attention' } })).toEqual([1n]);
    expect(await members({ did: { event: ['attention', 'pageview'] } })).toEqual([1n, 2n]);
    expect(await members({ not: { did: {} } })).toEqual([1n]);
  });

  it('takes everything but * for itself', async () => {
    const paths = ['/a_b', '/aXb', '/a%b', '/a\\b', '/a*b', '/A_B', "/it's", "') OR 1=1 --"];
    await store(paths.map((path, i) => ({ visitor: BigInt(i), hit: BigInt(i), path })));
    expect(await members({ did: { path: '/a_b*' } })).toEqual([0n]);
    expect(await members({ did: { path: '*a%b' } })).toEqual([2n]);
    expect(await members({ did: { path: '/*\\b' } })).toEqual([3n]);
    expect(await members({ did: { path: '/a\\*' } })).toEqual([3n]);
    expect(await members({ did: { path: '/a*b' } })).toEqual([0n, 1n, 2n, 3n, 4n]);
    expect(await members({ did: { path: ["/it's", '/A*'] } })).toEqual([5n, 6n]);
    expect(await members({ did: { path: "') OR 1=1 --" } })).toEqual([7n]);
    expect(await members({ did: { title: "') OR 1=1 --" } })).toEqual([]);
  });

  it('knows a referrer by its URL and by its host', async () => {
    await store([
      { visitor: 1n, hit: 1n, referrer: 'https://www.example.com/a', referrerHost: 'www.example.com' },
      { visitor: 2n, hit: 2n },
    ]);
    for (const referrer of ['www.example.com', '*.example.com', 'https://www.example.com/a', 'https://*/a']) {
      expect(await members({ did: { referrer } }), referrer).toEqual([1n]);
    }
    expect(await members({ did: { referrer: 'example.com' } })).toEqual([]);
    expect(await members({ did: { referrer: '' } })).toEqual([2n]);
  });

  it('reads the clock of the visitor', async () => {
    const time = Date.parse(`${new Date(asOf - 3 * DAY).toISOString().slice(0, 10)}T23:30:00Z`);
    const weekday = new Date(time).getUTCDay() || 7;
    await store([
      { visitor: 1n, hit: 1n, time, tz: 0 },
      { visitor: 2n, hit: 2n, time, tz: 60, keywords: ['k'] },
    ]);
    expect(await members({ did: { hour: 23, weekday } })).toEqual([1n]);
    expect(await members({ did: { hour: '0', weekday: (weekday % 7) + 1 } })).toEqual([2n]);
    expect(await members({ did: { hour: 0, keyword: 'k' } })).toEqual([2n]);
  });
});

describe('times', () => {
  it('counts distinct hits: a repeat, and a hit of two categories, once', async () => {
    await store([
      { visitor: 1n, hit: 1n, categories: ['a', 'b'] },
      { visitor: 1n, hit: 1n, categories: ['a', 'b'] },
      { visitor: 2n, hit: 1n, categories: ['a'] },
      { visitor: 2n, hit: 2n, categories: ['b'] },
    ]);
    expect(await members({ did: { category: ['a', 'b'] }, times: 2 })).toEqual([2n]);
    expect(await members({ did: { category: ['a', 'b'] }, times: { eq: 1 } })).toEqual([1n]);
    expect(await members({ did: {}, times: 2 })).toEqual([2n]);
  });

  it('that admits none speaks of everyone with a hit inside the retention', async () => {
    await store([
      { visitor: 1n, hit: 1n, categories: ['a'] },
      { visitor: 1n, hit: 2n, categories: ['a'] },
      { visitor: 2n, hit: 3n, event: 'attention' },
      { visitor: 3n, hit: 4n, time: asOf - 95 * DAY },
    ]);
    expect(await members({ did: { category: 'a' }, times: { lte: 1 } })).toEqual([2n]);
    expect(await members({ did: { category: 'a' }, times: { eq: 0 } })).toEqual([2n]);
    expect(await members({ did: { category: 'a' }, times: 0 })).toEqual([1n, 2n]);
    expect(await members({ not: { did: { category: 'a' }, times: 0 } })).toEqual([]);
    expect(await members({ not: { did: { category: 'a' } } })).toEqual([2n]);
  });
});

describe('within', () => {
  it('reaches back to the millisecond', async () => {
    await store([
      { visitor: 1n, hit: 1n, time: asOf - 7 * DAY },
      { visitor: 2n, hit: 2n, time: asOf - 7 * DAY - 1 },
    ]);
    expect(await members({ did: {}, within: '7d' })).toEqual([1n]);
    expect(await members({ did: {}, within: '168h' })).toEqual([1n]);
    expect(await members({ did: {}, times: { eq: 0 }, within: '7d' })).toEqual([2n]);
  });
});

describe('a sequence', () => {
  const MINUTE = 60_000;
  const ago = (minutes: number) => asOf - minutes * MINUTE;
  const steps = (...events: string[]) => ({ sequence: events.map((event) => ({ event })) });
  /** One visitor's hits, each an event and how many minutes ago. */
  const chain = (visitor: bigint, ...hits: readonly (readonly [event: string, minutes: number])[]) =>
    hits.map(([event, minutes], i) => ({
      visitor,
      hit: visitor * 100n + BigInt(i),
      event,
      time: ago(minutes),
    }));

  it('takes the later start, where the first one is too long ago', async () => {
    await store([
      ...chain(1n, ['a', 30], ['a', 11], ['b', 10], ['c', 1]),
      ...chain(2n, ['a', 30], ['b', 10], ['c', 1]),
      // The latest b comes after the only c that is near enough to an earlier one.
      ...chain(3n, ['a', 22], ['b', 20], ['c', 12], ['b', 1]),
      ...chain(4n, ['b', 9], ['a', 8], ['c', 7]),
    ]);
    expect(await members({ ...steps('a', 'b', 'c'), gap: '10m' })).toEqual([1n, 3n]);
    expect(await members(steps('a', 'b', 'c'))).toEqual([1n, 2n, 3n]);
    expect(await members({ ...steps('a', 'b', 'c'), gap: '10m', within: '15m' })).toEqual([1n]);
    expect(await members({ not: steps('a', 'b') })).toEqual([4n]);
  });

  it('takes a gap and a time to the millisecond', async () => {
    await store([
      { visitor: 1n, hit: 1n, event: 'a', time: ago(7) },
      { visitor: 1n, hit: 2n, event: 'b', time: ago(6) },
      { visitor: 2n, hit: 3n, event: 'a', time: ago(7) - 1 },
      { visitor: 2n, hit: 4n, event: 'b', time: ago(6) },
    ]);
    expect(await members({ ...steps('a', 'b'), gap: '1m' })).toEqual([1n]);
    expect(await members({ ...steps('a', 'b'), within: '7m' })).toEqual([1n]);
  });

  it('is of hits that are not the same, though one may meet several steps or be sent again', async () => {
    await store([
      ...chain(1n, ['a', 3]),
      { visitor: 2n, hit: 1n, event: 'a', time: ago(3) },
      { visitor: 2n, hit: 1n, event: 'a', time: ago(2) },
      ...chain(3n, ['a', 3], ['a', 2]),
    ]);
    expect(await members(steps('a', 'a'))).toEqual([3n]);
    expect(await members({ sequence: [{}, { event: 'a' }] })).toEqual([3n]);
    expect(await members(steps('a'))).toEqual([1n, 2n, 3n]);
  });

  it('takes hits of one millisecond in either order, each for one step', async () => {
    await store([
      ...chain(1n, ['a', 3], ['b', 3]),
      ...chain(2n, ['b', 3], ['a', 3]),
      ...chain(3n, ['a', 3], ['b', 3], ['c', 3]),
    ]);
    expect(await members(steps('a', 'b'))).toEqual([1n, 2n, 3n]);
    expect(await members({ sequence: [{}, { event: 'a' }, {}] })).toEqual([3n]);
    expect(
      await members({ sequence: [{ event: ['a', 'b'] }, { event: ['a', 'b'] }, { event: 'a' }] }),
    ).toEqual([]);
  });

  it('of attention is one that names it', async () => {
    await store(chain(1n, ['pageview', 3], ['attention', 2]));
    expect(await members({ sequence: [{}, {}] })).toEqual([]);
    expect(await members({ sequence: [{}, { event: 'attention' }] })).toEqual([1n]);
  });

  it('reads of the broader steps only the hits of who has met the rarer ones', () => {
    const sql = (...sequence: object[]) => compile(resolved({ sequence }), new Date(asOf)).sql;
    const who = (text: string) =>
      text
        .split('GLOBAL IN')
        .map((part) => /kept_\w+/.exec(part)?.[0])
        .slice(1);
    expect(who(sql({ category: 'a' }, { path: '/x' }))).toEqual(['kept_features']);
    expect(who(sql({ category: 'a' }, { path: '/x' }, { keyword: 'k' }))).toEqual(['kept_features']);
    expect(who(sql({ path: '/x' }, {}))).toEqual(['kept_hits']);
    expect(sql({ category: 'a' }, { keyword: 'k' }).match(/kept_\w+/g)).toEqual(['kept_features']);
    expect(sql({ path: '/y' }, { path: '/x' }).match(/kept_\w+/g)).toEqual(['kept_hits']);
    expect(sql({}, {}).match(/kept_\w+/g)).toEqual(['kept_hits']);
  });
});

describe('dwell', () => {
  it('sums attention to what is named, pings and views, a repeated hit once', async () => {
    await store([
      { visitor: 1n, hit: 1n, event: 'pageview', categories: ['a'], dwellMs: 4000 },
      { visitor: 1n, hit: 2n, event: 'attention', categories: ['a'], dwellMs: 6000 },
      { visitor: 2n, hit: 3n, event: 'attention', categories: ['a'], dwellMs: 6000 },
      { visitor: 2n, hit: 3n, event: 'attention', categories: ['a'], dwellMs: 6000 },
      { visitor: 3n, hit: 4n, event: 'attention', categories: ['b'], dwellMs: 9999, time: asOf - 3 * DAY },
    ]);
    expect(await members({ dwell: 10, on: { category: 'a' } })).toEqual([1n]);
    expect(await members({ dwell: { gte: 6, lt: 10 }, on: { category: 'a' } })).toEqual([2n]);
    expect(await members({ dwell: { lt: 10 }, on: { category: 'a' } })).toEqual([2n, 3n]);
    expect(await members({ dwell: 5, on: { category: 'a', event: 'pageview' } })).toEqual([]);
    expect(await members({ dwell: 9.999 })).toEqual([1n, 3n]);
    expect(await members({ dwell: { gt: 9.999 } })).toEqual([1n]);
    expect(await members({ dwell: 1, within: '2d' })).toEqual([1n, 2n]);
  });
});

describe('what jobs have made', () => {
  beforeAll(async () => {
    await store([1n, 2n, 3n, 4n].map((visitor) => ({ visitor, hit: visitor })));
    const is = (visitor: bigint, value: string, probability: number, decided: boolean) => ({
      visitor,
      attribute: 'gender',
      value,
      probability,
      decided,
    });
    await stored.known({
      scores: [
        { visitor: 1n, interest: '243', score: 50 },
        { visitor: 2n, interest: '243', score: 49.9 },
        { visitor: 9n, interest: '243', score: 100 },
      ],
      classes: [
        is(1n, 'female', 0.9, true),
        is(1n, 'male', 0.1, false),
        is(2n, 'female', 0.6, false),
        is(2n, 'male', 0.4, false),
        is(9n, 'female', 1, true),
      ],
      places: [
        { visitor: 1n, seed: 's', place: 0 },
        { visitor: 2n, seed: 's', place: 1 },
        { visitor: 3n, seed: 's', place: 2 },
        { visitor: 4n, seed: 's', place: 3 },
      ],
    });
  });

  it('interests count from 50, and of whom nothing is known the score is 0', async () => {
    expect(await members({ interest: '243' })).toEqual([1n]);
    expect(await members({ interest: '243', score: 49.9 })).toEqual([1n, 2n]);
    expect(await members({ interest: '243', score: { gt: 49.9 } })).toEqual([1n]);
    expect(await members({ interest: '243', score: { lt: 50 } })).toEqual([2n, 3n, 4n]);
    expect(await members({ interest: '243', score: 0 })).toEqual([1n, 2n, 3n, 4n]);
    expect(await members({ interest: '243', score: { eq: 0 } })).toEqual([3n, 4n]);
    expect(await members({ interest: '244', score: { eq: 0 } })).toEqual([1n, 2n, 3n, 4n]);
  });

  it('a demographic is what is decided, or a probability; unknown is everybody else', async () => {
    expect(await members({ demographic: { gender: 'female' } })).toEqual([1n]);
    expect(await members({ demographic: { gender: 'female' }, probability: 0.6 })).toEqual([1n, 2n]);
    expect(await members({ demographic: { gender: 'male' }, probability: { lte: 0.1 } })).toEqual([1n]);
    expect(await members({ demographic: { gender: 'unknown' } })).toEqual([2n, 3n, 4n]);
    expect(await members({ demographic: { gender: ['female', 'unknown'] } })).toEqual([1n, 2n, 3n, 4n]);
    expect(await members({ demographic: { gender: 'female', age: 'unknown' } })).toEqual([1n]);
    expect(await members({ demographic: { gender: 'female', age: '18-20' } })).toEqual([]);
  });

  it('a look-alike is the share of everybody who stands foremost, without the seed', async () => {
    const like = async (reach: number) => {
      const segments = new Map([['s', { did: {} }]]);
      const { sql, params } = compile(resolved({ like: 's', reach }, segments), new Date(asOf));
      return (await clickhouse.query<Row>(sql, params)).map((row) => BigInt(row.visitor)).sort();
    };
    expect(await like(0)).toEqual([]);
    expect(await like(0.25)).toEqual([2n]);
    expect(await like(0.5)).toEqual([2n, 3n]);
    expect(await like(1)).toEqual([2n, 3n, 4n]);
  });
});

describe('a trait', () => {
  const hits = [
    { visitor: 1n, hit: 1n, time: asOf - 2 * DAY, categories: ['a'] },
    { visitor: 1n, hit: 2n, time: asOf - DAY },
    { visitor: 2n, hit: 3n, categories: ['a'] },
    { visitor: 3n, hit: 4n },
  ];
  const car = { trait: 'acme:car' };
  const a = { did: { category: 'a' } };

  it('is held by whom its newest upload names, and by nobody without a hit', async () => {
    await store(hits);
    await storeTraits([
      { visitor: 1n, trait: 'acme:car' },
      { visitor: 2n, trait: 'acme:car', time: asOf - DAY },
      { visitor: 2n, trait: 'acme:car', expires: asOf - 1000 },
      { visitor: 3n, trait: 'acme:car', expires: asOf + DAY },
      { visitor: 9n, trait: 'acme:car' },
    ]);
    expect(await members(car)).toEqual([1n, 3n]);
    expect(await members({ not: car })).toEqual([2n]);
    expect(await members({ all: [a, car] })).toEqual([1n]);
    expect(await members({ all: [a, { not: car }] })).toEqual([2n]);
    expect(await members({ any: [car, { did: { category: 'z' }, times: 0 }] })).toEqual([1n, 2n, 3n]);
    expect(await members({ trait: 'acme:Car' })).toEqual([]);
  });

  it('leaves the moment a visitor was seen to the hits', async () => {
    const seen = await ask(compile(resolved(car), new Date(asOf)));
    expect(seen.map((row) => [row.visitor, Date.parse(`${row.seen}Z`)]).sort()).toEqual([
      ['1', asOf - DAY],
      ['3', asOf - DAY],
    ]);
  });

  it('asks for everyone only where it could let somebody in who has no hit', () => {
    const asksEveryone = (json: unknown) =>
      compile(resolved(json), new Date(asOf)).sql.includes('kept_hits GROUP BY');
    expect(asksEveryone(car)).toBe(true);
    expect(asksEveryone({ any: [a, car] })).toBe(true);
    expect(asksEveryone({ all: [a, { not: car }] })).toBe(false);
    expect(asksEveryone({ not: { any: [car, { not: a }] } })).toBe(false);
  });

  it('is found by the key of its table', async () => {
    const { sql, params } = compile(resolved({ trait: 'acme:car' }), new Date(asOf));
    const plan = await clickhouse.query<{ explain: string }>(`EXPLAIN indexes = 1 ${sql}`, params);
    expect(plan.map((row) => row.explain).join('\n')).toContain("trait in ['acme:car', 'acme:car']");
  });
});

describe('seen', () => {
  it('is the newest hit of the visitor that the statement saw', async () => {
    await store([
      { visitor: 1n, hit: 1n, time: asOf - 3 * DAY, categories: ['a'] },
      { visitor: 1n, hit: 2n, time: asOf - 2 * DAY, categories: ['a'] },
      { visitor: 1n, hit: 3n, time: asOf - 1 * DAY },
    ]);
    const seen = async (json: unknown) =>
      (await ask(compile(resolved(json), new Date(asOf)))).map((row) => Date.parse(`${row.seen}Z`));
    expect(await seen({ did: { category: 'a' } })).toEqual([asOf - 2 * DAY]);
    expect(await seen({ any: [{ did: { category: 'a' } }, { did: {} }] })).toEqual([asOf - DAY]);
    expect(await seen({ not: { did: { category: 'b' } } })).toEqual([asOf - DAY]);
  });
});

describe('a statement', () => {
  const at = new Date(asOf);

  it('holds no value of the rule', () => {
    const { sql, params } = compile(
      resolved({
        all: [{ did: { category: 'Zebra', path: ['/Zebra/*', '/Zebra'], hour: [17, 19] }, times: 77777 }],
      }),
      at,
    );
    expect(sql).not.toMatch(/Zebra|77777|17|19/);
    expect(Object.values(params).flat()).toEqual(
      expect.arrayContaining(['Zebra', '/Zebra/%', '/Zebra', 17, 19, 77777]),
    );
  });

  it('asks each distinct clause once, also across rules', () => {
    const clause = { did: { category: ['a', 'b'] } };
    const same = { did: { category: ['b', 'a', 'b'] }, times: { gte: 1 } };
    const rules = new Map([
      ['one', resolved({ all: [clause, same] })],
      ['two', resolved({ any: [same, { did: { keyword: 'k' } }] })],
    ]);
    expect(compile(rules, at).sql.match(/FROM kept_/g)).toHaveLength(2);
  });

  it('asks the feature table for a category or a keyword, and the hits only where it cannot answer', () => {
    const tables = (json: unknown) => compile(resolved(json), at).sql.match(/kept_\w+/g);
    expect(tables({ did: { category: 'a', country: 'DE', hour: 3 }, times: 2 })).toEqual(['kept_features']);
    expect(tables({ did: { keyword: 'a', event: 'buy' } })).toEqual(['kept_features']);
    expect(tables({ did: { category: 'a', keyword: 'b' } })).toEqual(['kept_hits']);
    expect(tables({ did: { category: 'a', path: '/x*' } })).toEqual(['kept_hits']);
    expect(tables({ did: { category: 'a', campaign: 'x' } })).toEqual(['kept_hits']);
    expect(tables({ did: { keyword: 'a', source: 'social', creative: 'y' } })).toEqual(['kept_hits']);
    expect(tables({ did: { site: 'a' } })).toEqual(['kept_hits']);
  });

  it('asks for everyone only where somebody may be in who did nothing named', () => {
    const asksEveryone = (json: unknown) => compile(resolved(json), at).sql.includes('kept_hits GROUP BY');
    const car = { did: { category: 'a' } };
    const none = { did: { category: 'b' }, times: { lte: 3 } };
    expect(asksEveryone(car)).toBe(false);
    expect(asksEveryone({ all: [car, { not: none }] })).toBe(false);
    expect(asksEveryone({ all: [car, none] })).toBe(false);
    expect(asksEveryone({ any: [car, none] })).toBe(true);
    expect(asksEveryone({ not: car })).toBe(true);
    expect(asksEveryone({ not: { not: car } })).toBe(false);
  });

  it('reads of other clauses only the hits of whom a category or a keyword lets in', () => {
    const who = (json: unknown) =>
      compile(resolved(json), at)
        .sql.split('GLOBAL IN')
        .slice(1)
        .map((text) => text.match(/kept_\w+/)![0]);
    const [car, word, tv] = [{ category: 'a' }, { keyword: 'k' }, { device: 'tv' }].map((did) => ({ did }));
    expect(who({ all: [car, tv] })).toEqual(['kept_features']);
    expect(who({ all: [car, { not: tv }, { did: { site: 's' }, times: 3 }] })).toEqual(['kept_features']);
    expect(who({ all: [{ any: [car, word] }, tv] })).toEqual(['kept_features']);
    expect(who({ any: [car, tv] })).toEqual([]);
    expect(who({ all: [{ any: [car, tv] }, tv] })).toEqual([]);
    expect(who({ all: [{ not: car }, tv] })).toEqual([]);
    expect(who({ all: [car, word] })).toEqual([]);
  });

  it('looks once for whom the features let in, where nobody asks when they were seen', () => {
    const looks = (json: unknown) =>
      [compile, compileUndated].map(
        (compiled) => compiled(resolved(json), at).sql.split('FROM kept_features').length - 1,
      );
    const [car, word, tv] = [{ category: 'a' }, { keyword: 'k' }, { device: 'tv' }].map((did) => ({ did }));
    expect(looks({ all: [car, { not: word }, tv] })).toEqual([2, 1]);
    expect(looks({ all: [car, { not: word }, { not: tv }] })).toEqual([2, 2]);
  });

  it('counts and dates what is so passed over as if all were read', async () => {
    await store([
      { visitor: 1n, hit: 1n, time: asOf - 3 * DAY, categories: ['a'] },
      { visitor: 1n, hit: 2n, time: asOf - 2 * DAY, device: 'tv' },
      { visitor: 1n, hit: 2n, time: asOf - 2 * DAY, device: 'tv' },
      { visitor: 2n, hit: 3n, time: asOf - 3 * DAY, categories: ['a'] },
      { visitor: 2n, hit: 4n, time: asOf - 2 * DAY, device: 'tv' },
      { visitor: 2n, hit: 5n, time: asOf - DAY, device: 'tv' },
      { visitor: 3n, hit: 6n, time: asOf - DAY, device: 'tv' },
      { visitor: 3n, hit: 7n, time: asOf - DAY, device: 'tv' },
    ]);
    const members = async (...others: object[]) =>
      (await ask(compile(resolved({ all: [{ did: { category: 'a' } }, ...others] }), at))).map((row) => [
        row.visitor,
        Math.round((Date.parse(`${row.seen}Z`) - asOf) / DAY),
      ]);
    const tv = (times: object | number, more: object = {}) => ({ did: { device: 'tv' }, times, ...more });
    expect((await members(tv(1))).sort()).toEqual([
      ['1', -2],
      ['2', -1],
    ]);
    expect(await members(tv(2))).toEqual([['2', -1]]);
    expect(await members(tv({ eq: 1 }))).toEqual([['1', -2]]);
    expect(await members(tv(1, { within: '36h' }))).toEqual([['2', -1]]);
    expect(await members({ not: tv(1, { within: '36h' }) })).toEqual([['1', -3]]);
  });

  it('finds a category by the key of the feature table, alone or in a list', async () => {
    const clauses = { any: [{ did: { category: '483' }, within: '7d' }, { did: { category: ['1', '2'] } }] };
    const { sql, params } = compile(resolved(clauses), at);
    const plan = await clickhouse.query<{ explain: string }>(`EXPLAIN indexes = 1 ${sql}`, params);
    const text = plan.map((row) => row.explain).join('\n');
    expect(text).toContain("value in ['483', '483']");
    expect(text).toContain('value in 2-element set');
  });
});

describe('the largest rules that are understood', () => {
  const at = new Date(asOf);
  const run = async (json: unknown, segments?: ReadonlyMap<string, unknown>) => {
    const statement = compile(resolved(json, segments), at);
    expect(fits(statement)).toBe(true);
    return (await ask(statement)).map((row) => row.visitor).sort();
  };
  beforeAll(() =>
    store([
      { visitor: 1n, hit: 1n, path: '/255/z', keywords: ['255'], categories: ['255'] },
      { visitor: 2n, hit: 2n, path: '/999/z', referrer: '/999/z', keywords: [`${'k'.repeat(509)}999`] },
    ]),
  );

  it('256 clauses, each of its own kind, more bits than one word has', async () => {
    const clause = (i: number) => ({
      did: { keyword: String(i), site: ['s1', `site ${i}`], event: [`event ${i}`, 'pageview'] },
      times: { gte: 1, lte: i + 1 },
      within: `${i + 1500}m`,
    });
    expect(await run({ any: Array.from({ length: 256 }, (_, i) => clause(i)) })).toEqual(['1']);
  });

  it('256 clauses on the hits themselves', async () => {
    const any = Array.from({ length: 256 }, (_, i) => ({ did: { path: `/${i}/*` } }));
    expect(await run({ not: { any } })).toEqual(['2']);
  });

  it('16 sequences of 10 steps, no two of which are the same', async () => {
    const any = Array.from({ length: 16 }, (_, i) => ({
      sequence: Array.from({ length: 10 }, (_, j) =>
        j % 2 === 0 ? { path: `/${i}/${j}` } : { keyword: `${i} ${j}` },
      ),
      gap: `${i + 1}m`,
    }));
    expect(await run({ any: [...any.slice(1), { did: { keyword: '255' } }] })).toEqual(['1']);
  });

  it('256 of attention, of interests, of demographics and of traits', async () => {
    const many = (clause: (i: number) => object) =>
      run({ not: { any: Array.from({ length: 256 }, (_, i) => clause(i)) } });
    expect(await many((i) => ({ dwell: i + 1, on: { path: `/${i}/*` } }))).toEqual(['1', '2']);
    expect(await many((i) => ({ interest: `i${i}`, score: { gte: 1, lt: 99 } }))).toEqual(['1', '2']);
    expect(await many((i) => ({ demographic: { [`a${i}`]: ['x', 'y'] }, probability: 0.5 }))).toEqual([
      '1',
      '2',
    ]);
    expect(await many((i) => ({ trait: `acme:${i}` }))).toEqual(['1', '2']);
  });

  it('1,000 wildcards, on a referrer and on a path', async () => {
    const wildcards = Array.from({ length: 1000 }, (_, i) => `*/${i}/*`);
    expect(await run({ did: { referrer: wildcards, path: wildcards } })).toEqual(['2']);
  });

  it('1,000 values of 512 characters', async () => {
    const keyword = Array.from({ length: 1000 }, (_, i) => 'k'.repeat(509) + String(i).padStart(3, '0'));
    expect(await run({ did: { keyword } })).toEqual(['2']);
  });

  it('as deep as it may be with its segments in place', async () => {
    const segments = new Map<string, unknown>([['s0', { did: { keyword: '255' } }]]);
    for (let i = 1; i <= 32; i++) {
      const deeper = { any: [{ not: { segment: `s${i - 1}` } }, { did: { keyword: 'never' } }] };
      segments.set(`s${i}`, i % 2 ? { not: { all: [deeper] } } : deeper);
    }
    expect(await run({ segment: 's30' }, segments)).toEqual(['2']);
    expect(await run({ segment: 's31' }, segments)).toEqual(['2']);
    expect(() => resolved({ segment: 's32' }, segments)).toThrow('nested deeper than 128');
  });
});
