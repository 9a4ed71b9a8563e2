import { createReadStream } from 'node:fs';
import type { ClickHouse } from '../clickhouse/client.ts';
import { ClickHouseError } from '../clickhouse/errors.ts';
import { parseName, type Stream } from './name.ts';
import type { ClosedFile } from './shipper.ts';

const NEWLINE = 10;

/** Pieces of a megabyte: by the default of 64 kB, shipping took 3 % more of the processor under full load. */
const open = (file: ClosedFile) => createReadStream(file.path, { highWaterMark: 2 ** 20 });

/**
 * Puts a journal file into the stream's table under its name as deduplication token.
 *
 * A token can be remembered although its rows are not there: ClickHouse writes it down just before the part
 * gets its final name, and may be killed between the two. So a file that was tried before, by us or by a
 * process that died, is not believed to be in because its token is known. Hits are counted by their `file`
 * column and what is missing is put in; matches and consents are facts that a repeat does not change, so they
 * go in again under another token.
 *
 * @param isOurs whether a file was written by a process that is running now.
 * @throws ClickHouseError; with `poisoned: true` where the content was refused, and would be again.
 */
export function shipTo(clickhouse: ClickHouse, isOurs: (worker: string, boot: string) => boolean) {
  const tried = new Set<string>();
  return async (stream: Stream, file: ClosedFile): Promise<void> => {
    const name = parseName(file.name);
    const repeated = tried.has(file.name) || name === undefined || !isOurs(name.worker, name.boot);
    const idempotent = stream === 'matches' || stream === 'consents';
    tried.add(file.name);
    try {
      const token = repeated && idempotent ? `${file.name}/${Date.now()}` : file.name;
      await clickhouse.insertBytes(stream, open(file), token);
      if (repeated && stream === 'hits') await fillGaps(clickhouse, file);
    } catch (error) {
      if (error instanceof ClickHouseError && error.fault === 'refused')
        throw Object.assign(error, { poisoned: true });
      throw error;
    }
    tried.delete(file.name);
  };
}

/** Puts in those hits of a file that are not stored, where there are any. */
async function fillGaps(clickhouse: ClickHouse, file: ClosedFile): Promise<void> {
  const [row] = await clickhouse.query<{ stored: string }>(
    'SELECT count() AS stored FROM hits WHERE file = {file:String}',
    {
      file: file.name,
    },
  );
  if (Number(row?.stored) >= (await rowsOf(file))) return;
  await clickhouse.insertMissing('hits', open(file), 'hit', file.name);
}

async function rowsOf(file: ClosedFile): Promise<number> {
  let lines = 0;
  for await (const chunk of open(file)) {
    for (
      let at = (chunk as Buffer).indexOf(NEWLINE);
      at !== -1;
      at = (chunk as Buffer).indexOf(NEWLINE, at + 1)
    )
      lines += 1;
  }
  return lines - 1;
}
