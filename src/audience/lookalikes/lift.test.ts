import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Counted, type Lift, liftAt, liftOf, REACHES, shareOf } from './lift.ts';

const counts = fc
  .record({ members: fc.integer({ min: 100, max: 9_999 }), others: fc.integer({ min: 1, max: 99_999 }) })
  .chain(({ members, others }) =>
    fc.record({
      members: fc.constant(members),
      others: fc.constant(others),
      universe: fc.integer({ min: members + others, max: 2 * (members + others) }),
    }),
  );
const measured = (counted: Counted) =>
  fc
    .array(fc.double({ min: 0, max: 1, noNaN: true }), {
      minLength: REACHES.length,
      maxLength: REACHES.length,
    })
    .map((shares): Lift[] =>
      shares
        .sort((a, b) => a - b)
        .map((found, n) => ({ reach: REACHES[n]!, found, lift: liftOf(REACHES[n]!, found, counted) })),
    );

describe('the lift of a reach', () => {
  it.each([
    { title: 'of who is drawn by lot is 1', reach: 0.1, found: 0.1, lift: 1 },
    {
      title: 'is the most there can be where all of the seed stands above',
      reach: 0.1,
      found: 1,
      lift: 5.5,
    },
    { title: 'is 0 where nobody of the seed does', reach: 0.1, found: 0, lift: 0 },
    { title: 'of everybody is 1', reach: 1, found: 1, lift: 1 },
  ])('$title', ({ reach, found, lift }) => {
    expect(liftOf(reach, found, { universe: 1000, members: 100, others: 1000 })).toBeCloseTo(lift, 1);
  });

  it('is never more than that of a group of nothing but the seed', () => {
    fc.assert(
      fc.property(counts, fc.double({ min: 0, max: 1, noNaN: true }), (counted, found) => {
        const most = (counted.members + counted.others) / counted.members;
        for (const reach of REACHES) {
          expect(liftOf(reach, found, counted)).toBeLessThanOrEqual(most + 1e-9);
          expect(liftOf(reach, shareOf(reach, counted), counted)).toBeCloseTo(1);
        }
      }),
    );
  });

  it('between two that were measured lies between them, and at one is that one', () => {
    fc.assert(
      fc.property(
        counts.chain((counted) => fc.tuple(fc.constant(counted), measured(counted))),
        fc.double({ min: 0.0001, max: 1, noNaN: true }),
        ([counted, lifts], reach) => {
          const at = liftAt(reach, lifts, counted);
          const below = lifts.filter((point) => point.reach <= reach).at(-1)?.found ?? 0;
          const above = lifts.find((point) => point.reach >= reach)?.found ?? 1;
          expect(at.found).toBeGreaterThanOrEqual(below - 1e-12);
          expect(at.found).toBeLessThanOrEqual(above + 1e-12);
          for (const point of lifts) expect(liftAt(point.reach, lifts, counted)).toEqual(point);
        },
      ),
    );
  });

  it('of a seed of whom nobody was held out is that of a lot', () => {
    const counted = { universe: 1000, members: 100, others: 900 };
    expect(liftAt(0.5, [], counted).found).toBe(0.5);
  });
});
