import type { ClickHouse } from '../../clickhouse/client.ts';
import { iso } from '../../clickhouse/time.ts';
import { Binding } from './binding.ts';
import { metSql, sinceSql } from './match.ts';
import type { Clause, Match } from './rule.ts';
import { progressSql, type SequenceLeaf } from './sequence.ts';

/** Hits that meet a Match in its time. */
export interface Hits {
  /** Distinct ones. */
  readonly hits: number;
  readonly newest: {
    readonly time: string;
    readonly site: string;
    readonly path: string;
    readonly event: string;
  } | null;
  /** Whose they are, of those asked of together, the most first. */
  readonly of: readonly { readonly visitor: bigint; readonly hits: number }[];
}

/** A Match to count hits of. */
interface Counted {
  readonly match: Match;
  readonly withinMs: number | undefined;
  readonly isPinged: boolean;
}

/** @returns what is counted for a clause, of a sequence for each step. */
export function countedOf(clause: Clause): Counted[] {
  if (clause.op === 'did' || clause.op === 'dwell')
    return [{ match: clause.match, withinMs: clause.withinMs, isPinged: clause.op === 'dwell' }];
  if (clause.op !== 'sequence') return [];
  return clause.steps.map((match) => ({ match, withinMs: clause.withinMs, isPinged: false }));
}

/** With the attention to them, in milliseconds. */
type HitsAndDwell = Hits & { readonly dwellMs: number };
export const withoutDwell = ({ dwellMs: _, ...hits }: HitsAndDwell): Hits => hits;

/** What visitors have done. */
export interface Counts {
  /** Of each Match, in their order, what all visitors have together. */
  readonly counts: readonly HitsAndDwell[];
  /** When each visitor who has a hit was last seen, in ISO 8601. */
  readonly seen: ReadonlyMap<bigint, string>;
}

/**
 * Counts all in one pass over the visitors' hits, which are in as many places as there are days: every other pass
 * would take as long.
 *
 * @throws ClickHouseError
 */
export async function countHits(
  clickhouse: ClickHouse,
  counted: readonly Counted[],
  visitors: readonly bigint[],
  asOf: number,
): Promise<Counts> {
  const binding = new Binding(visitors);
  const met = counted.map(
    ({ match, withinMs, isPinged }, i) =>
      `, ${[metSql(match, binding, 'kept_hits', isPinged), ...sinceSql(withinMs, asOf, binding)].join(' AND ')} AS met${i}`,
  );
  const found = counted.map(
    (_, i) =>
      `(uniqExactIf(hit, met${i}), argMaxIf((asked.time, site, path, event), asked.time, met${i}), arraySum(maxMapIf([hit], [dwell_ms], met${i}).2))`,
  );
  const rows = await clickhouse.query<{
    visitor: string;
    together: number;
    last: string;
    found: [
      hits: string,
      newest: [time: string, site: string, path: string, event: string],
      dwellMs: string,
    ][];
  }>(
    `SELECT visitor, grouping(visitor) AS together, max(asked.time) AS last, [${found.join(', ')}] AS found
FROM (SELECT visitor, hit, time, site, path, event, dwell_ms${met.join('')} FROM ${binding.from('kept_hits')}) AS asked
GROUP BY GROUPING SETS ((visitor), ())`,
    binding.params,
  );
  const all = rows.find(({ together }) => Number(together) === 1);
  const each = rows.filter((row) => row !== all);
  const counts = counted.map((_, i) => {
    const [hits, [time, site, path, event], dwellMs] = all?.found[i] ?? ['0', ['', '', '', ''], '0'];
    return {
      hits: Number(hits),
      newest: Number(hits) === 0 ? null : { time: iso(time), site, path, event },
      of: each
        .map((row) => ({ visitor: BigInt(row.visitor), hits: Number(row.found[i]![0]) }))
        .filter((one) => one.hits > 0)
        .sort((a, b) => b.hits - a.hits),
      dwellMs: Number(dwellMs),
    };
  });
  return { counts, seen: new Map(each.map(({ visitor, last }) => [BigInt(visitor), iso(last)])) };
}

/**
 * @returns for each beginning of a sequence the latest moment (ISO 8601) at which the visitors together ended it; null =
 *   never. @throws ClickHouseError
 */
export async function endsOf(
  clickhouse: ClickHouse,
  leaf: SequenceLeaf,
  visitors: readonly bigint[],
  asOf: number,
): Promise<(string | null)[]> {
  const binding = new Binding(visitors);
  const [row] = await clickhouse.query<{ ends: string[] }>(progressSql(leaf, asOf, binding), binding.params);
  return (row?.ends ?? []).map((ms) => (Number(ms) < 0 ? null : new Date(Number(ms)).toISOString()));
}
