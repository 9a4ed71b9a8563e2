/** What an answer's lines can be written as. */
export interface Form {
  /** ClickHouse's own format. */
  readonly whole: string;
  /** The same behind a line, where an answer that broke off is gone on with: without a head, to be put behind it. */
  readonly rest: string;
  readonly contentType: string;
  /** Whether it is a text of lines, each ended by a line feed that occurs nowhere else, under so many lines of head. */
  readonly text: { readonly head: number } | undefined;
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
