import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { ClickHouse } from '../clickhouse/client.ts';
import type { Config } from '../config.ts';
import type { Outbound } from '../delivery/outbound.ts';
import { jobHealth } from '../jobs/health.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { expectHeld, type Leases } from '../jobs/lease.ts';
import type { Ledger, RunResult } from '../jobs/ledger.ts';
import type { Registry } from '../registry/registry.ts';
import { matchRatesDue, recordMatchRates } from '../report/match-rates.ts';
import { keepsMatches } from '../sync/target.ts';
import { judgeDisks } from './disks.ts';
import { judgeJobs } from './jobs.ts';
import type { AlertKind, Judgement, Open } from './kinds.ts';
import { judgeMatchRates } from './match-rates.ts';
import { announceWebhooks, pendingNotices, type Teller, tell } from './notify.ts';
import { judgeSizes } from './segment-sizes.ts';
import { judgeDeliveries, judgeFreshness, judgeModels } from './standing.ts';
import { changesOf, type OpenAlert, openAlerts, writeChanges, writeCheck } from './store.ts';
import { subjectName } from './subject-name.ts';
import { hasArrived, judgeTraffic, lastHour } from './traffic.ts';

/** What a watch stands on. */
export interface WatchOptions {
  readonly clickhouse: ClickHouse;
  readonly registry: Registry;
  readonly leases: Leases;
  readonly ledger: Ledger;
  readonly config: Config;
  readonly outbound: Outbound;
  /** Of the product. */
  readonly secret: string;
  readonly log: Logger;
  /** Asked late: the watch is one of the jobs. */
  readonly jobs: () => Jobs;
  /** How old a build may be, in milliseconds. */
  readonly lateMs: () => number;
  /** Of this machine, where it is not its host's. */
  readonly machine?: string;
}

/** What the job `alerts` does. */
export interface Watch {
  /** Looks at everything, writes down what opened and what cleared, and tells of it. */
  readonly work: () => Promise<RunResult>;
  /** What is due of that: nothing as long as nothing changes. */
  readonly parts: () => Promise<ReadonlyMap<string, () => Promise<RunResult>>>;
}

const LEASE = 'alerts';
/** A webhook that does not answer keeps no run going for longer. */
const TELL_MS = 120_000;

export function watch(options: WatchOptions): Watch {
  const { clickhouse, registry, leases, config, log, machine = hostname() } = options;
  const { outbound, secret } = options;
  const teller: Teller = {
    clickhouse,
    outbound,
    webhooks: config.alerts,
    nameOf: (alert) => subjectName(registry, alert),
    secret,
    log,
  };
  const partners = () =>
    registry.list('partner').map((partner) => ({ ...partner, keepsMatches: keepsMatches(partner) }));

  /** Milliseconds since 1970: since when no look has found ClickHouse away. */
  let steadySince: number | undefined;
  const openNow = async () => {
    try {
      await registry.refresh();
      const open = await openAlerts(clickhouse);
      steadySince ??= Date.now();
      return { open, steadyMs: Date.now() - steadySince };
    } catch (error) {
      steadySince = undefined;
      throw error;
    }
  };
  const look = async () => {
    const { open, steadyMs } = await openNow();
    const judgements = await judge(options, steadyMs, open);
    await writeCheck(clickhouse, machine, Date.now());
    return { open, judgements };
  };

  /** Under the lease, so that of several processes one writes, and on what the others have written. */
  const apply = async (judgements: readonly Judgement[]): Promise<RunResult> => {
    const lease = await leases.acquire(LEASE);
    if (lease === undefined) return resultOf({ skipped: 'another process is at it' });
    try {
      const now = Date.now();
      const changes = changesOf(await openAlerts(clickhouse), judgements, now);
      await expectHeld(lease);
      await announceWebhooks(teller, now);
      await writeChanges(clickhouse, changes, lease.slot, now);
      const notices = await pendingNotices(teller);
      const told = await tell(teller, notices, AbortSignal.timeout(TELL_MS));
      const count = (state: string) => changes.filter((each) => each.isNew && each.state === state).length;
      return resultOf({
        opened: count('open'),
        cleared: count('cleared'),
        told,
        untold: notices.length - told,
      });
    } finally {
      await lease.release();
    }
  };

  const record = async (): Promise<RunResult> =>
    resultOf({ partners: await recordMatchRates(clickhouse, await matchRatesDue(clickhouse, partners())) });

  return {
    work: async () => {
      await record();
      return apply((await look()).judgements);
    },
    parts: async () => {
      const { open, judgements } = await look();
      const isDue =
        changesOf(open, judgements, Date.now()).length > 0 || (await pendingNotices(teller)).length > 0;
      const rates = await matchRatesDue(clickhouse, partners());
      return new Map([
        ...(isDue ? [['changes', () => apply(judgements)] as const] : []),
        ...(rates.length > 0 ? [['match-rates', record] as const] : []),
      ]);
    },
  };
}

const resultOf = (result: Record<string, unknown>): RunResult => ({ result, rowsRead: 0, bytesRead: 0 });

/** One look that fails keeps no other from being looked at; of what it would have told, all stays as it is. */
async function judge(
  { clickhouse, registry, ledger, config, jobs, lateMs, log }: WatchOptions,
  steadyMs: number,
  open: readonly OpenAlert[],
): Promise<Judgement[]> {
  const now = Date.now();
  const ids = (kind: 'site' | 'segment' | 'partner') => registry.list(kind).map(({ id }) => id);
  const openOf = (kind: AlertKind): Open =>
    new Map(open.flatMap((each) => (each.kind === kind ? [[each.subject, Date.parse(each.since)]] : [])));
  const watched = jobs()
    .names()
    .map((name) => ({
      name,
      periodMs: jobs().periodMs(name),
      lastDue: (upTo: number) => jobs().lastDue(name, upTo),
      isQuiet: jobs().isQuiet(name),
    }));
  const inParts = watched.flatMap(({ name, isQuiet }) => (isQuiet ? [name] : []));
  const looks: readonly (() => Promise<Judgement | readonly Judgement[]>)[] = [
    async () =>
      (await hasArrived(clickhouse, lastHour(now), config.data, steadyMs))
        ? judgeTraffic(clickhouse, ids('site'), openOf('site_traffic'), now)
        : [],
    () => judgeSizes(clickhouse, ids('segment'), openOf('segment_size'), now),
    () => judgeFreshness(clickhouse, registry.list('segment'), lateMs(), now),
    async () => judgeJobs(watched, await jobHealth(clickhouse, inParts, ledger.termMs), now),
    () => judgeDeliveries(clickhouse, registry.list('destination'), now),
    () => judgeMatchRates(clickhouse, ids('partner'), openOf('match_rate_fell')),
    () => judgeModels(clickhouse),
    () => judgeDisks(clickhouse, config.clickhouse.urls === undefined, openOf('disk_filling')),
  ];
  const judgements: Judgement[] = [];
  for (const look of looks) {
    try {
      judgements.push(...[await look()].flat());
    } catch (error) {
      log.warn({ error: error instanceof Error ? error.message : 'unknown' }, 'a look for alerts failed');
    }
  }
  return judgements;
}
