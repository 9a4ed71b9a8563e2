import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { reportDisk } from '../alerts/disk-reports.ts';
import { buildables } from '../api/segments.ts';
import { buildSegments } from '../audience/build.ts';
import { Rebuild } from '../audience/traits/rebuild.ts';
import { ClickHouseError } from '../clickhouse/errors.ts';
import { migrate } from '../clickhouse/schema.ts';
import { expireJournal } from '../journal/expire.ts';
import { Mark } from '../journal/marks.ts';
import { recover } from '../journal/recover.ts';
import { shipTo } from '../journal/ship-to-clickhouse.ts';
import { Shipper } from '../journal/shipper.ts';
import type { Core } from './core.ts';
import { journalFolder } from './front.ts';
import { seed, type Welcome } from './seed.ts';

/** The part of a server that there is once for all its workers: schema, shipping, jobs. */
export interface Back {
  /** Ends jobs and shipping; what cannot be shipped in time stays in the journal for the next start. */
  readonly close: () => Promise<void>;
}

const RETRY_MS = 2_000;
/** Of the ten seconds that the whole shutdown has. */
const JOBS_MS = 1_000;
const LAST_SHIP_MS = 3_000;
const STOP_SHIPPING_MS = 500;
const EXPIRE_MS = 3_600_000;

/**
 * @param isOurs whether a journal file was written by a process that is running now.
 */
export function makeShipper(core: Core, isOurs: (worker: string, boot: string) => boolean): Shipper {
  return new Shipper({
    folder: journalFolder(core.config.data),
    insert: shipTo(core.clickhouse, isOurs),
    onError: (error, { stream, file, setAside }) => {
      const about = { stream, file: file?.name, error: error instanceof Error ? error.message : 'unknown' };
      if (setAside) core.log.error(about, 'a journal file was refused and is set aside');
      else core.log.warn(about, 'shipping failed; it will be tried again');
    },
  });
}

/**
 * Brings the database up to date; while ClickHouse is away it tries again.
 *
 * @throws SchemaError, or what ClickHouse refuses.
 */
export async function bringUp(core: Core, signal: AbortSignal): Promise<Welcome | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      const applied = await migrate(core.clickhouse, core.config.retentionDays);
      if (applied.length > 0) core.log.info({ files: applied.length }, 'schema brought up to date');
      await core.registry.refresh();
      return await seed(core);
    } catch (error) {
      if (!(error instanceof ClickHouseError) || error.fault !== 'unavailable' || signal.aborted) throw error;
      if (attempt === 1)
        core.log.warn({ error: error.message }, 'ClickHouse does not answer; waiting for it');
      await sleep(RETRY_MS, undefined, { signal });
    }
  }
}

/**
 * The collector's mark, where others than this process may wait for its hits.
 *
 * @param rotate closes the journal files of this server's workers.
 */
export function makeMark(core: Core, shipper: Shipper, rotate: () => Promise<void>): Mark | undefined {
  const { config } = core;
  if (config.clickhouse.urls === undefined || !config.roles.has('collect')) return undefined;
  // The same after a restart: what a crash left in the journal is this collector's still.
  return new Mark(core.clickhouse, `${hostname()}:${config.data}`, core.secret, async () => {
    await rotate();
    await shipper.ship();
  });
}

const makeRebuild = ({ clickhouse, jobs, leases, log, registry }: Core): Rebuild =>
  new Rebuild({
    clickhouse,
    log,
    segments: async () => {
      await registry.refresh();
      return buildables(registry);
    },
    build: (due) => jobs.run('segments', () => buildSegments(clickhouse, leases, due)),
  });

/** @param isAlive whether a boot of a worker is one of this server's. */
export async function openBack(
  core: Core,
  shipper: Shipper,
  mark: Mark | undefined,
  isAlive: (worker: string, boot: string) => boolean,
): Promise<Back> {
  const { config, log } = core;
  const recovered = await recover(journalFolder(config.data), isAlive);
  if (recovered.files > 0) log.info(recovered, 'took over what an earlier run had left in the journal');
  const expire = () =>
    expireJournal(journalFolder(config.data), config.retentionDays).then(
      ({ removed, kept }) => {
        if (removed > 0)
          log.warn({ files: removed }, 'journal files past the retention were removed unshipped');
        if (kept > 0)
          log.error({ files: kept }, 'opt-outs have waited longer than the retention to be shipped');
      },
      (error: Error) =>
        log.error(
          { error: error.message },
          'the journal could not be searched for what is past the retention',
        ),
    );
  await expire();
  const expiry = setInterval(expire, EXPIRE_MS).unref();
  shipper.start();
  mark?.start();
  const silence = reportDisk(core.clickhouse, config, (error) =>
    log.debug({ error: error.message }, 'how the disk stands could not be said'),
  );
  const rebuild = makeRebuild(core);
  if (config.roles.has('jobs')) {
    core.jobs.start();
    rebuild.start();
  }
  return {
    close: async () => {
      clearInterval(expiry);
      silence();
      rebuild.stop();
      // A job's statement may run for minutes; the job is done again by the next start.
      await within(JOBS_MS, core.jobs.stop());
      const shipped = await within(LAST_SHIP_MS, shipper.ship());
      if (!shipped)
        log.warn(
          'ClickHouse did not take everything in time; the rest stays in the journal for the next start',
        );
      await mark?.stop(shipped).catch(() => undefined);
      await within(STOP_SHIPPING_MS, shipper.stop());
    },
  };
}

const within = (ms: number, work: Promise<void>): Promise<boolean> =>
  Promise.race([
    work.then(
      () => true,
      () => false,
    ),
    sleep(ms, false, { ref: false }),
  ]);
