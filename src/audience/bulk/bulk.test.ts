import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse, type Cost, type Params } from '../../clickhouse/client.ts';
import { ClickHouseError } from '../../clickhouse/errors.ts';
import { migrate, storedTable } from '../../clickhouse/schema.ts';
import { openShards } from '../../identity/shards.testing.ts';
import { compile } from '../rule/compile.ts';
import { evaluate, worldOf } from '../rule/evaluate.testing.ts';
import type { ResolvedRule } from '../rule/rule.ts';
import { resolvedAs, Stored } from '../rule/stored.testing.ts';
import { known, rule, traits, world } from '../rule/world.testing.ts';
import { cutVisitors } from './fill.ts';
import { fillByHalves } from './groups.ts';

/** Of no whole second: `within` reaches back to the millisecond. */
const asOf = Math.floor(Date.now() / 1000) * 1000 + 123;

const resolved = (json: unknown): ResolvedRule => resolvedAs({ rule: json, merge: 'visitor' }, new Map());

/** Of every so-many-th rule it is seen that its members were last seen when it says alone: a statement each. */
const SEEN = 10;
const visitorsOf = (lines: readonly string[]) => lines.map((line) => line.split(' ')[0]!).sort();

/** Each sequence is a statement of its own, and what tells these apart is held elsewhere. */
const SEQUENCES = 6;
function withFewSequences(rules: readonly object[]): object[] {
  let count = 0;
  return rules.filter((one) => !JSON.stringify(one).includes('"sequence"') || ++count <= SEQUENCES);
}

