/** A text that is encoded more often than a chain of redirects encodes it hides something. */
const MAX_ENCODINGS = 8;

/**
 * A text as a reader would have it: percent signs, HTML's and JavaScript's escapes decoded until nothing is
 * left to decode, compatibility forms (`＠`, fullwidth letters) folded, digits of every script as ASCII's,
 * invisible characters out, every white space one space.
 *
 * @returns undefined where that does not come to an end within {@link MAX_ENCODINGS} rounds.
 */
export function unfolded(text: string): string | undefined {
  let open = text;
  for (let round = 0; round < MAX_ENCODINGS; round++) {
    let next = open;
    if (next.includes('%')) {
      next = next.replace(/(?:%[0-9a-f]{2})+/gi, decodedRun).replace(/%u([0-9a-f]{4})/gi, fromHex);
    }
    if (next.includes('&')) next = next.replace(ENTITY, decodedEntity);
    if (next.includes('\\')) next = next.replace(/\\(?:u([0-9a-f]{4})|x([0-9a-f]{2}))/gi, fromHex);
    if (/[^\x20-\x7e]/.test(next)) next = folded(next);
    if (next === open) return open;
    open = next;
  }
  return undefined;
}

function decodedRun(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    // Not UTF-8 (pages of before 2005 were Latin-1): the ASCII in it is decoded all the same.
    return run.replace(/%([0-7][0-9a-f])/gi, fromHex);
  }
}

const fromHex = (_: string, long: string, short?: string) =>
  String.fromCharCode(Number.parseInt(long ?? short, 16));

/** Those that hide an address; a title's `&amp;` hides none and may stay. */
const ENTITY = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(commat)|(period));/gi;

function decodedEntity(entity: string, decimal?: string, hex?: string, at?: string): string {
  if (decimal === undefined && hex === undefined) return at === undefined ? '.' : '@';
  const point = decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal);
  return point <= 0x10ffff ? String.fromCodePoint(point) : entity;
}

const folded = (text: string) =>
  text
    // A letter in a circle is how an @ is drawn by whoever hides one.
    .replace(/[\u24b6\u24d0]|a\u20dd/gi, '@')
    .normalize('NFKC')
    .replace(/\p{Cf}+/gu, '')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .replace(/[^\P{Nd}0-9]/gu, asciiDigit);

/** Unicode has the ten digits of each script in a row, zero first (The Unicode Standard, 4.6). */
function asciiDigit(digit: string): string {
  const point = digit.codePointAt(0)!;
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(point - value - 1))) value++;
  return String(value);
}
