import { createHash } from 'node:crypto';
import { type FieldKind, HIT_FIELDS } from '../collect/batch-hit.ts';

/** A hit as a file has it: values by long name, of whatever type the file's form gives them. */
export type Row = Readonly<Record<string, unknown>>;

const KINDS: ReadonlyMap<string, FieldKind> = new Map(Object.entries(HIT_FIELDS));

/** A column that no hit has; the message says which there are. */
export class UnknownColumnError extends Error {
  constructor(file: string, column: string) {
    super(
      `${file} has a column "${column}", which no hit has. The names are: ${[...KINDS.keys()].join(', ')}.`,
    );
    this.name = 'UnknownColumnError';
  }
}

/** @throws UnknownColumnError */
export function checkColumns(file: string, columns: readonly string[]): void {
  for (const column of columns) if (!KINDS.has(column)) throw new UnknownColumnError(file, column);
}

/**
 * A row out of the cells of a table in text. An empty cell says nothing. What is no number is handed on as it
 * is: the server says what is wrong with it.
 *
 * @param columns long names, in the order of the cells.
 */
export function rowOfCells(columns: readonly string[], cells: readonly string[]): Row {
  const row: Record<string, unknown> = {};
  for (const [place, column] of columns.entries()) {
    const cell = cells[place]!;
    if (cell !== '') row[column] = cellValue(cell, KINDS.get(column)!);
  }
  return row;
}

const NUMBER = /^-?\d+(?:\.\d+)?$/;
/** As databases write a moment: with a space in place of ISO 8601's `T`. */
const SPACED_TIME = /^(\d{4}-\d\d-\d\d) (?=\d)/;

function cellValue(cell: string, kind: FieldKind): unknown {
  if ((kind === 'number' || kind === 'time') && NUMBER.test(cell)) return Number(cell);
  return kind === 'time' ? cell.replace(SPACED_TIME, '$1T') : cell;
}

/**
 * A row out of typed columns. Moments become milliseconds, 64-bit integers numbers, and a number where a hit
 * has a text is written out.
 */
export function rowOfValues(columns: readonly string[], values: readonly unknown[]): Row {
  const row: Record<string, unknown> = {};
  for (const [place, column] of columns.entries()) {
    const value = plain(values[place]);
    if (value === null) continue;
    row[column] = KINDS.get(column) === 'text' && typeof value === 'number' ? String(value) : value;
  }
  return row;
}

function plain(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Date) return value.getTime();
  if (Array.isArray(value)) return value.map(plain).filter((item) => item !== null);
  if (typeof value === 'object' && !ArrayBuffer.isView(value))
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
  return value;
}

/** Characters of a made hit id: 132 bits, so that no two of an import are alike by chance. */
const ID_LENGTH = 22;

/**
 * A row as the server takes it. Where it names no hit id one is made, so that what is sent again counts once:
 * out of the row and its number where it says when it happened, and so the same each time the file is
 * imported; else of this import alone, because the same page tomorrow is another hit.
 *
 * @param number of its line.
 * @param site key of the site, for a row that names none.
 * @param run name of this import, that no other has.
 * @returns JSON.
 */
export function hitOfRow(row: Row, number: number, site: string, run: string): string {
  return JSON.stringify({
    ...row,
    site: isGiven(row['site']) ? row['site'] : site,
    hitId: isGiven(row['hitId'])
      ? row['hitId']
      : isGiven(row['time'])
        ? digest(`${number}:${JSON.stringify(row)}`)
        : `${run}:${number}`,
  });
}

const isGiven = (value: unknown) => value !== undefined && value !== null && value !== '';

const digest = (text: string) => createHash('sha256').update(text).digest('base64url').slice(0, ID_LENGTH);
