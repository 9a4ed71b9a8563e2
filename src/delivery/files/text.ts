/**
 * What no text in a line of a file may hold: controls (tab, newline, NUL, also those above 7f), the line and paragraph
 * separators that some readers end a line at, the byte order mark, and halves of a character.
 */
const UNWRITABLE = /[\p{Cc}\u2028\u2029\ufeff]|\p{Cs}/u;

/** What a spreadsheet takes for the beginning of a formula (OWASP, CSV Injection). */
export const FORMULA = /^[=+\-@\t\r\n]/;
/** Ids in base64 may begin with + or -; with nothing but these characters a formula can neither call nor name anything. */
export const BASE64_AFTER_SIGN = /^[+-][A-Za-z0-9+/_-]*={0,2}$/;

/**
 * Whether a text can stand in a line of a file between separators as it is. Files for machines know no escape, so
 * what does not fit is refused by name and never changed: another id is another person's.
 *
 * @param separators the characters that end a field there, beside tab and newline which always do.
 */
export const isField = (text: string, separators: string): boolean =>
  text !== '' &&
  !UNWRITABLE.test(text) &&
  (!FORMULA.test(text) || BASE64_AFTER_SIGN.test(text)) &&
  !Array.from(separators).some((separator) => text.includes(separator));

/** Whether a text can be a string of JSON on a line of its own: what JSON escapes, no reader of lines stumbles over. */
export const isJsonText = (text: string): boolean => text !== '' && !/\p{Cs}/u.test(text);

/**
 * JSON for a line: also the line separators that JavaScript before 2019, and readers of lines written in it, end a
 * line at are escaped.
 */
export const jsonLine = (value: unknown): string =>
  JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');

/** A field of CSV (RFC 4180): quoted where it holds what would end it. */
export const csvField = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/**
 * A cell of a table for people, in CSV. What begins like a formula has an apostrophe before it: of a table nobody reads
 * an id back, as of an export, and a number of ours is none.
 */
export function csvCell(value: string | number): string {
  const text = typeof value === 'string' && FORMULA.test(value) ? `'${value}` : String(value);
  // At `;` and tabs a spreadsheet parts cells where a comma is the mark of decimals.
  return /[;\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : csvField(text);
}

/** What a segment may be called where it stands in a line or in a file's name: nobody reads anything else into these. */
const PLAIN_CODE = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/;

/** @returns what is wrong with a name by which a segment is to stand in a line; undefined: nothing. */
export const refusePlainCode = (code: string): string | undefined =>
  PLAIN_CODE.test(code)
    ? undefined
    : 'must be 1 to 128 of A-Z, a-z, 0-9, _, ., : and -, and begin with a letter or digit';
