import type { ClickHouse } from '../clickhouse/client.ts';
import type { LineRefusal } from './line.ts';

/**
 * - `receiving`: lines are read; nothing of them counts yet.
 * - `storing`: all lines are here; visitors are looked up.
 * - `done`: what could be stored is stored.
 * - `failed`: nothing more comes of it; `reason` says why, and the same may be sent again.
 */
export type UploadState = 'receiving' | 'storing' | 'done' | 'failed';

/**
 * - `cut_off`: the body ended before its end.
 * - `bad_gzip`: the body is compressed, and damaged.
 * - `bad_header`: the first line does not name the columns that a line needs.
 * - `storage`: ClickHouse did not take the lines, or not all of them; nothing is stored.
 * - `partly_stored`: ClickHouse went away while it was stored. The same again brings the rest.
 * - `interrupted`: the process that took it is gone.
 */
export type UploadFault = 'cut_off' | 'bad_gzip' | 'bad_header' | 'storage' | 'partly_stored' | 'interrupted';

/** What became of an upload, counted in lines; `received` = `malformed.count` + all of `refused` + `stored`. */
export interface Receipt {
  readonly id: string;
  readonly state: UploadState;
  readonly reason?: UploadFault;
  /** Lines that are not blank, nor the names of columns. */
  readonly received: number;
  /** How many lines cannot be read, and the first hundred of them; a line is numbered as an editor does, from 1. */
  readonly malformed: {
    readonly count: number;
    readonly lines: readonly { readonly line: number; readonly reason: LineRefusal }[];
  };
  /** Of `malformed` how many lines for each reason. */
  readonly reasons: Readonly<Partial<Record<LineRefusal, number>>>;
  /** Good lines that are about nobody: no visitor is linked with the id now, or only such as have withdrawn. */
  readonly refused: { readonly unknown_id: number; readonly withdrawn: number };
  /** Distinct ids that no visitor is linked with now. */
  readonly unknownIds: number;
  readonly stored: number;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: string | null;
}

/**
 * What every receipt says when its upload begins.
 *
 * @param startedAt milliseconds since 1970.
 */
export const begun = (id: string, startedAt: number): Receipt => ({
  id,
  state: 'receiving',
  received: 0,
  malformed: { count: 0, lines: [] },
  reasons: {},
  refused: { unknown_id: 0, withdrawn: 0 },
  unknownIds: 0,
  stored: 0,
  startedAt: new Date(startedAt).toISOString(),
  endedAt: null,
});

/** An upload under way writes its receipt each time this has passed. */
export const HEARTBEAT_MS = 10_000;
/** One that has not for so long is nobody's any more. */
const SILENT_MS = 6 * HEARTBEAT_MS;

interface Row {
  readonly id: string;
  readonly receipt: string;
  /** Milliseconds since 1970. */
  readonly time: string;
}

/** The receipts of all uploads of a kind, each in its newest state. */
export class Receipts<R extends Receipt> {
  protected readonly clickhouse: ClickHouse;
  readonly #table: string;
  readonly #newest: string;

  /** @param table of columns id, started, time, receipt. */
  constructor(clickhouse: ClickHouse, table: string) {
    this.clickhouse = clickhouse;
    this.#table = table;
    this.#newest = `SELECT id, argMax(${table}.receipt, ${table}.time) AS receipt,
      toUnixTimestamp64Milli(max(${table}.time)) AS time, argMax(${table}.started, ${table}.time) AS begun
      FROM ${table}`;
  }

  /** @param time milliseconds since 1970, of one upload always later than the last. */
  async write(receipt: R, time: number): Promise<void> {
    const { id, startedAt: started } = receipt;
    const at = new Date(time).toISOString();
    await this.clickhouse.insert(
      this.#table,
      [{ id, started, time: at, receipt: JSON.stringify(receipt) }],
      `${this.#table}/${id}/${time}`,
    );
  }

  async read(id: string): Promise<R | undefined> {
    const [row] = await this.clickhouse.query<Row>(`${this.#newest} WHERE id = {id:String} GROUP BY id`, {
      id,
    });
    return row && this.#shown(row);
  }

  /**
   * The newest first.
   *
   * @param after id of the last one of the page before.
   */
  async list(after: string | undefined, limit: number): Promise<{ items: R[]; next: string | null }> {
    const rows = await this.clickhouse.query<Row>(
      `SELECT id, receipt, time FROM (${this.#newest} GROUP BY id)
       WHERE {after:String} = ''
          OR (begun, id) < (SELECT max(begun), max(id) FROM (${this.#newest} WHERE id = {after:String} GROUP BY id))
       ORDER BY begun DESC, id DESC LIMIT {rows:UInt32}`,
      { after: after ?? '', rows: limit + 1 },
    );
    const items = rows.slice(0, limit).map((row) => this.#shown(row));
    return { items, next: rows.length > limit ? items.at(-1)!.id : null };
  }

  #shown({ receipt: text, time }: Row): R {
    // Of an older version only receipts of labels tell the reasons.
    const receipt: R = { reasons: {}, ...JSON.parse(text) };
    const underWay = receipt.state === 'receiving' || receipt.state === 'storing';
    return underWay && Date.now() - Number(time) > SILENT_MS
      ? { ...receipt, state: 'failed', reason: 'interrupted', endedAt: new Date(Number(time)).toISOString() }
      : receipt;
  }
}
