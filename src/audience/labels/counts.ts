import type { ClickHouse } from '../../clickhouse/client.ts';
import { demographicId } from './iab.ts';

/** How many visitors are declared to be what, by whom. */
export interface LabelCount {
  readonly attribute: string;
  readonly value: string;
  /** Who declares it. */
  readonly source: string;
  readonly visitors: number;
  /** In the IAB Audience Taxonomy 1.1; null = none there. */
  readonly iabAudienceId: string | null;
}

/** Behind which counts a page begins. */
export type CountsAfter = Pick<LabelCount, 'attribute' | 'value' | 'source'>;

/**
 * Counts the labels that hold: one a visitor and attribute. In order of attribute, value and source.
 *
 * @param attribute only of this one.
 * @throws ClickHouseError
 */
export async function countLabels(
  clickhouse: ClickHouse,
  attribute: string | undefined,
  after: CountsAfter | undefined,
  limit: number,
): Promise<LabelCount[]> {
  const rows = await clickhouse.query<CountsAfter & { visitors: string }>(
    `SELECT attribute, value, source, count() AS visitors FROM kept_labels
     WHERE ({attribute:String} = '' OR attribute = {attribute:String})
       AND (attribute, value, source) > ({afterAttribute:String}, {afterValue:String}, {afterSource:String})
     GROUP BY attribute, value, source
     ORDER BY attribute, value, source LIMIT {limit:UInt32}`,
    {
      attribute: attribute ?? '',
      afterAttribute: after?.attribute ?? '',
      afterValue: after?.value ?? '',
      afterSource: after?.source ?? '',
      limit,
    },
  );
  return rows.map(({ attribute: name, value, source, visitors }) => ({
    attribute: name,
    value,
    source,
    visitors: Number(visitors),
    iabAudienceId: demographicId(name, value) ?? null,
  }));
}
