// Hyphens, dots, slashes, brackets and bullets are what stands between the digits of a phone number. A comma
// does not: that is how thousands are written.
const BETWEEN = '[ \\-./()_+*\u00b7\u2022\u2010-\u2015\u2212]';
const NUMBER = new RegExp(`[+(]{0,2}\\d(?:${BETWEEN}{0,3}\\d){6,}`, 'g');
/** Somebody says that a number follows; then six digits are one. */
const ANNOUNCED =
  /(?<![\p{L}\p{N}])(?:tel|telefon|telephone|telefono|phone|fon|fax|mobil|whatsapp)[.:]?[ :./-]{1,3}(\+?\d(?:[ \-./()]{0,3}\d){5,})/giu;

/** The shortest number that is announced; most texts end here. */
const SIX_DIGITS = /\d(?:\D{0,3}\d){5}/;

/**
 * Replaces payment cards by `[card]` and phone numbers by `[phone]`.
 *
 * What stays: dates and years, ISBNs with a right check digit, moments in milliseconds, versions, and numbers of fewer
 * than nine digits (seven after a plus, six where the text says that a phone number follows). A product's or
 * an article's number of nine digits or more cannot be told from a phone number and goes too.
 */
export function redactNumbers(text: string): string {
  if (!SIX_DIGITS.test(text)) return text;
  const s = text.replace(NUMBER, (run, at: number, all: string) => {
    const kind = kindOf(run, all.slice(Math.max(0, at - 12), at), all[at + run.length]);
    return kind === undefined ? run : `[${kind}]`;
  });
  if (!/tel|fon|phone|fax|mobil|whatsapp/i.test(s)) return s;
  return s.replace(ANNOUNCED, (all: string, number: string) =>
    isDateOrYears(number) ? all : `${all.slice(0, -number.length)}[phone]`,
  );
}

/** E.164 numbers have up to 15 digits; below nine a number without a plus is more often a product's. */
const MIN_PHONE_DIGITS = 9;
const MIN_INTERNATIONAL_DIGITS = 7;

function kindOf(run: string, before: string, after: string | undefined): 'card' | 'phone' | undefined {
  if (isDateOrYears(run.replace(/^[+(]+/, ''))) return undefined;
  const digits = run.replace(/\D/g, '');
  const international = /^\(?\+/.test(run) && !/[\p{L}\p{N}]$/u.test(before);
  if (!international && (isBookNumber(digits, before, after) || isMoment(run) || isVersion(run)))
    return undefined;
  if (/^[2-6]\d{12,18}$/.test(digits) && hasLuhnDigit(digits)) return 'card';
  if (/^\d\d(?: \d\d){3}$/.test(run)) return 'phone';
  return digits.length >= (international ? MIN_INTERNATIONAL_DIGITS : MIN_PHONE_DIGITS) ? 'phone' : undefined;
}

/**
 * Milliseconds since 1970 from 2017 to 2033, and `20240517123000`. No phone number looks so: after the country
 * code 1 come ten digits, after 20 (Egypt) at most ten.
 */
const isMoment = (run: string) =>
  /^1[5-9]\d{11}$/.test(run) ||
  /^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d$/.test(run);

/** `120.0.6099.109`: no group within a phone number has a single digit. */
const isVersion = (run: string) => /^\d+(?:\.\d+)*\.\d(?:\.\d+)+$/.test(run);

/** ISO 2108: thirteen digits from 978 or 979, which no country has as its code; or ten, where it says ISBN. */
function isBookNumber(digits: string, before: string, after: string | undefined): boolean {
  if (/^97[89]\d{10}$/.test(digits)) return weighed(digits, (place) => (place % 2 === 0 ? 1 : 3)) % 10 === 0;
  if (!/isbn(?:-?10)?[ :=/_-]{0,3}$/i.test(before)) return false;
  const sum = weighed(digits, (place) => 10 - place);
  return digits.length === 10
    ? sum % 11 === 0
    : digits.length === 9 && /[x-]/i.test(after ?? '') && (sum + 10) % 11 === 0;
}

const weighed = (digits: string, weight: (place: number) => number) =>
  [...digits].reduce((sum, digit, place) => sum + Number(digit) * weight(place), 0);

/** ISO/IEC 7812-1, annex B. */
function hasLuhnDigit(digits: string): boolean {
  const last = digits.length - 1;
  const sum = [...digits].reduce((total, digit, place) => {
    const value = Number(digit) * ((last - place) % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

const YEAR = '(?:19|20)\\d\\d';
const DAY = '(?:0?[1-9]|[12]\\d|3[01])';
const MONTH = '(?:0?[1-9]|1[0-2])';
const GAP = '[ \\-./()_\u2010-\u2015]{1,3}';
const DATE_OR_YEARS = new RegExp(
  [
    `${YEAR}${GAP}${MONTH}(?:${GAP}${DAY}(?:${GAP}\\d{1,2}){0,3})?`,
    `${DAY}${GAP}${MONTH}${GAP}${YEAR}(?:${GAP}\\d{1,2}){0,2}`,
    `(?:[1-9]\\d?${GAP})?${YEAR}(?:${GAP}${YEAR})+(?:${GAP}\\d{1,2})?`,
    `(?:\\d{1,2}${GAP}){0,2}${YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01])(?:${GAP}(?:\\d{1,4}|\\d{6}))?`,
  ]
    .map((form) => `^${form}$`)
    .join('|'),
);
const isDateOrYears = (run: string) => DATE_OR_YEARS.test(run);
