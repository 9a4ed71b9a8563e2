import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cursor, markOf, readCursor, writeCursor } from './cursor.ts';

const count = fc.maxSafeNat();
const cursor: fc.Arbitrary<Cursor> = fc.record({
  segment: fc.string({ unit: 'grapheme' }),
  source: fc.string({ unit: 'grapheme' }),
  seq: count,
  asOf: count,
  issued: count,
  below: fc.array(fc.nat(2 ** 32 - 1), { maxLength: 1000 }),
});
const written = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString('base64url');

describe('a cursor', () => {
  it('is read as it was written, and may stand in a URL', () => {
    fc.assert(
      fc.property(cursor, (one) => {
        const text = writeCursor(one);
        expect(encodeURIComponent(text)).toBe(text);
        expect(readCursor(text)).toEqual(one);
      }),
    );
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['garbage', '!!!'],
    ['no JSON', Buffer.from('[1,').toString('base64url')],
    ['an object', written({})],
    ['null', written(null)],
    ['another form', written([3, 's', 'visitor', 1, 1, 1, ''])],
    ['too little', written([2, 's', 'visitor', 1, 1, 1])],
    ['too much', written([2, 's', 'visitor', 1, 1, 1, '', ''])],
    ['half a mark', written([2, 's', 'visitor', 1, 1, 1, 'AAAA'])],
    ['too little of the first form', written([1, 's', 'visitor', 1, 1])],
    ['a number for a name', written([1, 5, 'visitor', 1, 1, 1])],
    ['half a place', written([1, 's', 'visitor', 1.5, 1, 1])],
    ['a place before the first', written([1, 's', 'visitor', -1, 1, 1])],
    ['removals before the first', written([1, 's', 'visitor', 1, -1, 1])],
    ['a place past all numbers', written([1, 's', 'visitor', 2 ** 60, 1, 1])],
    ['no moment', written([1, 's', 'visitor', 1, 1, null])],
  ])('%s is none', (_, text) => {
    expect(readCursor(text)).toBeUndefined();
  });

  it('of the first form is of what was told last, and tells whether that was removals alone', () => {
    const read = (seq: number, removals: number) => readCursor(written([1, 's', 'acme', seq, removals, 7]));
    expect(read(5, 5)).toEqual({ segment: 's', source: 'acme', seq: 5, asOf: 0, issued: 7, below: [] });
    expect(read(3, 5)).toMatchObject({ seq: 5, below: [markOf('s', 'acme')] });
  });

  it('is never a fault, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String(),
          fc.json().map((json) => Buffer.from(json).toString('base64url')),
        ),
        (text) => {
          expect(readCursor(text)).toBeUndefined();
        },
      ),
    );
  });
});
