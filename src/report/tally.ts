/** The rooms that count how things end. */
export type Room = 'collect' | 'sync' | 'import' | 'api';

/** What is counted when nothing was refused. */
export const STORED = 'stored';

/** How often something ended so, since the process started. */
export interface Total {
  readonly room: string;
  readonly site: string;
  readonly reason: string;
  readonly n: number;
}

/**
 * Counts every outcome twice over: since the start of the process (for `/metrics`) and by minute (for the
 * journal, so that pages and reports show the same numbers after a restart and over many processes).
 */
export class Tally {
  readonly #totals = new Map<string, number>();
  #minutes = new Map<string, number>();

  /**
   * @param site id of the site, or empty where it is not known.
   * @param reason `stored` or the name of the refusal.
   */
  count(room: Room, site: string, reason: string, now: number, n = 1): void {
    const key = `${room}\t${site}\t${reason}`;
    this.#totals.set(key, (this.#totals.get(key) ?? 0) + n);
    this.put(room, site, reason, now, n);
  }

  /** Puts back what {@link take} gave and the journal would not take. */
  put(room: string, site: string, reason: string, time: number, n: number): void {
    const minute = `${Math.floor(time / 60_000)}\t${room}\t${site}\t${reason}`;
    this.#minutes.set(minute, (this.#minutes.get(minute) ?? 0) + n);
  }

  /** Counts since the process started. */
  totals(): Total[] {
    return [...this.#totals].map(([key, n]) => {
      const [room = '', site = '', reason = ''] = key.split('\t');
      return { room, site, reason, n };
    });
  }

  /** Takes out what was counted since the last call, by minute (milliseconds since 1970). */
  take(): (Total & { readonly minute: number })[] {
    const taken = this.#minutes;
    this.#minutes = new Map();
    return [...taken].map(([key, n]) => {
      const [minute = '', room = '', site = '', reason = ''] = key.split('\t');
      return { minute: Number(minute) * 60_000, room, site, reason, n };
    });
  }
}
