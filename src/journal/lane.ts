import { unlink } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { unlessMissing } from '../missing.ts';
import { shielded } from './batch.ts';
import { closedFiles } from './closed-files.ts';
import type { Stream } from './name.ts';
import { forgetReason, onceSetAside, setAside } from './set-aside.ts';
import type { ClosedFile, ShipperOptions } from './shipper.ts';

const TRIES_BEFORE_SET_ASIDE = 3;

/** Ships the files of one stream; a stream that fails does not slow the others down. */
export class Lane {
  readonly #stream: Stream;
  readonly #options: ShipperOptions;
  readonly #backoffMs: number;
  readonly #backoffMaxMs: number;
  /** Files whose insert answered but which could not be removed: only the removal is tried again. */
  readonly #inserted = new Set<string>();
  #passes: Promise<void> = Promise.resolve();
  #stopping: AbortController | undefined;
  #loop: Promise<void> = Promise.resolve();
  #woken = false;
  #cutNap: (() => void) | undefined;

  constructor(stream: Stream, options: ShipperOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#backoffMs = options.backoffMs ?? 250;
    this.#backoffMaxMs = options.backoffMaxMs ?? 10_000;
  }

  ship(signal?: AbortSignal): Promise<void> {
    const pass = this.#passes.then(() => this.#pass(signal));
    this.#passes = pass.catch(() => {});
    return pass;
  }

  start(): void {
    if (this.#stopping) return;
    this.#stopping = new AbortController();
    this.#loop = this.#run(this.#stopping.signal);
  }

  wake(): void {
    this.#woken = true;
    this.#cutNap?.();
  }

  async stop(): Promise<void> {
    this.#stopping?.abort();
    this.#stopping = undefined;
    this.#cutNap?.();
    await this.#loop;
  }

  async #run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      this.#woken = false;
      try {
        await this.ship(signal);
        failures = 0;
        if (!this.#woken && !signal.aborted) await this.#nap();
      } catch {
        failures += 1;
        await pauseUnless(signal, this.#backoff(failures));
      }
    }
  }

  async #pass(signal: AbortSignal | undefined): Promise<void> {
    for (const file of await this.#closedFiles()) {
      if (signal?.aborted) return;
      await this.#ship(file, signal);
    }
  }

  async #ship(file: ClosedFile, signal: AbortSignal | undefined): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        if (!this.#inserted.has(file.name)) await this.#options.insert(this.#stream, file);
        this.#inserted.add(file.name);
        await unlink(file.path).catch(unlessMissing);
        if (file.replayed) await forgetReason(this.#options.folder, this.#stream, file.name);
        this.#inserted.delete(file.name);
        shielded(() => this.#options.onShipped?.(this.#stream, file));
        return;
      } catch (error) {
        const poisoned = isPoisoned(error);
        const givenUp = poisoned && tries >= TRIES_BEFORE_SET_ASIDE;
        if (givenUp) await this.#setAside(file, error);
        this.#report(error, file, givenUp);
        if (givenUp) return;
        if (!poisoned) throw error;
        await pauseUnless(signal, this.#backoff(tries));
        if (signal?.aborted) return;
      }
    }
  }

  async #closedFiles(): Promise<ClosedFile[]> {
    const { folder } = this.#options;
    try {
      // Before the files: one that is put back meanwhile is then known to have lain aside.
      const aside = await onceSetAside(folder, this.#stream);
      const found = await closedFiles(folder, this.#stream);
      return found.map(({ path, name, bytes }) => ({ path, name, bytes, replayed: aside.has(name) }));
    } catch (error) {
      this.#report(error, undefined, false);
      throw error;
    }
  }

  async #setAside(file: ClosedFile, error: unknown): Promise<void> {
    try {
      await setAside(this.#options.folder, this.#stream, file.name, error);
    } catch (failure) {
      this.#report(failure, file, false);
      throw failure;
    }
  }

  #report(error: unknown, file: ClosedFile | undefined, setAside: boolean): void {
    shielded(() => this.#options.onError?.(error, { stream: this.#stream, file, setAside }));
  }

  #nap(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#options.pollMs ?? 1000);
      this.#cutNap = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Doubling, and spread over half to the whole of it, so that many shippers do not come back as one. */
  #backoff(failures: number): number {
    const longest = Math.min(this.#backoffMaxMs, this.#backoffMs * 2 ** Math.min(failures - 1, 30));
    return longest * (0.5 + Math.random() / 2);
  }
}

function isPoisoned(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'poisoned' in error && error.poisoned === true;
}

async function pauseUnless(signal: AbortSignal | undefined, ms: number): Promise<void> {
  try {
    await pause(ms, undefined, signal ? { signal } : {});
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}
