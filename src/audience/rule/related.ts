import type { ClickHouse } from '../../clickhouse/client.ts';
import type { Merge } from '../../registry/kinds.ts';
import type { ResolvedRule } from './rule.ts';

/**
 * Whose rows it may hang on whether a visitor is a member: he and, by merge rules, others.
 *
 * @returns `all` of them; and who is of the same `device` and `household` as he, himself among them, or nobody where no
 *   merge rule asks for it or there is none.
 * @throws ClickHouseError
 */
export async function relatedTo(
  clickhouse: ClickHouse,
  visitor: bigint,
  rule: ResolvedRule,
  merge: Merge,
): Promise<{ all: bigint[]; device: bigint[]; household: bigint[] }> {
  const { merges, depth } = mergesOf(rule, merge);
  const all = new Set([visitor]);
  let device: bigint[] = [];
  let household: bigint[] = [];
  // A household's member may be one by a segment that is merged by device, and so on.
  for (let step = 0; step < depth; step++) {
    const from = [...all];
    const [sameDevice, sameHousehold] = await Promise.all([
      merges.has('device') ? together(clickhouse, 'kept_clusters', 'cluster', from) : [],
      merges.has('household') ? together(clickhouse, 'kept_households', 'household', from) : [],
    ]);
    if (step === 0) [device, household] = [sameDevice, sameHousehold];
    for (const other of [...sameDevice, ...sameHousehold]) all.add(other);
    if (all.size === from.length) break;
  }
  return { all: [...all], device, household };
}

/** Which merge rules a rule and the segments in it have, and how deep those of more than the visitor lie. */
function mergesOf(rule: ResolvedRule, merge: Merge): { merges: ReadonlySet<Merge>; depth: number } {
  const merges = new Set<Merge>([merge]);
  let depth = 0;
  const open: [ResolvedRule, number][] = [[rule, merge === 'visitor' ? 0 : 1]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [node, at] = next;
    depth = Math.max(depth, at);
    if (node.op === 'all' || node.op === 'any') for (const child of node.rules) open.push([child, at]);
    if (node.op === 'not') open.push([node.rule, at]);
    if (node.op === 'members') {
      merges.add(node.merge);
      open.push([node.rule, node.merge === 'visitor' ? at : at + 1]);
    }
  }
  return { merges, depth };
}

async function together(
  clickhouse: ClickHouse,
  view: 'kept_clusters' | 'kept_households',
  group: 'cluster' | 'household',
  visitors: readonly bigint[],
): Promise<bigint[]> {
  const rows = await clickhouse.query<{ visitor: string }>(
    `SELECT DISTINCT visitor FROM ${view} WHERE ${group} GLOBAL IN (SELECT ${group} FROM ${view} WHERE visitor IN {visitors:Array(UInt64)}) ORDER BY visitor`,
    { visitors },
  );
  return rows.map((row) => BigInt(row.visitor));
}
