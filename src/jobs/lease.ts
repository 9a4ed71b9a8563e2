import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouse } from '../clickhouse/client.ts';
import { ClickHouseError } from '../clickhouse/errors.ts';

/** How long a holder that died is waited for. Renewed at a third of it. */
const TERM_MS = 30_000;
const POLL_MS = 100;

/** An end further off than this many terms was written by a clock that has been set back since. */
const CLOCK_SLACK_TERMS = 2;

const DAY_MS = 86_400_000;
/** More slots than one name can go through in a day: who waits for a lease asks ten times a second at most. */
const SLOTS_A_DAY = 2 ** 20;

/** Someone else has held the lease for longer than the caller would wait. */
export class LeaseBusyError extends Error {
  readonly lease: string;

  constructor(lease: string) {
    super(`${lease} is busy: another run has held it for too long`);
    this.name = 'LeaseBusyError';
    this.lease = lease;
  }
}

/** The lease has ended before what was done under it: another may be at it, and nothing is published. */
export class LeaseLostError extends Error {
  readonly lease: string;

  constructor(lease: string) {
    super(`${lease} was lost to another run; nothing more is published`);
    this.name = 'LeaseLostError';
    this.lease = lease;
  }
}

/** The right to be the only one at something, until it is released or not renewed in time. */
export interface Lease {
  readonly name: string;
  /** Grows with every holder: what a later holder publishes wins over what an earlier one does. */
  readonly slot: number;
  /** Whether a renewal failed: another may hold it now, and nothing must be published any more. */
  readonly lost: () => boolean;
  /**
   * Asks ClickHouse whether nobody has had it since: where another machine's clock runs ahead, the lease ends there
   * sooner than it does here.
   *
   * @throws ClickHouseError
   */
  readonly isNewest: () => Promise<boolean>;
  /** Where that cannot be written down, it ends by itself after its term. */
  readonly release: () => Promise<void>;
}

/** Whether nobody else may be at it, here or there. @throws ClickHouseError */
export const isHeld = async (lease: Lease): Promise<boolean> => !lease.lost() && (await lease.isNewest());

/**
 * To be awaited before anything is made visible. Whom others took for dead must not publish: they have dropped what he
 * looks things up in.
 *
 * @throws LeaseLostError where a renewal failed or another has had the lease since; ClickHouseError.
 */
export async function expectHeld(lease: Lease): Promise<void> {
  if (!(await isHeld(lease))) throw new LeaseLostError(lease.name);
}

/**
 * Leases over any number of processes, kept in ClickHouse: a slot is won by inserting its row with the
 * slot's number as deduplication token; of two such inserts the second is dropped, so who reads its own
 * name back holds it.
 */
export class Leases {
  readonly #clickhouse: ClickHouse;
  readonly #holder: string;
  readonly #termMs: number;

  /**
   * @param holder a name that no other process has.
   * @param termMs milliseconds after which a holder that does not renew has lost its lease.
   */
  constructor(clickhouse: ClickHouse, holder: string, termMs = TERM_MS) {
    this.#clickhouse = clickhouse;
    this.#holder = holder;
    this.#termMs = termMs;
  }

  /** @returns the lease, or undefined where another holds it now. */
  async acquire(name: string): Promise<Lease | undefined> {
    const current = await this.#current(name);
    const left = current === undefined ? 0 : current.expires - Date.now();
    if (left > 0 && left <= this.#termMs * CLOCK_SLACK_TERMS) return undefined;
    const slot = (current?.slot ?? firstSlot()) + 1;
    // One process may try for the same slot twice at once, so each attempt signs with a name of its own.
    const holder = `${this.#holder}/${Math.random().toString(36).slice(2)}`;
    const written = await this.#write(name, slot, holder, this.#termMs, `lease/${name}/${slot}`);
    const [won] = await this.#clickhouse.query<{ slot: string; holder: string }>(
      'SELECT slot, holder FROM leases WHERE name = {name:String} ORDER BY slot DESC LIMIT 1',
      { name },
    );
    return won?.holder === holder && Number(won.slot) === slot
      ? this.#hold(name, slot, holder, written)
      : undefined;
  }

  /**
   * Waits for its turn.
   *
   * @throws LeaseBusyError after `timeoutMs`.
   */
  async wait(name: string, timeoutMs: number): Promise<Lease> {
    const end = Date.now() + timeoutMs;
    while (true) {
      const lease = await this.acquire(name);
      if (lease) return lease;
      if (Date.now() >= end) throw new LeaseBusyError(name);
      await sleep(POLL_MS * (1 + Math.random()));
    }
  }

  #hold(name: string, slot: number, holder: string, first: Written): Lease {
    // The moment that others read in the row, not the later one at which we learned that it was written.
    let last = first;
    let { time } = first;
    // Of a slot's rows the newest counts, wherever the clock has gone since the one before.
    const nextTime = () => {
      time = Math.max(Date.now(), time + 1);
      return time;
    };
    const lost = () => Date.now() >= last.expires || performance.now() >= last.term;
    const renewal = setInterval(() => {
      if (lost()) return clearInterval(renewal);
      const token = `lease/${name}/${slot}/${randomUUID()}`;
      this.#write(name, slot, holder, this.#termMs, token, nextTime()).then(
        (renewed) => {
          // Later than that somebody else may have taken it in between: what is lost stays lost.
          if (!lost()) last = renewed;
        },
        // Counted by its effect: without a renewal in time `lost` turns true.
        () => undefined,
      );
    }, this.#termMs / 3);
    renewal.unref();
    return {
      name,
      slot,
      lost,
      isNewest: async () => (await this.#current(name))?.slot === slot,
      release: async () => {
        clearInterval(renewal);
        last = { time, expires: 0, term: 0 };
        await this.#write(name, slot, holder, 0, `lease/${name}/${slot}/released`, nextTime()).catch(
          (error: unknown) => {
            if (!(error instanceof ClickHouseError)) throw error;
          },
        );
      },
    };
  }

  async #current(name: string): Promise<{ slot: number; expires: number } | undefined> {
    const [row] = await this.#clickhouse.query<{ slot: string; expires: string }>(
      `SELECT slot, toUnixTimestamp64Milli(argMax(leases.expires, leases.time)) AS expires
       FROM leases WHERE name = {name:String} GROUP BY slot ORDER BY slot DESC LIMIT 1`,
      { name },
    );
    return row && { slot: Number(row.slot), expires: Number(row.expires) };
  }

  /** @param time of the row, in milliseconds since 1970. */
  async #write(
    name: string,
    slot: number,
    holder: string,
    termMs: number,
    token: string,
    time = Date.now(),
  ): Promise<Written> {
    const written = { time, expires: Date.now() + termMs, term: performance.now() + termMs };
    await this.#clickhouse.insert(
      'leases',
      [
        {
          name,
          slot,
          holder,
          expires: new Date(written.expires).toISOString(),
          time: new Date(written.time).toISOString(),
        },
      ],
      token,
    );
    return written;
  }
}

/** A row of a lease, in milliseconds. */
interface Written {
  /** Since 1970. */
  readonly time: number;
  /** Since 1970: when others may take it. */
  readonly expires: number;
  /** The same on a clock that is never set back, which alone stands still while the machine sleeps: whichever comes first. */
  readonly term: number;
}

/**
 * Where the slots of a name begin: not at nought, because a name that nobody asked for during the whole
 * retention has lost its rows, while the tokens of its slots are still remembered, and because what was
 * published under those must stay older than what comes.
 */
const firstSlot = () => Math.floor(Date.now() / DAY_MS) * SLOTS_A_DAY;
