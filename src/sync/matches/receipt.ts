import type { ClickHouse } from '../../clickhouse/client.ts';
import { type Receipt as AnyReceipt, Receipts as AnyReceipts, begun } from '../../upload/receipt.ts';

/** What became of an upload of matches. */
export interface Receipt extends AnyReceipt {
  /** Lines of `stored` whose uid is empty: they take the match away. */
  readonly deleted: number;
  /** The partners of the good lines. */
  readonly partners: readonly string[];
}

/** @param startedAt milliseconds since 1970. */
export const newReceipt = (id: string, startedAt: number): Receipt => ({
  ...begun(id, startedAt),
  deleted: 0,
  partners: [],
});

/** The receipts of all uploads of matches. */
export class Receipts extends AnyReceipts<Receipt> {
  constructor(clickhouse: ClickHouse) {
    super(clickhouse, 'match_uploads');
  }
}
