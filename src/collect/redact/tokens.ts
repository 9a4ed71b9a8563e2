// What is looked for. Every pattern below is free of nested or adjacent repetitions over common characters,
// so its work is at most (length × the fixed bound it names).

const JWT = /(?<![\w-])eyj[\w-]{8,}(?:\.[\w-]{8,}){1,2}/gi;
const HEX = /[0-9a-f]{16,}/gi;
const HEX_GROUPS = /(?<![0-9a-f])[0-9a-f]{4,}(?:-[0-9a-f]{4,}){2,}/gi;
const WORD_RUN = /[\w+=-]{12,}/g;

const MIN_TOKEN_LENGTH = 16;
/** Of text with small letters, capitals and digits in it. */
const MIN_RANDOM_LENGTH = 13;
/** Base64 of the shortest address that anybody has, `ab@c.de`. */
const MIN_BASE64_LENGTH = 10;

/** Replaces session ids, keys, digests and other random text of sixteen characters or more by `[token]`. */
export function redactTokens(text: string): string {
  if (text.length < MIN_BASE64_LENGTH) return text;
  const s = /eyj/i.test(text) ? text.replace(JWT, '[token]') : text;
  return s
    .replace(HEX_GROUPS, (groups) => (isMixed(groups) && groups.length >= 20 ? '[token]' : groups))
    .replace(HEX, (run) => (/^\d+$/.test(run) ? run : '[token]'))
    .replace(WORD_RUN, redactRandom);
}

const isMixed = (run: string) => /\d/.test(run) && /[a-z]/i.test(run);

function redactRandom(run: string): string {
  if (hidesEmail(run)) return '[token]';
  if (run.length < MIN_RANDOM_LENGTH) return run;
  const [from, to] = randomStretch(run);
  const rest = (part: string) =>
    part.replace(/[A-Za-z0-9]{20,}/g, (word) => (isLongCode(word) ? '[token]' : word));
  return from === to ? rest(run) : `${rest(run.slice(0, from))}[token]${rest(run.slice(to))}`;
}

/** A word and a year or day are one (`bundestagswahlergebnisse2025`); longer text of both kinds is a code. */
const isLongCode = (word: string) => isMixed(word) && !/^(?:\D+\d{1,8}|\d{1,8}\D+)$/.test(word);

/** Newsletters put the reader's address into their links in base64. */
const hidesEmail = (run: string) =>
  /[a-z]/.test(run) &&
  /[A-Z]/.test(run) &&
  /[\w.+-]@[\w-]+\.[a-z]{2}/i.test(Buffer.from(run, 'base64').toString('latin1'));

/**
 * How much likelier two letters follow each other in evenly random text than in words: half bits, `h` = 0;
 * row = the first, column = the second letter. Counted by `scripts/letter-pairs.mjs` over the names that
 * Unicode's CLDR has for countries, languages, currencies and days in 51 languages of the Latin alphabet, without
 * accents, and over English prose, so that words of many languages are words. A pair of random letters has 1.9
 * bits on average, one of a word's -1.2.
 */
const LETTER_PAIRS = [
  'kjiimlikgkiegcljodfgjkmqkk',
  'bmlrdssjdmogrqersfloemjrks',
  'drknemscephioodrshkhiqrsnn',
  'dqoicqnkclomnldrslgmgonslh',
  'hkighlhmjmjghdjknddglklklk',
  'dsqsgijocqrjsqemrcnkfsqsns',
  'ckonerlhemkjnjdqrflodklskp',
  'brpocsrqdonmkleqqimfgposms',
  'eigigljpljigjchkohdglkopkl',
  'bmlkesosdlmommfkspdmfoqqrq',
  'broqgosicqlljpdnshiifmkrkr',
  'bjnidqkocolfnnfnsqiignpskq',
  'benodqnleprqlneisqkqhrpsks',
  'dphefpdnelknnkgpoqfeinrqkn',
  'jjihkkinkkiefchjqdgghikrmm',
  'csmpdpqieqshmrehsfihdoqsms',
  'dnmqkssqgsqlqsgsskosajsoss',
  'cjhheoiodpjkijfpqjghfllrkn',
  'epgperrgdndinmgjqkheglkrll',
  'dpkmdqqfcpqlqlfpsggkfnnpjp',
  'fhjhhoiohlighemiqceglklnlj',
  'bspqbsqscorpslgssljskssskr',
  'aoopdqphdqmloifpsiiolsrsjr',
  'eskpdssedsnskqhfspnbisssqs',
  'bnikfqjpgjkiihfgsggkhnpsol',
  'chmodsmiclljqifmsnimgoosjl',
];
const PAIR_ZERO = 'h'.charCodeAt(0);

// Bits for the rest, set by hand near the log-odds of base64url against slugs, in which a separator ends a word
// of five letters, digits stand together and capitals begin words. What they come to is measured below.
const TO_CAPITAL = 4;
const AFTER_CAPITALS = 3;
const TO_DIGIT = 3;
const FROM_DIGIT = 4;
const DIGIT_TO_DIGIT = -1;
const TO_SEPARATOR = -2.5;

