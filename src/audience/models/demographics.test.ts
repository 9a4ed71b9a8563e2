import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse, type Cost, type Params } from '../../clickhouse/client.ts';
import { ClickHouseError } from '../../clickhouse/errors.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { Leases } from '../../jobs/lease.ts';
import { buildDemographics, publishedDemographics } from './demographics.ts';
import { declare, idOf, random, type Seen, store } from './world.testing.ts';

const database = await freshDatabase();
const clickhouse = new ClickHouse(database);
const leases = new Leases(clickhouse, 'test');
beforeAll(() => migrate(clickhouse, 90));
afterAll(() => clickhouse.close());

const LABELLED = 600;
const VISITORS = 900;
const ALL = 65_535;
const WITHOUT_PROFILE = ALL & ~4;
const WITHOUT_MODELLING = ALL & ~512;
/** Of whom nothing may be learned, and of whom nothing may be known. */
const unmodelled = new Set([3, 4]);
const unprofiled = new Set([5, VISITORS - 1]);
const erased = VISITORS - 2;

const genderOf = (n: number) => (n % 3 === 0 ? 'female' : 'male');
const chance = random(5);
const seen: Seen[] = Array.from({ length: VISITORS }, (_, n) => ({
  visitor: idOf(n),
  hits: Array.from({ length: 8 }, () => {
    const page = Math.floor(chance() * 20);
    return {
      path: `/${chance() < 0.5 ? genderOf(n) : 'all'}/${page}`,
      purposes: unprofiled.has(n) ? WITHOUT_PROFILE : unmodelled.has(n) ? WITHOUT_MODELLING : ALL,
    };
  }),
}));
const labelled = (value: (n: number) => string, count = LABELLED) =>
  new Map(Array.from({ length: count }, (_, n) => [idOf(n), value(n)] as const));

interface Row {
  visitor: string;
  value: string;
  probability: number;
  declared: boolean;
  decided: boolean;
}
async function rowsOf(attribute: string): Promise<Map<number, Row[]>> {
  const numbers = new Map(Array.from({ length: VISITORS }, (_, n) => [String(idOf(n)), n]));
  const rows = await clickhouse.query<Row>(
    'SELECT visitor, value, probability, declared, decided FROM kept_demographics WHERE attribute = {attribute:String} ORDER BY value',
    { attribute },
  );
  const byVisitor = new Map<number, Row[]>();
  for (const row of rows) {
    const n = numbers.get(row.visitor)!;
    byVisitor.set(n, [...(byVisitor.get(n) ?? []), row]);
  }
  return byVisitor;
}

/** Has no memory left for models of some attributes. */
class Cramped extends ClickHouse {
  readonly #fails: (attribute: unknown) => boolean;

  constructor(fails: (attribute: unknown) => boolean) {
    super(database);
    this.#fails = fails;
  }

  override command(sql: string, params: Params = {}, settings = {}): Promise<Cost> {
    if (this.#fails(params['modelName'])) throw new ClickHouseError('unavailable', 'INSERT', 241, 'a row');
    return super.command(sql, params, settings);
  }
}

const run = async (by = clickhouse) => {
  const { result, ...read } = await buildDemographics(by, leases, 0.8);
  const { built, failed } = result as {
    built: Record<string, Record<string, unknown>>;
    failed: Record<string, string>;
  };
  return { built, failed, ...read };
};

describe('the job demographics', () => {
  let first: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    await store(clickhouse, seen);
    await declare(clickhouse, 'gender', labelled(genderOf));
    const coins = Array.from({ length: LABELLED }, () => (chance() < 0.5 ? 'heads' : 'tails'));
    await declare(
      clickhouse,
      'coin',
      labelled((n) => coins[n]!),
    );
    await declare(
      clickhouse,
      'nationality',
      labelled((n) => (n === 0 ? 'FR' : 'DE'), 20),
    );
    await declare(
      clickhouse,
      'only',
      labelled(() => 'one'),
    );
    first = await run();
  });

  it('trains what labels tell, and names why not where they do not', () => {
    expect(first.failed).toEqual({});
    expect(first.built).toMatchObject({
      coin: { published: false, reason: 'no_better_than_prior', inferred: 0 },
      gender: { published: true, reason: null },
      nationality: { published: false, reason: 'too_few_labels', declared: 19 },
      only: { published: false, reason: 'one_class' },
    });
  });

  it('has a row for each visitor and class whose probabilities are one together, and decides for one at most', async () => {
    const rows = await rowsOf('gender');
    expect(rows.size).toBe(VISITORS - unprofiled.size);
    for (const [n, own] of rows) {
      expect(
        own.map(({ value }) => value),
        String(n),
      ).toEqual(['female', 'male']);
      expect(own[0]!.probability + own[1]!.probability).toBeCloseTo(1, 5);
      expect(own.filter(({ decided }) => decided).length).toBeLessThanOrEqual(1);
    }
  });

