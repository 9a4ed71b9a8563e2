import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMissing } from '../missing.ts';
import { CLOSED, SET_ASIDE, type Stream } from './name.ts';

/** Where a file is that was put back. */
export type Replay = 'shipped' | 'set_aside' | 'waiting';

const POLL_MS = 100;
/** A shipper that reaches ClickHouse looks for files each second and needs one more to give a file up again. */
const WAIT_MS = 10_000;

/**
 * Waits for what becomes of a file that was put back.
 *
 * @param folder the journal's.
 * @param waitMs milliseconds after which it is `waiting`: nobody ships, or ClickHouse is away.
 * @throws what the file system says.
 */
export async function awaitReplay(
  folder: string,
  stream: Stream,
  file: string,
  signal?: AbortSignal,
  waitMs = WAIT_MS,
): Promise<Replay> {
  const end = performance.now() + waitMs;
  while (true) {
    if (!(await exists(join(folder, stream, file + CLOSED))))
      return (await exists(join(folder, SET_ASIDE, stream, file + CLOSED))) ? 'set_aside' : 'shipped';
    if (performance.now() >= end || signal?.aborted) return 'waiting';
    await sleep(POLL_MS);
  }
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    (error: unknown) => {
      if (isMissing(error)) return false;
      throw error;
    },
  );
