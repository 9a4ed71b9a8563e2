import type { Build } from '../../audience/builds.ts';
import type { ClickHouse } from '../../clickhouse/client.ts';
import type { Registry } from '../../registry/registry.ts';

/** What of a version of a segment says who is in it, and where that may go. */
export interface PastVersion {
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Stands for the rule and for whom together it is asked; empty = by this version there was no segment. */
  readonly rule: string;
  readonly labels: readonly string[];
  readonly iabAudienceId: string | undefined;
}

/** Versions of segments, oldest first, of those that were changed since they were built; of others there are none. */
export type Past = ReadonlyMap<string, readonly PastVersion[]>;

/**
 * How segments were that were changed since builds were made. Nothing is read where none was.
 *
 * @throws ClickHouseError
 */
export async function readPast(
  clickhouse: ClickHouse,
  registry: Pick<Registry, 'list' | 'get'>,
  builds: Iterable<Pick<Build, 'segment' | 'version' | 'asOf'>>,
): Promise<Past> {
  let oldest = Number.POSITIVE_INFINITY;
  const changed = new Set<string>();
  for (const { segment, version, asOf } of builds) {
    if (asOf === null) continue;
    oldest = Math.min(oldest, Date.parse(asOf));
    if (registry.get('segment', segment)?.version !== version) changed.add(segment);
  }
  for (const { id, updatedAt } of registry.list('segment'))
    if (Date.parse(updatedAt) >= oldest) changed.add(id);
  if (changed.size === 0) return new Map();
  const rows = await clickhouse.query<{
    id: string;
    version: number;
    ms: string;
    rule: string;
    labels: string[];
    iab: string;
  }>(
    // Rules may have a megabyte each, so that they are compared by a hash.
    `SELECT id, version, toUnixTimestamp64Milli(objects.time) AS ms,
            if(deleted, '', hex(SHA256(concat(JSONExtractRaw(body, 'rule'), '\\n', JSONExtractString(body, 'merge'))))) AS rule,
            JSONExtract(body, 'labels', 'Array(String)') AS labels, JSONExtractString(body, 'iabAudienceId') AS iab
     FROM objects WHERE kind = 'segment' AND id IN {ids:Array(String)}
     ORDER BY id, version LIMIT 1 BY id, version`,
    { ids: [...changed] },
  );
  const past = new Map<string, PastVersion[]>();
  for (const { id, version, ms, rule, labels, iab } of rows) {
    const versions = past.get(id) ?? [];
    versions.push({ version, time: Number(ms), rule, labels, iabAudienceId: iab === '' ? undefined : iab });
    past.set(id, versions);
  }
  return past;
}
