import cluster, { type Worker } from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../clickhouse/client.ts';
import type { Total } from '../report/tally.ts';
import type { Core } from './core.ts';
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
  #stopping = false;

  constructor(core: Core, parent: Parent) {
    this.#core = core;
    this.#parent = parent;
  }

  /** @returns the address they listen on. */
  async start(): Promise<string> {
    const names = Array.from({ length: this.#core.config.workers }, (_, index) => `w${index + 1}`);
    const urls = await Promise.all(names.map((name) => this.#fork(name)));
    return urls[0]!;
  }

  isAlive(worker: string, boot: string): boolean {
    const hand = this.#hands.get(worker);
    // One that is just starting has not told its boot yet; nothing of it may be touched.
    return hand !== undefined && (hand.boot === undefined || hand.boot === boot);
  }

  async rotate(): Promise<void> {
    await Promise.all([...this.#hands.values()].map(({ peer }) => peer.ask('rotate')));
  }

  async totals(): Promise<Total[]> {
    const all = await Promise.all(
      [...this.#hands.values()].map(({ peer }) => peer.ask('totals') as Promise<Total[]>),
    );
    return all.flat();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.allSettled(
      [...this.#hands.values()].map(async ({ worker, peer }) => {
        const exited = new Promise((resolve) => worker.once('exit', resolve));
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

  #fork(name: string): Promise<string> {
    const worker = cluster.fork({ N90_WORKER: name });
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
      });
      const hand: Hand = { worker, peer, boot: undefined };
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
    await this.#parent
      .died()
      .catch((error: Error) =>
        this.#core.log.error(
          { error: error.message },
          'the journal of a dead worker could not be taken over',
        ),
      );
    await sleep(RESTART_MS);
    if (!this.#stopping) await this.#fork(name).catch(() => undefined);
  }
}
