import { readSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';

/** What a copy is of. */
export interface CopyHead {
  /** Number of the build. */
  readonly build: number;
  /** Ids; a row names places in this list. */
  readonly segments: readonly string[];
}

/** As its file ends. */
interface Tail extends CopyHead {
  readonly blocks: number;
  /** Bytes of the rows. */
  readonly bytes: number;
}

/** A page of the file system: what a look-up reads, and little of which is not asked for. */
const BLOCK_BYTES = 4_096;
const VISITOR_BYTES = 8;
const SEGMENT_BYTES = 2;
/** Of an entry of the index, in each of its two halves. */
const ENTRY_BYTES = 8;
const LENGTH_BYTES = 4;

/** A file that is cut off, or rows that are none. */
export class CopyError extends Error {
  readonly reason = 'unreadable_copy';

  constructor(what: string) {
    super(`The copy of the profiles cannot be used: ${what}.`);
    this.name = 'CopyError';
  }
}

/**
 * Writes a copy: the rows as ClickHouse gives them, in blocks of a page, and behind them an index that says with which
 * visitor each block begins. It is there whole, or not at all.
 *
 * @param rows `visitor` and `segments` of `profiles` in ClickHouse's RowBinary, in the order of visitors, cut up
 *   anywhere.
 * @throws CopyError, and what the stream or the file system says.
 */
export async function writeCopy(path: string, head: CopyHead, rows: AsyncIterable<unknown>): Promise<void> {
  const draft = `${path}.new`;
  const file = await open(draft, 'w', 0o600);
  try {
    const firsts: bigint[] = [];
    const offsets: number[] = [];
    let bytes = 0;
    let blockEnd = 0;
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of rows as AsyncIterable<Buffer>) {
      const all = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let from = 0;
      for (let end = rowEnd(all, from); end !== undefined; end = rowEnd(all, from)) {
        const length = end - from;
        if (offsets.length === 0 || bytes + length > blockEnd) {
          const first = all.readBigUInt64LE(from);
          if (first <= (firsts.at(-1) ?? -1n)) throw new CopyError('its visitors are in no order');
          firsts.push(first);
          offsets.push(bytes);
          blockEnd = bytes + BLOCK_BYTES;
        }
        bytes += length;
        from = end;
      }
      await file.write(all, 0, from);
      rest = Buffer.from(all.subarray(from));
    }
    if (rest.length > 0) throw new CopyError('its last row is cut off');
    const tail: Tail = { ...head, blocks: offsets.length, bytes };
    await file.write(indexOf(firsts, offsets, JSON.stringify(tail)));
    // Else a machine that goes down may leave the name without the rows.
    await file.sync();
    await file.close();
    await rename(draft, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(draft, { force: true });
    throw error;
  }
}

/** @returns where the row ends that begins there, or undefined where it is not all there. */
function rowEnd(bytes: Buffer, from: number): number | undefined {
  let at = from + VISITOR_BYTES;
  // The number of segments, seven bits a byte, the lowest first (ClickHouse, RowBinary: Array).
  let count = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    if (byte === undefined) return undefined;
    count |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  const end = at + count * SEGMENT_BYTES;
  return end > bytes.length ? undefined : end;
}

function indexOf(firsts: readonly bigint[], offsets: readonly number[], tail: string): Buffer {
  const json = Buffer.from(tail);
  const all = Buffer.alloc(2 * firsts.length * ENTRY_BYTES + json.length + LENGTH_BYTES);
  for (const [place, first] of firsts.entries()) all.writeBigUInt64LE(first, place * ENTRY_BYTES);
  for (const [place, offset] of offsets.entries())
    all.writeBigUInt64LE(BigInt(offset), (firsts.length + place) * ENTRY_BYTES);
  json.copy(all, 2 * firsts.length * ENTRY_BYTES);
  all.writeUInt32LE(json.length, all.length - LENGTH_BYTES);
  return all;
}

/** A copy that is open. The index is in memory, a hundredth of the file or less; of the rows one block at a time. */
export class Copy {
  readonly head: CopyHead;
  readonly #file: FileHandle;
  readonly #firsts: BigUint64Array;
  readonly #offsets: BigUint64Array;
  readonly #bytes: number;

  private constructor(file: FileHandle, tail: Tail, firsts: BigUint64Array, offsets: BigUint64Array) {
    this.head = { build: tail.build, segments: tail.segments };
    this.#file = file;
    this.#firsts = firsts;
    this.#offsets = offsets;
    this.#bytes = tail.bytes;
  }

  /** @throws CopyError, and what the file system says. */
  static async open(path: string): Promise<Copy> {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const length = (await readAt(file, size - LENGTH_BYTES, LENGTH_BYTES)).readUInt32LE();
      const tail = tailOf(await readAt(file, size - LENGTH_BYTES - length, length));
      const half = tail.blocks * ENTRY_BYTES;
      if (tail.bytes + 2 * half + length + LENGTH_BYTES !== size) throw new CopyError('it is cut off');
      // As it lies: ClickHouse, whose rows these are, has no processors of the other order of bytes.
      const [firsts, offsets] = [new BigUint64Array(tail.blocks), new BigUint64Array(tail.blocks)];
      await readInto(file, tail.bytes, firsts);
      await readInto(file, tail.bytes + half, offsets);
      return new Copy(file, tail, firsts, offsets);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /**
   * A page is read there and then, from the system's cache in 2 µs. By way of libuv's threads, which on a busy machine
   * have no core of their own, it took the event loop 110 of an answer's 150 µs, and the answer two turns of the loop.
   *
   * @returns ids of the visitor's segments; none of one without a row.
   * @throws CopyError, and what the file system says.
   */
  segmentsOf(visitor: bigint): readonly string[] {
    const block = this.#blockOf(visitor);
    if (block === -1) return [];
    const from = Number(this.#offsets[block]);
    const bytes = Buffer.allocUnsafe(Number(this.#offsets[block + 1] ?? this.#bytes) - from);
    expectAll(bytes, readSync(this.#file.fd, bytes, 0, bytes.length, from));
    // In halves: a number of 64 bits is an object, and a block has some hundred of them.
    const [low, high] = [Number(BigInt.asUintN(32, visitor)), Number(visitor >> 32n)];
    for (let at = 0; at < bytes.length; ) {
      const end = rowEnd(bytes, at);
      if (end === undefined) throw new CopyError('a row is cut off');
      if (bytes.readUInt32LE(at) === low && bytes.readUInt32LE(at + 4) === high)
        return this.#named(bytes.subarray(at, end));
      at = end;
    }
    return [];
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** The last that begins with the visitor or one before it; -1 = all begin behind it. */
  #blockOf(visitor: bigint): number {
    let low = -1;
    for (let high = this.#firsts.length; high - low > 1; ) {
      const middle = (low + high) >> 1;
      if (this.#firsts[middle]! <= visitor) low = middle;
      else high = middle;
    }
    return low;
  }

  #named(row: Buffer): string[] {
    const ids: string[] = [];
    let at = VISITOR_BYTES;
    while (row[at]! >= 128) at += 1;
    for (at += 1; at < row.length; at += SEGMENT_BYTES) {
      const id = this.head.segments[row.readUInt16LE(at)];
      if (id === undefined) throw new CopyError('a segment has no name');
      ids.push(id);
    }
    return ids;
  }
}

function tailOf(json: Buffer): Tail {
  try {
    return JSON.parse(json.toString()) as Tail;
  } catch {
    throw new CopyError('it is cut off');
  }
}

async function readAt(file: FileHandle, from: number, length: number): Promise<Buffer> {
  if (from < 0) throw new CopyError('it is cut off');
  const bytes = Buffer.allocUnsafe(length);
  await readInto(file, from, bytes);
  return bytes;
}

async function readInto(file: FileHandle, from: number, into: NodeJS.ArrayBufferView): Promise<void> {
  const { bytesRead } = await file.read(into, 0, into.byteLength, from);
  expectAll(into, bytesRead);
}

function expectAll(into: NodeJS.ArrayBufferView, bytesRead: number): void {
  if (bytesRead !== into.byteLength) throw new CopyError('it is cut off');
}
