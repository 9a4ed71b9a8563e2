import { describe, expect, it } from 'vitest';
import { axisEnd } from './scale.ts';

describe('the axis of a chart', () => {
  it.each([
    [0, 4],
    [4, 4],
    [5, 6],
    [9, 10],
    [10, 10],
    [11, 20],
    [81, 100],
    [1_234, 2_000],
  ])('for %d ends at %d', (highest, end) => {
    expect(axisEnd(highest)).toBe(end);
  });
});
