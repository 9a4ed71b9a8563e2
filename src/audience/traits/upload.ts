import { nanoid } from 'nanoid';
import type { ClickHouse } from '../../clickhouse/client.ts';
import { LineSplitter } from '../../collect/line-splitter.ts';
import { type LineRefusal, readLine, type TraitLine } from './line.ts';
import { HEARTBEAT_MS, newReceipt, type Receipt, type Receipts, type UploadFault } from './receipt.ts';
import { Staging } from './staging.ts';
import { store } from './store.ts';

/** An upload that failed. The receipt says so too. */
export class UploadError extends Error {
  readonly reason: Exclude<UploadFault, 'interrupted'>;
  readonly receipt: Receipt;

  constructor(receipt: Receipt, reason: UploadError['reason'], cause: unknown) {
    super(`upload ${receipt.id} failed: ${reason}`, { cause });
    this.name = 'UploadError';
    this.reason = reason;
    this.receipt = receipt;
  }
}

type BodyFault = Extract<UploadFault, 'cut_off' | 'bad_gzip'>;

export interface Upload {
  readonly id: string;
  /** NDJSON in pieces of any size; what it throws ends the upload. */
  readonly text: AsyncIterable<string>;
  /** Of what `text` threw. */
  readonly faultOf: (error: unknown) => BodyFault;
  readonly isPartner: (id: string) => boolean;
  /** Returns when every hit and match acknowledged before the call can be queried. */
  readonly flush: () => Promise<void>;
  /** Ids of the segments whose rules ask for one of these traits; for null, for any trait. */
  readonly segmentsNaming: (traits: readonly string[] | null) => readonly string[];
}

/** How an upload ended, and its malformed lines by reason: the counters are the caller's. */
export interface Ended {
  readonly receipt: Receipt;
  readonly malformed: ReadonlyMap<LineRefusal, number>;
}

/** Numbers of malformed lines that a receipt holds. */
const KEPT_LINES = 100;
/** Names that a receipt holds: more are a provider's whole taxonomy. */
const KEPT_NAMES = 100;

/** Takes one upload of traits, of any size at flat memory. Use it once. */
export class TraitUpload {
  readonly #clickhouse: ClickHouse;
  readonly #receipts: Receipts;
  readonly #upload: Upload;
  readonly #staging: Staging;
  readonly #staged = nanoid();
  readonly #time = Date.now();
  readonly #malformed = new Map<LineRefusal, number>();
  readonly #firstMalformed: { line: number; reason: LineRefusal }[] = [];
  readonly #traits = new Set<string>();
  #receipt: Receipt;
  #line = 0;
  #received = 0;
  #written = 0;

  constructor(clickhouse: ClickHouse, receipts: Receipts, upload: Upload) {
    this.#clickhouse = clickhouse;
    this.#receipts = receipts;
    this.#upload = upload;
    this.#staging = new Staging(clickhouse, this.#staged, this.#time);
    this.#receipt = newReceipt(upload.id, this.#time);
  }

  /**
   * Reads all lines, then stores what is about somebody; of a body that breaks off nothing.
   *
   * @throws UploadError
   */
  async run(): Promise<Ended> {
    // What a heartbeat cannot write the next one does; the last receipt must be written.
    const heart = setInterval(() => void this.#write({}).catch(() => undefined), HEARTBEAT_MS).unref();
    try {
      await this.#write({});
      await this.#receive();
      await this.#staging.finish();
      // An id seen a moment ago is a known one; where collectors are behind, those that have come count.
      await this.#upload.flush().catch(() => undefined);
      await this.#write({ state: 'storing' });
      const { unknownLines, unknownIds, withdrawn, stored, expired } = await store(this.#clickhouse, {
        staged: this.#staged,
        upload: this.#upload.id,
        lines: this.#staging.lines,
        sources: this.#staging.sources,
        time: this.#time,
      });
      clearInterval(heart);
      await this.#write({
        state: 'done',
        refused: { unknown_id: unknownLines, withdrawn },
        unknownIds,
        stored,
        expired,
        segments: stored > 0 ? this.#segments() : { count: 0, ids: [] },
        endedAt: new Date().toISOString(),
      });
      return { receipt: this.#receipt, malformed: this.#malformed };
    } catch (error) {
      clearInterval(heart);
      const reason =
        error instanceof UnreadableBody
          ? error.reason
          : this.#receipt.state === 'storing'
            ? 'partly_stored'
            : 'storage';
      await this.#write({
        state: 'failed',
        reason,
        ...(reason === 'partly_stored' ? { segments: this.#segments() } : {}),
        endedAt: new Date().toISOString(),
      }).catch(() => undefined);
      throw new UploadError(this.#receipt, reason, error);
    } finally {
      // Left behind they are gone within a day.
      await this.#staging.clear().catch(() => undefined);
    }
  }

  async #receive(): Promise<void> {
    const splitter = new LineSplitter();
    const { text, faultOf } = this.#upload;
    const pieces = text[Symbol.asyncIterator]();
    try {
      for (;;) {
        const piece = await pieces.next().catch((error: unknown) => {
          throw new UnreadableBody(faultOf(error), error);
        });
        for (const line of piece.done ? splitter.end() : splitter.push(piece.value)) this.#take(line);
        if (piece.done) return;
        await this.#staging.makeRoom();
      }
    } finally {
      await pieces.return?.();
    }
  }

  #take(text: string | undefined): void {
    this.#line += 1;
    if (text?.trim() === '') return;
    this.#received += 1;
    const line = this.#read(text);
    if (typeof line === 'object') {
      if (this.#traits.size <= KEPT_NAMES) this.#traits.add(line.trait);
      return this.#staging.add(line, this.#line);
    }
    this.#malformed.set(line, (this.#malformed.get(line) ?? 0) + 1);
    if (this.#firstMalformed.length < KEPT_LINES)
      this.#firstMalformed.push({ line: this.#line, reason: line });
  }

  #read(text: string | undefined): TraitLine | LineRefusal {
    if (text === undefined) return 'line_too_long';
    const isMarked = this.#line === 1 && text.startsWith(BYTE_ORDER_MARK);
    return readLine(isMarked ? text.slice(1) : text, this.#upload.isPartner);
  }

  /** null where there are more than a receipt holds. */
  #named(): readonly string[] | null {
    return this.#traits.size > KEPT_NAMES ? null : [...this.#traits];
  }

  #segments(): Receipt['segments'] {
    const ids = this.#upload.segmentsNaming(this.#named());
    return { count: ids.length, ids: ids.slice(0, KEPT_NAMES) };
  }

  async #write(change: Partial<Receipt>): Promise<void> {
    const count = [...this.#malformed.values()].reduce((sum, n) => sum + n, 0);
    this.#receipt = {
      ...this.#receipt,
      received: this.#received,
      malformed: { count, lines: this.#firstMalformed },
      traits: this.#named(),
      ...change,
    };
    // Of two writes the later wins, also where the clock went back in between.
    this.#written = Math.max(this.#written + 1, Date.now());
    await this.#receipts.write(this.#receipt, this.#written);
  }
}

/** The text broke off. */
class UnreadableBody extends Error {
  readonly reason: BodyFault;

  constructor(reason: BodyFault, cause: unknown) {
    super(reason, { cause });
    this.name = 'UnreadableBody';
    this.reason = reason;
  }
}

/** Some editors put it before a file's first line. */
const BYTE_ORDER_MARK = '\uFEFF';
