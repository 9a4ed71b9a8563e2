import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cursor, Cursors, cursorLifeDays } from './cursor.ts';
import { derivedKey } from './derived-key.ts';

const SECRET = 'a secret of at least 24 characters';
const cursors = new Cursors(SECRET);
const count = fc.maxSafeNat();
const cursor: fc.Arbitrary<Cursor> = fc.record({
  segment: fc.string({ unit: 'grapheme' }),
  source: fc.string({ unit: 'grapheme' }),
  seq: count,
  asOf: count,
  issued: count,
});
const written = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString('base64url');
/** What another version of ours would write. */
const signed = (parts: unknown) => {
  const text = JSON.stringify(parts);
  const mac = createHmac('sha256', derivedKey(SECRET, 'cursors/v1')).update(text).digest();
  return Buffer.concat([mac, Buffer.from(text)]).toString('base64url');
};

describe('a cursor', () => {
  it('is read as it was written, and may stand in a URL', () => {
    fc.assert(
      fc.property(cursor, (one) => {
        const text = cursors.write(one);
        expect(encodeURIComponent(text)).toBe(text);
        expect(cursors.read(text)).toEqual(one);
      }),
    );
  });

  it('is nobody else’s: with any bit changed, cut or longer, or of another secret, it is none', () => {
    const another = new Cursors(`${SECRET}.`);
    fc.assert(
      fc.property(cursor, fc.nat(), fc.nat(7), (one, place, bit) => {
        const text = cursors.write(one);
        const bytes = Buffer.from(text, 'base64url');
        bytes[place % bytes.length]! ^= 1 << bit;
        expect(cursors.read(bytes.toString('base64url'))).toBeUndefined();
        expect(cursors.read(bytes.subarray(0, place % bytes.length).toString('base64url'))).toBeUndefined();
        expect(cursors.read(`${text}AAAA`)).toBeUndefined();
        expect(another.read(text)).toBeUndefined();
      }),
    );
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['garbage', '!!!'],
    ['what is not signed', written([3, 's', 'visitor', 1, 1, 1])],
    ['the first form, which was not', written([1, 's', 'visitor', 1, 1, 1])],
    ['the second, which was not either', written([2, 's', 'visitor', 1, 1, 1, ''])],
    ['another form', signed([4, 's', 'visitor', 1, 1, 1])],
  ])('%s is none', (_, text) => {
    expect(cursors.read(text)).toBeUndefined();
  });

  it('is never a fault, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.json().map(written)), (text) => {
        expect(cursors.read(text)).toBeUndefined();
      }),
    );
  });
});

it.each([
  [90, 29],
  [30, 29],
  [20, 19],
  [2, 1],
  [1, 0],
])('of a retention of %i days a cursor lives %i: a day less than removals are kept', (retention, days) => {
  expect(cursorLifeDays(retention)).toBe(days);
});
