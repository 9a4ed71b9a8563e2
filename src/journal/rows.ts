import { createReadStream, type ReadStream } from 'node:fs';

const NEWLINE = 10;

/** A journal file's bytes, in pieces of a megabyte: by the default of 64 kB, shipping took 3 % more of the processor under full load. */
export const openRows = (path: string): ReadStream => createReadStream(path, { highWaterMark: 2 ** 20 });

/**
 * Counts a closed file's rows, which is its lines without the header: a newline inside a value is escaped.
 *
 * @throws what the file system says.
 */
export async function countRows(path: string): Promise<number> {
  let lines = 0;
  for await (const piece of openRows(path)) {
    const bytes = piece as Buffer;
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
  }
  return Math.max(0, lines - 1);
}
