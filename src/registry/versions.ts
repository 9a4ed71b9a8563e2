import { z } from 'zod';
import type { ClickHouse } from '../clickhouse/client.ts';
import { iso } from '../clickhouse/time.ts';
import { type Body, KINDS, type Kind } from './kinds.ts';
import type { Registry } from './registry.ts';

/** One version of what an operator made. */
export interface Version<K extends Kind> {
  readonly version: number;
  /** ISO 8601. */
  readonly time: string;
  /** Id of the key that asked for it. */
  readonly actor: string;
  /** What was stored; undefined = this version took it out. */
  readonly body: Body<K> | undefined;
}

/**
 * The versions of one thing, also of one that was taken out. They are kept for good: what operators make
 * names no visitor.
 *
 * @param below only versions of smaller numbers.
 * @returns at most `limit`, newest first; none where there never was such a thing.
 */
export async function versionsOf<K extends Kind>(
  clickhouse: ClickHouse,
  kind: K,
  id: string,
  { below = 2 ** 32 - 1, limit }: { readonly below?: number; readonly limit: number },
): Promise<Version<K>[]> {
  const rows = await clickhouse.query<{
    version: number;
    written: string;
    actor: string;
    deleted: boolean;
    body: string;
  }>(
    `SELECT version, toString(objects.time) AS written, actor, deleted, body FROM objects
     WHERE kind = {kind:String} AND id = {id:String} AND version < {below:UInt32}
     ORDER BY version DESC LIMIT 1 BY version LIMIT {limit:UInt32}`,
    { kind, id, below, limit },
  );
  // What is stored was checked when it came; a field that another version of the product added is not read.
  const schema = z.object(KINDS[kind].shape);
  return rows.map(({ version, written, actor, deleted, body }) => ({
    version,
    time: iso(written),
    actor,
    body: deleted ? undefined : (schema.parse(JSON.parse(body)) as Body<K>),
  }));
}

/** Keys that are stored nowhere, by the id they act under. */
const BUILT_IN: Readonly<Record<string, string>> = {
  environment: 'NINETY_ADMIN_KEY',
  operator: 'commands on the server’s machine',
};

/** What a key is called that holds; null where it has ended. Known without asking the storage. */
export const nameOfKey = (registry: Pick<Registry, 'get'>, id: string): string | null =>
  BUILT_IN[id] ?? registry.get('key', id)?.name ?? null;

/**
 * What the keys are called that versions name as their actor, also those that have ended since.
 *
 * @returns names by id; without those that were never stored.
 */
export async function keyNames(
  clickhouse: ClickHouse,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await clickhouse.query<{ id: string; name: string }>(
    `SELECT id, argMax(JSONExtractString(body, 'name'), objects.version) AS name FROM objects
     WHERE kind = 'key' AND id IN {ids:Array(String)} AND NOT deleted GROUP BY id`,
    { ids: [...new Set(ids)] },
  );
  return new Map([...Object.entries(BUILT_IN), ...rows.map(({ id, name }) => [id, name] as const)]);
}
