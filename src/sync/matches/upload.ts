import { nanoid } from 'nanoid';
import type { ClickHouse } from '../../clickhouse/client.ts';
import type { Leases } from '../../jobs/lease.ts';
import { cell, Staging, type StagingTable } from '../../upload/staging.ts';
import { type Ended, type Incoming, UnreadableBody, Upload, type Work } from '../../upload/upload.ts';
import { type Field, type MatchReading, readColumns, readJsonLine, readTabLine } from './line.ts';
import { newReceipt, type Receipt, type Receipts } from './receipt.ts';
import { STEP, storeMatches } from './store.ts';

/** How the lines are written; a table without columns has their names in its first line. */
export type MatchForm =
  | { readonly form: 'ndjson' }
  | { readonly form: 'tsv'; readonly columns: readonly (Field | undefined)[] | undefined };

export interface Matches extends Incoming, MatchReading {
  readonly id: string;
  readonly form: MatchForm;
}

/** A batch is some 25 MB as text. Smaller ones are merged more often, behind our back and on the same cores. */
const LINES: StagingTable = {
  name: 'match_lines',
  columns: ['step', 'line', 'source', 'uid', 'partner', 'matched'],
  batch: 250_000,
};

/** Takes one upload of matches. Use it once. */
export class MatchUpload implements Work<Receipt> {
  readonly #clickhouse: ClickHouse;
  readonly #leases: Leases;
  readonly #receipts: Receipts;
  readonly #matches: Matches;
  readonly #staging: Staging;
  readonly #staged = nanoid();
  readonly #time = Date.now();
  readonly #sources = new Set<string>();
  readonly #partners = new Set<string>();
  #columns: readonly (Field | undefined)[] | undefined;
  #visitorLines = 0;
  #linkedDeletions = 0;
  #isShown = false;

  constructor(clickhouse: ClickHouse, leases: Leases, receipts: Receipts, matches: Matches) {
    this.#clickhouse = clickhouse;
    this.#leases = leases;
    this.#receipts = receipts;
    this.#matches = matches;
    this.#columns = matches.form.form === 'tsv' ? matches.form.columns : undefined;
    this.#staging = new Staging(clickhouse, LINES, this.#staged);
  }

  /**
   * Reads all lines, then links the visitors that they are about: all of them at once, or nobody.
   *
   * @throws UploadError
   */
  run(): Promise<Ended<Receipt>> {
    const receipt = newReceipt(this.#matches.id, this.#time);
    return new Upload(this.#receipts, this.#matches, this, receipt).run();
  }

  take(text: string, number: number): ReturnType<Work<Receipt>['take']> {
    const line = this.#read(text);
    if (typeof line === 'string') return line;
    const { id, partner, uid } = line;
    const step = id.source === 'visitor' ? STEP.visitor : STEP.linked;
    if (step === STEP.visitor) this.#visitorLines += 1;
    else {
      this.#sources.add(id.source);
      if (uid === '') this.#linkedDeletions += 1;
    }
    this.#partners.add(partner);
    this.#staging.add(`${step}\t${number}\t${id.source}\t${cell(id.uid)}\t${partner}\t${cell(uid)}`);
    return 'taken';
  }

  #read(text: string): ReturnType<typeof readJsonLine> | 'header' {
    if (this.#matches.form.form === 'ndjson') return readJsonLine(text, this.#matches);
    if (this.#columns !== undefined) return readTabLine(text, this.#columns, this.#matches);
    this.#columns = readColumns(text.split('\t'), this.#matches.partner !== undefined);
    if (this.#columns === undefined) throw new UnreadableBody('bad_header');
    return 'header';
  }

  makeRoom(): Promise<void> {
    return this.#staging.makeRoom();
  }

  finish(): Promise<void> {
    return this.#staging.finish();
  }

  async store(): Promise<Partial<Receipt>> {
    const { unknownLines, unknownIds, withdrawn, stored, deleted } = await storeMatches(
      this.#clickhouse,
      this.#leases,
      {
        staged: this.#staged,
        linkedLines: this.#staging.lines - this.#visitorLines,
        linkedDeletions: this.#linkedDeletions,
        visitorLines: this.#visitorLines,
        sources: this.#sources,
        time: this.#time,
        onShow: () => {
          this.#isShown = true;
        },
      },
    );
    return { refused: { unknown_id: unknownLines, withdrawn }, unknownIds, stored, deleted };
  }

  mayBeSeen(): boolean {
    return this.#isShown;
  }

  clear(): Promise<void> {
    return this.#staging.clear();
  }

  soFar(): Partial<Receipt> {
    return { partners: [...this.#partners] };
  }

  brokenOff(): Partial<Receipt> {
    return {};
  }
}
