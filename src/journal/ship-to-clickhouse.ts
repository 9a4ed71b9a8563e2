import { randomUUID } from 'node:crypto';
import type { ReadStream } from 'node:fs';
import type { ClickHouse } from '../clickhouse/client.ts';
import { ClickHouseError } from '../clickhouse/errors.ts';
import { parseName, type Stream } from './name.ts';
import { countRows, openRows } from './rows.ts';
import type { ClosedFile } from './shipper.ts';

/** Facts that a repeat does not change. */
const IDEMPOTENT: ReadonlySet<Stream> = new Set(['matches', 'consents', 'optouts']);

/**
 * Puts a journal file into the stream's table under its name as deduplication token.
 *
 * A token can be remembered although its rows are not there: ClickHouse writes it down just before the part
 * gets its final name, and may be killed between the two. So a file that was tried before, by us or by a
 * process that died, is not believed to be in because its token is known. Hits are counted by their `file`
 * column and what is missing is put in; matches, consents and opt-outs go in again under another token.
 *
 * A token can also be forgotten although its rows are there, once 100,000 others came after it. A file that
 * was set aside and put back may be that old: of its hits only those go in that no stored row of it has.
 *
 * @param isOurs whether a file was written by a process that is running now.
 * @throws ClickHouseError; with `poisoned: true` where the content was refused, and would be again.
 */
export function shipTo(clickhouse: ClickHouse, isOurs: (worker: string, boot: string) => boolean) {
  const tried = new Set<string>();
  return async (stream: Stream, file: ClosedFile): Promise<void> => {
    const name = parseName(file.name);
    const repeated = tried.has(file.name) || name === undefined || !isOurs(name.worker, name.boot);
    tried.add(file.name);
    try {
      if (file.replayed && stream === 'hits') await insertMissing(clickhouse, file);
      else {
        const token = repeated && IDEMPOTENT.has(stream) ? `${file.name}/${randomUUID()}` : file.name;
        await reading(file, (rows) => clickhouse.insertBytes(stream, rows, token));
        if (repeated && stream === 'hits') await fillGaps(clickhouse, file);
      }
    } catch (error) {
      if (
        error instanceof ClickHouseError &&
        error.fault === 'refused' &&
        (await takesRows(clickhouse, stream))
      )
        throw Object.assign(error, { poisoned: true });
      throw error;
    }
    tried.delete(file.name);
  };
}

/** Puts in those hits of a file that are not stored, where there are any. */
async function fillGaps(clickhouse: ClickHouse, file: ClosedFile): Promise<void> {
  if ((await storedRows(clickhouse, file.name)) < (await countRows(file.path)))
    await insertMissing(clickhouse, file);
}

const insertMissing = (clickhouse: ClickHouse, file: ClosedFile) =>
  reading(file, (rows) => clickhouse.insertMissing('hits', rows, 'hit', file.name));

/**
 * How many of a journal file's hits ClickHouse holds.
 *
 * @param name of the file, without its extension.
 * @throws ClickHouseError
 */
export async function storedRows(clickhouse: ClickHouse, name: string): Promise<number> {
  const [row] = await clickhouse.query<{ stored: string }>(
    'SELECT count() AS stored FROM hits WHERE file = {file:String}',
    { file: name },
  );
  return Number(row?.stored);
}

/**
 * Whether the table would take rows at all. Where it is not there, or not for us, every file would be refused
 * in its turn and set aside, and somebody would have to put them all back by hand.
 *
 * @throws ClickHouseError where ClickHouse is away: then nothing can be said of the file either.
 */
async function takesRows(clickhouse: ClickHouse, stream: Stream): Promise<boolean> {
  try {
    await clickhouse.command('INSERT INTO {table:Identifier} SELECT * FROM {table:Identifier} LIMIT 0', {
      table: stream,
    });
    return true;
  } catch (error) {
    if (error instanceof ClickHouseError && error.fault === 'refused') return false;
    throw error;
  }
}

/** Closes the file whatever became of the request: one that waited in vain for a free connection has not read it. */
async function reading<T>(file: ClosedFile, use: (rows: ReadStream) => Promise<T>): Promise<T> {
  const rows = openRows(file.path);
  try {
    return await use(rows);
  } finally {
    rows.destroy();
  }
}
