import type { ClickHouse } from '../../clickhouse/client.ts';
import { ClickHouseError } from '../../clickhouse/errors.ts';
import { sideBySide } from '../../clickhouse/side-by-side.ts';
import { type Read, Spent } from '../../clickhouse/spent.ts';
import { Binding } from '../rule/binding.ts';
import { isKnownLeaf, leavesSql } from '../rule/leaf.ts';
import type { Plan } from './plan.ts';

/** Clauses of a kind that are found in one pass; more would be more than a statement holds. */
const AT_ONCE = 100;

/**
 * Writes down who meets the clauses of a plan that are asked by themselves: what is known of visitors, and what asks
 * for more of hits than is numbered. One that fails is one that the segments with it fail by, and no other.
 *
 * @returns the numbers of the clauses that failed, and what was read.
 * @throws ClickHouseError where there is no answer.
 */
export async function writeMet(
  clickhouse: ClickHouse,
  plan: Plan,
  build: number,
): Promise<Read & { readonly failed: ReadonlySet<number> }> {
  const failed = new Set<number>();
  const spent = new Spent();
  const write = async (group: readonly number[], failing: () => void) => {
    try {
      spent.add(await writeTogether(clickhouse, plan, build, group));
    } catch (error) {
      if (!(error instanceof ClickHouseError) || error.code === undefined) throw error;
      failing();
    }
  };
  const again: number[] = [];
  await sideBySide(groupsOf(plan), (group) => write(group, () => again.push(...group)));
  // Without the others, and with nothing beside it. What was written before it failed counts once.
  for (const clause of again) await write([clause], () => failed.add(clause));
  return { failed, ...spent.read };
}

/** What is known of visitors, and their attention, are each found for many clauses in one pass; others one by one. */
function groupsOf({ leaves, others }: Plan): (readonly number[])[] {
  const known = others.filter((clause) => isKnownLeaf(leaves[clause]!));
  const dwells = others.filter((clause) => 'dwell' in leaves[clause]!);
  const rest = others.filter((clause) => !known.includes(clause) && !dwells.includes(clause));
  const groups: (readonly number[])[] = rest.map((clause) => [clause]);
  for (const kind of [known, dwells])
    for (let from = 0; from < kind.length; from += AT_ONCE) groups.push(kind.slice(from, from + AT_ONCE));
  return groups;
}

function writeTogether(clickhouse: ClickHouse, plan: Plan, build: number, clauses: readonly number[]) {
  const binding = new Binding();
  const rows = leavesSql(
    clauses.map((clause) => [clause, plan.leaves[clause]!] as const),
    plan.asOf,
    binding,
  );
  return clickhouse.command(
    `INSERT INTO build_clauses (build, piece, visitor, clause, latest)
     SELECT {build:UInt64}, {piece:UInt32}, visitor, clause, latest FROM (${rows.join('\nUNION ALL\n')})`,
    { ...binding.params, build, piece: plan.piece },
  );
}
