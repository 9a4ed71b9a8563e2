import { Hono } from 'hono';
import { nanoid } from 'nanoid';
import { z } from 'zod';
import { destinationsOf } from '../delivery/plan/plans.ts';
import { type Body, type Item, idSchema, KINDS, type Kind } from '../registry/kinds.ts';
import { newId, type Registry } from '../registry/registry.ts';
import { keyUses } from '../report/key-uses.ts';
import { CATALOGUE } from '../sync/catalogue/catalogue.ts';
import type { Backend } from './backend.ts';
import { conflictAsProblem, type Env, expectScope, page, pageQuery, readChange, readJson } from './http.ts';
import { changing, entityTag } from './if-match.ts';
import { hashKey, isScope, newKey } from './keys.ts';
import {
  catalogueItem,
  firstPartner,
  isReserved,
  makePartner,
  matchKeptBy,
  partnerProblems,
  vendorProblems,
} from './partner.ts';
import { ApiError } from './problem.ts';
import { refuse } from './refuse.ts';

/** How one kind of thing is made, shown and changed; the routes are the same for all. */
export interface Collection<K extends Kind> {
  readonly kind: K;
  readonly readScope: string;
  readonly editScope: string;
  /** What a caller may give; `id` besides. */
  readonly input: z.ZodObject;
  /** What a caller may give to make one, where that is not the same. */
  readonly firstInput?: z.ZodObject;
  /** What is stored for it, what only the answer to making it shows, and what it is called where nothing was said. */
  readonly make: (
    input: Record<string, unknown>,
    id: string | undefined,
  ) => {
    body: Body<K>;
    once?: Record<string, unknown>;
    id?: string;
  };
  /** What a change makes of it, where that is more than to replace the fields that were given. */
  readonly merge?: (current: Item<K>, change: Record<string, unknown>) => Record<string, unknown>;
  /** What is wrong with it as a whole, each as `/path: what`. */
  readonly problems?: (body: Body<K>) => readonly string[];
  /** What may not be changed about it, likewise. */
  readonly changeProblems?: (before: Body<K>, after: Body<K>) => readonly string[];
  readonly show: (item: Item<K>) => Record<string, unknown>;
  /** Reads what else is known of all of them; it is shown beside the rest. */
  readonly beside?: () => Promise<(item: Item<K>) => Record<string, unknown>>;
  /** @throws ApiError where the id cannot be taken. */
  readonly checkId?: (id: string) => void;
  /** Why an id is never given again, where that is so: the end of a sentence. */
  readonly idsLast?: string;
}

/** The routes of one kind of thing. */
export function routes<K extends Kind>(registry: Registry, collection: Collection<K>): Hono<Env> {
  const { kind, readScope, editScope, input, firstInput = input, make, show } = collection;
  const { problems, changeProblems, checkId, idsLast, merge, beside } = collection;
  const app = new Hono<Env>();
  const find = (id: string): Item<K> => {
    const item = registry.get(kind, id);
    if (!item) throw new ApiError('not_found', `There is no ${kind} ${id}.`);
    return item;
  };
  const shower = async () => {
    const more = await beside?.();
    return (item: Item<K>) => ({ ...show(item), ...more?.(item) });
  };
  app.get('/', async (c) => {
    expectScope(c, readScope);
    const { items, next } = page(registry.list(kind) as readonly Item<K>[], pageQuery(c));
    return c.json({ items: items.map(await shower()), next });
  });
  app.post('/', async (c) => {
    const caller = expectScope(c, editScope);
    const { id: wanted, ...given } = await readJson(c, firstInput.extend({ id: idSchema.optional() }));
    if (wanted !== undefined) checkId?.(wanted as string);
    const { body, once, id: own } = make(given, wanted as string | undefined);
    refuse(problems?.(body));
    const id = (wanted as string | undefined) ?? own ?? newId();
    if (registry.get(kind, id))
      throw new ApiError('exists', `There is a ${kind} ${id} already; PATCH it, or choose another id.`);
    if (idsLast !== undefined && registry.isDeleted(kind, id))
      throw new ApiError('retired_id', `${id} was a ${kind}'s that is deleted, and ${idsLast}`);
    const item = await conflictAsProblem(registry.put(kind, id, body, registry.version(kind, id), caller.id));
    return c.json({ ...(await shower())(item), ...once }, 201);
  });
  app.get('/:id', async (c) => {
    expectScope(c, readScope);
    const item = find(c.req.param('id'));
    const shown = (await shower())(item);
    c.header('ETag', entityTag(item.version));
    return c.json(shown);
  });
  app.patch('/:id', async (c) => {
    const caller = expectScope(c, editScope);
    const { item, written } = await changing(c, registry, () => find(c.req.param('id')), show);
    const { id, version, updatedAt: _, ...current } = item;
    const change = await readChange(c, input);
    const body = KINDS[kind].parse({ ...current, ...(merge?.(item, change) ?? change) }) as Body<K>;
    // Before all else: who mends the rest of a change that cannot be made has mended it in vain.
    refuse(changeProblems?.(current as unknown as Body<K>, body));
    refuse(problems?.(body));
    const changed = await written(registry.put(kind, id, body, version, caller.id));
    c.header('ETag', entityTag(changed.version));
    return c.json((await shower())(changed));
  });
  app.delete('/:id', async (c) => {
    const caller = expectScope(c, editScope);
    const { item, written } = await changing(c, registry, () => find(c.req.param('id')), show);
    await written(registry.delete(kind, item.id, item.version, caller.id));
    return c.body(null, 204);
  });
  return app;
}

