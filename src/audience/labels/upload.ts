import { nanoid } from 'nanoid';
import type { ClickHouse } from '../../clickhouse/client.ts';
import { CSV, TSV } from '../../import/csv.ts';
import type { LineRefusal } from '../../upload/line.ts';
import { cell, Staging, type StagingTable } from '../../upload/staging.ts';
import { Table } from '../../upload/table.ts';
import { type Ended, type Incoming, Upload as LineUpload, type Work } from '../../upload/upload.ts';
import { TAKEN_BACK } from './label.ts';
import { FIELDS, type LabelLine, readCells, readJsonLine } from './line.ts';
import { newReceipt, type Receipt, type Receipts } from './receipt.ts';
import { STEP, storeLabels } from './store.ts';

/** How the lines are written; a table has the names of its columns in its first line. */
export type LabelForm = 'ndjson' | 'csv' | 'tsv';

export interface Upload extends Incoming {
  readonly id: string;
  readonly form: LabelForm;
  /** Who declares these labels. */
  readonly source: string;
  readonly isPartner: (id: string) => boolean;
}

/** Names that a receipt holds: a panel asks for fewer. */
const KEPT_NAMES = 100;

/** A batch is some 3 MB as text. */
const LINES: StagingTable = {
  name: 'label_lines',
  columns: ['step', 'line', 'source', 'uid', 'attribute', 'value'],
  batch: 25_000,
};

/** Takes one upload of labels. Use it once. */
export class LabelUpload implements Work<Receipt> {
  readonly #clickhouse: ClickHouse;
  readonly #receipts: Receipts;
  readonly #upload: Upload;
  readonly #table: Table<(typeof FIELDS)[number]> | undefined;
  readonly #staging: Staging;
  readonly #staged = nanoid();
  readonly #time = Date.now();
  /** Where their ids come from: few, since each is a partner, a device id type or `visitor`. */
  readonly #sources = new Set<string>();
  readonly #attributes = new Set<string>();
  #takesBack = false;
  #lastLine = 0;

  constructor(clickhouse: ClickHouse, receipts: Receipts, upload: Upload) {
    this.#clickhouse = clickhouse;
    this.#receipts = receipts;
    this.#upload = upload;
    const { form } = upload;
    this.#table = form === 'ndjson' ? undefined : new Table(form === 'csv' ? CSV : TSV, FIELDS);
    this.#staging = new Staging(clickhouse, LINES, this.#staged);
  }

  /**
   * Reads all lines, then stores what is about somebody; of a body that breaks off nothing.
   *
   * @throws UploadError
   */
  run(): Promise<Ended<Receipt>> {
    const receipt = newReceipt(this.#upload.id, this.#upload.source, this.#time);
    return new LineUpload(this.#receipts, this.#upload, this, receipt).run();
  }

  take(text: string, number: number): ReturnType<Work<Receipt>['take']> {
    const line = this.#read(text);
    if (typeof line === 'string') return line;
    const { source, uid, attribute, value } = line;
    if (this.#attributes.size <= KEPT_NAMES) this.#attributes.add(attribute);
    this.#sources.add(source);
    this.#takesBack ||= value === TAKEN_BACK;
    this.#lastLine = number;
    this.#staging.add(`${STEP.given}\t${number}\t${source}\t${cell(uid)}\t${attribute}\t${cell(value)}`);
    return 'taken';
  }

  #read(text: string): LabelLine | LineRefusal | 'header' {
    const { isPartner } = this.#upload;
    if (this.#table === undefined) return readJsonLine(text, isPartner);
    const fields = this.#table.read(text);
    return typeof fields === 'string' ? fields : readCells(fields, isPartner);
  }

  makeRoom(): Promise<void> {
    return this.#staging.makeRoom();
  }

  finish(): Promise<void> {
    return this.#staging.finish();
  }

  async store(): Promise<Partial<Receipt>> {
    const { unknownLines, unknownIds, withdrawn, conflict, conflicts, stored, takenBack } = await storeLabels(
      this.#clickhouse,
      {
        staged: this.#staged,
        upload: this.#upload.id,
        source: this.#upload.source,
        lines: this.#staging.lines,
        lastLine: this.#lastLine,
        sources: this.#sources,
        takesBack: this.#takesBack,
        time: this.#time,
      },
    );
    return {
      refused: { unknown_id: unknownLines, withdrawn, conflict },
      unknownIds,
      conflicts,
      stored,
      takenBack,
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
    return { attributes: this.#attributes.size > KEPT_NAMES ? null : [...this.#attributes] };
  }

  brokenOff(): Partial<Receipt> {
    return {};
  }
}
