import type { ClickHouse } from '../../clickhouse/client.ts';
import { type Receipt as AnyReceipt, Receipts as AnyReceipts, begun } from '../../upload/receipt.ts';

/** What became of an upload of traits. */
export interface Receipt extends AnyReceipt {
  /** Lines of `stored` whose `expires` is past: they take the trait away. */
  readonly expired: number;
  /** Distinct traits of the good lines; null = more than a hundred. */
  readonly traits: readonly string[] | null;
  /** Segments that are built anew soon after the end, because their rules name its traits: how many, the first hundred. */
  readonly segments: { readonly count: number; readonly ids: readonly string[] };
}

/** @param startedAt milliseconds since 1970. */
export const newReceipt = (id: string, startedAt: number): Receipt => ({
  ...begun(id, startedAt),
  expired: 0,
  traits: [],
  segments: { count: 0, ids: [] },
});

/** No trait is the empty text. */
export const ANY_TRAIT = '';

/** The receipts of all uploads of traits. */
export class Receipts extends AnyReceipts<Receipt> {
  constructor(clickhouse: ClickHouse) {
    super(clickhouse, 'trait_uploads');
  }

  /**
   * What uploads brought that have stored anything and are at their end.
   *
   * @param since milliseconds since 1970: uploads that ended earlier are left out.
   * @returns when each trait came last, in milliseconds since 1970; under {@link ANY_TRAIT} an upload that may
   *   have brought any.
   */
  async broughtSince(since: number): Promise<Map<string, number>> {
    const rows = await this.clickhouse.query<{ trait: string; ended: string }>(
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
}
