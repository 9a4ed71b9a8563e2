import type { ClickHouse } from '../../clickhouse/client.ts';
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
 * - `storage`: ClickHouse did not take the lines, or not all of them; nothing is stored.
 * - `partly_stored`: ClickHouse went away while visitors were looked up. The same again brings the rest.
 * - `interrupted`: the process that took it is gone.
 */
export type UploadFault = 'cut_off' | 'bad_gzip' | 'storage' | 'partly_stored' | 'interrupted';

/** What became of an upload, counted in lines; `received` = `malformed.count` + all of `refused` + `stored`. */
export interface Receipt {
  readonly id: string;
  readonly state: UploadState;
  readonly reason?: UploadFault;
  /** Lines that are not blank. */
  readonly received: number;
  /** How many lines cannot be read, and the first hundred of them; a line is numbered as an editor does, from 1. */
  readonly malformed: {
    readonly count: number;
    readonly lines: readonly { readonly line: number; readonly reason: LineRefusal }[];
  };
  /** Good lines that are about nobody: no visitor is linked with the id now, or only such as have withdrawn. */
  readonly refused: { readonly unknown_id: number; readonly withdrawn: number };
  /** Distinct ids that no visitor is linked with now. */
  readonly unknownIds: number;
  readonly stored: number;
  /** Lines of `stored` whose `expires` is past: they take the trait away. */
  readonly expired: number;
  /** Distinct traits of the good lines; null = more than a hundred. */
  readonly traits: readonly string[] | null;
  /** Segments that are built anew soon after the end, because their rules name its traits: how many, the first hundred. */
  readonly segments: { readonly count: number; readonly ids: readonly string[] };
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: string | null;
}

/** @param startedAt milliseconds since 1970. */
export const newReceipt = (id: string, startedAt: number): Receipt => ({
  id,
  state: 'receiving',
  received: 0,
  malformed: { count: 0, lines: [] },
  refused: { unknown_id: 0, withdrawn: 0 },
  unknownIds: 0,
  stored: 0,
  expired: 0,
  traits: [],
  segments: { count: 0, ids: [] },
  startedAt: new Date(startedAt).toISOString(),
  endedAt: null,
});

/** No trait is the empty text. */
export const ANY_TRAIT = '';

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

/** The receipts of all uploads, each in its newest state. */
export class Receipts {
  readonly #clickhouse: ClickHouse;

  constructor(clickhouse: ClickHouse) {
    this.#clickhouse = clickhouse;
  }

  /** @param time milliseconds since 1970, of one upload always later than the last. */
  async write(receipt: Receipt, time: number): Promise<void> {
    const { id, startedAt: started } = receipt;
    const at = new Date(time).toISOString();
    await this.#clickhouse.insert(
      'trait_uploads',
      [{ id, started, time: at, receipt: JSON.stringify(receipt) }],
      `trait-upload/${id}/${time}`,
    );
  }

  async read(id: string): Promise<Receipt | undefined> {
    const [row] = await this.#clickhouse.query<Row>(`${NEWEST} WHERE id = {id:String} GROUP BY id`, { id });
    return row && shown(row);
  }

  /**
   * What uploads brought that have stored anything and are at their end.
   *
   * @param since milliseconds since 1970: uploads that ended earlier are left out.
   * @returns when each trait came last, in milliseconds since 1970; under {@link ANY_TRAIT} an upload that may
   *   have brought any.
   */
  async broughtSince(since: number): Promise<Map<string, number>> {
    const rows = await this.#clickhouse.query<{ trait: string; ended: string }>(
      `SELECT arrayJoin(if(JSONType(receipt, 'traits') = 'Array', JSONExtract(receipt, 'traits', 'Array(String)'), [{any:String}])) AS trait,
              max(ended) AS ended
       FROM (SELECT argMax(trait_uploads.receipt, trait_uploads.time) AS receipt,
                    toUnixTimestamp64Milli(max(trait_uploads.time)) AS ended
             FROM trait_uploads WHERE trait_uploads.time >= fromUnixTimestamp64Milli({since:Int64}) GROUP BY id)
       WHERE (JSONExtractString(receipt, 'state') = 'done' AND JSONExtractUInt(receipt, 'stored') > 0)
          OR JSONExtractString(receipt, 'reason') = 'partly_stored'
       GROUP BY trait`,
      { since, any: ANY_TRAIT },
    );
    return new Map(rows.map(({ trait, ended }) => [trait, Number(ended)]));
  }

  /**
   * The newest first.
   *
   * @param after id of the last one of the page before.
   */
  async list(after: string | undefined, limit: number): Promise<{ items: Receipt[]; next: string | null }> {
    const rows = await this.#clickhouse.query<Row>(
      `SELECT id, receipt, time FROM (${NEWEST} GROUP BY id)
       WHERE {after:String} = ''
          OR (begun, id) < (SELECT max(begun), max(id) FROM (${NEWEST} WHERE id = {after:String} GROUP BY id))
       ORDER BY begun DESC, id DESC LIMIT {rows:UInt32}`,
      { after: after ?? '', rows: limit + 1 },
    );
    const items = rows.slice(0, limit).map(shown);
    return { items, next: rows.length > limit ? items.at(-1)!.id : null };
  }
}

const NEWEST = `SELECT id, argMax(trait_uploads.receipt, trait_uploads.time) AS receipt,
  toUnixTimestamp64Milli(max(trait_uploads.time)) AS time, argMax(trait_uploads.started, trait_uploads.time) AS begun
  FROM trait_uploads`;

function shown({ receipt: text, time }: Row): Receipt {
  const receipt = JSON.parse(text) as Receipt;
  const underWay = receipt.state === 'receiving' || receipt.state === 'storing';
  return underWay && Date.now() - Number(time) > SILENT_MS
    ? { ...receipt, state: 'failed', reason: 'interrupted', endedAt: new Date(Number(time)).toISOString() }
    : receipt;
}
