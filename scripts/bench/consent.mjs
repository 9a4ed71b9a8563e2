const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const VENDORS = 900;
const POLICY_VERSION = 5;
const DAY_DECISECONDS = 864_000;
/** 1 March 2026, in the unit of the format: tenths of a second since 1970. */
const FIRST_DAY = Date.UTC(2026, 2, 1) / 100 - 300 * DAY_DECISECONDS;

/**
 * A TC string of the length that pages send: everything consented to by all purposes, and four of five of 900
 * vendors (IAB Tech Lab, Consent string and vendor list formats v2: the core string with bit fields, then the
 * segment of disclosed vendors that TCF 2.3 wants).
 *
 * @param {{day: number, vendor: number}} choice on which day it was made (0 to 299), and the vendor that is
 *   consented to in any case.
 */
export function consentString({ day, vendor }) {
  const moment = FIRST_DAY + day * DAY_DECISECONDS;
  const consented = (id) => id === vendor || (id * 7 + day) % 5 !== 0;
  const core = [
    [2, 6],
    [moment, 36],
    [moment, 36],
    [10, 12],
    [1, 12],
    [1, 6],
    [(3 << 6) | 13, 12],
    [17, 12],
    [POLICY_VERSION, 6],
    [0, 2],
    [0, 12],
    [0xffe000, 24],
    [0, 24],
    [0, 1],
    [(3 << 6) | 4, 12],
    ...vendorField(consented),
    [0, 16],
    [0, 1],
    [0, 12],
  ];
  return `${packed(core)}.${packed([[1, 3], ...vendorField(() => true)])}`;
}

const vendorField = (has) => [
  [VENDORS, 16],
  [0, 1],
  ...Array.from({ length: VENDORS }, (_, index) => [has(index + 1) ? 1 : 0, 1]),
];

/** Numbers and their widths in bits, as base64url. */
function packed(fields) {
  const bits = fields.map(([value, width]) => value.toString(2).padStart(width, '0')).join('');
  return bits
    .match(/.{1,6}/g)
    .map((six) => ALPHABET[Number.parseInt(six.padEnd(6, '0'), 2)])
    .join('');
}
