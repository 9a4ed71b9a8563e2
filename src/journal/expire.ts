import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from '../missing.ts';
import { CLOSED, SET_ASIDE, STREAMS } from './name.ts';
import { REASON } from './set-aside.ts';

const DAY_MS = 86_400_000;

/** Files of rows past the retention. */
export interface Expired {
  readonly removed: number;
  /** Of opt-outs: they stay until they are shipped. */
  readonly kept: number;
}

/**
 * Removes journal files, set aside or not yet shipped, whose rows are all past the retention: they were last
 * written that long ago, and no hit is younger than its file. What was noted about a file goes with it.
 *
 * Opt-outs have no end: of one that was never shipped the other collectors have not heard, and only its file tells
 * of it.
 */
export async function expireJournal(
  folder: string,
  retentionDays: number,
  now = Date.now(),
): Promise<Expired> {
  let [removed, kept] = [0, 0];
  for (const place of [folder, join(folder, SET_ASIDE)]) {
    for (const stream of STREAMS) {
      for (const name of (await readdir(join(place, stream)).catch(unlessMissing)) ?? []) {
        if (!name.endsWith(CLOSED) && !name.endsWith(REASON)) continue;
        const path = join(place, stream, name);
        // Gone meanwhile: it was shipped, or its rows took it along.
        const stats = await stat(path).catch(unlessMissing);
        if (!stats) continue;
        // The day of the last row counts, as in the tables: it leaves when that day is as many days ago.
        if (Math.floor(stats.mtimeMs / DAY_MS) > Math.floor(now / DAY_MS) - retentionDays) continue;
        if (stream === 'optouts') {
          if (name.endsWith(CLOSED)) kept += 1;
          continue;
        }
        await rm(path, { force: true });
        if (!name.endsWith(CLOSED)) continue;
        await rm(path.slice(0, -CLOSED.length) + REASON, { force: true });
        removed += 1;
      }
    }
  }
  return { removed, kept };
}
