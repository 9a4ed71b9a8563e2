import { ClickHouseError } from '../../clickhouse/errors.ts';

/**
 * Why a model could not be made, for a person: what happened, what holds meanwhile, and what to do.
 *
 * @param error whatever was thrown.
 */
export function failureOf(error: unknown): string {
  const why = error instanceof Error ? error.message : String(error);
  return `${why}. ${adviceOn(error)} What was known before is still shown.`;
}

function adviceOn(error: unknown): string {
  if (!(error instanceof ClickHouseError)) return 'The next run tries again; the log tells more.';
  if (error.shortage === 'memory')
    return 'ClickHouse ran out of memory: give it more (NINETY_ENGINE_MEMORY_MB for the embedded one), or run the job while nothing else does.';
  if (error.shortage === 'time')
    return 'It took longer than a statement may: run the job while nothing else does, or give ClickHouse more cores.';
  if (error.fault === 'unavailable')
    return 'ClickHouse was away or busy; the next run tries again, or run the job once it answers.';
  return "ClickHouse refuses the statement and will again: its own log has the reason under the error's number; please report it with the version of ClickHouse.";
}
