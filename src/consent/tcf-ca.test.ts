import { GppModel } from '@iabgpp/cmpapi';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTcfCa } from './tcf-ca.ts';

/** The library stamps the moment of making. */
const NOW = Date.now();
const VENDOR = 77;

/** Section 5 of these fields, made by the library. */
function section(fields: Record<string, unknown>): string {
  const model = new GppModel();
  for (const [field, value] of Object.entries(fields)) model.setFieldValue('tcfcav1', field, value);
  return model.encodeSection('tcfcav1');
}

const purposes = (...some: number[]) => Array.from({ length: 24 }, (_, at) => some.includes(at + 1));
const mask = (...some: number[]) => some.reduce((sum, purpose) => sum | (1 << (purpose - 1)), 0);

function purposesOf(text: string, vendor = VENDOR): number | undefined {
  const reading = readTcfCa(text, NOW);
  if (!reading.readable) throw new Error(reading.reason);
  return reading.consents.purposesOf(vendor);
}

/** Numbers and their widths in bits as base64url. */
function packed(...fields: [value: number, width: number][]): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const bits = fields.map(([value, width]) => value.toString(2).padStart(width, '0')).join('');
  return (bits.match(/.{1,6}/g) ?? [])
    .map((six) => alphabet[Number.parseInt(six.padEnd(6, '0'), 2)])
    .join('');
}

/** Version 1, made in 1970, then purposes 1 to 3 express and 4 implied. */
const head: [number, number][] = [
  [1, 6],
  [0, 36],
  [0, 36],
  [0, 36],
  [0, 37],
  [0b111, 3],
  [0, 21],
  [0b0001, 4],
  [0, 20],
];
const nobody: [number, number][] = [
  [0, 16],
  [0, 1],
];

describe('section 5', () => {
  const express = { PurposesExpressConsent: purposes(1, 3, 4), VendorExpressConsent: [10, VENDOR] };
  const rows: [string, Record<string, unknown>, number | undefined][] = [
    ['express consent', express, mask(1, 3, 4)],
    ['none for the vendor', { ...express, VendorExpressConsent: [10, 76, 78] }, undefined],
    [
      'implied consent',
      { PurposesImpliedConsent: purposes(1, 3), VendorImpliedConsent: [VENDOR] },
      mask(1, 3),
    ],
    [
      'a purpose counts in the kind that the vendor has',
      {
        PurposesImpliedConsent: purposes(3),
        PurposesExpressConsent: purposes(1),
        VendorExpressConsent: [VENDOR],
      },
      mask(1),
    ],
    [
      'both kinds together',
      {
        PurposesImpliedConsent: purposes(3),
        PurposesExpressConsent: purposes(1),
        VendorExpressConsent: [VENDOR],
        VendorImpliedConsent: [VENDOR],
      },
      mask(1, 3),
    ],
    ['disclosed', { ...express, DisclosedVendors: [10, VENDOR] }, mask(1, 3, 4)],
    ['not disclosed', { ...express, DisclosedVendors: [10] }, undefined],
    [
      'one among long ranges',
      { ...express, VendorExpressConsent: Array.from({ length: 900 }, (_, at) => at + 40) },
      mask(1, 3, 4),
    ],
    [
      'one just outside a long range',
      { ...express, VendorExpressConsent: Array.from({ length: 900 }, (_, at) => at + VENDOR + 1) },
      undefined,
    ],
  ];
  it.each(rows)('%s', (_, fields, expected) => {
    expect(purposesOf(section(fields))).toBe(expected);
  });

  const restrictions: [string, number, number | undefined][] = [
    ['a purpose not allowed', 0, mask(1, 3)],
    ['express consent alone, which there is', 1, mask(1, 3, 4)],
    ['implied consent alone, which there is not', 2, mask(1, 3)],
  ];
  it.each(restrictions)('the publisher asks for %s', (_, type, expected) => {
    // The library's own entries are no public type; these are the bits it writes.
    const entry: [number, number][] = [
      [1, 12],
      [4, 6],
      [type, 2],
      [VENDOR, 16],
      [1, 1],
      [1, 12],
      [0, 1],
      // 77 = 55 + 21 + 1, as Fibonacci coded.
      [0b1000001011, 10],
    ];
    const text = packed(
      ...head.slice(0, 5),
      [0b1011, 4],
      [0, 20],
      [0, 24],
      [VENDOR, 16],
      [0, 1],
      [1, VENDOR],
      ...nobody,
      ...entry,
    );
    expect(purposesOf(text)).toBe(expected);
  });

  it('of an older encoder, with numbers of fixed width, is read alike', () => {
    const text = packed(
      ...head,
      [900, 16],
      [1, 1],
      [2, 12],
      [0, 1],
      [VENDOR, 16],
      [1, 1],
      [800, 16],
      [900, 16],
      ...nobody,
      [0, 12],
    );
    expect([VENDOR, 850, 901, 78].map((vendor) => purposesOf(text, vendor))).toEqual([
      mask(1, 2, 3),
      mask(1, 2, 3),
      undefined,
      undefined,
    ]);
  });

  const core = section(express).split('.')[0]!;
  const unreadable: [string, string][] = [
    ['nothing', ''],
    ['a word', 'consent'],
    ['another version', `C${core.slice(1)}`],
    ['the core cut short', core.slice(0, 30)],
    ['the core twice', `${core}.${core}`],
    ['a segment of a kind that does not exist', `${core}.zz`],
    ['characters that are no base64', `${core}!`],
    ['more after the end', `${core}AAAAAAAA`],
    [
      'a range to billions, on which the library ends the process',
      packed(...head, [1, 16], [1, 1], [1, 12], [1, 1], [0b11, 2], [0, 44], [0b11, 2], ...nobody, [0, 12]),
    ],
    ['ranges that are not there', packed(...head, [1, 16], [1, 1], [4095, 12])],
  ];
  it.each(unreadable)('is not read: %s', (_, text) => {
    expect(readTcfCa(text, NOW)).toEqual({ readable: false, reason: 'consent_unreadable' });
  });

  it('of more than 8 kB is not read, and one from the future not before its day', () => {
    expect(readTcfCa('B'.repeat(8193), NOW)).toMatchObject({ reason: 'consent_too_long' });
    const made = Math.floor(NOW / 100) * 100;
    const early = readTcfCa(section(express), made - 25 * 3_600_000);
    expect(early).toMatchObject({ readable: false, reason: 'consent_from_future' });
  });

  it('says of any vendors what the library was told of them', () => {
    const ids = fc.uniqueArray(fc.integer({ min: 1, max: 600 }), { maxLength: 300 });
    fc.assert(
      fc.property(ids, ids, (some, others) => {
        const text = section({
          PurposesExpressConsent: purposes(1),
          PurposesImpliedConsent: purposes(3),
          VendorExpressConsent: some,
          VendorImpliedConsent: others,
        });
        for (let vendor = 1; vendor <= 601; vendor += 7) {
          const expected = (some.includes(vendor) ? mask(1) : 0) | (others.includes(vendor) ? mask(3) : 0);
          expect(purposesOf(text, vendor) ?? 0).toBe(expected);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('of anything at all never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String().map((text) => `B${text}`),
        ),
        (text) => {
          expect(typeof readTcfCa(text, NOW).readable).toBe('boolean');
        },
      ),
      { numRuns: 500 },
    );
  });
});
