import type { Params } from '../../clickhouse/client.ts';
import { BASE64_AFTER_SIGN, FORMULA } from '../files/text.ts';

/** What an answer's lines can be written as. */
export interface Form {
  /** ClickHouse's own format. */
  readonly whole: string;
  /** The same behind a line, where an answer that broke off is gone on with: without a head, to be put behind it. */
  readonly rest: string;
  readonly contentType: string;
  /** Whether it is a text of lines, each ended by a line feed that occurs nowhere else, under so many lines of head. */
  readonly text: { readonly head: number } | undefined;
  /** Whether people open it in a spreadsheet, which runs an id that begins like a formula. */
  readonly sheet?: true;
}

/** Ids hold no line feed (src/identity/uid.ts), so it ends lines of CSV too. */
export const FORMATS = {
  ndjson: {
    whole: 'JSONEachRow',
    rest: 'JSONEachRow',
    contentType: 'application/x-ndjson',
    text: { head: 0 },
  },
  csv: {
    whole: 'CSVWithNames',
    rest: 'CSV',
    contentType: 'text/csv; charset=utf-8',
    text: { head: 1 },
    sheet: true,
  },
  tsv: {
    whole: 'TabSeparatedWithNames',
    rest: 'TabSeparated',
    contentType: 'text/tab-separated-values; charset=utf-8',
    text: { head: 1 },
  },
  parquet: {
    whole: 'Parquet',
    // A file of its own: the rows behind the line, to be read beside those before it.
    rest: 'Parquet',
    contentType: 'application/vnd.apache.parquet',
    text: undefined,
  },
} as const satisfies Record<string, Form>;

export type Format = keyof typeof FORMATS;

/** Also behind apostrophes of its own, so that one more in front can be told from them. */
const LIKE_A_FORMULA = `^'*${FORMULA.source.slice(1)}`;

/**
 * The id of a line. For a spreadsheet one that begins like a formula has an apostrophe before it (OWASP, CSV Injection),
 * but for ids in base64 after a sign, which can do nothing.
 *
 * @returns an expression over the column `uid`.
 */
export function idIn(format: Format): { readonly sql: string; readonly params: Params } {
  const form: Form = FORMATS[format];
  if (form.sheet === undefined) return { sql: 'uid', params: {} };
  return {
    sql: "if(match(uid, {formula:String}) AND NOT match(uid, {base64:String}), concat('\\'', uid), uid)",
    params: { formula: LIKE_A_FORMULA, base64: BASE64_AFTER_SIGN.source },
  };
}

/** @param text as the id stands in a line. @returns the id. */
export function idOf(format: Format, text: string): string {
  const form: Form = FORMATS[format];
  return form.sheet !== undefined && new RegExp(LIKE_A_FORMULA).test(text) && text.startsWith("'")
    ? text.slice(1)
    : text;
}
