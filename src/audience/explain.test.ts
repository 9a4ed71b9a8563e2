import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { type Explained, explain } from './explain.ts';
import { evaluate, type World, type Written, worldOf } from './rule/evaluate.testing.ts';
import { resolvedAs, Stored } from './rule/stored.testing.ts';
import { bonds, known, merge, rule, traits, world } from './rule/world.testing.ts';

const DAY = 86_400_000;
const asOf = Math.floor(Date.now() / 1000) * 1000 + 123;
const ago = (days: number) => asOf - days * DAY;
const isoOf = (time: number) => new Date(time).toISOString();

const clickhouse = new ClickHouse(await freshDatabase());
beforeAll(() => migrate(clickhouse, 90));
afterAll(() => clickhouse.close());
const stored = new Stored(clickhouse, asOf);

const none = new Map<string, Written>();
const explained = (written: Written, visitor: bigint, segments: ReadonlyMap<string, Written> = none) =>
  explain(
    clickhouse,
    { ...written, resolved: resolvedAs(written, segments), segments: (id) => segments.get(id) },
    visitor,
    new Date(asOf),
    90,
  );
const alone = (json: unknown): Written => ({ rule: json, merge: 'visitor' });

/** Every part of an explanation. */
const partsOf = (part: Explained): Explained[] => [
  part,
  ...[
    ...(part.all ?? []),
    ...(part.any ?? []),
    ...(part.not ? [part.not] : []),
    ...(part.rule ? [part.rule] : []),
  ].flatMap(partsOf),
];

describe('an explanation says what a build would', () => {
  let members = 0;
  let others = 0;

  it('of random visitors, by random rules under every merge rule', async () => {
    const segment = (ids: readonly string[]) => fc.record({ rule: rule(ids), merge });
    await fc.assert(
      fc.asyncProperty(
        world(asOf),
        traits(asOf),
        bonds,
        known(['x', 'y']),
        fc.tuple(segment([]), segment(['x'])),
        fc.array(fc.tuple(segment(['x', 'y']), fc.array(fc.nat(29), { minLength: 4, maxLength: 4 })), {
          minLength: 6,
          maxLength: 6,
        }),
        async (hits, uploaded, bound, made, [x, y], asked) => {
          await stored.hits(hits);
          await stored.traits(uploaded);
          await stored.bonds(bound);
          await stored.known(made);
          const segments = new Map(Object.entries({ x, y }));
          const all: World = worldOf(hits, { uploaded, ...bound, ...made, segments });
          const everyone = [...new Set(hits.map(({ visitor }) => visitor))];
          for (const [written, places] of asked) {
            const expected = evaluate(written, all, asOf);
            for (const visitor of places.map((place) => everyone[place % everyone.length]!)) {
              const { member, via, rule: root } = await explained(written, visitor, segments);
              const said = JSON.stringify({ written, x, y, visitor: String(visitor) });
              expect(via, said).toBe(expected.get(visitor) ?? null);
              expect(root.holds, said).toBe(via !== null && via !== 'household');
              if (member) members += 1;
              else others += 1;
            }
          }
        },
      ),
      { numRuns: 4, endOnFailure: true },
    );
  });

  it('of whom a good part were members, and a good part not', () => {
    expect(members + others).toBe(4 * 6 * 4);
    expect(Math.min(members, others)).toBeGreaterThan(4 * 6 * 4 * 0.1);
  });
});

