import type { ClickHouse } from '../../clickhouse/client.ts';
import { SPARED_S } from '../../clickhouse/partitions.ts';
import { MAY_HAND_OUT } from '../../consent/purposes.ts';
import { SortedHashes } from '../../privacy/sorted-hashes.ts';

const IS_NO = `(withdrawn = 1 OR NOT (${MAY_HAND_OUT}))`;

/** By when ClickHouse got to know, and not by when it was said: a journal may come late. The newest word counts. */
const NOS = `
  SELECT visitor FROM kept_consents
  WHERE ${IS_NO} AND visitor GLOBAL IN (
    SELECT visitor FROM consents WHERE landed >= toDateTime({since:UInt32}, 'UTC') AND ${IS_NO})
  UNION ALL
  SELECT visitor FROM erasures WHERE stored >= toDateTime({since:UInt32}, 'UTC')
  SETTINGS max_threads = 1`;

const BYTES = 8;

/**
 * Visitors of whom nothing may leave that was made at a moment: who said no, or whose erasure was asked for, since.
 * A build of segments is minutes old and knows of whoever said so before, so there are few: 8 bytes each.
 *
 * @param asOf milliseconds since 1970. What had landed so long before that no statement still ran then, has been seen.
 * @throws ClickHouseError
 */
export async function readNos(clickhouse: Pick<ClickHouse, 'stream'>, asOf: number): Promise<SortedHashes> {
  const since = Math.max(0, Math.floor(asOf / 1000) - SPARED_S);
  const chunks: Buffer[] = [];
  for await (const chunk of await clickhouse.stream(NOS, { since }, 'RowBinary'))
    chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const visitors = new BigUint64Array(Math.floor(bytes.length / BYTES));
  for (let at = 0; at < visitors.length; at++) visitors[at] = bytes.readBigUInt64LE(at * BYTES);
  const nos = new SortedHashes();
  nos.add(visitors);
  return nos;
}
