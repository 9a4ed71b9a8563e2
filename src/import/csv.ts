import { LINE_LIMIT } from '../collect/line-splitter.ts';

/** A record of a table in text: its cells, or undefined where it cannot be read. */
export interface CsvRecord {
  /** Number of the line on which it begins, from 1. */
  readonly line: number;
  readonly cells: readonly string[] | undefined;
}

/** What ends a cell, and whether a cell that only begins like a quoted one is text as it stands. */
export interface CsvDialect {
  readonly delimiter: ',' | '\t';
  readonly lenientQuotes: boolean;
}

export const CSV: CsvDialect = { delimiter: ',', lenientQuotes: false };
/** As spreadsheets write it (quoted where needed) and as databases do (never quoted): both are read. */
export const TSV: CsvDialect = { delimiter: '\t', lenientQuotes: true };

const QUOTE = '"';
const UNREADABLE = Symbol('unreadable');
const UNFINISHED = Symbol('unfinished');

/**
 * Cuts a table in text (RFC 4180, also tab separated) that comes in pieces into its records.
 *
 * A record that cannot be read costs its first line only: reading goes on with the next one, so that one lost
 * quote does not take the rest of the file with it. Written by hand, because libraries give up there.
 */
export class CsvSplitter {
  readonly #dialect: CsvDialect;
  #text = '';
  /** Where the next record begins in the text. */
  #at = 0;
  #line = 1;
  /** Within a line that was too long. */
  #skipping = false;

  constructor(dialect: CsvDialect) {
    this.#dialect = dialect;
  }

  /** @returns the records that end in this piece; blank lines are none. */
  push(piece: string): CsvRecord[] {
    this.#text = this.#text.slice(this.#at) + piece;
    this.#at = 0;
    return this.#records(false);
  }

  /** @returns what stands behind the last line's end, where something does. */
  end(): CsvRecord[] {
    return this.#records(true);
  }

  #records(isEnd: boolean): CsvRecord[] {
    const records: CsvRecord[] = [];
    while (this.#at < this.#text.length) {
      if (this.#skipping) {
        if (!this.#skipLine()) break;
        continue;
      }
      const line = this.#line;
      const cells = this.#record(isEnd);
      if (cells === UNFINISHED) break;
      if (cells === UNREADABLE) {
        this.#skipping = true;
        records.push({ line, cells: undefined });
      } else if (cells.length > 1 || cells[0] !== '') records.push({ line, cells });
    }
    return records;
  }

  /** @returns false where the line does not end in this text. */
  #skipLine(): boolean {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end === -1 ? this.#text.length : end + 1;
    if (end === -1) return false;
    this.#line++;
    this.#skipping = false;
    return true;
  }

  #record(isEnd: boolean): string[] | typeof UNREADABLE | typeof UNFINISHED {
    const text = this.#text;
    const start = this.#at;
    const found = text.indexOf('\n', start);
    const lineEnd = found === -1 ? text.length : found;
    if (lineEnd - start > LINE_LIMIT) return UNREADABLE;
    if (found === -1 && !isEnd) return UNFINISHED;
    const whole = withoutReturn(text.slice(start, lineEnd));
    if (!whole.includes(QUOTE)) {
      this.#at = lineEnd + 1;
      this.#line++;
      return whole.split(this.#dialect.delimiter);
    }
    const cells: string[] = [];
    for (let at = start; ; ) {
      const cell = this.#cell(at, start, isEnd);
      if (cell === UNREADABLE || cell === UNFINISHED) return cell;
      cells.push(cell.value);
      if (text[cell.end] === this.#dialect.delimiter) {
        at = cell.end + 1;
        continue;
      }
      this.#at = endOfLine(text, cell.end);
      for (
        let end = text.indexOf('\n', start);
        end !== -1 && end < this.#at;
        end = text.indexOf('\n', end + 1)
      )
        this.#line++;
      return cells;
    }
  }

  /** The cell that begins at a place, and the place behind it. */
  #cell(
    at: number,
    start: number,
    isEnd: boolean,
  ): { value: string; end: number } | typeof UNREADABLE | typeof UNFINISHED {
    const text = this.#text;
    const { delimiter, lenientQuotes } = this.#dialect;
    if (text[at] === QUOTE) {
      const close = this.#closingQuote(at, start);
      // The two behind it tell how it goes on: a return may be the half of a line's end.
      const isWhole = close !== -1 && (close + 2 < text.length || isEnd);
      if (isWhole && endsCell(text, close + 1, delimiter))
        return { value: text.slice(at + 1, close).replaceAll('""', QUOTE), end: close + 1 };
      if (!isWhole && !isEnd && text.length - start <= LINE_LIMIT) return UNFINISHED;
      if (!lenientQuotes) return UNREADABLE;
    }
    const lineEnd = text.indexOf('\n', at);
    const last = lineEnd === -1 ? text.length : lineEnd;
    const next = text.indexOf(delimiter, at);
    const isLast = next === -1 || next > last;
    const end = isLast ? last : next;
    if (end - start > LINE_LIMIT) return UNREADABLE;
    if (!isLast) return { value: text.slice(at, next), end };
    // Behind a cell of several lines: the line's end may come with the next piece, and more of the cell before it.
    if (lineEnd === -1 && !isEnd) return UNFINISHED;
    const value = withoutReturn(text.slice(at, last));
    return { value, end: at + value.length };
  }

  /** @returns -1 where there is none within what one record may be long. */
  #closingQuote(at: number, start: number): number {
    const text = this.#text;
    for (let close = text.indexOf(QUOTE, at + 1); close !== -1; close = text.indexOf(QUOTE, close + 2)) {
      if (close - start > LINE_LIMIT) return -1;
      if (text[close + 1] !== QUOTE) return close;
    }
    return -1;
  }
}

const withoutReturn = (line: string) => (line.endsWith('\r') ? line.slice(0, -1) : line);

function endsCell(text: string, at: number, delimiter: string): boolean {
  const next = text[at];
  return (
    next === undefined ||
    next === delimiter ||
    next === '\n' ||
    (next === '\r' && (text[at + 1] === '\n' || text[at + 1] === undefined))
  );
}

/** The place behind the line's end that stands at a place. */
const endOfLine = (text: string, at: number) => at + (text[at] === '\r' ? 2 : 1);
