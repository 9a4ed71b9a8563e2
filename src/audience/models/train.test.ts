import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { eachSlice, scoresOf, type Trained, type TrainOptions, train } from './model.ts';
import { declare, idOf, random, type Seen, store } from './world.testing.ts';

const clickhouse = new ClickHouse(await freshDatabase());
beforeAll(() => migrate(clickhouse, 90));
afterAll(() => clickhouse.close());

const DAY_MS = 86_400_000;
const CLASSES = ['a', 'b', 'c'];
const PAGES = 60;
const VISITORS = 1500;

/** Of three kinds of visitors the n-th likes pages whose number modulo 3 is n, and comes at its own hour. */
function world(seed: number): { seen: Seen[]; kinds: Map<bigint, string> } {
  const chance = random(seed);
  const kinds = new Map<bigint, string>();
  const seen = Array.from({ length: VISITORS }, (_, n) => {
    const visitor = idOf(n);
    const kind = Math.floor(chance() * 3);
    kinds.set(visitor, CLASSES[kind]!);
    const hits = Array.from({ length: 1 + Math.floor(chance() * 12) }, (_, nth) => {
      const page = Math.floor(chance() * PAGES);
      const liked = chance() < 0.4 ? page - (page % 3) + kind : page;
      const time = new Date(Date.now() - DAY_MS * (1 + Math.floor(chance() * 7)));
      time.setUTCHours(chance() < 0.3 ? 8 + kind : Math.floor(chance() * 24), nth, 0, 0);
      return {
        path: `/p${liked}`,
        categories: [String(liked % 7), String(liked % 7)],
        keywords: [`k${liked % 11}`, `k${liked % 5}`],
        country: chance() < 0.5 ? 'DE' : 'FR',
        time: time.toISOString(),
      };
    });
    // Some hits came twice, some visitors are only there for a while, and of some only that is known.
    const twice = chance() < 0.2 ? hits.slice(0, 1).map((hit) => ({ ...hit, hit: `${n}999` })) : [];
    const pings = chance() < 0.2 ? [{ event: 'attention', path: '/p1', categories: ['1'] }] : [];
    return { visitor, hits: [...(n % 50 === 49 ? [] : [...hits, ...twice, ...twice]), ...pings] };
  });
  return { seen, kinds };
}

const labelsOf = (attribute: string) => ({
  sql: 'SELECT visitor, value AS label FROM kept_labels WHERE attribute = {attribute:String}',
  params: { attribute },
});

let build = 0;
const trained = (name: string, options: Partial<TrainOptions> = {}): Promise<Trained> =>
  train(clickhouse, {
    family: 'demographics',
    name,
    build: ++build,
    asOf: new Date(),
    labels: labelsOf(name),
    classes: CLASSES,
    ...options,
  });

async function scored(model: Trained): Promise<Map<bigint, number[]>> {
  const all = new Map<bigint, number[]>();
  await eachSlice(clickhouse, async (host, slice) => {
    const { sql, params } = scoresOf(model, slice);
    for (const row of await host.query<{ visitor: string; probabilities: number[] }>(sql, params))
      all.set(BigInt(row.visitor), row.probabilities);
  });
  return all;
}

/** The same from the hits as they were made, slowly and plainly. */
async function plainly(model: Trained, seen: readonly Seen[]): Promise<Map<bigint, number[]>> {
  const rows = await clickhouse.query<{ feature: string; weights: number[] }>(
    'SELECT feature, weights FROM model_weights WHERE step = 1 AND family = 1 AND name = {name:String} AND build = {build:UInt64}',
    { ...model.id },
  );
  const weights = new Map(rows.map((row) => [row.feature, row.weights]));
  return new Map(
    seen
      .filter(({ hits }) => hits.length > 0)
      .map(({ visitor, hits }) => [visitor, probabilitiesOf(featuresOf(hits), weights, model)]),
  );
}

function featuresOf(hits: Seen['hits']): Map<string, number> {
  const telling = hits.filter((hit) => hit['event'] !== 'attention');
  const distinct = telling.filter(
    ({ hit }, place) => hit === undefined || telling.findIndex((other) => other['hit'] === hit) === place,
  );
  const counts = new Map<string, number>();
  const see = (feature: string) => counts.set(feature, (counts.get(feature) ?? 0) + 1);
  for (const hit of distinct) {
    const time = new Date(String(hit['time']));
    see('site:shop');
    see(`page:shop${hit['path']}`);
    for (const category of new Set(hit['categories'] as string[])) see(`category:${category}`);
    for (const keyword of new Set(hit['keywords'] as string[])) see(`keyword:${keyword}`);
    see(`hour:${time.getUTCHours()}`);
    see(`weekday:${time.getUTCDay() === 0 ? 7 : time.getUTCDay()}`);
  }
  const newest = distinct.reduce<Seen['hits'][number] | undefined>(
    (last, hit) => (last === undefined || String(hit['time']) > String(last['time']) ? hit : last),
    undefined,
  );
  if (newest !== undefined)
    for (const setting of ['device:', 'os:', 'browser:', `country:${newest['country']}`, 'language:'])
      see(setting);
  const worth = (feature: string, n: number) => {
    const kind = feature.slice(0, feature.indexOf(':'));
    if (kind === 'hour' || kind === 'weekday') return Math.sqrt(n / distinct.length);
    return ['site', 'page', 'category', 'keyword'].includes(kind) ? 1 + Math.log(n) : 1;
  };
  return new Map([...counts].map(([feature, n]) => [feature, worth(feature, n)]));
}