/** A door through which members are written only as `write` lets them, in sessions too. */
function inserting(
  clickhouse: ClickHouse,
  write: (insert: () => Promise<Cost>, params: Params | undefined) => Promise<Cost>,
): ClickHouse {
  return new Proxy(clickhouse, {
    get(target, name) {
      if (name === 'inSession')
        return <T>(use: (session: ClickHouse) => Promise<T>) =>
          target.inSession((session) => use(inserting(session, write)));
      if (name === 'command')
        return (...given: Parameters<ClickHouse['command']>) =>
          given[0].startsWith('INSERT INTO members')
            ? write(() => target.command(...given), given[1])
            : target.command(...given);
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const database = await freshDatabase();
const UNITS = {
  'one engine': async () => {
    const clickhouse = new ClickHouse(database);
    await migrate(clickhouse, 90);
    return { clickhouse, close: () => clickhouse.close() };
  },
  'two shards': openShards,
};

describe.each(Object.entries(UNITS))('many segments found together, on %s', (unit, open) => {
  let clickhouse: ClickHouse;
  let close: () => Promise<void>;
  let stored: Stored;
  let builds = 0;
  beforeAll(async () => {
    ({ clickhouse, close } = await open());
    stored = new Stored(clickhouse, asOf);
  });
  afterAll(() => close?.());

  /** @returns by segment, each member with the moment he was seen. */
  async function together(rules: readonly ResolvedRule[], hitsASlice: number) {
    builds += 1;
    const asked = rules.map((one, place) => ({ id: `s${place}`, rule: one }));
    const cut = await cutVisitors(clickhouse, hitsASlice);
    const { left } = await fillByHalves(clickhouse, asked, {
      build: builds,
      asOf: new Date(asOf),
      cut,
      goesOn: () => true,
    });
    expect(left).toEqual([]);
    const rows = await clickhouse.query<{ segment: string; visitor: string; seen: string }>(
      'SELECT segment, visitor, seen FROM members WHERE build = {build:UInt64}',
      { build: builds },
    );
    return asked.map(({ id }) =>
      rows
        .filter(({ segment }) => segment === id)
        .map(({ visitor, seen }) => `${visitor} ${seen}`)
        .sort(),
    );
  }

  /** A Distributed table is emptied where its rows lie. */
  const empty = () =>
    clickhouse.onEachHost(async (host) => {
      for (const table of ['hits', 'traits', 'interests', 'demographics'])
        await host.command(`TRUNCATE TABLE ${storedTable(table, host.cluster)}`);
    });

  async function alone(one: ResolvedRule) {
    const { sql, params } = compile(one, new Date(asOf));
    const rows = await clickhouse.query<{ visitor: string; seen: string }>(sql, params);
    return rows.map(({ visitor, seen }) => `${visitor} ${seen}`).sort();
  }

  it('have whom each rule means, last seen when it says alone, in slices or all at once', async () => {
    let separating = 0;
    await fc.assert(
      fc.asyncProperty(
        world(asOf),
        traits(asOf),
        known([]),
        fc.array(rule([]), { minLength: 60, maxLength: 60 }),
        fc.constantFrom(30, 1_000_000),
        async (hits, uploaded, made, drawn, hitsASlice) => {
          const json = withFewSequences(drawn);
          await empty();
          await stored.hits(hits);
          await stored.traits(uploaded);
          await stored.known(made);
          const all = worldOf(hits, { uploaded, ...made });
          const everyone = new Set(hits.map(({ visitor }) => visitor)).size;
          const rules = json.map(resolved);
          const found = await together(rules, hitsASlice);
          for (const [place, one] of rules.entries()) {
            const written = { rule: json[place], merge: 'visitor' as const };
            expect(visitorsOf(found[place]!), JSON.stringify(json[place])).toEqual(
              [...evaluate(written, all, asOf).keys()].map(String).sort(),
            );
            if (place % SEEN === 0)
              expect(found[place], JSON.stringify(json[place])).toEqual(await alone(one));
            if (found[place]!.length > 0 && found[place]!.length < everyone) separating += 1;
          }
        },
      ),
      { numRuns: unit === 'one engine' ? 5 : 1, endOnFailure: true },
    );
    expect(separating).toBeGreaterThan(unit === 'one engine' ? 60 : 12);
  }, 600_000);

  it('are found one slice after the other where there is no memory for two', async () => {
    await empty();
    await stored.hits(Array.from({ length: 90 }, (_, n) => ({ visitor: BigInt(n) << 57n, hit: BigInt(n) })));
    let [busy, refused, tries] = [0, 0, 0];
    const narrow = inserting(clickhouse, async (insert) => {
      tries += 1;
      busy += 1;
      try {
        const cost = await insert();
        if (busy > 1) throw new ClickHouseError('unavailable', 'insert', 241, '');
        return cost;
      } catch (error) {
        refused += 1;
        throw error;
      } finally {
        busy -= 1;
      }
    });
    builds += 1;
    const build = builds;
    const cut = await cutVisitors(clickhouse, 30);
    expect(cut.slices.length).toBeGreaterThan(2);
    const { left } = await fillByHalves(narrow, [{ id: 'all', rule: resolved({ did: {} }) }], {
      build,
      asOf: new Date(asOf),
      cut,
      goesOn: () => true,
    });
    expect(left).toEqual([]);
    expect(refused).toBeGreaterThan(0);
    expect(tries - refused).toBeGreaterThanOrEqual(cut.slices.length);
    const [row] = await clickhouse.query<{ n: string }>(
      'SELECT count() AS n FROM members WHERE build = {build:UInt64}',
      { build },
    );
    expect(row?.n).toBe('90');
  });

  it('are nobody where there is no hit yet', async () => {
    await empty();
    const rules = [{ did: { category: 'a' } }, { all: [{ did: { country: 'DE' } }, { not: { did: {} } }] }];
    expect(await together(rules.map(resolved), 30)).toEqual([[], []]);
  });

  it('are found by halves where one of them fails, and what was written before is not there twice', async () => {
    const hits = Array.from({ length: 40 }, (_, n) => ({
      visitor: BigInt(n),
      hit: BigInt(n),
      categories: [`half ${n % 4}`],
    }));
    await stored.hits(hits);
    builds += 1;
    const build = builds;
    const asked = Array.from({ length: 11 }, (_, n) => ({
      id: n === 7 ? 'bad' : `s${n}`,
      rule: resolved({ did: { category: `half ${n % 4}` } }),
    }));
    let tries = 0;
    const failing = inserting(clickhouse, async (insert, params) => {
      const cost = await insert();
      tries += 1;
      const [row] = await clickhouse.query<{ n: string }>(
        "SELECT count() AS n FROM build_drivers WHERE build = {build:UInt64} AND piece = {piece:UInt32} AND segment = 'bad'",
        params,
      );
      if (row?.n !== '0') throw new ClickHouseError('refused', 'insert', 395, '');
      return cost;
    });
    const cut = await cutVisitors(clickhouse);
    const { left } = await fillByHalves(failing, asked, {
      build,
      asOf: new Date(asOf),
      cut,
      goesOn: () => true,
    });
    expect(left.map(({ id }) => id)).toEqual(['bad']);
    expect(tries).toBeLessThan(asked.length);
    const rows = await clickhouse.query<{ segment: string; n: string }>(
      'SELECT segment, count() AS n FROM members WHERE build = {build:UInt64} GROUP BY segment ORDER BY segment',
      { build },
    );
    const others = asked.filter(({ id }) => id !== 'bad').map(({ id }) => ({ segment: id, n: '10' }));
    expect(rows).toEqual(others.sort((a, b) => (a.segment < b.segment ? -1 : 1)));
  });
});
