import { LineSplitter } from '../collect/line-splitter.ts';
import type { LineRefusal } from './line.ts';
import { HEARTBEAT_MS, type Receipt, type Receipts, type UploadFault } from './receipt.ts';

/** An upload that failed. The receipt says so too. */
export class UploadError<R extends Receipt = Receipt> extends Error {
  readonly reason: Exclude<UploadFault, 'interrupted'>;
  readonly receipt: R;

  constructor(receipt: R, reason: UploadError['reason'], cause: unknown) {
    super(`upload ${receipt.id} failed: ${reason}`, { cause });
    this.name = 'UploadError';
    this.reason = reason;
    this.receipt = receipt;
  }
}

type BodyFault = Extract<UploadFault, 'cut_off' | 'bad_gzip' | 'bad_header'>;

/** What comes in. */
export interface Incoming {
  /** Lines in pieces of any size; what it throws ends the upload. */
  readonly text: AsyncIterable<string>;
  /** Of what `text` threw. */
  readonly faultOf: (error: unknown) => BodyFault;
  /** Returns when every hit and match acknowledged before the call can be queried. */
  readonly flush: () => Promise<void>;
}

/** What is done with the lines of a kind of upload. */
export interface Work<R extends Receipt> {
  /**
   * Takes a line, or says what is wrong with it.
   *
   * @param text without its end; not blank.
   * @param number of the line, from 1.
   * @returns `taken`, `header` for a line that holds the names of columns, or why it is malformed.
   * @throws UnreadableBody where nothing behind it could be read.
   */
  readonly take: (text: string, number: number) => 'taken' | 'header' | LineRefusal;
  /** Sends what is gathered, where it is enough. */
  readonly makeRoom: () => Promise<void>;
  /** Returns when every line is in ClickHouse, out of sight. */
  readonly finish: () => Promise<void>;
  /** Stores what is about somebody. @returns what the receipt says of it. */
  readonly store: () => Promise<Partial<R>>;
  /** Whether some of it may be seen already, when storing breaks off. */
  readonly mayBeSeen: () => boolean;
  /** Drops the lines. */
  readonly clear: () => Promise<void>;
  /** What the receipt says beside the lines received and malformed, while they come. */
  readonly soFar: () => Partial<R>;
  /** The same where storing broke off and some may be seen. */
  readonly brokenOff: () => Partial<R>;
}

/** How an upload ended, and its malformed lines by reason: the counters are the caller's. */
export interface Ended<R extends Receipt> {
  readonly receipt: R;
  readonly malformed: ReadonlyMap<LineRefusal, number>;
}

/** Numbers of malformed lines that a receipt holds. */
const KEPT_LINES = 100;

/** Takes one upload of lines, of any size at flat memory. Use it once. */
export class Upload<R extends Receipt> {
  readonly #receipts: Receipts<R>;
  readonly #incoming: Incoming;
  readonly #work: Work<R>;
  readonly #malformed = new Map<LineRefusal, number>();
  readonly #firstMalformed: { line: number; reason: LineRefusal }[] = [];
  #receipt: R;
  #line = 0;
  #received = 0;
  #written = 0;

  /** @param receipt a new one. */
  constructor(receipts: Receipts<R>, incoming: Incoming, work: Work<R>, receipt: R) {
    this.#receipts = receipts;
    this.#incoming = incoming;
    this.#work = work;
    this.#receipt = receipt;
  }

  /**
   * Reads all lines, then stores what is about somebody; of a body that breaks off nothing.
   *
   * @throws UploadError
   */
  async run(): Promise<Ended<R>> {
    // What a heartbeat cannot write the next one does; the last receipt must be written.
    const heart = setInterval(() => void this.#write().catch(() => undefined), HEARTBEAT_MS).unref();
    const work = this.#work;
    try {
      await this.#write();
      await this.#receive();
      await work.finish();
      // An id seen a moment ago is a known one; where collectors are behind, those that have come count.
      await this.#incoming.flush().catch(() => undefined);
      await this.#write({ state: 'storing' } as Partial<R>);
      const stored = await work.store();
      clearInterval(heart);
      await this.#write({ ...stored, state: 'done', endedAt: new Date().toISOString() });
      return { receipt: this.#receipt, malformed: this.#malformed };
    } catch (error) {
      clearInterval(heart);
      const isStoring = this.#receipt.state === 'storing';
      const reason =
        error instanceof UnreadableBody
          ? error.reason
          : isStoring && work.mayBeSeen()
            ? 'partly_stored'
            : 'storage';
      const left = reason === 'partly_stored' ? work.brokenOff() : {};
      const end = { state: 'failed', reason, endedAt: new Date().toISOString() } as Partial<R>;
      await this.#write({ ...left, ...end }).catch(() => undefined);
      throw new UploadError(this.#receipt, reason, error);
    } finally {
      // Left behind they are gone within a day.
      await work.clear().catch(() => undefined);
    }
  }

  async #receive(): Promise<void> {
    const splitter = new LineSplitter();
    const { text, faultOf } = this.#incoming;
    const pieces = text[Symbol.asyncIterator]();
    try {
      for (;;) {
        const piece = await pieces.next().catch((error: unknown) => {
          throw new UnreadableBody(faultOf(error), error);
        });
        for (const line of piece.done ? splitter.end() : splitter.push(piece.value)) this.#take(line);
        if (piece.done) return;
        await this.#work.makeRoom();
      }
    } finally {
      await pieces.return?.();
    }
  }

  #take(text: string | undefined): void {
    this.#line += 1;
    if (text !== undefined && isBlank(text)) return;
    const taken = this.#read(text);
    if (taken === 'header') return;
    this.#received += 1;
    if (taken === 'taken') return;
    this.#malformed.set(taken, (this.#malformed.get(taken) ?? 0) + 1);
    if (this.#firstMalformed.length < KEPT_LINES)
      this.#firstMalformed.push({ line: this.#line, reason: taken });
  }

  #read(text: string | undefined): 'taken' | 'header' | LineRefusal {
    if (text === undefined) return 'line_too_long';
    const isMarked = this.#line === 1 && text.startsWith(BYTE_ORDER_MARK);
    return this.#work.take(isMarked ? text.slice(1) : text, this.#line);
  }

  async #write(change: Partial<R> = {}): Promise<void> {
    const count = [...this.#malformed.values()].reduce((sum, n) => sum + n, 0);
    this.#receipt = {
      ...this.#receipt,
      received: this.#received,
      malformed: { count, lines: this.#firstMalformed },
      reasons: Object.fromEntries(this.#malformed),
      ...this.#work.soFar(),
      ...change,
    };
    // Of two writes the later wins, also where the clock went back in between.
    this.#written = Math.max(this.#written + 1, Date.now());
    await this.#receipts.write(this.#receipt, this.#written);
  }
}

/** The text broke off, or cannot be understood from its first line on. */
export class UnreadableBody extends Error {
  readonly reason: BodyFault;

  constructor(reason: BodyFault, cause?: unknown) {
    super(reason, { cause });
    this.name = 'UnreadableBody';
    this.reason = reason;
  }
}

const isBlank = (text: string) => text === '' || text.trim() === '';

/** Some editors put it before a file's first line. */
const BYTE_ORDER_MARK = '\uFEFF';
