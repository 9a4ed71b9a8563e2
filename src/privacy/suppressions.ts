import { appendFile, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClickHouse } from '../clickhouse/client.ts';
import { suppressionHash, type VisitorId } from '../identity/visitor.ts';
import { unlessMissing } from '../missing.ts';
import { Recent } from '../recent.ts';
import { SortedHashes } from './sorted-hashes.ts';

const HASH_BYTES = 8;
/** As ClickHouse writes a hash and the milliseconds at which it was stored. */
const ROW_BYTES = 2 * HASH_BYTES;
const FILE = /^suppressions-\w{1,32}\.bin$/;
/** How far a host's clock and an insert under way may be behind. */
const OVERLAP_MS = 60_000;
/**
 * Visitors whose hash is remembered, in each of two generations: a browsing one is asked for with every hit, and an
 * HMAC takes 4 µs.
 */
const REMEMBERED = 50_000;

export interface SuppressionsOptions {
  readonly clickhouse: Pick<ClickHouse, 'stream'>;
  readonly secret: string;
  /** The data folder. */
  readonly folder: string;
  /** Name of this process among those that share the folder. */
  readonly worker: string;
}

/**
 * Who has opted out, as keyed hashes in memory, so that every hit can be asked about.
 *
 * Each process writes what it learns to a file of its own in the data folder and reads those of the others.
 * So a collector knows every opt-out that its machine has heard of while ClickHouse is away, and after a
 * restart; what other machines have taken comes from ClickHouse. Files only grow, by 8 bytes an opt-out.
 */
export class Suppressions {
  readonly #options: SuppressionsOptions;
  readonly #hashes = new SortedHashes();
  readonly #file: string;
  /** Bytes read of each file so far. */
  readonly #read = new Map<string, number>();
  readonly #hashOf = new Recent<VisitorId, bigint>(REMEMBERED);
  /** Milliseconds of ClickHouse's clock up to which everything stored is known. */
  #newest = 0;
  #refreshing: Promise<void> | undefined;

  private constructor(options: SuppressionsOptions) {
    this.#options = options;
    this.#file = `suppressions-${options.worker}.bin`;
  }

  /** Opens with what the files of the folder hold. */
  static async open(options: SuppressionsOptions): Promise<Suppressions> {
    const suppressions = new Suppressions(options);
    await suppressions.#endOnWhole();
    await suppressions.#readFiles();
    return suppressions;
  }

  /** How many visitors are suppressed. */
  get size(): number {
    return this.#hashes.size;
  }

  /** Costs nothing while nobody has opted out, and no hashing for a visitor asked for before. */
  has(visitor: VisitorId): boolean {
    if (this.#hashes.size === 0) return false;
    let hash = this.#hashOf.get(visitor);
    if (hash === undefined) {
      hash = suppressionHash(this.#options.secret, visitor);
      this.#hashOf.set(visitor, hash);
    }
    return this.#hashes.has(hash);
  }

  /**
   * Takes in an opt-out made here; known to {@link has} at once.
   *
   * @throws what the file system says; it is known here all the same.
   */
  async add(hash: bigint): Promise<void> {
    await this.#write(this.#hashes.add(BigUint64Array.of(hash)));
  }

  /**
   * Takes in what other processes and machines have learned since the last call.
   *
   * @throws ClickHouseError, after the files were read; what the file system says.
   */
  refresh(): Promise<void> {
    // One at a time: ClickHouse may take longer to answer than the pause between two calls.
    this.#refreshing ??= this.#learn().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #learn(): Promise<void> {
    await this.#readFiles();
    const rows = await this.#options.clickhouse.stream(
      `SELECT hash, toUnixTimestamp64Milli(stored) FROM suppressions
       WHERE stored >= fromUnixTimestamp64Milli({since:Int64})`,
      { since: Math.max(0, this.#newest - OVERLAP_MS) },
      'RowBinary',
    );
    const bytes = await collected(rows);
    const hashes = new BigUint64Array(Math.floor(bytes.length / ROW_BYTES));
    let newest = this.#newest;
    for (const index of hashes.keys()) {
      hashes[index] = bytes.readBigUInt64LE(index * ROW_BYTES);
      newest = Math.max(newest, Number(bytes.readBigInt64LE(index * ROW_BYTES + HASH_BYTES)));
    }
    await this.#write(this.#hashes.add(hashes));
    // Only now: what could not be written is asked for again.
    this.#newest = newest;
  }

  async #write(added: BigUint64Array): Promise<void> {
    if (added.length === 0) return;
    const bytes = Buffer.alloc(added.length * HASH_BYTES);
    for (const [index, hash] of added.entries()) bytes.writeBigUInt64LE(hash, index * HASH_BYTES);
    try {
      await appendFile(join(this.#options.folder, this.#file), bytes, { mode: 0o600 });
    } catch (error) {
      await this.#endOnWhole().catch(() => undefined);
      throw error;
    }
  }

  /** A power failure or a full disk may have cut the last hash; what is appended must begin at a whole one. */
  async #endOnWhole(): Promise<void> {
    const file = await open(join(this.#options.folder, this.#file), 'r+').catch(unlessMissing);
    if (file === undefined) return;
    try {
      const { size } = await file.stat();
      if (size % HASH_BYTES !== 0) await file.truncate(size - (size % HASH_BYTES));
    } finally {
      await file.close();
    }
  }

  async #readFiles(): Promise<void> {
    const names = await readdir(this.#options.folder);
    for (const name of names) if (FILE.test(name)) this.#hashes.add(await this.#tailOf(name));
  }

  async #tailOf(name: string): Promise<BigUint64Array> {
    const from = this.#read.get(name) ?? 0;
    const file = await open(join(this.#options.folder, name), 'r');
    try {
      const { size } = await file.stat();
      const length = Math.max(0, Math.floor((size - from) / HASH_BYTES) * HASH_BYTES);
      const bytes = Buffer.alloc(length);
      const { bytesRead } = length === 0 ? { bytesRead: 0 } : await file.read(bytes, 0, length, from);
      const hashes = new BigUint64Array(Math.floor(bytesRead / HASH_BYTES));
      for (const index of hashes.keys()) hashes[index] = bytes.readBigUInt64LE(index * HASH_BYTES);
      this.#read.set(name, from + hashes.length * HASH_BYTES);
      return hashes;
    } finally {
      await file.close();
    }
  }
}

async function collected(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
