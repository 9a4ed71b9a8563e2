import { describe, expect, it } from 'vitest';
import { clausesOf, grouped, isUnfilled, partAt, pointer, put, ungrouped, without } from './rule-tree.ts';

const a = { did: { path: '/a' } };
const b = { did: { path: '/b' } };
const c = { interest: '1' };
const rule = { all: [a, { any: [b, { not: c }] }] };

describe('a rule that is edited', () => {
  it('lists its clauses with the paths that the API names mistakes by', () => {
    expect(clausesOf(rule).map(({ path, clause }) => [pointer(path), clause])).toEqual([
      ['/all/0', a],
      ['/all/1/any/0', b],
      ['/all/1/any/1/not', c],
    ]);
  });

  it('changes in one place and stays as it was elsewhere', () => {
    const changed = put(rule, ['all', 1, 'any', 0], c) as typeof rule;
    expect(partAt(changed, ['all', 1, 'any', 0])).toEqual(c);
    expect(partAt(changed, ['all', 0])).toBe(a);
    expect(partAt(rule, ['all', 1, 'any', 0])).toBe(b);
  });

  it.each<[string, (string | number)[], unknown]>([
    ['a clause of many', ['all', 1, 'any', 0], { all: [a, { any: [{ not: c }] }] }],
    ['a negated clause with its not', ['all', 1, 'any', 1, 'not'], { all: [a, { any: [b] }] }],
    ['a group', ['all', 1], { all: [a] }],
    ['everything, which leaves any hit', [], { did: {} }],
  ])('loses %s', (_, path, left) => {
    expect(without(rule, path)).toEqual(left);
  });

  it('loses a group with the last of its parts', () => {
    expect(without({ all: [a, { any: [b] }] }, ['all', 1, 'any', 0])).toEqual({ all: [a] });
    expect(without({ any: [b] }, ['any', 0])).toEqual({ did: {} });
  });

  it('is a group while it is edited, and none where there is one part', () => {
    expect(grouped(a)).toEqual({ all: [a] });
    expect(grouped(rule)).toBe(rule);
    expect(ungrouped(grouped(a))).toBe(a);
    expect(ungrouped(rule)).toBe(rule);
  });

  it.each<[unknown, boolean]>([
    [rule, false],
    [{ did: {} }, false],
    [{ did: { path: [] } }, true],
    [{ all: [a, { not: { segment: '' } }] }, true],
    [{ demographic: { gender: '' } }, true],
    [{ dwell: 0 }, false],
    [{ dwell: Number.NaN }, true],
    [{ did: {}, times: { lte: Number.NaN } }, true],
    [{ did: { country: ['DE', ''] } }, false],
    [{ sequence: [{}, { event: [] }] }, true],
    [{ sequence: [] }, true],
    ['{"did":', true],
  ])('%j is unfilled: %s', (given, expected) => {
    expect(isUnfilled(given)).toBe(expected);
  });
});