/**
 * What makes a stretch a token, by the kinds of character in it. Letters alone are more often jargon
 * (`pythonsdk`, `MacOSX`), all three kinds hardly ever are words; but twelve characters of two kinds and eleven
 * of three are how publishers number their articles and videos.
 */
const LETTERS = { bits: 22, length: MIN_TOKEN_LENGTH };
const LETTERS_AND_DIGITS = { bits: 16, length: MIN_TOKEN_LENGTH };
const ALL_KINDS = { bits: 12, length: MIN_RANDOM_LENGTH };

/** Rare words beside each other (`zwoelf-rhythm-etudes`) stay, because each is of one kind. */
function areWords(stretch: string): boolean {
  const pieces = stretch.split(/[_=+-]+/);
  return pieces.length > 1 && pieces.every((piece) => /^(?:[A-Z]?[a-z]*|[A-Z]+|\d+)$/.test(piece));
}

const boundOf = (stretch: string) =>
  !/\d/.test(stretch)
    ? LETTERS
    : /[a-z]/.test(stretch) && /[A-Z]/.test(stretch)
      ? ALL_KINDS
      : LETTERS_AND_DIGITS;

/**
 * The stretch of a run of letters, digits and separators that is likelier random than written by somebody:
 * the one of the highest sum of log-odds (the maximal scoring subsequence of Karlin and Altschul, 1990,
 * found in one pass), widened to whole words and over whatever stands beside it that is no word.
 *
 * Of 100,000 evenly random base64url ids of 16 characters 1.9 % were taken for words, of 20 characters 0.25 %,
 * of 24 characters 0.03 %, of 32 none; of 1.1 million names of packages 0.13 % were taken for tokens, most of
 * which are digests.
 *
 * @returns from and to, the same where there is none.
 */
function randomStretch(run: string): readonly [number, number] {
  let sum = 0;
  let start = 0;
  let best = 0;
  let from = 0;
  let to = 0;
  let before = 0;
  let capitals = 0;
  for (let i = 0; i < run.length; i++) {
    const c = run.charCodeAt(i);
    if (i > 0) sum += bits(before, c, capitals);
    if (sum <= 0) {
      sum = 0;
      start = i;
    } else if (sum > best) {
      best = sum;
      from = start;
      to = i + 1;
    }
    capitals = isCapital(c) ? capitals + 1 : 0;
    before = c;
  }
  if (best < ALL_KINDS.bits) return [0, 0];
  while (from > 0 && isAlphanumeric(run.charCodeAt(from - 1))) from--;
  while (to < run.length && isAlphanumeric(run.charCodeAt(to))) to++;
  for (let width = scrapBefore(run, from); width > 0; width = scrapBefore(run, from)) from -= width;
  for (let width = scrapBehind(run, to); width > 0; width = scrapBehind(run, to)) to += width;
  const stretch = run.slice(from, to);
  if (areWords(stretch)) return [0, 0];
  const bound = boundOf(stretch);
  return stretch.length >= bound.length && best >= bound.bits ? [from, to] : [0, 0];
}

/** @param capitals how many stand in a row up to `before`. */
function bits(before: number, c: number, capitals: number): number {
  if (!isAlphanumeric(c)) return TO_SEPARATOR;
  if (!isAlphanumeric(before)) return 0;
  if (isDigit(c)) return isDigit(before) ? DIGIT_TO_DIGIT : TO_DIGIT;
  if (isDigit(before)) return FROM_DIGIT;
  if (isCapital(c) && capitals === 0) return TO_CAPITAL;
  const pair = (LETTER_PAIRS[(before | 32) - 97]!.charCodeAt((c | 32) - 97) - PAIR_ZERO) / 2;
  return !isCapital(c) && capitals > 1 ? Math.max(pair, 0) + AFTER_CAPITALS : pair;
}

/**
 * Length of a separator and the up to three characters beside it that are no word, as the `-` and `_` of an id
 * leave them; 0 for anything else.
 */
function scrapBefore(run: string, at: number): number {
  const scrap = /(?:^|[_=+-])([A-Za-z0-9]{0,3})[_=+-]$/.exec(run.slice(Math.max(0, at - 5), at))?.[1];
  return scrap === undefined || /^[a-z]+$/.test(scrap) ? 0 : scrap.length + 1;
}

function scrapBehind(run: string, at: number): number {
  const scrap = /^[_=+-]([A-Za-z0-9]{0,3})(?![A-Za-z0-9])/.exec(run.slice(at, at + 5))?.[1];
  return scrap === undefined || /^[a-z]+$/.test(scrap) ? 0 : scrap.length + 1;
}

const isDigit = (c: number) => c >= 48 && c <= 57;
const isCapital = (c: number) => c >= 65 && c <= 90;
const isAlphanumeric = (c: number) => isDigit(c) || isCapital(c) || (c >= 97 && c <= 122);
