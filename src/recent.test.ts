import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Recent } from './recent.ts';

it('finds what was kept, and nothing else', () => {
  const recent = new Recent<string, number>(10);
  recent.set('a', 1);
  expect(recent.get('a')).toBe(1);
  expect(recent.get('b')).toBeUndefined();
});

it('keeps what is asked for, and lets go what is not', () => {
  const recent = new Recent<number, number>(100);
  recent.set(-1, -1);
  recent.set(-2, -2);
  for (let key = 0; key < 1_000; key++) {
    recent.set(key, key);
    expect(recent.get(-1)).toBe(-1);
  }
  expect(recent.get(-2)).toBeUndefined();
  for (let key = 900; key < 1_000; key++) expect(recent.get(key)).toBe(key);
});

it('weighs an entry that grows as what it has become', () => {
  const recent = new Recent<string, number>(10);
  recent.set('other', 0, 1);
  for (let weight = 1; weight <= 9; weight++) recent.set('grows', weight, weight);
  expect([recent.get('grows'), recent.get('other')]).toEqual([9, 0]);
  // Both fill their generation now, so that ten more are two generations.
  recent.set('more', 0, 10);
  recent.set('yet more', 0, 10);
  expect([recent.get('grows'), recent.get('other')]).toEqual([undefined, undefined]);
});

it('never holds more than two generations, by weight', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(50), fc.nat(30)), { maxLength: 300 }), (steps) => {
      const recent = new Recent<number, number>(100);
      const weights = new Map<number, number>();
      for (const [key, weight] of steps) {
        recent.set(key, key, weight);
        expect(recent.get(key)).toBe(key);
        weights.set(key, weight);
        const held = [...weights].filter(([each]) => recent.get(each) !== undefined);
        expect(held.reduce((sum, [, each]) => sum + each, 0)).toBeLessThanOrEqual(200);
      }
    }),
  );
});