/** A site's key stands in its pages for all to see: it says which site, and is no secret. */
export const newSiteKey = () => nanoid(16);

/** What a caller may give of a site. */
export const siteInput = KINDS.site.omit({ key: true });

export const siteRoutes = ({ registry }: Backend) =>
  routes(registry, {
    kind: 'site',
    readScope: 'read',
    editScope: 'edit',
    input: siteInput,
    make: (given) => ({ body: KINDS.site.parse({ ...given, key: newSiteKey() }) }),
    show: ({ id, name, domains, key, version, updatedAt }) => ({
      id,
      name,
      domains,
      key,
      version,
      updatedAt,
    }),
  });

/** What a caller may change of a partner. What it was made of stays as it is: other settings are another partner's URLs. */
export const partnerInput = KINDS.partner.omit({ catalogue: true, settings: true });

/** `GET /v1/partners/catalogue`, the ready partners, beside the partners themselves. */
export const partnerRoutes = ({ registry, courier }: Backend) =>
  new Hono<Env>()
    .get('/catalogue', (c) => {
      expectScope(c, 'read');
      return c.json({ items: CATALOGUE.map(catalogueItem) });
    })
    .delete('/:id', async (c, next) => {
      expectScope(c, 'edit');
      const id = c.req.param('id');
      const [user] = destinationsOf(registry, courier.types, id);
      if (user !== undefined)
        throw new ApiError(
          'in_use',
          `Destination ${user.id} needs partner ${id} and could be told of nobody without it; change or delete the destination first.`,
        );
      await next();
    })
    .route(
      '/',
      routes(registry, {
        kind: 'partner',
        readScope: 'read',
        editScope: 'edit',
        input: partnerInput,
        firstInput: firstPartner,
        make: makePartner,
        problems: partnerProblems,
        changeProblems: vendorProblems,
        idsLast:
          'stored consent and links name partners by their ids: none is given again. Choose another id ("id").',
        show: (partner) => ({ ...partner, matchKeptBy: matchKeptBy(partner) }),
        checkId: (id) => {
          if (isReserved(id))
            throw new ApiError(
              'invalid',
              `${id} is the name of a kind of id, or a path of ours; choose another id for the partner.`,
            );
        },
      }),
    );

const scope = z
  .string()
  .refine(isScope, 'must be admin, edit, read, visitors, collect, labels or export:<destination>');

/** What a caller may give of a key. */
export const keyInput = KINDS.key.omit({ hash: true }).extend({ scopes: z.array(scope).min(1).max(50) });

export const keyRoutes = ({ clickhouse, registry }: Backend) =>
  routes(registry, {
    kind: 'key',
    readScope: 'admin',
    editScope: 'admin',
    input: keyInput,
    make: (given) => {
      const key = newKey();
      return { body: KINDS.key.parse({ ...given, hash: hashKey(key) }), once: { key } };
    },
    show: ({ id, name, scopes, version, updatedAt }) => ({ id, name, scopes, version, updatedAt }),
    beside: async () => {
      const uses = await keyUses(clickhouse);
      return ({ id }) => ({ lastUsed: uses.get(id) ?? null });
    },
  });
