import { hostname } from 'node:os';
import { nanoid } from 'nanoid';
import type { Logger } from 'pino';
import type { Backend } from '../api/backend.ts';
import { Keys } from '../api/keys.ts';
import { buildables } from '../api/segments.ts';
import { buildSegments } from '../audience/build.ts';
import { countFeatures } from '../audience/features/features.ts';
import { scoreInterests } from '../audience/interests/interests.ts';
import { buildLookalikes } from '../audience/lookalikes/job.ts';
import { buildDemographics } from '../audience/models/demographics.ts';
import { ClickHouse, type Connection } from '../clickhouse/client.ts';
import type { Config } from '../config.ts';
import { buildIdentity } from '../identity/job.ts';
import { expire } from '../jobs/expire.ts';
import { Jobs } from '../jobs/jobs.ts';
import { Leases } from '../jobs/lease.ts';
import { Ledger } from '../jobs/ledger.ts';
import { Registry } from '../registry/registry.ts';
import { Tally } from '../report/tally.ts';

/** What every process of Ninety stands on, whatever its part is. */
export interface Core extends Omit<Backend, 'publicUrl' | 'flush' | 'tellsDataCentres'> {
  readonly secret: string;
  readonly operatorKey: string;
  readonly connection: Connection;
  /** A name that no other process has. */
  readonly self: string;
}

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
  const jobs = new Jobs(
    [
      {
        name: 'segments',
        schedule: config.schedule.segments,
        work: async () => {
          await registry.refresh();
          return buildSegments(clickhouse, leases, () => buildables(registry));
        },
      },
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
        name: 'expire',
        schedule: config.schedule.expire,
        work: () => expire(clickhouse, leases, config.retentionDays),
        due: () => expire(clickhouse, leases, config.retentionDays, false),
      },
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
    keys: new Keys(registry, { environment: config.adminKey, operator: operatorKey }),
    tally: new Tally(),
  };
}
