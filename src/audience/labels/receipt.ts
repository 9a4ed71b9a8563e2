import type { ClickHouse } from '../../clickhouse/client.ts';
import { type Receipt as AnyReceipt, Receipts as AnyReceipts, begun } from '../../upload/receipt.ts';

/** What became of an upload of labels. */
export interface Receipt extends AnyReceipt {
  /** Who declares them. */
  readonly source: string;
  /** `conflict`: other lines of the upload say something else of the same visitors and attribute; none of them is stored. */
  readonly refused: AnyReceipt['refused'] & { readonly conflict: number };
  /** Numbers of the lines refused as `conflict`: the first hundred. */
  readonly conflicts: readonly number[];
  /** Lines of `stored` that take back what the source said. */
  readonly takenBack: number;
  /** Distinct attributes of the good lines; null = more than a hundred. */
  readonly attributes: readonly string[] | null;
}

/**
 * @param source who declares them.
 * @param startedAt milliseconds since 1970.
 */
export const newReceipt = (id: string, source: string, startedAt: number): Receipt => ({
  ...begun(id, startedAt),
  source,
  refused: { unknown_id: 0, withdrawn: 0, conflict: 0 },
  conflicts: [],
  takenBack: 0,
  attributes: [],
});

/** The receipts of all uploads of labels. */
export class Receipts extends AnyReceipts<Receipt> {
  constructor(clickhouse: ClickHouse) {
    super(clickhouse, 'label_uploads');
  }
}
