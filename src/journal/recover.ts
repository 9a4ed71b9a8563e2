import { open, readdir, readFile, rename, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, unlessMissing } from '../missing.ts';
import { CLOSED, OPEN, parseName, STREAMS } from './name.ts';

export interface Recovered {
  /** Files that were left open and are now ready to be shipped. */
  readonly files: number;
  /** Rows whose last byte is missing. None of them was acknowledged, unless power failed without `fsync`. */
  readonly rowsCut: number;
  /** Bytes of those rows, and of headers that were not finished. */
  readonly bytesCut: number;
}

const NEWLINE = 10;

/**
 * Closes what processes that died left open: a torn last line is cut off, a file without a row is removed,
 * the rest is renamed for shipping. Closed files are looked at too: when power fails without `fsync`, they
 * may have lost their ends.
 *
 * Run it before shipping starts, and again when a worker died; it may stop at any point and be run again.
 *
 * @param folder the journal's; need not exist.
 * @param isAlive whether that start of that worker still writes; its files are not touched.
 * @throws what the file system said.
 */
export async function recover(
  folder: string,
  isAlive: (worker: string, boot: string) => boolean,
): Promise<Recovered> {
  let files = 0;
  let rowsCut = 0;
  let bytesCut = 0;
  for (const stream of STREAMS) {
    for (const entry of (await readdir(join(folder, stream)).catch(unlessMissing)) ?? []) {
      const leftOpen = entry.endsWith(OPEN);
      if (!leftOpen && !entry.endsWith(CLOSED)) continue;
      const name = parseName(entry.slice(0, -(leftOpen ? OPEN : CLOSED).length));
      if (!name || (leftOpen && isAlive(name.worker, name.boot))) continue;
      const path = join(folder, stream, entry);
      // A closed file may be shipped and removed while this looks at it.
      const mended = await mend(path, leftOpen).catch((error: unknown) => {
        if (!leftOpen && isMissing(error)) return { rowsCut: 0, bytesCut: 0, empty: true };
        throw error;
      });
      rowsCut += mended.rowsCut;
      bytesCut += mended.bytesCut;
      if (!leftOpen || mended.empty) continue;
      await rename(path, path.slice(0, -OPEN.length) + CLOSED);
      files += 1;
    }
  }
  return { files, rowsCut, bytesCut };
}

async function mend(path: string, leftOpen: boolean) {
  const whole = { rowsCut: 0, bytesCut: 0, empty: false };
  if (!leftOpen && (await endsWithNewline(path))) return whole;
  const bytes = await readFile(path);
  const length = bytes.lastIndexOf(NEWLINE) + 1;
  const bytesCut = bytes.length - length;
  const empty = bytes.indexOf(NEWLINE) === length - 1;
  if (empty) await rm(path);
  else if (bytesCut > 0) await truncate(path, length);
  return { rowsCut: length > 0 && bytesCut > 0 ? 1 : 0, bytesCut, empty };
}

async function endsWithNewline(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size === 0) return false;
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
    return buffer[0] === NEWLINE;
  } finally {
    await file.close();
  }
}
