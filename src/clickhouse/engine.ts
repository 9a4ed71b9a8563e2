import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  END_STATEMENT,
  ENGINE_USER,
  engineArguments,
  engineConfig,
  type RemoteServers,
} from './engine-config.ts';
import { EngineError, type EngineFault, type Exit, isSupported, startError } from './engine-error.ts';
import { ask, type Complaint, type EngineProcess, launch, untilReady } from './engine-process.ts';

export type { RemoteServers, Shard } from './engine-config.ts';
export { EngineError, type EngineFault, type Exit } from './engine-error.ts';

export interface EngineOptions {
  /** The engine's own folder; made when missing. Hold the data folder's lock while it runs. */
  readonly folder: string;
  /** Bound of the engine's memory, in bytes. */
  readonly memoryBytes: number;
  /** Password of the user `ninety`. */
  readonly password: string;
  readonly log: (event: EngineEvent) => void;
  /**
   * The HTTP port on 127.0.0.1.
   * @default a free one
   */
  readonly port?: number;
  /** Also opens the native port: what the other shards of a cluster connect to. */
  readonly tcpPort?: number;
  /** Makes this engine part of a cluster. */
  readonly remoteServers?: RemoteServers;
}

/** What happens to the engine, for the log. */
export type EngineEvent =
  | { readonly event: 'engine_started'; readonly pid: number; readonly port: number; readonly tookMs: number }
  | ({ readonly event: 'engine_complained' } & Complaint)
  | ({ readonly event: 'engine_exited' } & Exit)
  /** It is started again and again, from now on at the slowest pace. */
  | { readonly event: 'engine_keeps_failing'; readonly failures: number; readonly error: EngineError }
  /** `orderly`: what was running was ended first. `killed`: it took too long; committed parts are kept all the same. */
  | { readonly event: 'engine_stopped'; readonly how: 'orderly' | 'killed' };

/** A running ClickHouse of our own. It ends with this process, however that ends. */
export interface Engine {
  /** `http://127.0.0.1:PORT`, the same across restarts. */
  readonly url: string;
  readonly user: typeof ENGINE_USER;
  readonly password: string;
  readonly tcpPort: number | undefined;
  /** undefined while it is being restarted, and after the stop. */
  pid(): number | undefined;
  /** Calls back whenever the engine's process has ended unasked. @returns ends the subscription. */
  onExit(listener: (exit: Exit) => void): () => void;
  /**
   * Ends the engine for good, within five seconds; sooner when the client is closed first, for the shutdown
   * waits for connections that are kept alive. A second call waits for the same end.
   */
  stop(): Promise<void>;
}

/** How many times a free port is sought when another process was quicker, and a dying predecessor waited for. */
const START_ATTEMPTS: Readonly<Partial<Record<EngineFault, number>>> = { port_taken: 5, folder_in_use: 8 };
const START_PAUSE_MS = 250;

/**
 * Starts the embedded engine and keeps it running: when its process ends it is started again on the same
 * port, at once after a long life, then ever more slowly.
 *
 * @returns once it answers.
 * @throws EngineError with a reason from a closed list; the message says what to do.
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const library = engineLibrary();
  const folder = resolve(options.folder);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch {
    throw new EngineError('folder_unusable');
  }
  for (let attempt = 1; ; attempt += 1) {
    const engine = new SupervisedEngine(library, folder, options.port ?? (await freePort()), options);
    try {
      await engine.start();
      return engine;
    } catch (error) {
      const reason = (error as EngineError).reason;
      const hopeless = reason === 'port_taken' && options.port !== undefined;
      if (hopeless || attempt >= (START_ATTEMPTS[reason] ?? 1)) throw error;
      await delay(START_PAUSE_MS);
    }
  }
}

/** Shorter than this is no life but a failed start. */
const QUICK_MS = 10_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;
const FAILURES_TO_REPORT = 5;
/** What runs at the stop may finish in this time, and open connections be closed; then all is killed. */
const ORDERLY_MS = 3000;

