import type { ClickHouse } from '../clickhouse/client.ts';
import type { DestinationType } from '../delivery/destination.ts';
import { NOT_THERE } from '../delivery/plan/settle.ts';
import { failuresWhere } from '../delivery/run/failures.ts';
import { firstStep } from '../delivery/run/moment.ts';
import { type RunEnd, runOutcomes, runsSince, toldBy, unfinishedRuns } from '../delivery/run/runs.ts';
import type { Destination } from '../registry/kinds.ts';
import type { Step } from './erasures.ts';

/** Of so many that follow one another some has been acknowledged, or nobody waits for it any more. */
const RUNS = 1_000;
const DAY_MS = 86_400_000;

/**
 * What each destination has acknowledged of the removal of somebody who was erased. Which of them had him nobody can
 * say any more once his links are deleted, and nobody keeps it for that: but all that a destination had of him is in
 * the first run that was planned after he was hidden, or was before. So it is acknowledged with the first of these runs
 * of which every removal was taken, once nothing of those before it is left over.
 *
 * @param types by name. @param hidden ISO 8601: since when no plan finds him.
 * @returns a step for each destination that was told of anybody before.
 * @throws ClickHouseError
 */
export async function acknowledgements(
  clickhouse: ClickHouse,
  destinations: readonly Destination[],
  types: ReadonlyMap<string, DestinationType>,
  hidden: string,
): Promise<Step[]> {
  const steps: Step[] = [];
  const since = Date.parse(hidden);
  const told = await toldBy(clickhouse, since);
  for (const destination of destinations) {
    if (!told.has(destination.id)) continue;
    const after = await runsSince(clickhouse, destination.id, since, RUNS);
    steps.push({
      step: 'deliver',
      destination: destination.id,
      ...(await endOf(clickhouse, destination, types, after, since)),
    });
  }
  return steps;
}

type End = Pick<Step, 'state' | 'at' | 'detail'>;

async function endOf(
  clickhouse: ClickHouse,
  { id, active, type: name, settings }: Destination,
  types: ReadonlyMap<string, DestinationType>,
  after: readonly RunEnd[],
  since: number,
): Promise<End> {
  const type = types.get(name);
  if (type !== undefined && !type.removes) {
    const { most } = type.expiryDays;
    const forgotten = new Date(since + most * DAY_MS).toISOString();
    return {
      state: Date.parse(forgotten) <= Date.now() ? 'done' : 'waiting',
      at: Date.parse(forgotten) <= Date.now() ? forgotten : null,
      detail: `It understands no removal, and hears no more of it: after ${most} days at most, on ${forgotten.slice(0, 10)}, it has forgotten it.`,
    };
  }
  const run = await acknowledging(clickhouse, id, after);
  if (run !== undefined) {
    const outcome = (await runOutcomes(clickhouse, id, [run.run])).get(run.run);
    const at = outcome?.acknowledged ?? new Date(run.planned).toISOString();
    return {
      state: 'done',
      at,
      detail: `All that it had of it was taken back with run ${run.run}, and acknowledged${type?.forgets === true ? ', and so was what it was asked for: a deletion, or an opt-out' : ''}.${type?.keepsOptOuts?.(settings) === true ? ' An opt-out is for good there: nothing takes it back, also where the person opts in again.' : ''}`,
    };
  }
  if (after.length > 0)
    return {
      state: 'waiting',
      at: null,
      detail: `A removal may be in run ${after[0]!.run} or a later one, of which not all was taken yet; lines that it did not take, or that are dead letters, are told again with the next.`,
    };
  return {
    state: 'waiting',
    at: null,
    detail: active
      ? 'A removal with its next delivery.'
      : `It is switched off; POST /v1/destinations/${id}/withdraw takes back all that it was told.`,
  };
}

/**
 * The first run that everything was told with: itself, and what the runs before it had left over, which is in the runs
 * that were planned once those had ended. An end's step and a run are both of the lease under which they were made.
 */
async function acknowledging(
  clickhouse: ClickHouse,
  destination: string,
  after: readonly RunEnd[],
): Promise<RunEnd | undefined> {
  if (after.length === 0) return undefined;
  const [oldest] = await unfinishedRuns(clickhouse, destination);
  const left = await untakenRemovals(clickhouse, destination);
  return after.find(
    ({ run }) =>
      (oldest === undefined || run < oldest.run) &&
      !left.has(run) &&
      [...left].every(([before, ended]) => before > run || ended < firstStep(run + 1)),
  );
}

/**
 * Runs of which a removal was not taken, also where a replay has told it since, with the step by which they ended. Of a
 * run whose lines are gone nobody knows any more what it did not bring, so that it counts too.
 */
async function untakenRemovals(
  clickhouse: ClickHouse,
  destination: string,
): Promise<ReadonlyMap<number, number>> {
  const rows = await clickhouse.query<{ run: string; ended: string }>(
    `WITH dead AS (
       SELECT run, chunk FROM delivery_chunks WHERE destination = {destination:String} AND state = 'dead'),
     failed AS (
       SELECT run, chunk, number FROM (${failuresWhere('destination = {destination:String}')})
       WHERE chunk_to = 0 AND NOT has({notThere:Array(String)}, reason))
     SELECT run, max(step) AS ended FROM delivery_runs
     WHERE destination = {destination:String} AND state = 'done'
       AND run GLOBAL IN (SELECT run FROM dead UNION ALL SELECT run FROM failed)
       AND (run GLOBAL NOT IN (SELECT run FROM kept_delivery_lines WHERE destination = {destination:String})
         OR run GLOBAL IN (
           SELECT run FROM kept_delivery_lines
           WHERE destination = {destination:String} AND (notEmpty(remove) OR erased)
             AND ((run, chunk) GLOBAL IN (SELECT run, chunk FROM dead)
               OR (run, chunk, number) GLOBAL IN (SELECT run, chunk, number FROM failed))))
     GROUP BY run`,
    { destination, notThere: NOT_THERE },
  );
  return new Map(rows.map(({ run, ended }) => [Number(run), Number(ended)]));
}