  it('takes what is declared for certain, and never mixes it with what is inferred', async () => {
    const rows = await rowsOf('gender');
    for (const [n, own] of rows) {
      for (const { declared } of own) expect(declared, String(n)).toBe(n < LABELLED);
      if (n >= LABELLED) continue;
      for (const { value, probability, decided } of own) {
        expect(probability).toBe(value === genderOf(n) ? 1 : 0);
        expect(decided).toBe(value === genderOf(n));
      }
    }
  });

  it('decides for the rest as precisely as was asked, and leaves who it is not sure of unknown', async () => {
    const inferred = [...(await rowsOf('gender'))].filter(([n]) => n >= LABELLED);
    const decided = inferred.flatMap(([n, own]) =>
      own.filter((row) => row.decided).map(({ value }) => value === genderOf(n)),
    );
    expect(decided.length).toBeGreaterThan(100);
    expect(decided.filter(Boolean).length / decided.length).toBeGreaterThan(0.8);
    const gender = (await publishedDemographics(clickhouse)).get('gender')!;
    expect(gender.unknown).toBe(inferred.length - decided.length);
    expect(Object.values(gender.inferred).reduce((a, b) => a + b, 0)).toBe(decided.length);
    expect(gender.declared).toEqual({ female: 200, male: 399 });
  });

  it('of what nothing tells infers nothing, and keeps what is declared', async () => {
    const rows = await rowsOf('coin');
    expect(rows.size).toBe(LABELLED - 1);
    for (const own of rows.values()) for (const { declared } of own) expect(declared).toBe(true);
  });

  it('learns from nobody who allows no modelling, and knows nothing of who allows no profile', async () => {
    const { report } = (await publishedDemographics(clickhouse)).get('gender')!;
    expect(report.labelled).toBe(LABELLED - unmodelled.size - 1);
    const rows = await rowsOf('gender');
    for (const n of unmodelled) expect(rows.get(n)).toHaveLength(2);
    for (const n of unprofiled) expect(rows.get(n)).toBeUndefined();
  });

  it('leaves nothing of its work but weights', async () => {
    const [row] = await clickhouse.query<{ labels: string; hits: string; weights: string }>(
      `SELECT (SELECT count() FROM model_labels) AS labels, (SELECT count() FROM model_hits) AS hits,
              (SELECT count() FROM model_weights WHERE step = 1) AS weights`,
    );
    expect(row).toMatchObject({ labels: '0', hits: '0' });
    expect(Number(row!.weights)).toBeGreaterThan(0);
  });

  it('tells the ledger what it has read', () => {
    expect(first.rowsRead).toBeGreaterThan(VISITORS * 8);
    expect(first.bytesRead).toBeGreaterThan(first.rowsRead);
  });

  it('keeps what was known of an attribute that fails, with what to do, and fails where all do', async () => {
    const before = await rowsOf('gender');
    const one = new Cramped((attribute) => attribute === 'gender');
    const { built, failed } = await run(one);
    expect(Object.keys(built)).not.toContain('gender');
    expect(failed).toEqual({ gender: expect.stringMatching(/error 241.*NINETY_ENGINE_MEMORY_MB/) });
    expect(await rowsOf('gender')).toEqual(before);
    const all = new Cramped((attribute) => attribute !== undefined);
    await expect(run(all)).rejects.toThrow('NINETY_ENGINE_MEMORY_MB');
    await Promise.all([one.close(), all.close()]);
  });

  it('shows who is erased no more', async () => {
    const time = new Date().toISOString();
    await clickhouse.insert('erasures', [
      { erasure: 'e1', visitor: String(idOf(erased)), time, stored: time, origin: 'test', suppressed: true },
    ]);
    expect((await rowsOf('gender')).has(erased)).toBe(false);
  });

  it('flags labels that have changed, and takes back what has no label any more', async () => {
    await declare(
      clickhouse,
      'gender',
      labelled((n) => (n % 10 === 0 ? 'female' : 'male')),
    );
    await clickhouse.command(
      "ALTER TABLE labels DELETE WHERE attribute = 'nationality' SETTINGS mutations_sync = 2",
    );
    const { built } = await run();
    expect(built['gender']!['drift']).toContain('labels_moved');
    expect(built['nationality']).toMatchObject({ published: false, reason: 'no_labels', declared: 0 });
    expect((await rowsOf('nationality')).size).toBe(0);
    expect((await run()).built['nationality']).toBeUndefined();
  });
});
