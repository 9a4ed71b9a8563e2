import { describe, expect, it } from 'vitest';
import { readTcf } from './tcf.ts';
import { vendorIdsIn } from './tcf-size.ts';

const NOW = Date.UTC(2026, 5, 1);
const VECTOR = 'CQSbk4AQSbk4ANwAAAENAwCgAAAAAAAAAAYgACPAAAAA.IDKQA4AAgAKAGQAygAAA';

/** Numbers and their widths in bits as base64url: strings that no encoder writes. */
function packed(...fields: [value: number, width: number][]): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const bits = fields.map(([value, width]) => value.toString(2).padStart(width, '0')).join('');
  return (bits.match(/.{1,6}/g) ?? [])
    .map((six) => alphabet[Number.parseInt(six.padEnd(6, '0'), 2)])
    .join('');
}

const head = (policyVersion: number): [number, number][] => [
  [2, 6],
  [0, 36],
  [0, 36],
  [10, 12],
  [1, 12],
  [0, 6],
  [0, 12],
  [17, 12],
  [policyVersion, 6],
  [2, 2],
  [0, 12],
  [0xfff000, 24],
  [0, 24],
  [0, 1],
  [0, 12],
];
const range = (from: number, to: number): [number, number][] => [
  [1, 1],
  [from, 16],
  [to, 16],
];
const ranges = (count: number): [number, number][] => [
  [65_535, 16],
  [1, 1],
  [count, 12],
  ...Array.from({ length: count }, () => range(1, 65_535)).flat(),
];
const noVendors: [number, number][] = [
  [0, 16],
  [0, 1],
];
const noRestrictions: [number, number][] = [[0, 12]];

describe('a TC string', () => {
  it('of the vector gives consent to vendors 1 to 4 and to nobody else', () => {
    const reading = readTcf(VECTOR, NOW);
    if (!reading.readable) throw new Error(reading.reason);
    const consented = Array.from({ length: 500 }, (_, id) => id).filter(
      (vendor) => reading.consents.purposesOf(vendor) !== undefined,
    );
    expect(consented).toEqual([1, 2, 3, 4]);
  });

  const core = VECTOR.split('.')[0] ?? '';
  const disclosed = VECTOR.split('.')[1] ?? '';
  const unreadable: [string, string][] = [
    ['nothing', ''],
    ['a dot', '.'],
    ['a word', 'consent'],
    ['a macro nobody filled in', '{{.GDPRConsent}}'],
    ['a picture', '🙂'],
    ['base64 with padding', `${core}==`],
    ['the core cut short', core.slice(0, 30)],
    ['a segment without a core, which the library takes for a string of today', disclosed],
    ['a second core, which the library lets win', `${core}.${core}`],
    ['the same segment twice', `${core}.${disclosed}.${disclosed}`],
    ['a segment of a type that does not exist, on which the library throws a TypeError', `${core}.zz`],
    ['an empty segment', `${core}.`],
    ['version 1', 'BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA'],
    ['version 3', `D${core.slice(1)}`],
    [
      'TCF 2.3 without the segment of disclosed vendors',
      packed(...head(5), ...noVendors, ...noVendors, ...noRestrictions),
    ],
    [
      '300 ranges of all vendors, which take the library most of a second',
      packed(...head(2), ...ranges(300), ...noVendors, ...noRestrictions),
    ],
    [
      'three such ranges in the restrictions',
      packed(
        ...head(2),
        ...noVendors,
        ...noVendors,
        [1, 12],
        [1, 6],
        [0, 2],
        [3, 12],
        ...range(1, 65_535),
        ...range(1, 65_535),
        ...range(1, 65_535),
      ),
    ],
    ['three such ranges in the disclosed vendors', `${core}.${packed([1, 3], ...ranges(3))}`],
    [
      'a restriction of a kind that does not exist',
      packed(...head(2), ...noVendors, ...noVendors, [1, 12], [1, 6], [3, 2], [1, 12], [0, 1], [7, 16]),
    ],
  ];
  it.each(unreadable)('is not read: %s', (_, text) => {
    expect(readTcf(text, NOW)).toEqual({ readable: false, reason: 'consent_unreadable' });
  });

  it('of 8 kB is looked at, one of a character more is not', () => {
    expect(readTcf('C'.repeat(8192), NOW)).toMatchObject({ reason: 'consent_unreadable' });
    expect(readTcf('C'.repeat(8193), NOW)).toMatchObject({ reason: 'consent_too_long' });
  });

  it('may come from a clock that runs a day ahead, and from none that runs further', () => {
    const made = Date.UTC(2025, 5, 3);
    const day = 24 * 60 * 60 * 1000;
    expect(readTcf(VECTOR, made - day)).toMatchObject({ readable: true });
    expect(readTcf(VECTOR, made - day - 1)).toEqual({
      readable: false,
      reason: 'consent_from_future',
      until: made - day,
    });
  });

  it('may restrict a purpose that does not exist, and no other is lost by it', () => {
    const text = packed(
      ...head(2),
      [7, 16],
      [0, 1],
      [1, 7],
      ...noVendors,
      [1, 12],
      [33, 6],
      [0, 2],
      [1, 12],
      [0, 1],
      [7, 16],
    );
    const reading = readTcf(text, NOW);
    if (!reading.readable) throw new Error(reading.reason);
    expect(reading.consents.purposesOf(7)).toBe(0b111_1111_1111);
  });
});

describe('the number of vendor ids', () => {
  it('is the sum over every list: consents, interests, restrictions, disclosed, allowed', () => {
    const text = packed(
      ...head(2),
      [9, 16],
      [1, 1],
      [2, 12],
      ...range(1, 5),
      [0, 1],
      [9, 16],
      [3, 16],
      [0, 1],
      [5, 3],
      [1, 12],
      [2, 6],
      [0, 2],
      [1, 12],
      ...range(10, 29),
    );
    const list: [number, number][] = [[50, 16], [1, 1], [1, 12], ...range(1, 50)];
    expect(vendorIdsIn([text], 1000)).toBe(6 + 3 + 20);
    expect(vendorIdsIn([text, packed([1, 3], ...list), packed([2, 3], ...list)], 1000)).toBe(129);
  });

  it('stops at the limit and at the end of the string', () => {
    expect(vendorIdsIn([packed(...head(2), ...ranges(300), ...noVendors)], 100_000)).toBeLessThan(300_000);
    expect(vendorIdsIn(['C'], 1000)).toBe(0);
  });
});
