import { Readable } from 'node:stream';
import type { ClickHouse } from '../clickhouse/client.ts';
import { storedTable } from '../clickhouse/schema.ts';
import { persist } from './persist.ts';

/** Not all lines that were handed over are there. */
export class StagingIncompleteError extends Error {
  constructor(expected: number, found: number) {
    super(`${found} of ${expected} lines of an upload are stored`);
    this.name = 'StagingIncompleteError';
  }
}

/** Where the lines of uploads of a kind wait. */
export interface StagingTable {
  /** Partitioned by its column `upload`. */
  readonly name: string;
  /** Those that are filled, `upload` not among them. */
  readonly columns: readonly string[];
  /** Rows of an insert: two batches are in memory at a time, one under way and one that fills. */
  readonly batch: number;
}

/** Grows with the rows. */
const FIRST_BYTES = 65_536;
/** Most bytes that UTF-8 takes for a UTF-16 code unit. */
const BYTES_A_UNIT = 3;

/**
 * The lines of one upload on their way into a table of lines. Batches go in one at a time, and who adds lines
 * waits for the last batch before a new one is begun, so memory stays flat however fast they come.
 */
export class Staging {
  readonly #clickhouse: ClickHouse;
  readonly #table: StagingTable;
  readonly #upload: string;
  readonly #header: string;
  /**
   * The batch that fills. Encoded at once: rows kept as strings until their batch is full cost twice as much, most
   * of it in the garbage collector.
   */
  #filling = Buffer.allocUnsafe(FIRST_BYTES);
  /** The one under way, whose place is used again after it. */
  #leaving = Buffer.allocUnsafe(FIRST_BYTES);
  #used = 0;
  #rows = 0;
  #batches = 0;
  #lines = 0;
  #underWay: Promise<void> = Promise.resolve();

  /**
   * @param upload a name that no other attempt has: of a token that is used again the rows are dropped in silence.
   */
  constructor(clickhouse: ClickHouse, table: StagingTable, upload: string) {
    this.#clickhouse = clickhouse;
    this.#table = table;
    this.#upload = upload;
    this.#header = `upload\t${table.columns.join('\t')}\n`;
  }

  /** Lines added. */
  get lines(): number {
    return this.#lines;
  }

  /** @param cells of the table's columns, as TabSeparated: see {@link cell}. */
  add(cells: string): void {
    if (this.#rows === 0) this.#write(this.#header);
    this.#write(`${this.#upload}\t${cells}\n`);
    this.#rows += 1;
    this.#lines += 1;
  }

  /** Sends what is gathered, where it is enough. @throws ClickHouseError */
  async makeRoom(): Promise<void> {
    if (this.#rows >= this.#table.batch) await this.#send();
  }

  /** Returns when every line is there. @throws ClickHouseError, StagingIncompleteError */
  async finish(): Promise<void> {
    await this.#send();
    await this.#underWay;
    const [row] = await this.#clickhouse.query<{ n: string }>(
      `SELECT count() AS n FROM ${this.#table.name} WHERE upload = {upload:String}`,
      { upload: this.#upload },
    );
    // A token can be remembered although its rows are not there: ClickHouse may be killed between the two.
    if (Number(row?.n) !== this.#lines) throw new StagingIncompleteError(this.#lines, Number(row?.n));
  }

  /** Drops the lines: what is of use is stored, and ids of people that are not known here are not kept. */
  async clear(): Promise<void> {
    await this.#underWay.catch(() => undefined);
    await dropLines(this.#clickhouse, this.#table.name, this.#upload);
  }

  #write(text: string): void {
    const most = this.#used + text.length * BYTES_A_UNIT;
    if (most > this.#filling.length) {
      const larger = Buffer.allocUnsafe(Math.max(most, 2 * this.#filling.length));
      this.#filling.copy(larger, 0, 0, this.#used);
      this.#filling = larger;
    }
    this.#used += this.#filling.write(text, this.#used);
  }

  async #send(): Promise<void> {
    await this.#underWay;
    if (this.#rows === 0) return;
    const { name } = this.#table;
    const rows = this.#filling.subarray(0, this.#used);
    [this.#filling, this.#leaving] = [this.#leaving, this.#filling];
    this.#used = 0;
    this.#rows = 0;
    this.#batches += 1;
    const token = `${name}/${this.#upload}/${this.#batches}`;
    // A batch whose answer was lost goes in again under the same token, and counts once.
    this.#underWay = persist(() =>
      this.#clickhouse.insertBytes(name, Readable.from([rows], { objectMode: false }), token),
    );
    // It is looked at when the next one is begun; until then its failure is nobody's.
    this.#underWay.catch(() => undefined);
  }
}

/** A text as TabSeparated has it, where it holds no control characters: nothing else is special there. */
export const cell = (value: string) => (value.includes('\\') ? value.replaceAll('\\', '\\\\') : value);

/**
 * Drops what stands under a name in a table of lines.
 *
 * @param table partitioned by its column `upload`.
 * @throws ClickHouseError
 */
export async function dropLines(clickhouse: ClickHouse, table: string, upload: string): Promise<void> {
  await clickhouse.onEachHost(async (host) => {
    await host.command(`ALTER TABLE ${storedTable(table, host.cluster)} DROP PARTITION {upload:String}`, {
      upload,
    });
  });
}
