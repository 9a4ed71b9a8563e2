import type { ClickHouse } from '../../clickhouse/client.ts';
import type { Moment } from '../upkeep/state.ts';
import { isHeldBack, type PlanRequest, passing } from './planning.ts';

/** How far a plan has looked. Moments are seconds since 1970, by the clock of ClickHouse. */
export interface Look {
  readonly run: number;
  /** By what rule rows left; see {@link ruleOfPlan}. Empty: all was taken back. */
  readonly rule: string;
  /** Of each segment of which something could leave. */
  readonly builds: ReadonlyMap<string, number>;
  /** Segments of which no adds left. */
  readonly held: readonly string[];
  readonly aside: number;
  readonly asideRows: number;
  readonly looked: number;
  /** When all of the set was last compared with what was told. */
  readonly whole: number;
}

interface Row {
  readonly run: string;
  readonly rule: string;
  readonly builds: Readonly<Record<string, string>>;
  readonly held: readonly string[];
  readonly aside: string;
  readonly aside_rows: string;
  readonly looked: string;
  readonly whole: string;
}

/** @returns how far the last plan that counts has looked; undefined where there is none. @throws ClickHouseError */
export async function readLook(clickhouse: ClickHouse, destination: string): Promise<Look | undefined> {
  const [row] = await clickhouse.query<Row>(
    `SELECT run, rule, builds, held, aside, aside_rows, toUnixTimestamp(looked) AS looked,
            toUnixTimestamp(whole) AS whole
     FROM plan_looks
     WHERE destination = {destination:String}
       AND run GLOBAL IN (SELECT run FROM delivery_runs WHERE destination = {destination:String})
     ORDER BY run DESC LIMIT 1`,
    { destination },
  );
  return (
    row && {
      run: Number(row.run),
      rule: row.rule,
      builds: new Map(Object.entries(row.builds).map(([segment, build]) => [segment, Number(build)])),
      held: row.held,
      aside: Number(row.aside),
      asideRows: Number(row.aside_rows),
      looked: Number(row.looked),
      whole: Number(row.whole),
    }
  );
}

/** To be called when all of the plan is in the log; it counts once the run does. @throws ClickHouseError */
export async function writeLook(
  clickhouse: ClickHouse,
  request: PlanRequest,
  { now, aside, asideRows }: Moment,
  whole: number,
): Promise<void> {
  const { destination, run, mode } = request;
  const segments = passing(request);
  await clickhouse.insert(
    'plan_looks',
    [
      {
        destination,
        run,
        rule: mode === 'withdraw' ? '' : ruleOfPlan(request),
        builds: Object.fromEntries(segments.map(({ id, build }) => [id, build])),
        held: heldOf(request),
        aside,
        aside_rows: asideRows,
        looked: now,
        whole,
        time: new Date().toISOString(),
      },
    ],
    `plan/${destination}/${run}`,
  );
}

/** @returns the segments of which no adds leave now. */
export const heldOf = (request: PlanRequest): string[] =>
  passing(request)
    .filter((segment) => isHeldBack(segment, request.minAudience))
    .map(({ id }) => id);

/** @returns text that is the same for the same rule: all by which rows leave but builds and what is held back. */
export const ruleOfPlan = (request: PlanRequest): string =>
  JSON.stringify({
    sources: request.sources.map(({ kind, id }) => [kind, id]),
    vendors: request.vendors,
    regions: request.regions,
    freshDays: request.freshDays,
    retentionDays: request.retentionDays,
    segments: passing(request)
      .map(({ id, code, refreshDays, forbidden }) => [id, code, refreshDays, forbidden])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  });
