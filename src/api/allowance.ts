import { Recent } from '../recent.ts';

/** What somebody has left of an allowance. */
export interface Left {
  readonly remaining: number;
  /** Whole seconds until all of it is there again, at least 1. */
  readonly resetS: number;
}

interface Window {
  readonly ends: number;
  used: number;
}

/**
 * So many a minute for each of many, in windows that begin with the first of each: one small entry for each who came
 * lately, and what is told of a window stays true until it ends.
 */
export class Allowance {
  readonly name: string;
  readonly quota: number;
  readonly windowS = 60;
  readonly #windows: Recent<string, Window>;

  /** @param remembered of how many the count is kept; of at most twice as many. */
  constructor(name: string, quota: number, remembered: number) {
    this.name = name;
    this.quota = quota;
    this.#windows = new Recent(remembered);
  }

  /** @param now milliseconds since 1970. @returns what is left behind this one; undefined = it is one too many. */
  take(who: string, now: number): Left | undefined {
    let window = this.#windowOf(who, now);
    if (window === undefined) {
      window = { ends: now + this.windowS * 1000, used: 0 };
      this.#windows.set(who, window);
    }
    if (window.used >= this.quota) return undefined;
    window.used += 1;
    return this.#left(window, now);
  }

  /** @returns what is left, of which nothing is taken. */
  look(who: string, now: number): Left {
    const window = this.#windowOf(who, now);
    return window === undefined ? { remaining: this.quota, resetS: this.windowS } : this.#left(window, now);
  }

  /** A clock that was set back does not keep anybody waiting for longer than a window. */
  #windowOf(who: string, now: number): Window | undefined {
    const window = this.#windows.get(who);
    if (window === undefined || now >= window.ends) return undefined;
    return window.ends - now > this.windowS * 1000 ? undefined : window;
  }

  #left({ ends, used }: Window, now: number): Left {
    return { remaining: this.quota - used, resetS: Math.max(1, Math.ceil((ends - now) / 1000)) };
  }
}
