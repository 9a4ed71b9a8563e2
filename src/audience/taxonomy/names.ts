import type { ClickHouse } from '../../clickhouse/client.ts';
import { TOPICS } from '../../collect/topics/dictionary.ts';
import { NODES, ROOTS } from './audience.ts';
import { type Entry, isTaxonomy, type Taxonomy } from './official.ts';

/** A name of a taxonomy, and where it is known from. */
export interface Named extends Entry {
  readonly taxonomy: Taxonomy;
  /** From an imported file; else it is one of those that the product carries because it uses them. */
  readonly imported: boolean;
}

/**
 * Makes the entries of an official file the names of its taxonomy; those of an earlier import count no more.
 *
 * @throws ClickHouseError
 */
export async function storeNames(
  clickhouse: ClickHouse,
  taxonomy: Taxonomy,
  entries: readonly Entry[],
): Promise<void> {
  const time = new Date().toISOString();
  await clickhouse.insert(
    'taxonomy_names',
    entries.map(({ id, parent, name, tiers }) => ({ taxonomy, id, parent, name, tiers, time })),
  );
}

/**
 * Every name there is, in the order of its tiers, so that each stands behind its parent: some thousands at most.
 *
 * @throws ClickHouseError
 */
export async function allNames(clickhouse: ClickHouse): Promise<Named[]> {
  const rows = await clickhouse.query<{ taxonomy: string } & Entry>(
    `SELECT taxonomy, id, parent, name, tiers FROM taxonomy_names
     WHERE (taxonomy, time) GLOBAL IN (SELECT taxonomy, max(newest.time) FROM taxonomy_names AS newest GROUP BY taxonomy)`,
  );
  const names = new Map(CARRIED.map((each) => [keyOf(each), each]));
  for (const { taxonomy, ...entry } of rows)
    if (isTaxonomy(taxonomy))
      names.set(keyOf({ taxonomy, id: entry.id }), { taxonomy, ...entry, imported: true });
  const order = (each: Named) => [each.taxonomy, ...each.tiers, each.id].join('\n');
  return [...names.values()]
    .map((each) => ({ each, at: order(each) }))
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .map(({ each }) => each);
}

/** By which a name is told from those of other taxonomies, as `content-3.1/483`. */
export const keyOf = ({ taxonomy, id }: { readonly taxonomy: Taxonomy; readonly id: string }): string =>
  `${taxonomy}/${id}`;

const CARRIED: readonly Named[] = carried();

function carried(): Named[] {
  const contentName = new Map(TOPICS.map(({ id, name }) => [id, name]));
  const nodeName = new Map(NODES.map(({ id, name }) => [id, name]));
  const tiers = (names: ReadonlyMap<string, string>, ancestors: readonly string[], name: string) => [
    ...ancestors.toReversed().map((id) => names.get(id)!),
    name,
  ];
  return [
    ...TOPICS.map(({ id, name, ancestors }) => ({
      taxonomy: 'content-3.1' as const,
      id,
      parent: ancestors[0] ?? '',
      name,
      tiers: tiers(contentName, ancestors, name),
      imported: false,
    })),
    ...Object.values(ROOTS).map(({ id, name }) => ({
      taxonomy: 'audience-1.1' as const,
      id,
      parent: '',
      name,
      tiers: [name],
      imported: false,
    })),
    ...NODES.map(({ id, name, branch, ancestors }) => ({
      taxonomy: 'audience-1.1' as const,
      id,
      parent: ancestors[0] ?? ROOTS[branch].id,
      name,
      tiers: [ROOTS[branch].name, ...tiers(nodeName, ancestors, name)],
      imported: false,
    })),
  ];
}
