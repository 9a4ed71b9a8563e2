import type { ClickHouse } from '../../clickhouse/client.ts';
import { ClickHouseError } from '../../clickhouse/errors.ts';
import { LeaseBusyError, type Leases } from '../../jobs/lease.ts';
import type { Buildable } from '../build.ts';
import { needs, type Seed } from '../rule/needs.ts';
import { ensureLookalikes } from './ensure.ts';
import type { SeedRefusal } from './seed.ts';

/**
 * Sees to it that the look-alikes are there which segments need, before they are built.
 *
 * @param asOf the moment that the segments are built for.
 * @returns the segments; one that needs a look-alike which cannot be made says why in the place of its rule, and
 *   holds up none of the others.
 * @throws ClickHouseError without an answer, which no segment is to blame for.
 */
export async function withLookalikes(
  clickhouse: ClickHouse,
  leases: Leases,
  segments: readonly Buildable[],
  asOf: Date,
): Promise<Buildable[]> {
  const seeds = new Map<string, Seed>();
  for (const { rule } of segments)
    for (const seed of needsOf(rule)) seeds.set(seed.id, seeds.get(seed.id) ?? seed);
  const lacking = new Map<string, string>();
  for (const seed of seeds.values()) {
    const why =
      whyLacking(seed.rule, lacking) ??
      (await reasonOf(() => ensureLookalikes(clickhouse, leases, [seed], asOf)));
    if (why !== undefined) lacking.set(seed.id, why);
  }
  return segments.map((segment) => {
    const why = whyLacking(segment.rule, lacking);
    return why === undefined ? segment : { ...segment, rule: { refused: why } };
  });
}

const needsOf = (rule: Buildable['rule']): Seed[] => ('refused' in rule ? [] : needs(rule));

const whyLacking = (rule: Buildable['rule'], lacking: ReadonlyMap<string, string>): string | undefined =>
  needsOf(rule)
    .map(({ id }) => lacking.get(id))
    .find((why) => why !== undefined);

async function reasonOf(work: () => Promise<ReadonlyMap<string, SeedRefusal>>): Promise<string | undefined> {
  try {
    const [refusal] = (await work()).values();
    return refusal && `${refusal.reason}: ${refusal.message}`;
  } catch (error) {
    if (error instanceof LeaseBusyError) return error.message;
    if (error instanceof ClickHouseError && error.code !== undefined) return error.message;
    throw error;
  }
}
