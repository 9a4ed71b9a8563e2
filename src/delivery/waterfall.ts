import type { ClickHouse } from '../clickhouse/client.ts';
import { grouped } from './grouped.ts';
import { CHANGES, type Change, STAGES, type Stage } from './plan/stages.ts';

/** How many came to a stage, and why others did not. */
export interface StageCount {
  readonly stage: Stage;
  /** Null where it is not known yet: what was sent last has not been answered. */
  readonly n: number | null;
  /** Most first. */
  readonly losses: readonly { readonly reason: string; readonly n: number }[];
}

/** A segment on its way to a destination, as one day left it. */
export interface WaterfallDay extends Readonly<Record<Change, number>> {
  /** `2026-01-31`, UTC. */
  readonly day: string;
  /** Up to `allowed` visitors are counted, from `sent` on ids. */
  readonly stages: readonly StageCount[];
}

export interface Waterfall extends WaterfallDay {
  readonly segment: string;
  /** The days before, oldest first; of a day without a run there is none. */
  readonly days: readonly WaterfallDay[];
  /** Of each stage what has changed since the oldest of them; null = there is none, or it is not known. */
  readonly trend: Readonly<Record<Stage, number | null>>;
}

interface Row {
  segment: string;
  day: string;
  stage: Stage | Change;
  reason: string;
  n: string;
}

/**
 * Members → consented → id known → id fresh → allowed → sent → accepted, with each loss by its reason, from the
 * numbers that plans and the ends of runs wrote down.
 *
 * @param days how many to look back, the present one among them.
 * @returns one for each segment that the destination was planned for; of one of them where `segment` is given.
 * @throws ClickHouseError
 */
export async function waterfall(
  clickhouse: ClickHouse,
  of: { readonly destination: string; readonly segment?: string | undefined },
  days = 30,
): Promise<Waterfall[]> {
  const rows = await clickhouse.query<Row>(SQL, {
    destination: of.destination,
    segment: of.segment ?? '',
    days,
    changes: CHANGES,
  });
  const segments = grouped(rows, ({ segment }) => segment);
  return [...segments].map(([segment, own]) => {
    const all = [...grouped(own, ({ day }) => day)].map(([day, each]) => dayOf(day, each));
    const last = all.at(-1)!;
    const first = all[0]!;
    return {
      segment,
      ...last,
      days: all.slice(0, -1),
      trend: Object.fromEntries(
        STAGES.map((stage) => [
          stage,
          all.length < 2 ? null : difference(countAt(last, stage), countAt(first, stage)),
        ]),
      ) as Record<Stage, number | null>,
    };
  });
}

/**
 * Of a stage the newest numbers of a day count, of what was told all of the day's runs. Newest is what the newest run
 * found when it was planned; but what was accepted is counted when a run ends, which an older one may do later. What was
 * counted before a run that has not ended was planned is of what was to be there then, and may be more than is sent now.
 */
const SQL = `
  SELECT segment, toString(day) AS day, stage, reason, sum(n) AS n
  FROM (
    SELECT toString(segment) AS segment, day, toString(stage) AS stage, toString(reason) AS reason, n,
           if(stage = 'accepted', (toUnixTimestamp64Milli(time), toInt64(run)),
              (toInt64(run), toUnixTimestamp64Milli(time))) AS place,
           max(place) OVER (PARTITION BY segment, day, stage) AS newest,
           time < maxIf(time, stage = 'sent' AND run GLOBAL IN (
             SELECT run FROM delivery_runs WHERE destination = {destination:String}
             GROUP BY run HAVING argMax(delivery_runs.state, delivery_runs.step) != 'done'
           )) OVER (PARTITION BY segment, day) AS is_before
    FROM delivery_losses
    WHERE destination = {destination:String} AND ({segment:String} = '' OR segment = {segment:String})
      AND day > today() - {days:UInt16}
      AND run GLOBAL IN (SELECT run FROM delivery_runs WHERE destination = {destination:String}))
  WHERE stage IN {changes:Array(String)} OR (place = newest AND NOT (stage = 'accepted' AND is_before))
  GROUP BY segment, day, stage, reason
  ORDER BY segment, day, stage, n DESC, reason`;

function dayOf(day: string, rows: readonly Row[]): WaterfallDay {
  const changed = (stage: Change) => Number(rows.find((row) => row.stage === stage)?.n ?? 0);
  return {
    day,
    stages: STAGES.map((stage) => {
      const own = rows.filter((row) => row.stage === stage);
      const came = own.find(({ reason }) => reason === '');
      return {
        stage,
        n: came === undefined ? null : Number(came.n),
        losses: own.filter(({ reason }) => reason !== '').map(({ reason, n }) => ({ reason, n: Number(n) })),
      };
    }),
    added: changed('added'),
    removed: changed('removed'),
    refreshed: changed('refreshed'),
  };
}

const countAt = ({ stages }: WaterfallDay, stage: Stage) =>
  stages.find((each) => each.stage === stage)?.n ?? null;
const difference = (now: number | null, before: number | null) =>
  now === null || before === null ? null : now - before;
