import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouse } from '../clickhouse/client.ts';

/** How long a holder that died is waited for. Renewed at a third of it. */
const TERM_MS = 30_000;
const POLL_MS = 100;

/** Someone else has held the lease for longer than the caller would wait. */
export class LeaseBusyError extends Error {
  readonly lease: string;

  constructor(lease: string) {
    super(`${lease} is busy: another run has held it for too long`);
    this.name = 'LeaseBusyError';
    this.lease = lease;
  }
}

/** The right to be the only one at something, until it is released or not renewed in time. */
export interface Lease {
  /** Grows with every holder: what a later holder publishes wins over what an earlier one does. */
  readonly slot: number;
  /** Whether a renewal failed: another may hold it now, and nothing must be published any more. */
  readonly lost: () => boolean;
  readonly release: () => Promise<void>;
}

/**
 * Leases over any number of processes, kept in ClickHouse: a slot is won by inserting its row with the
 * slot's number as deduplication token; of two such inserts the second is dropped, so who reads its own
 * name back holds it.
 */
export class Leases {
  readonly #clickhouse: ClickHouse;
  readonly #holder: string;

  /** @param holder a name that no other process has. */
  constructor(clickhouse: ClickHouse, holder: string) {
    this.#clickhouse = clickhouse;
    this.#holder = holder;
  }

  /** @returns the lease, or undefined where another holds it now. */
  async acquire(name: string): Promise<Lease | undefined> {
    const current = await this.#current(name);
    if (current && current.expires > Date.now()) return undefined;
    const slot = (current?.slot ?? 0) + 1;
    // One process may try for the same slot twice at once, so each attempt signs with a name of its own.
    const holder = `${this.#holder}/${Math.random().toString(36).slice(2)}`;
    await this.#write(name, slot, holder, TERM_MS, `lease/${name}/${slot}`);
    const [won] = await this.#clickhouse.query<{ holder: string }>(
      'SELECT holder FROM leases WHERE name = {name:String} AND slot = {slot:UInt64} LIMIT 1',
      { name, slot },
    );
    return won?.holder === holder ? this.#hold(name, slot, holder) : undefined;
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

  #hold(name: string, slot: number, holder: string): Lease {
    let expires = Date.now() + TERM_MS;
    const renewal = setInterval(() => {
      this.#write(name, slot, holder, TERM_MS, `lease/${name}/${slot}/${Date.now()}`).then(
        () => {
          expires = Date.now() + TERM_MS;
        },
        // Counted by its effect: without a renewal in time `lost` turns true.
        () => undefined,
      );
    }, TERM_MS / 3);
    renewal.unref();
    return {
      slot,
      lost: () => Date.now() >= expires,
      release: async () => {
        clearInterval(renewal);
        expires = 0;
        await this.#write(name, slot, holder, 0, `lease/${name}/${slot}/released`);
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

  async #write(name: string, slot: number, holder: string, termMs: number, token: string): Promise<void> {
    const now = Date.now();
    await this.#clickhouse.insert(
      'leases',
      [
        {
          name,
          slot,
          holder,
          expires: new Date(now + termMs).toISOString(),
          time: new Date(now).toISOString(),
        },
      ],
      token,
    );
  }
}
