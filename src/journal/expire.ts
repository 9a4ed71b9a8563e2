import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CLOSED, isMissing, SET_ASIDE, STREAMS } from './name.ts';

const DAY_MS = 86_400_000;

/**
 * Removes journal files, set aside or not yet shipped, whose rows are all past the retention: they were last
 * written that long ago, and no hit is younger than its file.
 *
 * @returns how many were removed.
 */
export async function expireJournal(
  folder: string,
  retentionDays: number,
  now = Date.now(),
): Promise<number> {
  let removed = 0;
  for (const place of [folder, join(folder, SET_ASIDE)]) {
    for (const stream of STREAMS) {
      for (const name of await entries(join(place, stream))) {
        if (!name.endsWith(CLOSED)) continue;
        const path = join(place, stream, name);
        const { mtimeMs } = await stat(path);
        // The day of the last row counts, as in the tables: it leaves when that day is as many days ago.
        if (Math.floor(mtimeMs / DAY_MS) > Math.floor(now / DAY_MS) - retentionDays) continue;
        await rm(path, { force: true });
        await rm(`${path.slice(0, -CLOSED.length)}.reason`, { force: true });
        removed += 1;
      }
    }
  }
  return removed;
}

const entries = (folder: string) =>
  readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
