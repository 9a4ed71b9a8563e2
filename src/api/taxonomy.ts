import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { NODE_BY_ID, NODES } from '../audience/taxonomy/audience.ts';
import { allNames, keyOf, type Named, storeNames } from '../audience/taxonomy/names.ts';
import { isTaxonomy, TAXONOMIES, TAXONOMY_ID, type Taxonomy } from '../audience/taxonomy/official.ts';
import { writeAct } from '../report/audit.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope, pageQuery, readJson } from './http.ts';
import { ApiError } from './problem.ts';

/** A name as the API shows it. */
export interface ShownName {
  readonly taxonomy: Taxonomy;
  readonly id: string;
  readonly name: string;
  readonly parent: string | null;
  /** Names from the top down to its own. */
  readonly tiers: readonly string[];
  readonly imported: boolean;
  /** Of an id of Audience 1.1 whether visitors are scored for it. */
  readonly scored: boolean;
  /** Of an id of Content 3.1 the ids of Audience 1.1 for which a page about it speaks by itself. */
  readonly leadsTo: readonly string[];
}

/** More than any of the official files has. */
const MAX_ENTRIES = 10_000;
const text = z.string().min(1).max(300);
export const schema = z.strictObject({
  entries: z
    .array(
      z.strictObject({
        id: z.string().regex(TAXONOMY_ID, 'must be an id of letters, digits and hyphens'),
        parent: z.union([z.literal(''), z.string().regex(TAXONOMY_ID, 'must be an id, or empty at the top')]),
        name: text,
        tiers: z.array(text).max(10),
      }),
    )
    .min(1, 'must have at least one entry')
    .max(MAX_ENTRIES, `must have at most ${MAX_ENTRIES} entries`),
});

/**
 * `GET /v1/taxonomy?taxonomy=&q=&id=&parent=&after=&limit=`: names of ids, those that the product uses and those
 * that were imported, in the order of their tiers. `q` is a part of a name or of the names above it, or an id; `id`
 * one or more, comma separated; `parent` shows what lies right below one. `next` is what to give as `after`.
 *
 * `PUT /v1/taxonomy/{taxonomy}` with `{entries:[{id, parent, name, tiers}]}` makes these the names of a taxonomy.
 */
export function taxonomyRoutes({ clickhouse }: Backend): Hono<Env> {
  const app = new Hono<Env>();
  app.get('/', async (c) => {
    expectScope(c, 'read');
    const { after, limit } = pageQuery(c);
    const found = (await allNames(clickhouse)).filter(matcher(c));
    const from = after === undefined ? 0 : found.findIndex((each) => keyOf(each) === after) + 1;
    if (after !== undefined && from === 0)
      throw new ApiError('invalid', 'after must be the next of an earlier answer to the same question.');
    const items = found.slice(from, from + limit);
    const next = from + limit < found.length ? keyOf(items.at(-1)!) : null;
    return c.json({ items: items.map(shown), total: found.length, next });
  });
  app.put('/:taxonomy', async (c) => {
    const actor = expectScope(c, 'edit').id;
    const taxonomy = known(c.req.param('taxonomy'));
    const { entries } = await readJson(c, schema);
    if (new Set(entries.map(({ id }) => id)).size < entries.length)
      throw new ApiError('invalid', 'An id stands twice among the entries.');
    await writeAct(clickhouse, { actor, action: 'named', kind: 'taxonomy', subjects: [taxonomy] });
    await storeNames(clickhouse, taxonomy, entries);
    return c.json({ taxonomy, name: TAXONOMIES[taxonomy], entries: entries.length });
  });
  return app;
}

function known(taxonomy: string): Taxonomy {
  if (isTaxonomy(taxonomy)) return taxonomy;
  throw new ApiError('not_found', `There are the taxonomies ${Object.keys(TAXONOMIES).join(', ')}.`);
}

function matcher(c: Context<Env>): (each: Named) => boolean {
  const asked = c.req.query('taxonomy');
  const taxonomy = asked === undefined ? undefined : known(asked);
  const ids = c.req.query('id')?.split(',');
  const parent = c.req.query('parent');
  const q = c.req.query('q')?.trim().toLowerCase();
  return (each) =>
    (taxonomy === undefined || each.taxonomy === taxonomy) &&
    (ids === undefined || ids.includes(each.id)) &&
    (parent === undefined || each.parent === parent) &&
    (q === undefined || each.id.toLowerCase() === q || each.tiers.join(' > ').toLowerCase().includes(q));
}

/** What a page about a content id alone speaks for. */
const LEADS_TO: ReadonlyMap<string, readonly string[]> = leadsTo();

function leadsTo(): Map<string, string[]> {
  const nodes = new Map<string, string[]>();
  for (const { id, sources } of NODES) {
    for (const { content, beside } of sources)
      if (beside === undefined) nodes.set(content, [...(nodes.get(content) ?? []), id]);
  }
  return nodes;
}

function shown({ taxonomy, id, name, parent, tiers, imported }: Named): ShownName {
  return {
    taxonomy,
    id,
    name,
    parent: parent === '' ? null : parent,
    tiers,
    imported,
    scored: taxonomy === 'audience-1.1' && NODE_BY_ID.has(id),
    leadsTo: (taxonomy === 'content-3.1' && LEADS_TO.get(id)) || [],
  };
}
