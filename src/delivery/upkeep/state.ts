import type { ClickHouse } from '../../clickhouse/client.ts';
import type { LoggedSet } from './logged-set.ts';

/** How far the log of a set is. Moments are seconds since 1970, by the clock of ClickHouse. */
export interface Upkept {
  /** Rows of a greater number were written since, by others or by an upkeep that was cut off. */
  readonly seq: number;
  /** 0 = nobody was in it. */
  readonly build: number;
  /** By what rule rows left; see {@link ruleOf}. */
  readonly rule: string;
  /** The build of the ids that are not believed, and how many rows it had; 0 = there was none. */
  readonly aside: number;
  readonly asideRows: number;
  readonly below: boolean;
  /** When the upkeep began to look. */
  readonly looked: number;
  /** When all of the set was last compared with the log. */
  readonly whole: number;
}

/** What of all logs is the same at a moment. */
export interface Moment {
  readonly now: number;
  readonly retentionDays: number;
  readonly aside: number;
  readonly asideRows: number;
}

/** What an upkeep finds when it begins. */
export interface Beginning extends Moment {
  /** undefined = the log was never brought up to date. */
  readonly before: Upkept | undefined;
}

const ASIDE = "SELECT max(identity_builds.build) FROM identity_builds WHERE kind = 'set_aside'";

interface Row {
  readonly seq: string;
  readonly build: string;
  readonly rule: string;
  readonly aside: string;
  readonly aside_rows: string;
  readonly below: boolean;
  readonly looked: string;
  readonly whole: string;
}

/** @throws ClickHouseError */
export async function readMoment(clickhouse: ClickHouse): Promise<Moment> {
  const [found] = await clickhouse.query<{ now: string; retention: number; aside: string; rows: string }>(
    `SELECT toUnixTimestamp(now()) AS now,
            (SELECT argMax(schema_files.retention, schema_files.time) FROM schema_files) AS retention,
            (${ASIDE}) AS aside, (SELECT count() FROM set_aside WHERE set_aside.build = (${ASIDE})) AS rows`,
  );
  return {
    now: Number(found!.now),
    retentionDays: found!.retention,
    aside: Number(found!.aside),
    asideRows: Number(found!.rows),
  };
}

/**
 * Whether what was set aside at the last look can still be read.
 *
 * @throws ClickHouseError
 */
export async function isAsideThere(
  clickhouse: ClickHouse,
  { aside }: Pick<Moment, 'aside'>,
  before: Pick<Moment, 'aside' | 'asideRows'>,
): Promise<boolean> {
  if (aside === before.aside) return true;
  const [row] = await clickhouse.query<{ n: string }>(
    'SELECT count() AS n FROM set_aside WHERE build = {build:UInt64}',
    { build: before.aside },
  );
  return Number(row?.n) === before.asideRows;
}

/** @throws ClickHouseError */
export async function readBeginning(
  clickhouse: ClickHouse,
  { segment, name }: Pick<LoggedSet, 'segment' | 'name'>,
): Promise<Beginning> {
  const moment = await readMoment(clickhouse);
  const [row] = await clickhouse.query<Row>(
    `SELECT seq, build, rule, aside, aside_rows, below, toUnixTimestamp(looked) AS looked,
            toUnixTimestamp(whole) AS whole
     FROM upkeeps WHERE segment = {segment:String} AND source = {name:String} ORDER BY seq DESC LIMIT 1`,
    { segment, name },
  );
  return {
    ...moment,
    before: row && {
      seq: Number(row.seq),
      build: Number(row.build),
      rule: row.rule,
      aside: Number(row.aside),
      asideRows: Number(row.aside_rows),
      below: row.below,
      looked: Number(row.looked),
      whole: Number(row.whole),
    },
  };
}

/** To be called when all of the upkeep is in the log: it counts from then on. @throws ClickHouseError */
export async function writeUpkept(
  clickhouse: ClickHouse,
  { segment, name }: Pick<LoggedSet, 'segment' | 'name'>,
  upkept: Upkept,
): Promise<void> {
  const { asideRows: aside_rows, looked, whole, ...rest } = upkept;
  await clickhouse.insert(
    'upkeeps',
    [{ segment, source: name, ...rest, aside_rows, looked, whole, time: new Date().toISOString() }],
    `upkeep/${segment}/${name}/${upkept.seq}`,
  );
}

/** What a set's rule is written down as: all by which rows leave but the build. */
interface Ruled extends Pick<LoggedSet, 'source' | 'gate'> {
  readonly retentionDays: number;
}

/** @returns text that is the same for the same rule. */
export const ruleOf = ({ source, gate }: LoggedSet, retentionDays: number): string =>
  JSON.stringify({
    source: { kind: source.kind, id: source.id },
    gate: {
      vendors: gate.vendors,
      regions: gate.regions,
      freshDays: gate.freshDays,
      forbidden: gate.forbidden ?? [],
    },
    retentionDays,
  });

/** @param rule as {@link ruleOf} has written it. */
export const readRule = (rule: string): Ruled => JSON.parse(rule) as Ruled;
