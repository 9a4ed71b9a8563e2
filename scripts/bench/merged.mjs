import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 1_000;
/** Merges follow each other; a moment without any is not yet their end. */
const STILL_LOOKS = 3;
const LONGEST_LOOKS = 600;

/** Waits until nothing is merged any more of what was just made in a database: that is no part of what is measured. */
export async function untilMerged(clickhouse) {
  let still = 0;
  for (let looks = 0; still < STILL_LOOKS && looks < LONGEST_LOOKS; looks++) {
    await sleep(LOOK_MS);
    const [{ merges }] = await clickhouse.query(
      'SELECT count() AS merges FROM system.merges WHERE database = currentDatabase()',
    );
    still = merges === '0' ? still + 1 : 0;
  }
}
