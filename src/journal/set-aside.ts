import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from '../missing.ts';
import { CLOSED, parseName, SET_ASIDE, STREAMS, type Stream } from './name.ts';
import { countRows } from './rows.ts';

/** A file that the engine refused for its content: kept, and shipped again only when it is put back. */
export interface SetAsideFile {
  readonly stream: Stream;
  /** Its name without the extension, as rows carry it in their column `file`. */
  readonly file: string;
  readonly bytes: number;
  readonly rows: number;
  /** ISO 8601: when it was given up. */
  readonly since: string;
  /** What the engine said, without the pieces of rows that its own message holds. */
  readonly reason: string;
}

interface Reason {
  readonly time?: string;
  readonly rows?: number;
  readonly message?: string;
}

/** Beside a file set aside: why. */
export const REASON = '.reason';
/** A header of columns is a few hundred bytes. */
const HEADER_MOST = 65_536;

const folderOf = (journal: string, stream: Stream) => join(journal, SET_ASIDE, stream);

/**
 * Takes a file out of the shipper's way and writes down why. The reason comes first, so that there is no
 * moment at which the file lies aside and nobody knows why.
 *
 * @param journal the journal's folder.
 * @throws what the file system said; the file is then where it was.
 */
export async function setAside(journal: string, stream: Stream, name: string, error: unknown): Promise<void> {
  const folder = folderOf(journal, stream);
  const path = join(journal, stream, name + CLOSED);
  const kind = error instanceof Error ? error : { name: 'unknown', message: String(error) };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const reason = {
    time: new Date().toISOString(),
    bytes: (await stat(path)).size,
    rows: await countRows(path),
    name: kind.name,
    message: kind.message,
  };
  await writeFile(join(folder, name + REASON), `${JSON.stringify(reason)}\n`, { mode: 0o600 });
  await rename(path, join(folder, name + CLOSED));
}

/** All files that lie aside, oldest first. @throws what the file system says. */
export async function listSetAside(journal: string): Promise<SetAsideFile[]> {
  const found: SetAsideFile[] = [];
  for (const stream of STREAMS) {
    for (const entry of (await readdir(folderOf(journal, stream)).catch(unlessNone)) ?? []) {
      if (!entry.endsWith(CLOSED)) continue;
      const file = await findSetAside(journal, stream, entry.slice(0, -CLOSED.length));
      if (file) found.push(file);
    }
  }
  return found.sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0));
}

/** @returns undefined where no such file lies aside. @throws what the file system says. */
export async function findSetAside(
  journal: string,
  stream: Stream,
  name: string,
): Promise<SetAsideFile | undefined> {
  if (!parseName(name)) return undefined;
  const path = join(folderOf(journal, stream), name + CLOSED);
  const stats = await stat(path).catch(unlessNone);
  if (!stats) return undefined;
  const reason = await readReason(journal, stream, name);
  const rows = reason.rows ?? (await countRows(path).catch(unlessNone));
  if (rows === undefined) return undefined;
  return {
    stream,
    file: name,
    bytes: stats.size,
    rows,
    since: reason.time ?? stats.mtime.toISOString(),
    reason: reason.message ?? '',
  };
}

/** @returns the names of the columns that a file set aside brings. @throws what the file system says. */
export async function columnsOf(journal: string, stream: Stream, name: string): Promise<string[]> {
  const handle = await open(join(folderOf(journal, stream), name + CLOSED));
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEADER_MOST), 0, HEADER_MOST, 0);
    const text = buffer.toString('utf8', 0, bytesRead);
    return text.slice(0, Math.max(0, text.indexOf('\n'))).split('\t');
  } finally {
    await handle.close();
  }
}

/**
 * Puts a file back among those that wait for shipping. Its reason stays until it is shipped: by that the
 * shipper knows that some of its rows may be stored already, however long ago.
 *
 * @returns false where no such file lies aside.
 */
export async function putBack(journal: string, stream: Stream, name: string): Promise<boolean> {
  if (!parseName(name)) return false;
  const from = join(folderOf(journal, stream), name + CLOSED);
  await mkdir(join(journal, stream), { recursive: true, mode: 0o700 });
  const moved = await rename(from, join(journal, stream, name + CLOSED))
    .then(() => true)
    .catch(unlessNone);
  return moved ?? false;
}

/** Deletes a file set aside, with all the rows in it. @returns false where there is none of that name. */
export async function dropSetAside(journal: string, stream: Stream, name: string): Promise<boolean> {
  if (!parseName(name)) return false;
  const path = join(folderOf(journal, stream), name);
  const removed = await rm(path + CLOSED)
    .then(() => true)
    .catch(unlessNone);
  if (removed) await rm(path + REASON, { force: true });
  return removed ?? false;
}

/** Of one stream, the names of files that lie aside or were put back and are not shipped yet. */
export async function onceSetAside(journal: string, stream: Stream): Promise<ReadonlySet<string>> {
  const entries = (await readdir(folderOf(journal, stream)).catch(unlessNone)) ?? [];
  return new Set(
    entries.filter((entry) => entry.endsWith(REASON)).map((entry) => entry.slice(0, -REASON.length)),
  );
}

/** Forgets why a file was set aside, once it is shipped. */
export const forgetReason = (journal: string, stream: Stream, name: string): Promise<void> =>
  rm(join(folderOf(journal, stream), name + REASON), { force: true });

async function readReason(journal: string, stream: Stream, name: string): Promise<Reason> {
  try {
    return JSON.parse(await readFile(join(folderOf(journal, stream), name + REASON), 'utf8')) as Reason;
  } catch {
    // Lost or cut off by a crash: the file is what counts.
    return {};
  }
}

function unlessNone(error: unknown): undefined {
  // Something else that lies where the folder should: whoever writes there is told.
  if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') unlessMissing(error);
}
