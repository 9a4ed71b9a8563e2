import { Readable } from 'node:stream';
import type { ClickHouse } from '../../clickhouse/client.ts';
import { storedTable } from '../../clickhouse/schema.ts';
import type { TraitLine } from './line.ts';
import { persist } from './persist.ts';

/** Some 3 MB as text; two of them are in memory at a time, one under way and one that fills. */
const BATCH = 25_000;

const HEADER = 'upload\tline\tsource\tuid\ttrait\texpires\ttime\n';

/** Not all lines that were handed over are there. */
export class StagingIncompleteError extends Error {
  constructor(expected: number, found: number) {
    super(`${found} of ${expected} lines of an upload are stored`);
    this.name = 'StagingIncompleteError';
  }
}

/**
 * The lines of one upload on their way into `trait_lines`. Batches go in one at a time, and who adds lines
 * waits for the last batch before a new one is begun, so memory stays flat however fast they come.
 */
export class Staging {
  readonly #clickhouse: ClickHouse;
  readonly #upload: string;
  readonly #time: string;
  readonly #sources = new Set<string>();
  #rows: string[] = [];
  #batches = 0;
  #lines = 0;
  #underWay: Promise<void> = Promise.resolve();

  /**
   * @param upload a name that no other attempt has: of a token that is used again the rows are dropped in silence.
   * @param time milliseconds since 1970.
   */
  constructor(clickhouse: ClickHouse, upload: string, time: number) {
    this.#clickhouse = clickhouse;
    this.#upload = upload;
    this.#time = (time / 1000).toFixed(3);
  }

  /** Lines added. */
  get lines(): number {
    return this.#lines;
  }

  /** Where their ids come from: few, since each is a partner, a device id type or `visitor`. */
  get sources(): ReadonlySet<string> {
    return this.#sources;
  }

  /** @param number of the line in the upload. */
  add({ source, uid, trait, expires }: TraitLine, number: number): void {
    this.#lines += 1;
    this.#sources.add(source);
    this.#rows.push(
      `${this.#upload}\t${number}\t${source}\t${text(uid)}\t${text(trait)}\t${expires}\t${this.#time}\n`,
    );
  }

  /** Sends what is gathered, where it is enough. @throws ClickHouseError */
  async makeRoom(): Promise<void> {
    if (this.#rows.length >= BATCH) await this.#send();
  }

  /** Returns when every line is there. @throws ClickHouseError, StagingIncompleteError */
  async finish(): Promise<void> {
    await this.#send();
    await this.#underWay;
    const [row] = await this.#clickhouse.query<{ n: string }>(
      'SELECT count() AS n FROM trait_lines WHERE upload = {upload:String}',
      { upload: this.#upload },
    );
    // A token can be remembered although its rows are not there: ClickHouse may be killed between the two.
    if (Number(row?.n) !== this.#lines) throw new StagingIncompleteError(this.#lines, Number(row?.n));
  }

  /** Drops the lines: what is of use is stored, and ids of people that are not known here are not kept. */
  async clear(): Promise<void> {
    await this.#underWay.catch(() => undefined);
    const table = storedTable('trait_lines', this.#clickhouse.cluster);
    await this.#clickhouse.onEachHost(async (host) => {
      await host.command(`ALTER TABLE ${table} DROP PARTITION {upload:String}`, { upload: this.#upload });
    });
  }

  async #send(): Promise<void> {
    await this.#underWay;
    if (this.#rows.length === 0) return;
    const rows = Buffer.from(HEADER + this.#rows.join(''));
    this.#rows = [];
    this.#batches += 1;
    const token = `trait-lines/${this.#upload}/${this.#batches}`;
    // A batch whose answer was lost goes in again under the same token, and counts once.
    this.#underWay = persist(() =>
      this.#clickhouse.insertBytes('trait_lines', Readable.from([rows], { objectMode: false }), token),
    );
    // It is looked at when the next one is begun; until then its failure is nobody's.
    this.#underWay.catch(() => undefined);
  }
}

/** Neither ids nor traits hold control characters, so nothing else is special in TabSeparated. */
const text = (value: string) => (value.includes('\\') ? value.replaceAll('\\', '\\\\') : value);
