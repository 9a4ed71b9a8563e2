import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouse } from '../clickhouse/client.ts';
import { iso } from '../clickhouse/time.ts';

/** A collector has not shipped in time what it had acknowledged. */
export class CollectorsBehindError extends Error {
  constructor(collectors: readonly string[]) {
    super(
      `Waited for ${collectors.length} collector(s) that have not shipped all they acknowledged: ${collectors.join(', ')}. Is each of them running and reaching ClickHouse?`,
    );
    this.name = 'CollectorsBehindError';
  }
}

/** Another living collector makes its cookies with another secret: they would refuse each other's visitors. */
export class SecretMismatchError extends Error {
  constructor(collector: string) {
    super(
      `This process and the collector ${collector} use different secrets, so each would take the other's visitors for strangers. Set the same NINETY_SECRET for all.`,
    );
    this.name = 'SecretMismatchError';
  }
}

const EVERY_MS = 1_000;
/** A collector that has not been heard of for so long is not waited for. */
const DEAD_AFTER_S = 60;
const WAIT_MS = 30_000;

const fingerprint = (secret: string) =>
  createHash('sha256').update(`fingerprint:${secret}`).digest('hex').slice(0, 16);

const clock = async (clickhouse: ClickHouse) => {
  const [row] = await clickhouse.query<{ now: string }>("SELECT now64(3, 'UTC') AS now");
  return iso(row!.now);
};

/**
 * A collector's word, in ClickHouse, of how far it has shipped. Moments are of ClickHouse's clock, so that
 * collectors and those who wait for them need not agree on their own.
 */
export class Mark {
  readonly #clickhouse: ClickHouse;
  readonly #self: string;
  readonly #secret: string;
  readonly #ship: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #moving: Promise<unknown> = Promise.resolve();
  #next: Promise<string> | undefined;
  #stopped = false;
  #last = 0;

  /** @param ship closes what is being written and ships all. */
  constructor(clickhouse: ClickHouse, self: string, secret: string, ship: () => Promise<void>) {
    this.#clickhouse = clickhouse;
    this.#self = self;
    this.#secret = fingerprint(secret);
    this.#ship = ship;
  }

  /**
   * Makes this collector known, as one that has shipped nothing yet. Call it before the first hit is taken:
   * nobody waits for a collector that is not known. It also starts while ClickHouse is away; then nobody can
   * ask for its hits either, and the first mark makes it known.
   *
   * @throws SecretMismatchError
   */
  async announce(): Promise<void> {
    const others = await living(this.#clickhouse).catch((): Living[] => []);
    const stranger = others.find((other) => other.secret !== this.#secret && other.age < 10);
    if (stranger) throw new SecretMismatchError(stranger.collector);
    this.#last = await lastTime(this.#clickhouse, this.#self).catch(() => 0);
    await this.#write(new Date(0).toISOString(), false).catch(() => undefined);
  }

  /** Moves the mark from now on, every second. */
  start(): void {
    this.#again();
  }

  /**
   * Moves the mark now, for who cannot wait for the next second. Those who ask while one is being moved share
   * the next one.
   *
   * @returns the moment up to which all is shipped, of ClickHouse's clock and not before the call.
   * @throws what `ship` or ClickHouse said.
   */
  move(): Promise<string> {
    if (this.#next === undefined) {
      this.#next = this.#moving.then(() => {
        this.#next = undefined;
        return this.#move();
      });
      this.#moving = this.#next.catch(() => undefined);
    }
    return this.#next;
  }

  /** Says that this collector has shipped everything and takes no more. Call it when the journal is closed and shipped. */
  async stop(shippedAll: boolean): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    if (!shippedAll) return;
    // A mark that is being written and came after the last word would take it back.
    await this.#moving;
    await this.#write(await clock(this.#clickhouse), true);
  }

  #again(): void {
    this.#timer = setTimeout(() => {
      this.move()
        // ClickHouse is away: the mark stays where it is, and those who wait learn it from that.
        .catch(() => undefined)
        .finally(() => {
          if (!this.#stopped) this.#again();
        });
    }, EVERY_MS);
    this.#timer.unref();
  }

  async #move(): Promise<string> {
    const now = await clock(this.#clickhouse);
    await this.#ship();
    if (!this.#stopped) await this.#write(now, false);
    return now;
  }

  async #write(shipped: string, stopped: boolean): Promise<void> {
    const time = await clock(this.#clickhouse);
    this.#last = Math.max(this.#last + 1, Date.parse(time));
    await this.#clickhouse.insert('journal_marks', [
      {
        collector: this.#self,
        shipped,
        time: new Date(this.#last).toISOString(),
        stopped,
        secret: this.#secret,
      },
    ]);
  }
}

/** Milliseconds since 1970 of a collector's newest mark, which an earlier run may have made by a clock that was ahead. */
async function lastTime(clickhouse: ClickHouse, collector: string): Promise<number> {
  const [row] = await clickhouse.query<{ time: string }>(
    'SELECT toUnixTimestamp64Milli(max(journal_marks.time)) AS time FROM journal_marks WHERE collector = {collector:String}',
    { collector },
  );
  return Number(row!.time);
}

interface Living {
  collector: string;
  shipped: string;
  secret: string;
  age: number;
  /** ClickHouse's clock was set back after this mark was made: it says nothing of what was shipped since. */
  ahead: number;
}

const living = (clickhouse: ClickHouse, heardWithinS = DEAD_AFTER_S) =>
  clickhouse.query<Living>(
    `SELECT collector, argMax(journal_marks.shipped, journal_marks.time) AS shipped,
            argMax(journal_marks.secret, journal_marks.time) AS secret,
            dateDiff('second', max(journal_marks.time), now64(3)) AS age, shipped > now64(3) AS ahead
     FROM journal_marks GROUP BY collector
     HAVING NOT argMax(journal_marks.stopped, journal_marks.time) AND age < {heardWithinS:UInt32}`,
    { heardWithinS },
  );

/**
 * The collectors that have not shipped all they acknowledged before a moment.
 *
 * @param moment ISO 8601, of ClickHouse's clock. @param heardWithinS seconds; one that has been silent for longer is left
 *   out, as is one that has shipped all and stopped.
 * @throws ClickHouseError
 */
export async function collectorsBehind(
  clickhouse: ClickHouse,
  moment: string,
  heardWithinS?: number,
): Promise<string[]> {
  return (await living(clickhouse, heardWithinS))
    .filter((mark) => mark.ahead || iso(mark.shipped) < moment)
    .map(({ collector }) => collector);
}

/**
 * Returns when every living collector has shipped what it had acknowledged before the call.
 *
 * @param waitMs milliseconds after which it gives up.
 * @param own what {@link Mark.move} has just given for this process's own collector.
 * @throws CollectorsBehindError
 */
export async function waitForCollectors(
  clickhouse: ClickHouse,
  waitMs = WAIT_MS,
  own?: string,
): Promise<void> {
  const since = own ?? (await clock(clickhouse));
  const end = Date.now() + waitMs;
  while (true) {
    const behind = await collectorsBehind(clickhouse, since);
    if (behind.length === 0) return;
    if (Date.now() > end) throw new CollectorsBehindError(behind);
    await sleep(200);
  }
}
