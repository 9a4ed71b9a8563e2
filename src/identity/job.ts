import type { ClickHouse } from '../clickhouse/client.ts';
import { expectHeld, type Leases } from '../jobs/lease.ts';
import type { RunResult } from '../jobs/ledger.ts';
import { dropUnused, dropWork, publish } from './builds.ts';
import { findClusters } from './clusters.ts';
import { dropEndedKeys } from './household-key.ts';
import { findSetAside } from './set-aside.ts';
import { clusterSummary, linkSummary } from './summary.ts';

/** How long a run waits for another one to end before it gives up. */
const WAIT_MS = 60_000;

/**
 * What is known of who is who, made anew: which links are not believed, then, of those that are, which visitors are
 * one device's. Each is written under the number of this run's lease and becomes visible at once by its pointer, or
 * not at all. Household keys whose period is over are thrown away, whether or not households are made here.
 *
 * @throws ClickHouseError, ClusterError, LeaseBusyError, LeaseLostError; what was visible stays so.
 */
export async function buildIdentity(clickhouse: ClickHouse, leases: Leases): Promise<RunResult> {
  const keysDropped = await dropEndedKeys(clickhouse);
  const lease = await leases.wait('identity', WAIT_MS);
  const build = lease.slot;
  try {
    await dropUnused(clickhouse, build);
    const asOf = new Date();
    await findSetAside(clickhouse, build);
    await expectHeld(lease);
    await publish(clickhouse, 'set_aside', build, asOf, null);
    // What is counted is what readers see, so the pointer stands before.
    const links = await linkSummary(clickhouse);
    await publish(clickhouse, 'links', build, asOf, links);
    const clustersAsOf = new Date();
    const rounds = await findClusters(clickhouse, build);
    const clusters = await clusterSummary(clickhouse, build);
    await expectHeld(lease);
    await publish(clickhouse, 'clusters', build, clustersAsOf, clusters);
    return {
      result: { build, asOf: asOf.toISOString(), ...links, ...clusters, rounds, keysDropped },
      rowsRead: 0,
      bytesRead: 0,
    };
  } finally {
    await dropWork(clickhouse, build).catch(() => undefined);
    await lease.release();
  }
}