class SupervisedEngine implements Engine {
  readonly url: string;
  readonly user = ENGINE_USER;
  readonly password: string;
  readonly tcpPort: number | undefined;
  readonly #library: string;
  readonly #folder: string;
  readonly #port: number;
  readonly #options: EngineOptions;
  readonly #stopping = new AbortController();
  readonly #listeners = new Set<(exit: Exit) => void>();
  #process: EngineProcess | undefined;
  #startedAt = 0;
  #supervised: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(library: string, folder: string, port: number, options: EngineOptions) {
    this.url = `http://127.0.0.1:${port}`;
    this.password = options.password;
    this.tcpPort = options.tcpPort;
    this.#library = library;
    this.#folder = folder;
    this.#port = port;
    this.#options = options;
  }

  async start() {
    this.#process = await this.#boot();
    this.#supervised = this.#supervise(this.#process);
  }

  pid() {
    return this.#process?.ended() === false ? this.#process.pid : undefined;
  }

  onExit(listener: (exit: Exit) => void) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  stop() {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #boot(): Promise<EngineProcess> {
    const began = performance.now();
    const { config, store } = await this.#prepare();
    // Asked to stop meanwhile: what is launched now nobody would end.
    this.#stopping.signal.throwIfAborted();
    const args = engineArguments(config, store, this.tcpPort !== undefined);
    const started = launch(this.#library, args, this.#folder, (complaint) =>
      this.#options.log({ event: 'engine_complained', ...complaint }),
    );
    this.#process = started;
    await untilReady(started, this.url, this.password);
    this.#startedAt = performance.now();
    const tookMs = Math.round(this.#startedAt - began);
    this.#options.log({ event: 'engine_started', pid: started.pid ?? 0, port: this.#port, tookMs });
    return started;
  }

  async #prepare() {
    const config = join(this.#folder, 'config.xml');
    const store = join(this.#folder, 'store');
    const xml = engineConfig({
      file: config,
      httpPort: this.#port,
      tcpPort: this.tcpPort,
      memoryBytes: this.#options.memoryBytes,
      password: this.password,
      remoteServers: this.#options.remoteServers,
    });
    try {
      // What a killed engine had spilled to disk holds visitors, and no retention finds it there.
      await rm(join(store, 'tmp'), { recursive: true, force: true });
      await rm(`${config}.new`, { force: true });
      await writeFile(`${config}.new`, xml, { mode: 0o600, flag: 'wx' });
      await rename(`${config}.new`, config);
    } catch {
      throw new EngineError('folder_unusable');
    }
    return { config, store };
  }

  async #supervise(first: EngineProcess) {
    let failures = 0;
    for (let running = first; ; ) {
      const exit = await running.exited;
      if (this.#stopping.signal.aborted) return;
      this.#options.log({ event: 'engine_exited', ...exit });
      for (const listener of this.#listeners) listener(exit);
      if (performance.now() - this.#startedAt > QUICK_MS) failures = 0;
      else failures = this.#failed(failures, startError(exit, running.lines));
      const next = await this.#restart(failures);
      if (next === undefined) return;
      running = next.running;
      failures = next.failures;
    }
  }

  /** @returns undefined when the engine is stopped meanwhile. */
  async #restart(before: number): Promise<{ running: EngineProcess; failures: number } | undefined> {
    let failures = before;
    for (;;) {
      const pause = Math.min(LONGEST_PAUSE_MS, failures === 0 ? 0 : FIRST_PAUSE_MS * 2 ** (failures - 1));
      await delay(pause, undefined, { signal: this.#stopping.signal }).catch(() => {});
      if (this.#stopping.signal.aborted) return undefined;
      try {
        return { running: await this.#boot(), failures };
      } catch (error) {
        if (this.#stopping.signal.aborted) return undefined;
        failures = this.#failed(failures, error as EngineError);
      }
    }
  }

  #failed(before: number, error: EngineError): number {
    const failures = before + 1;
    if (failures >= FAILURES_TO_REPORT) {
      this.#options.log({ event: 'engine_keeps_failing', failures, error });
    }
    return failures;
  }

  /**
   * The call into the library hears no signal: SIGTERM would either end it as hard as SIGKILL or, as our child
   * has it, do nothing. So the statement that keeps it alive is ended over HTTP, and ClickHouse then shuts
   * down in order: it finishes what is running and commits it, deduplication log and part together.
   */
  async #stop() {
    this.#stopping.abort();
    const ending = this.#process;
    let how: 'orderly' | 'killed' = 'orderly';
    if (ending !== undefined && !ending.ended()) {
      const asked = await ask(this.url, this.password, END_STATEMENT);
      const patience = new AbortController();
      if (asked.status === 200) {
        const enough = delay(ORDERLY_MS, undefined, { signal: patience.signal }).catch(() => {});
        await Promise.race([ending.exited, enough]);
        patience.abort();
      }
      if (!ending.ended()) {
        how = 'killed';
        ending.kill();
        await ending.exited;
      }
    }
    await this.#supervised;
    this.#options.log({ event: 'engine_stopped', how });
  }
}

/** @returns a TCP port of 127.0.0.1 that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, failed) => {
    server.once('error', failed);
    server.listen({ port: 0, host: '127.0.0.1', exclusive: true }, done);
  });
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Where the engine's library lies, without loading it into this process. */
function engineLibrary(): string {
  if (!isSupported(process.platform, process.arch, glibcVersion())) {
    throw new EngineError('platform_unsupported');
  }
  try {
    const require = createRequire(import.meta.url);
    require.resolve('ffi-rs');
    const { libchdbPath } = require('chdb/libchdb') as typeof import('chdb/libchdb');
    return libchdbPath();
  } catch {
    throw new EngineError('engine_missing');
  }
}

function glibcVersion(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime;
}
