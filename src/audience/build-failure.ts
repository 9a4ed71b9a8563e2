import { ClickHouseError } from '../clickhouse/errors.ts';
import { LeaseBusyError, LeaseLostError } from '../jobs/lease.ts';

/** Why a segment was not built, in a word that stays the same and a sentence that says what to do. */
const FAILURES = {
  out_of_memory: 'ClickHouse had no memory left for it; give ClickHouse more, or make the rule narrower',
  too_slow:
    'ClickHouse did not come to an end in time; make the rule narrower, or give ClickHouse more to work with',
  busy: 'ClickHouse could not do it just then; the next run tries again',
  refused: 'ClickHouse refused the statement; this is a fault of the product, please report it',
  fault: 'the run broke off; its line in GET /v1/jobs says with what',
} as const;

/**
 * @returns why a build failed by an error, to be shown with the segment; undefined where no segment is to blame and
 *   nothing can be said to anybody: ClickHouse is away, or another run does the work.
 */
export function whyFailed(error: unknown): string | undefined {
  if (error instanceof LeaseBusyError) return undefined;
  // That of another job, as of the look-alikes that a rule needs, nobody does this work under.
  if (error instanceof LeaseLostError && error.lease === 'segments') return undefined;
  if (!(error instanceof ClickHouseError)) return reasonText('fault');
  const { code, fault, shortage } = error;
  if (code === undefined) return undefined;
  const reason =
    shortage === 'memory'
      ? 'out_of_memory'
      : shortage === 'time'
        ? 'too_slow'
        : fault === 'unavailable'
          ? 'busy'
          : 'refused';
  return `${reasonText(reason)} (ClickHouse error ${code})`;
}

const reasonText = (reason: keyof typeof FAILURES) => `${reason}: ${FAILURES[reason]}`;
