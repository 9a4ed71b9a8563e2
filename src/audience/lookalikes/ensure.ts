import type { ClickHouse } from '../../clickhouse/client.ts';
import type { Published } from '../../clickhouse/pointers.ts';
import { expectHeld, type Leases } from '../../jobs/lease.ts';
import { dropWeights, type Spend } from '../models/model.ts';
import { dropUnused, type Kind, publish, published } from '../published.ts';
import { needs, type Seed } from '../rule/needs.ts';
import { findLookalike, type Lookalike } from './lookalike.ts';
import { fingerprint, type SeedRefusal } from './seed.ts';
import { dropWork } from './work.ts';

/** How long one waits for others that are being made. */
const WAIT_MS = 600_000;

const kindOf = (seed: string): Kind => `lookalikes/${seed}`;

/** What stands in `audience_builds` of a seed: its look-alike, or why it has none any more. */
type Summary = Lookalike | SeedRefusal;

/** A look-alike as readers see it. */
export interface PublishedLookalike extends Omit<Published, 'summary'> {
  readonly summary: Lookalike;
}

/** The visible look-alikes by the id of their seed. @throws ClickHouseError */
export async function publishedLookalikes(
  clickhouse: ClickHouse,
): Promise<ReadonlyMap<string, PublishedLookalike>> {
  const all = new Map<string, PublishedLookalike>();
  for (const [kind, made] of await published(clickhouse)) {
    if (!kind.startsWith(kindOf(''))) continue;
    const summary = made.summary as Summary;
    if (!('reason' in summary)) all.set(kind.slice(kindOf('').length), { ...made, summary });
  }
  return all;
}

/**
 * Sees to it that who is like the members of each seed is known: makes what was never made, and anew what was made
 * of another rule than the seed has now. What is there already is left to the job.
 *
 * @param seeds each behind those that its own rule needs, as `needs` gives them.
 * @param asOf the moment that the rules of the seeds are evaluated for.
 * @returns why there is none, by the id of the seed, of those that can have none, or whose own rule needs such a one.
 * @throws ClickHouseError, LeaseBusyError
 */
export async function ensureLookalikes(
  clickhouse: ClickHouse,
  leases: Leases,
  seeds: readonly Seed[],
  asOf = new Date(),
): Promise<ReadonlyMap<string, SeedRefusal>> {
  const refused = new Map<string, SeedRefusal>();
  if (seeds.length === 0) return refused;
  const known = await publishedLookalikes(clickhouse);
  for (const seed of seeds) {
    const blocked = needs(seed.rule).find(({ id }) => refused.has(id));
    if (blocked !== undefined) refused.set(seed.id, refused.get(blocked.id)!);
    else if (!isOf(seed, known.get(seed.id))) {
      const made = await makeLookalike(clickhouse, leases, seed, asOf, true);
      if ('reason' in made) refused.set(seed.id, made);
    }
  }
  return refused;
}

const isOf = (seed: Seed, known: PublishedLookalike | undefined): boolean =>
  known?.summary.fingerprint === fingerprint(seed);

/**
 * Makes a look-alike and makes it visible at once, in the place of the one before. Of a seed that has become too
 * small the one before is taken back: whose rules name it keep the members that they have, and say why.
 *
 * @param asOf the moment that the seed's rule is evaluated for.
 * @param unlessMade leave it where another run has made it of this very rule meanwhile.
 * @throws ClickHouseError, LeaseBusyError, LeaseLostError
 */
export async function makeLookalike(
  clickhouse: ClickHouse,
  leases: Leases,
  seed: Seed,
  asOf: Date,
  unlessMade = false,
  spend: Spend = () => undefined,
): Promise<Lookalike | SeedRefusal> {
  // Held for one seed and not for all, so that who needs one now does not wait for the whole job.
  const lease = await leases.wait('lookalikes', WAIT_MS);
  const build = lease.slot;
  try {
    const known = (await publishedLookalikes(clickhouse)).get(seed.id);
    if (unlessMade && known !== undefined && isOf(seed, known)) return known.summary;
    await dropWork(clickhouse, build);
    await dropUnused(clickhouse, 'lookalikes', (kind) => kind.startsWith(kindOf('')), build);
    const made: Summary = await findLookalike(clickhouse, build, seed, asOf, spend);
    await expectHeld(lease);
    if (!('reason' in made) || known !== undefined)
      await publish(clickhouse, kindOf(seed.id), build, asOf, made);
    await dropWeights(clickhouse, 'lookalikes', build);
    return made;
  } finally {
    await dropWork(clickhouse, build).catch(() => undefined);
    await lease.release();
  }
}
