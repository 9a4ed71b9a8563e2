import type { ClickHouse } from '../clickhouse/client.ts';
import type { DestinationType } from '../delivery/destination.ts';
import { countDeadLetters } from '../delivery/run/failures.ts';
import { type RunEnd, runOutcomes, runsSince, toldBy } from '../delivery/run/runs.ts';
import type { Destination } from '../registry/kinds.ts';
import type { Step } from './erasures.ts';

/** Of so many that follow one another some has been acknowledged, or nobody waits for it any more. */
const RUNS = 1_000;
const DAY_MS = 86_400_000;

/**
 * What each destination has acknowledged of the removal of somebody who was erased. Which of them had him nobody can
 * say any more once his links are deleted, and nobody keeps it for that: but all that a destination had of him is in
 * the first run that was planned after he was hidden, so with that run it is acknowledged.
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
  { id, active, type: name }: Destination,
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
      detail: `All that it had of it was taken back with run ${run.run}, and acknowledged.`,
    };
  }
  if (after.length > 0)
    return {
      state: 'waiting',
      at: null,
      detail: `A removal is in run ${after[0]!.run}, of which not all is acknowledged yet.`,
    };
  return {
    state: 'waiting',
    at: null,
    detail: active
      ? 'A removal with its next delivery.'
      : `It is switched off; POST /v1/destinations/${id}/withdraw takes back all that it was told.`,
  };
}

/** The first run with which everything planned up to it is told: what was given up before is in the next run again. */
async function acknowledging(
  clickhouse: ClickHouse,
  destination: string,
  after: readonly RunEnd[],
): Promise<RunEnd | undefined> {
  const dead = await countDeadLetters(clickhouse, destination);
  for (const run of after) {
    if (run.state !== 'done') return undefined;
    if (!dead.has(run.run)) return run;
  }
  return undefined;
}
