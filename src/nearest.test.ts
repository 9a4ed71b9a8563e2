import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from './nearest.ts';

describe('the name that was meant', () => {
  it.each([
    ['contry', 'country'],
    ['cuontry', 'country'],
    ['Country', 'country'],
    ['categories', 'category'],
    ['keywrds', 'keyword'],
    ['tilte', 'title'],
    ['url', undefined],
    ['', undefined],
    ['country'.repeat(10_000), undefined],
  ])('%s → %s', (typed, meant) => {
    expect(nearest(typed, ['country', 'category', 'keyword', 'title', 'os'])).toBe(meant);
  });

  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
    ['ca', 'abc', 3],
  ])('from "%s" to "%s" it takes %i', (a, b, edits) => {
    expect(editDistance(a, b)).toBe(edits);
  });
});
