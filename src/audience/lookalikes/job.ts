import type { ClickHouse } from '../../clickhouse/client.ts';
import { Spent } from '../../clickhouse/spent.ts';
import type { Leases } from '../../jobs/lease.ts';
import type { RunResult } from '../../jobs/ledger.ts';
import type { Buildable } from '../build.ts';
import { failureOf } from '../models/failure.ts';
import { needs, type Seed } from '../rule/needs.ts';
import { makeLookalike } from './ensure.ts';

/**
 * Makes the look-alikes of all seeds anew that any segment's rule names, one after the other.
 *
 * @throws Error where none could be made for faults, with the first one's reason and what to do.
 */
export async function buildLookalikes(
  clickhouse: ClickHouse,
  leases: Leases,
  segments: readonly Buildable[],
): Promise<RunResult> {
  const seeds = new Map<string, Seed>();
  for (const { rule } of segments)
    if (!('refused' in rule)) for (const seed of needs(rule)) seeds.set(seed.id, seeds.get(seed.id) ?? seed);
  const asOf = new Date();
  const made: Record<string, { members: number; others: number; auc: number | null }> = {};
  const refused: Record<string, string> = {};
  const failed: Record<string, string> = {};
  const spent = new Spent();
  for (const seed of seeds.values()) {
    try {
      const outcome = await makeLookalike(clickhouse, leases, seed, asOf, false, spent.add);
      if ('reason' in outcome) refused[seed.id] = `${outcome.reason}: ${outcome.message}`;
      else made[seed.id] = { members: outcome.members, others: outcome.others, auc: outcome.auc };
    } catch (error) {
      failed[seed.id] = failureOf(error);
    }
  }
  const [failure] = Object.values(failed);
  if (failure !== undefined && Object.keys(failed).length === seeds.size) throw new Error(failure);
  return { result: { asOf: asOf.toISOString(), made, refused, failed }, ...spent.read };
}