function probabilitiesOf(
  features: ReadonlyMap<string, number>,
  weights: ReadonlyMap<string, readonly number[]>,
  { classes, scoring }: Trained,
): number[] {
  const known = [...features].filter(([feature]) => weights.has(feature));
  const length = Math.hypot(...known.map(([, value]) => value));
  const columns = classes.length === 2 ? 1 : classes.length;
  const sum = (column: number) =>
    known.reduce((all, [feature, value]) => all + weights.get(feature)![column]! * value, 0);
  const logits = classes.map((_, c) => {
    const column = classes.length === 2 ? c - 1 : c;
    if (column < 0) return scoring!.intercepts[c]!;
    return scoring!.intercepts[c]! + sum(column) + (length > 0 ? sum(columns + column) / length : 0);
  });
  const odds = logits.map((logit) => Math.exp(logit));
  return odds.map((one) => one / odds.reduce((a, b) => a + b, 0));
}

describe('a model', () => {
  const { seen, kinds } = world(7);
  /** Of whom nothing was seen nothing is allowed either. */
  const SEEN = seen.filter(({ hits }) => hits.length > 0).length;
  let model: Trained;
  beforeAll(async () => {
    await store(clickhouse, seen);
    await declare(clickhouse, 'kind', kinds);
    model = await trained('kind');
  });

  it('tells three classes apart, and says how well', () => {
    const { report } = model;
    expect(report).toMatchObject({ published: true, reason: null, labelled: SEEN });
    expect(report.trainedOn + report.heldOut).toBe(report.sampled);
    expect(report.heldOut / report.sampled).toBeCloseTo(0.2, 1);
    expect(report.auc).toBeGreaterThan(0.9);
    expect(report.logLoss).toBeLessThan(report.priorLogLoss! / 2);
    expect(report.calibrationError).toBeLessThan(0.05);
    for (const one of report.classes) {
      expect(one.precision).toBeGreaterThan(0.75);
      expect(one.calibration.reduce((sum, { count }) => sum + count, 0)).toBe(report.heldOut);
      const { thresholds, truePositives, falsePositives, decided, right } = one.curve!;
      expect([truePositives.at(-1), falsePositives.at(-1)]).toEqual([
        one.heldOut,
        report.heldOut - one.heldOut,
      ]);
      // At the model's own threshold the curve says what the report does.
      const own = thresholds.indexOf(one.threshold!);
      expect(right[own]! / decided[own]!).toBe(one.precision);
      expect(right[own]! / one.heldOut).toBe(one.recall);
      expect(decided[own]! / report.heldOut).toBe(one.coverage);
      expect(one.features.find(({ weight }) => weight > 0)?.feature).toBe(
        `hour:${8 + CLASSES.indexOf(one.value)}`,
      );
    }
  });

  it.each<[string, Partial<TrainOptions>]>([
    ['three classes', {}],
    ['two classes', { classes: ['a', 'c'] }],
    ['two classes of other shares', { classes: ['c', 'a'], shares: [0.01, 0.99] }],
  ])('of %s scores in SQL as it does plainly, every visitor who was seen', async (_, options) => {
    const one = await trained('kind', options);
    const [found, expected] = [await scored(one), await plainly(one, seen)];
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [visitor, probabilities] of expected) {
      for (const [c, probability] of probabilities.entries())
        expect(found.get(visitor)![c], `${visitor}`).toBeCloseTo(probability, 9);
    }
  });

  it('is the same each time', async () => {
    const again = await trained('kind');
    expect(again.report.logLoss).toBe(model.report.logLoss);
    expect(again.scoring).toEqual(model.scoring);
  });

  it('of a share of the labelled reads that many and says so', async () => {
    const { report } = await trained('kind', { limits: { visitors: 600 } });
    expect(report.labelled).toBe(SEEN);
    expect(report.sampled).toBeGreaterThan(500);
    expect(report.sampled).toBeLessThan(700);
    expect(report.published).toBe(true);
  });
});
