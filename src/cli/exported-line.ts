import type { Format } from '../delivery/formats/formats.ts';

/**
 * The key of a line of an export, by which the server goes on behind it: the id, or `<segment>/<as>/<id>` where all that
 * a destination may have was exported.
 *
 * @param line without its line feed, as ClickHouse writes it in the format.
 */
export function keyOfLine(format: Format, line: string): string {
  const fields = FIELDS[format](line);
  // The last says what happened to it.
  return fields.slice(0, -1).join('/');
}

const FIELDS: Readonly<Record<Format, (line: string) => string[]>> = {
  ndjson: (line) => Object.values(JSON.parse(line) as Record<string, string>),
  csv: (line) =>
    [...line.matchAll(/"((?:[^"]|"")*)"(?:,|$)/g)].map(([, field = '']) => field.replaceAll('""', '"')),
  // Of what ClickHouse escapes, printable ASCII has the backslash and the quote.
  tsv: (line) => line.split('\t').map((field) => field.replace(/\\(.)/g, '$1')),
  parquet: () => [],
};
