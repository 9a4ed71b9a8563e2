import { nanoid } from 'nanoid';
import type { ClickHouse } from '../../clickhouse/client.ts';
import { cell, Staging, type StagingTable } from '../../upload/staging.ts';
import { type Ended, type Incoming, Upload as LineUpload, type Work } from '../../upload/upload.ts';
import { readLine } from './line.ts';
import { newReceipt, type Receipt, type Receipts } from './receipt.ts';
import { store } from './store.ts';

export interface Upload extends Incoming {
  readonly id: string;
  readonly isPartner: (id: string) => boolean;
  /** Ids of the segments whose rules ask for one of these traits; for null, for any trait. */
  readonly segmentsNaming: (traits: readonly string[] | null) => readonly string[];
}

/** Names that a receipt holds: more are a provider's whole taxonomy. */
const KEPT_NAMES = 100;

/** A batch is some 3 MB as text. */
const LINES: StagingTable = {
  name: 'trait_lines',
  columns: ['line', 'source', 'uid', 'trait', 'expires', 'time'],
  batch: 25_000,
};

/** Takes one upload of traits. Use it once. */
export class TraitUpload implements Work<Receipt> {
  readonly #clickhouse: ClickHouse;
  readonly #receipts: Receipts;
  readonly #upload: Upload;
  readonly #staging: Staging;
  readonly #staged = nanoid();
  readonly #time = Date.now();
  readonly #seconds = (this.#time / 1000).toFixed(3);
  /** Where their ids come from: few, since each is a partner, a device id type or `visitor`. */
  readonly #sources = new Set<string>();
  readonly #traits = new Set<string>();

  constructor(clickhouse: ClickHouse, receipts: Receipts, upload: Upload) {
    this.#clickhouse = clickhouse;
    this.#receipts = receipts;
    this.#upload = upload;
    this.#staging = new Staging(clickhouse, LINES, this.#staged);
  }

  /**
   * Reads all lines, then stores what is about somebody; of a body that breaks off nothing.
   *
   * @throws UploadError
   */
  run(): Promise<Ended<Receipt>> {
    const receipt = newReceipt(this.#upload.id, this.#time);
    return new LineUpload(this.#receipts, this.#upload, this, receipt).run();
  }

  take(text: string, number: number): ReturnType<Work<Receipt>['take']> {
    const line = readLine(text, this.#upload.isPartner);
    if (typeof line === 'string') return line;
    const { source, uid, trait, expires } = line;
    if (this.#traits.size <= KEPT_NAMES) this.#traits.add(trait);
    this.#sources.add(source);
    this.#staging.add(`${number}\t${source}\t${cell(uid)}\t${cell(trait)}\t${expires}\t${this.#seconds}`);
    return 'taken';
  }

  makeRoom(): Promise<void> {
    return this.#staging.makeRoom();
  }

  finish(): Promise<void> {
    return this.#staging.finish();
  }

  async store(): Promise<Partial<Receipt>> {
    const { unknownLines, unknownIds, withdrawn, stored, expired } = await store(this.#clickhouse, {
      staged: this.#staged,
      upload: this.#upload.id,
      lines: this.#staging.lines,
      sources: this.#sources,
      time: this.#time,
    });
    return {
      refused: { unknown_id: unknownLines, withdrawn },
      unknownIds,
      stored,
      expired,
      segments: stored > 0 ? this.#segments() : { count: 0, ids: [] },
    };
  }

  /** Each piece is seen as soon as it is in. */
  mayBeSeen(): boolean {
    return true;
  }

  clear(): Promise<void> {
    return this.#staging.clear();
  }

  soFar(): Partial<Receipt> {
    return { traits: this.#named() };
  }

  brokenOff(): Partial<Receipt> {
    return { segments: this.#segments() };
  }

  /** null where there are more than a receipt holds. */
  #named(): readonly string[] | null {
    return this.#traits.size > KEPT_NAMES ? null : [...this.#traits];
  }

  #segments(): Receipt['segments'] {
    const ids = this.#upload.segmentsNaming(this.#named());
    return { count: ids.length, ids: ids.slice(0, KEPT_NAMES) };
  }
}
