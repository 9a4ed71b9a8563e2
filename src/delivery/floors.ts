import type { ClickHouse } from '../clickhouse/client.ts';
import type { Cursor } from './cursor.ts';

/** How sets stood when they were pulled. */
export interface Floors {
  /** @returns whether the set was below the floor; undefined where it was not pulled then, or it is not known any more. */
  readonly wasBelow: (set: { readonly segment: string; readonly name: string }) => boolean | undefined;
  /** Of how many sets it is known. */
  readonly size: number;
}

/**
 * Which of the sets that were pulled together were below the floor. The log keeps it, and not the cursor, which must fit
 * into a request line however many sets there are.
 *
 * @param cursor of that pull.
 * @throws ClickHouseError
 */
export async function floorsAt(clickhouse: ClickHouse, { segment, source, seq }: Cursor): Promise<Floors> {
  const rows = await clickhouse.query<{ of_segment: string; name: string; below: boolean }>(
    `SELECT segment AS of_segment, source AS name, below FROM upkeeps
     WHERE ${segment === '' ? 'startsWith(source, {source:String})' : 'segment = {segment:String} AND source = {source:String}'}
       AND seq = {seq:UInt64}`,
    segment === '' ? { source, seq } : { segment, source, seq },
  );
  const below = new Map(rows.map((row) => [`${row.of_segment}/${row.name}`, row.below]));
  return { wasBelow: (set) => below.get(`${set.segment}/${set.name}`), size: below.size };
}
