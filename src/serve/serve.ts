import { join } from 'node:path';
import type { Logger } from 'pino';
import { newKey } from '../api/keys.ts';
import type { Connection } from '../clickhouse/client.ts';
import { lockDataFolder, readSecrets } from '../clickhouse/data-folder.ts';
import { type Engine, type EngineEvent, startEngine } from '../clickhouse/engine.ts';
import type { Config } from '../config.ts';
import { remembered } from '../dashboard/remembered.ts';
import { waitForCollectors } from '../journal/marks.ts';
import { recover } from '../journal/recover.ts';
import { journalGauges } from '../journal/waiting.ts';
import { type Gauge, metricsText } from '../report/metrics.ts';
import type { Total } from '../report/tally.ts';
import { bringUp, makeMark, makeShipper, openBack } from './back.ts';
import { type Core, makeCore } from './core.ts';
import { type Behind, journalFolder, openFront } from './front.ts';
import { removeOperator, writeOperator } from './operator.ts';
import type { Welcome } from './seed.ts';
import { Workers } from './workers.ts';

/** A running server. */
export interface Running {
  /** As browsers reach it. */
  readonly url: string;
  /** As this machine reaches it. */
  readonly listening: string;
  /** An admin key that ends with this run. */
  readonly operatorKey: string;
  readonly welcome: Welcome | undefined;
  /** Key of the oldest site, for the tag to paste; undefined where there is none. */
  readonly siteKey: string | undefined;
  /** Stops listening, writes and ships the journal, stops the engine. */
  readonly stop: () => Promise<void>;
  /** Ends everything at once; what is acknowledged is on disk. */
  readonly kill: () => void;
}

/**
 * Starts everything that `config.roles` names, in the order in which one part needs the other: data folder,
 * engine, schema, journal, listening, jobs.
 *
 * @throws what the first part that cannot start says; what was started before it is stopped again.
 */
export async function serve(config: Config, log: Logger, signal: AbortSignal): Promise<Running> {
  const undo: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const step of undo.reverse().splice(0))
      await step().catch((error: Error) => log.error({ error: error.message }, 'a part did not stop well'));
  };
  try {
    const lock = await lockDataFolder(config.data);
    undo.push(() => lock.release());
    const secrets = await readSecrets(config.data, { secret: config.secret });
    const engine =
      config.clickhouse.urls === undefined
        ? await startOwnEngine(config, secrets.enginePassword, log)
        : undefined;
    if (engine) undo.push(() => engine.stop());
    const core = makeCore(config, secrets.secret, newKey(), connectionOf(config, engine), log);
    undo.push(() => core.clickhouse.close());
    let isOurs: Collectors['isAlive'] = () => false;
    const shipper = makeShipper(core, (worker, boot) => isOurs(worker, boot));

    // A collector that has a snapshot starts without ClickHouse; any other start waits for it.
    const snapshot = await core.registry.restore();
    const broughtUp = bringUp(core, signal);
    let welcome: Welcome | undefined;
    if (snapshot && config.roles.has('collect') && engine === undefined) {
      broughtUp.catch((error: Error) => {
        if (!signal.aborted)
          log.fatal(
            { error: error.message },
            'the schema cannot be brought up to date; hits are kept in the journal',
          );
      });
    } else welcome = await broughtUp;

    let rotate = async () => {};
    let totals = async () => core.tally.totals();
    const flush = async () => {
      // What this process has taken is not to be waited for until the next second's mark.
      const own = await mark?.move();
      if (mark === undefined) {
        await rotate();
        await shipper.ship();
      }
      if (engine === undefined) await waitForCollectors(core.clickhouse, undefined, own);
    };
    const gauges: Gauge[] = [];
    // A folder that a day's outage has filled is not to be listed for everybody who asks.
    const ofJournal = remembered(() => journalGauges(journalFolder(config.data)));
    const behind: Behind = {
      flush,
      metrics: async () => metricsText(await totals(), [...gauges, ...(await ofJournal())]),
      wake: () => shipper.wake(),
    };
    const mark = makeMark(core, shipper, () => rotate());
    await mark?.announce();
    const collectors = config.workers === 1 ? await here(core, behind) : await inWorkers(core, behind);
    ({ rotate, totals, isAlive: isOurs } = collectors);
    gauges.push(...collectors.gauges);
    // Stopping goes the other way round: no more hits, then ship what there is, then the engine.
    let closeBack = async () => {};
    undo.push(async () => {
      await collectors.close();
      await closeBack();
    });
    const back = await openBack(core, shipper, mark, collectors.isAlive);
    closeBack = back.close;
    await writeOperator(config.data, { url: collectors.url, key: core.operatorKey, pid: process.pid });
    undo.push(() => removeOperator(config.data));
    return {
      url: config.publicUrl ?? collectors.url,
      listening: collectors.url,
      operatorKey: core.operatorKey,
      welcome,
      siteKey: core.registry.list('site')[0]?.key,
      stop,
      kill: collectors.kill,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What listens, in this process or in several. */
interface Collectors {
  readonly url: string;
  readonly gauges: readonly Gauge[];
  readonly isAlive: (worker: string, boot: string) => boolean;
  readonly rotate: () => Promise<void>;
  readonly totals: () => Promise<Total[]>;
  readonly close: () => Promise<void>;
  readonly kill: () => void;
}

async function here(core: Core, behind: Behind): Promise<Collectors> {
  const front = await openFront(core, 'w1', behind);
  return {
    url: front.url(),
    gauges: front.gauges,
    isAlive: (_, boot) => boot === front.journal.boot,
    rotate: () => front.journal.rotate(),
    totals: async () => core.tally.totals(),
    close: () => front.close(),
    kill: () => {},
  };
}

async function inWorkers(core: Core, behind: Behind): Promise<Collectors> {
  const isAlive = (worker: string, boot: string) => workers.isAlive(worker, boot);
  const workers: Workers = new Workers(core, {
    ...behind,
    died: async () => void (await recover(journalFolder(core.config.data), isAlive)),
  });
  try {
    const url = await workers.start();
    return {
      url,
      gauges: [],
      isAlive,
      rotate: () => workers.rotate(),
      totals: async () => [...core.tally.totals(), ...(await workers.totals())],
      close: () => workers.stop(),
      kill: () => workers.kill(),
    };
  } catch (error) {
    workers.kill();
    throw error;
  }
}

const startOwnEngine = (config: Config, password: string, log: Logger): Promise<Engine> =>
  startEngine({
    folder: join(config.data, 'engine'),
    memoryBytes: config.clickhouse.engineMemoryBytes,
    password,
    log: (event) => logEngine(log, event),
  });

function logEngine(log: Logger, event: EngineEvent): void {
  if (event.event === 'engine_exited') log.error(event, 'the engine ended unasked; starting it again');
  else if (event.event === 'engine_keeps_failing')
    log.error({ failures: event.failures, error: event.error.message }, 'the engine keeps failing');
  else log.debug(event, event.event);
}

const connectionOf = ({ clickhouse }: Config, engine: Engine | undefined): Connection => ({
  urls: engine ? [engine.url] : clickhouse.urls!,
  user: engine ? engine.user : clickhouse.user,
  password: engine ? engine.password : clickhouse.password,
  database: clickhouse.database,
  cluster: clickhouse.cluster,
});
