import { hostname } from 'node:os';
import { join } from 'node:path';
import { nanoid } from 'nanoid';
import type { Logger } from 'pino';
import { watch } from '../alerts/watch.ts';
import type { Backend } from '../api/backend.ts';
import { Keys } from '../api/keys.ts';
import { buildables, lateAfterMs } from '../api/segments.ts';
import { buildSegments } from '../audience/build.ts';
import { countFeatures } from '../audience/features/features.ts';
import { scoreInterests } from '../audience/interests/interests.ts';
import { buildLookalikes } from '../audience/lookalikes/job.ts';
import { buildDemographics } from '../audience/models/demographics.ts';
import { ClickHouse, type Connection } from '../clickhouse/client.ts';
import type { Config } from '../config.ts';
import { DESTINATION_TYPES } from '../delivery/destinations/index.ts';
import { buildProfiles, PROFILES_PART, profilesAreDue, withProfiles } from '../delivery/me/build.ts';
import { createOutbound } from '../delivery/outbound/guarded.ts';
import { plansOf } from '../delivery/plan/plans.ts';
import { deliver } from '../delivery/run/deliver.ts';
import { deliverAll } from '../delivery/run/deliver-all.ts';
import { dueDestinations } from '../delivery/run/due.ts';
import { Vault } from '../delivery/secrets.ts';
import { buildIdentity } from '../identity/job.ts';
import { expire } from '../jobs/expire.ts';
import { Jobs } from '../jobs/jobs.ts';
import { Leases } from '../jobs/lease.ts';
import { Ledger, type RunResult } from '../jobs/ledger.ts';
import { Registry } from '../registry/registry.ts';
import { STORED, Tally, USED } from '../report/tally.ts';

/** What every process of Ninety stands on, whatever its part is. */
export interface Core extends Omit<Backend, 'publicUrl' | 'flush' | 'tellsDataCentres'> {
  readonly secret: string;
  readonly operatorKey: string;
  readonly connection: Connection;
  /** A name that no other process has. */
  readonly self: string;
}

/** Most minutes nothing is due. */
const EVERY_MINUTE = '* * * * *';

/** @param operatorKey the key of this run that the machine's own commands use. */
export function makeCore(
  config: Config,
  secret: string,
  operatorKey: string,
  connection: Connection,
  log: Logger,
): Core {
  const self = `${hostname()}/${process.pid}/${nanoid(8)}`;
  const clickhouse = new ClickHouse(connection);
  const registry = new Registry(clickhouse, config.data);
  const leases = new Leases(clickhouse, self);
  const ledger = new Ledger(clickhouse, self);
  const tally = new Tally();
  const { minAudience, retentionDays } = config;
  const courier: Core['courier'] = {
    clickhouse,
    leases,
    outbound: createOutbound({ allow: config.outboundAllow }),
    vault: new Vault(secret),
    secret,
    types: DESTINATION_TYPES,
    plans: plansOf({ clickhouse, registry, minAudience, retentionDays }),
    folder: join(config.data, 'delivery'),
    drops: join(config.data, 'drops'),
    log,
    count: (destination, outcome, lines) =>
      tally.count('delivery', destination, outcome === 'accepted' ? STORED : outcome, Date.now(), lines),
  };
  const pages = { clickhouse, leases, registry, minAudience };
  const alerts = watch({
    clickhouse,
    registry,
    leases,
    ledger,
    config,
    outbound: courier.outbound,
    secret,
    log,
    jobs: () => jobs,
    lateMs: () => lateAfterMs({ jobs }),
  });
  const jobs: Jobs = new Jobs(
    // In the order of the way of a hit, in which they are told of.
    [
      {
        name: 'identity',
        schedule: config.schedule.identity,
        work: () => buildIdentity(clickhouse, leases),
      },
      {
        name: 'features',
        schedule: config.schedule.features,
        work: () => countFeatures(clickhouse, leases),
      },
      {
        name: 'interests',
        schedule: config.schedule.interests,
        work: () => scoreInterests(clickhouse, leases, config.interestHalfLifeDays),
      },
      {
        name: 'demographics',
        schedule: config.schedule.demographics,
        work: () => buildDemographics(clickhouse, leases, config.demographicsPrecision),
      },
      {
        name: 'lookalikes',
        schedule: config.schedule.lookalikes,
        work: async () => {
          await registry.refresh();
          return buildLookalikes(clickhouse, leases, buildables(registry));
        },
      },
      {
        name: 'segments',
        schedule: config.schedule.segments,
        work: async () => {
          await registry.refresh();
          return buildSegments(clickhouse, leases, () => buildables(registry));
        },
      },
      {
        name: 'deliver',
        schedule: EVERY_MINUTE,
        work: async () => {
          await registry.refresh();
          return withProfiles(pages, () => deliverAll(courier, registry));
        },
        parts: async () => {
          await registry.refresh();
          const due = await dueDestinations(clickhouse, registry, Date.now());
          const parts = new Map<string, () => Promise<RunResult>>(
            due.map(({ destination, order }) => [
              destination.id,
              async () => ({
                result: { ...(await deliver(courier, destination, order)) },
                rowsRead: 0,
                bytesRead: 0,
              }),
            ]),
          );
          if (await profilesAreDue(pages)) parts.set(PROFILES_PART, () => buildProfiles(pages));
          return parts;
        },
      },
      {
        name: 'expire',
        schedule: config.schedule.expire,
        work: () => expire(clickhouse, leases, config.retentionDays),
        due: () => expire(clickhouse, leases, config.retentionDays, false),
      },
      { name: 'alerts', schedule: config.schedule.alerts, work: alerts.work, parts: alerts.parts },
    ],
    ledger,
    log,
  );
  return {
    config,
    secret,
    operatorKey,
    connection,
    clickhouse,
    registry,
    leases,
    ledger,
    jobs,
    log,
    self,
    keys: new Keys(registry, { environment: config.adminKey, operator: operatorKey }, (id) =>
      tally.count('keys', id, USED, Date.now()),
    ),
    tally,
    courier,
  };
}