describe('the evidence', () => {
  beforeAll(async () => {
    await stored.hits([
      { visitor: 1n, hit: 1n, time: ago(9), event: 'view', path: '/a', site: 's2', dwellMs: 1500 },
      { visitor: 1n, hit: 1n, time: ago(9), event: 'view', path: '/a', site: 's2', dwellMs: 1500 },
      { visitor: 1n, hit: 2n, time: ago(5), event: 'cart', path: '/b', dwellMs: 500 },
      { visitor: 1n, hit: 3n, time: ago(3), event: 'view', path: '/c' },
      { visitor: 2n, hit: 4n, time: ago(2), event: 'buy', path: '/d' },
    ]);
    await stored.traits([{ visitor: 1n, trait: 'acme:car', time: ago(4), expires: ago(-10) }]);
    await stored.bonds({
      clusters: new Map([
        [1n, 7n],
        [2n, 7n],
      ]),
      households: [
        [2n, 8n],
        [3n, 8n],
      ],
    });
    await stored.known({
      scores: [{ visitor: 1n, interest: '243', score: 40 }],
      classes: [
        { visitor: 1n, attribute: 'gender', value: 'female', probability: 0.75, decided: true },
        { visitor: 1n, attribute: 'gender', value: 'male', probability: 0.25, decided: false },
      ],
      places: [{ visitor: 1n, seed: 's', place: 2 }],
    });
  });
  const of = async (json: unknown, segments?: ReadonlyMap<string, Written>) => {
    const { rule: root } = await explained(alone(json), 1n, segments);
    return { holds: root.holds, evidence: root.evidence };
  };

  it('of hits: how many, and the newest', async () => {
    const newest = { time: isoOf(ago(3)), site: 's1', path: '/c', event: 'view' };
    expect(await of({ did: { event: 'view' }, times: 3 })).toEqual({
      holds: false,
      evidence: { hits: 2, newest, of: [{ visitor: 1n, hits: 2 }] },
    });
    expect(await of({ did: { event: 'buy' }, times: 0 })).toEqual({
      holds: true,
      evidence: { hits: 0, newest: null, of: [] },
    });
  });

  it('of a sequence: each step, and when all up to it was last done', async () => {
    const steps = ['view', 'cart', 'buy'].map((event) => ({ event }));
    const { holds, evidence } = await of({ sequence: steps, gap: '7d' });
    expect(holds).toBe(false);
    expect(evidence).toMatchObject({
      steps: [
        { hits: 2, doneAt: isoOf(ago(3)) },
        { hits: 1, doneAt: isoOf(ago(5)) },
        { hits: 0, newest: null, doneAt: null },
      ],
    });
  });

  it('of attention: its seconds', async () => {
    expect(await of({ dwell: 2 })).toMatchObject({ holds: true, evidence: { seconds: 2, hits: 3 } });
  });

  it('of what jobs and others say', async () => {
    expect(await of({ interest: '243' })).toMatchObject({
      holds: false,
      evidence: { scores: [{ visitor: 1n, score: 40 }] },
    });
    expect(await of({ interest: '999', score: { lt: 5 } })).toEqual({
      holds: true,
      evidence: { scores: [] },
    });
    expect(await of({ demographic: { gender: 'female' } })).toMatchObject({
      holds: true,
      evidence: {
        classes: [
          { value: 'female', probability: 0.75, declared: false, decided: true },
          { value: 'male', probability: 0.25, decided: false },
        ],
      },
    });
    expect(await of({ trait: 'acme:car' })).toMatchObject({
      holds: true,
      evidence: { holders: [{ provider: 'acme', since: isoOf(ago(4)) }] },
    });
    const seed = new Map([['s', alone({ did: { event: 'buy' } })]]);
    expect(await of({ like: 's', reach: 0.5 }, seed)).toMatchObject({
      holds: false,
      evidence: { places: [{ place: 2 }], within: 1 },
    });
    expect(await of({ like: 's', reach: 1 }, seed)).toMatchObject({ holds: true, evidence: { within: 2 } });
  });

  it('stands under the part that it is of, in segments too', async () => {
    const segments = new Map([
      ['s', alone({ any: [{ did: { event: 'view' } }, { did: { event: 'buy' } }] })],
    ]);
    const { rule: root } = await explained(
      alone({ all: [{ segment: 's' }, { not: { did: { event: 'cart' } } }] }),
      1n,
      segments,
    );
    expect(partsOf(root).map(({ path, holds }) => `${path} ${holds}`)).toEqual([
      '/ false',
      '/all/0 true',
      '/ true',
      '/any/0 true',
      '/any/1 false',
      '/all/1 false',
      '/all/1/not true',
    ]);
    expect(partsOf(root)[1]!.clause).toEqual({ segment: 's' });
  });

  it('says whose it is where several count together', async () => {
    const sequence = [{ event: 'cart' }, { event: 'buy' }];
    const { rule: root, ...rest } = await explained({ rule: { sequence }, merge: 'device' }, 1n);
    expect(rest).toMatchObject({ member: true, via: 'device', device: [2n], household: [] });
    expect(root.evidence).toMatchObject({
      steps: [
        { of: [{ visitor: 1n, hits: 1 }], doneAt: isoOf(ago(5)) },
        { of: [{ visitor: 2n, hits: 1 }], doneAt: isoOf(ago(2)) },
      ],
    });
    const sold = { rule: { did: { event: 'view' } }, merge: 'household' } as const;
    expect(await explained(sold, 2n)).toMatchObject({
      member: false,
      household: [{ visitor: 3n, member: false }],
    });
    const segments = new Map<string, Written>([['s', { rule: { sequence }, merge: 'device' }]]);
    const nested = await explained({ rule: { segment: 's' }, merge: 'visitor' }, 2n, segments);
    expect(nested).toMatchObject({ member: true, via: 'own', device: [1n], rule: { rule: { holds: true } } });
  });

  it('says until when, and who is none whatever the rule', async () => {
    const day = isoOf(ago(3) + 90 * DAY).slice(0, 10);
    expect(await explained(alone({ did: {} }), 1n)).toMatchObject({
      member: true,
      barred: null,
      lastSeen: isoOf(ago(3)),
      expires: day,
      consent: { withdrawn: false },
    });
    expect(await explained(alone({ not: { did: {} } }), 99n)).toMatchObject({
      member: false,
      via: null,
      barred: 'no_hits',
      rule: { holds: true },
      lastSeen: null,
      expires: null,
      consent: null,
    });
    await clickhouse.insert('consents', [
      { visitor: '2', time: isoOf(asOf), withdrawn: 1, purposes: 0, partners: [], origin: 'pixel' },
    ]);
    expect(await explained(alone({ did: {} }), 2n)).toMatchObject({
      member: false,
      barred: 'withdrawn',
      rule: { holds: true },
    });
  });
});
