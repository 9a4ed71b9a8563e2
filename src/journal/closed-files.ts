import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from '../missing.ts';
import { CLOSED, parseName, type Stream } from './name.ts';

/** A file that waits for shipping, as it lies in its folder. */
export interface FoundFile {
  readonly path: string;
  /** Without its extension. */
  readonly name: string;
  readonly bytes: number;
  /** Milliseconds since 1970 of the last write. */
  readonly written: number;
}

/**
 * Lists the closed files of one stream, oldest first by the time of the last write. What bears no journal
 * file's name is left out.
 *
 * @param journal the journal's folder; need not exist.
 * @throws what the file system says, but for files that vanish meanwhile.
 */
export async function closedFiles(journal: string, stream: Stream): Promise<FoundFile[]> {
  const folder = join(journal, stream);
  const found: FoundFile[] = [];
  for (const entry of (await readdir(folder).catch(unlessMissing)) ?? []) {
    const name = entry.slice(0, -CLOSED.length);
    if (!entry.endsWith(CLOSED) || !parseName(name)) continue;
    const path = join(folder, entry);
    const stats = await stat(path).catch(unlessMissing);
    if (stats) found.push({ path, name, bytes: stats.size, written: stats.mtimeMs });
  }
  return found.sort((a, b) => a.written - b.written || (a.name < b.name ? -1 : 1));
}
