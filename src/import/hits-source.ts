import { nanoid } from 'nanoid';
import { isObject, parseJson } from '../json-object.ts';
import { CSV, type CsvDialect, CsvSplitter, TSV } from './csv.ts';
import type { Line, Progress, Source } from './import.ts';
import { type Log, openLog } from './lines.ts';
import { openParquet, type ParquetTable } from './parquet.ts';
import { checkColumns, hitOfRow, type Row, rowOfCells, rowOfValues } from './row.ts';

/** The forms of a file of hits. */
export const HIT_FORMATS = ['ndjson', 'csv', 'tsv', 'parquet'] as const;
export type HitFormat = (typeof HIT_FORMATS)[number];

const ENDINGS: Readonly<Record<string, HitFormat>> = {
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  parquet: 'parquet',
};

/** @returns the form that a file's name tells, `.gz` behind it or not; undefined where it tells none. */
export function formatOf(file: string): HitFormat | undefined {
  const ending = /\.([a-z]+)(?:\.gz)?$/i.exec(file)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(ENDINGS, ending) ? ENDINGS[ending] : undefined;
}

/** A file of hits. */
export interface HitsFile extends Source {
  /** On disk; undefined for standard input. */
  readonly bytes: number | undefined;
}

/**
 * Opens a file of hits under their long names: NDJSON, a table in text with the names in its first line, or
 * Parquet; the first two also packed with gzip, told by their first bytes.
 *
 * @param file a path; `-` is standard input, which Parquet cannot be read from.
 * @param site key of the site for hits that name none.
 * @throws UnreadableLogError; UnknownColumnError, where the file is read already when it is opened.
 */
export async function openHits(file: string, format: HitFormat, site: string): Promise<HitsFile> {
  const run = nanoid();
  const lineOf = (number: number, row: Row | undefined): Line =>
    row === undefined ? { number, refused: 'malformed' } : { number, hit: hitOfRow(row, number, site, run) };
  if (format === 'parquet') {
    const table = await openParquet(file);
    checkColumns(file, table.columns);
    return { bytes: table.bytes, ...parquetSource(table, lineOf) };
  }
  const log = await openLog(file);
  if (format === 'ndjson') return { bytes: log.bytes, ...ndjsonSource(log, lineOf) };
  return { bytes: log.bytes, ...csvSource(log, format === 'csv' ? CSV : TSV, file, lineOf) };
}

type LineOf = (number: number, row: Row | undefined) => Line;

const progressOf = (bytesRead: () => number): (() => Progress) => {
  return () => ({ pass: 'hits', bytesRead: bytesRead() });
};

function ndjsonSource(log: Log, lineOf: LineOf): Source {
  let bytesRead = () => 0;
  return {
    progress: progressOf(() => bytesRead()),
    async *lines(signal) {
      const reading = log.read(signal);
      bytesRead = reading.bytesRead;
      let number = 0;
      for await (const text of reading.lines) {
        number++;
        if (text === undefined) yield lineOf(number, undefined);
        else if (text.trim() !== '') yield lineOf(number, rowOfJson(text));
      }
    },
  };
}

function rowOfJson(text: string): Row | undefined {
  const value = parseJson(text);
  return isObject(value) ? value : undefined;
}

function csvSource(log: Log, dialect: CsvDialect, file: string, lineOf: LineOf): Source {
  let bytesRead = () => 0;
  return {
    progress: progressOf(() => bytesRead()),
    async *lines(signal) {
      const reading = log.readText(signal);
      bytesRead = reading.bytesRead;
      const splitter = new CsvSplitter(dialect);
      let columns: readonly string[] | undefined;
      const take = function* (records: ReturnType<CsvSplitter['push']>): Generator<Line> {
        for (const { line, cells } of records) {
          if (columns === undefined) {
            columns = (cells ?? []).map((name) => name.trim());
            checkColumns(file, columns);
          } else
            yield lineOf(line, cells?.length === columns.length ? rowOfCells(columns, cells) : undefined);
        }
      };
      for await (const piece of reading.pieces) for (const line of take(splitter.push(piece))) yield line;
      for (const line of take(splitter.end())) yield line;
    },
  };
}

function parquetSource(table: ParquetTable, lineOf: LineOf): Source {
  return {
    progress: progressOf(table.bytesRead),
    async *lines(signal) {
      let number = 0;
      try {
        for await (const values of table.rows(signal))
          yield lineOf(++number, rowOfValues(table.columns, values));
      } finally {
        await table.close();
      }
    },
  };
}
