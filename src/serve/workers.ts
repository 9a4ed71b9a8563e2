import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../clickhouse/client.ts';
import type { Total } from '../report/tally.ts';
import type { Core } from './core.ts';
import { ListenError } from './front.ts';
import { Peer } from './peer.ts';

/** A worker that could not start; the message is its own. */
export class WorkerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WorkerError';
  }
}

/** What a worker is told at its start. */
export interface Orders {
  readonly secret: string;
  readonly operatorKey: string;
  readonly connection: Connection;
}

/** What a worker tells when it listens. */
export interface Listening {
  readonly url: string;
  readonly boot: string;
}

interface Hand {
  readonly worker: Worker;
  readonly peer: Peer;
  readonly exited: Promise<unknown>;
  boot: string | undefined;
}

/** What the workers may ask of their parent. */
export interface Parent {
  readonly flush: () => Promise<void>;
  readonly metrics: () => Promise<string>;
  readonly wake: () => void;
  /** A worker died: what it left open in the journal is to be taken over. */
  readonly died: () => Promise<void>;
}

const RESTART_MS = 500;

/** The collector processes of a server; one that dies is started again. */
export class Workers {
  readonly #core: Core;
  readonly #parent: Parent;
  readonly #hands = new Map<string, Hand>();
  /** What dead workers left in the journal, while it is taken over. */
  readonly #takeovers = new Set<Promise<void>>();
  #port = 0;
  #stopping = false;

  constructor(core: Core, parent: Parent) {
    this.#core = core;
    this.#parent = parent;
  }

  /** @returns the address they listen on. */
  async start(): Promise<string> {
    const { host, port } = this.#core.config;
    // A port of the system's choice is chosen here: when all workers have died, the next must find it again.
    this.#port = port === 0 ? await freePort(host) : port;
    const names = Array.from({ length: this.#core.config.workers }, (_, index) => `w${index + 1}`);
    const urls = await Promise.all(names.map((name) => this.#fork(name)));
    return urls[0]!;
  }

  isAlive(worker: string, boot: string): boolean {
    const hand = this.#hands.get(worker);
    // One that is just starting has not told its boot yet; nothing of it may be touched.
    return hand !== undefined && (hand.boot === undefined || hand.boot === boot);
  }

  /** Returns when whatever any worker has acknowledged, a dead one included, is in closed files. */
  async rotate(): Promise<void> {
    await this.#askAll('rotate');
    await Promise.all(this.#takeovers);
  }

  async totals(): Promise<Total[]> {
    return ((await this.#askAll('totals')) as Total[][]).flat();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.allSettled(
      [...this.#hands.values()].map(async ({ worker, peer, exited }) => {
        await peer.ask('stop');
        worker.disconnect();
        await exited;
      }),
    );
  }

  /** Ends them at once. */
  kill(): void {
    this.#stopping = true;
    for (const { worker } of this.#hands.values()) worker.process.kill('SIGKILL');
  }

  /** The answers of all workers; one that dies meanwhile gives none, and is waited for until it is known dead. */
  async #askAll(question: string): Promise<unknown[]> {
    const answers = [...this.#hands.values()].map(async ({ worker, peer, exited }) => {
      try {
        return [await peer.ask(question)];
      } catch (error) {
        if (worker.isConnected() && !worker.isDead()) throw error;
        await exited;
        return [];
      }
    });
    return (await Promise.all(answers)).flat();
  }

  /** Whoever made something through one worker finds it in the others, when the answer is there. */
  async #spread(): Promise<void> {
    await Promise.allSettled([this.#core.registry.refresh(), this.#askAll('refresh')]);
  }

  #fork(name: string): Promise<string> {
    const worker = cluster.fork({ N90_WORKER: name, PORT: String(this.#port) });
    return new Promise((resolve, reject) => {
      const peer = new Peer(worker as never, {
        orders: () =>
          ({
            secret: this.#core.secret,
            operatorKey: this.#core.operatorKey,
            connection: this.#core.connection,
          }) satisfies Orders,
        listening: (told) => {
          const { url, boot } = told as Listening;
          hand.boot = boot;
          resolve(url);
        },
        failed: (message) => reject(new WorkerError(String(message))),
        flush: () => this.#parent.flush(),
        metrics: () => this.#parent.metrics(),
        wake: () => this.#parent.wake(),
        changed: () => this.#spread(),
      });
      const exited = once(worker, 'exit');
      const hand: Hand = { worker, peer, exited, boot: undefined };
      this.#hands.set(name, hand);
      worker.once('exit', (code, signal) => {
        peer.gone();
        this.#hands.delete(name);
        if (this.#stopping) return;
        this.#core.log.error({ worker: name, code, signal }, 'a worker died; starting it again');
        reject(new WorkerError(`Worker ${name} ended while starting (code ${code}, signal ${signal}).`));
        void this.#revive(name);
      });
    });
  }

  async #revive(name: string): Promise<void> {
    const takeover = this.#parent.died();
    this.#takeovers.add(takeover);
    await takeover
      .catch((error: Error) =>
        this.#core.log.error(
          { error: error.message },
          'the journal of a dead worker could not be taken over',
        ),
      )
      .finally(() => this.#takeovers.delete(takeover));
    await sleep(RESTART_MS);
    if (!this.#stopping) await this.#fork(name).catch(() => undefined);
  }
}

/** One that nobody listens on at this moment. @throws ListenError where the host is not this machine's. */
function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new ListenError(host, 0, error.code ?? 'unknown')),
    );
    server.listen(0, host, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
