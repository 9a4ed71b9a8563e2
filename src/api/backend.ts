import type { Logger } from 'pino';
import type { ClickHouse } from '../clickhouse/client.ts';
import type { Config } from '../config.ts';
import type { plansOf } from '../delivery/plan/plans.ts';
import type { Courier } from '../delivery/run/courier.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Leases } from '../jobs/lease.ts';
import type { Ledger } from '../jobs/ledger.ts';
import type { Registry } from '../registry/registry.ts';
import type { Tally } from '../report/tally.ts';
import type { Keys } from './keys.ts';

/** What the routes stand on. */
export interface Backend {
  readonly config: Config;
  readonly publicUrl: () => string;
  readonly clickhouse: ClickHouse;
  readonly registry: Registry;
  readonly keys: Keys;
  readonly leases: Leases;
  readonly ledger: Ledger;
  readonly jobs: Jobs;
  readonly tally: Tally;
  /** What deliveries to destinations stand on. */
  readonly courier: Courier & { readonly plans: ReturnType<typeof plansOf> };
  /** Whether the file of addresses lets data centres be told: one sign of crawlers less where it does not. */
  readonly tellsDataCentres: boolean;
  /** Key of cookies and hashes. */
  readonly secret: string;
  readonly log: Logger;
  /** Returns when every hit acknowledged before the call can be queried. */
  readonly flush: () => Promise<void>;
}
