import { Hono } from 'hono';
import { z } from 'zod';
import { type Buildable, buildSegments, estimate } from '../audience/build.ts';
import { type Build, buildHistory, currentBuilds } from '../audience/builds.ts';
import { MAX_CLAUSES } from '../audience/rule/limits.ts';
import { sizeOf } from '../audience/size.ts';
import { GRACE_MS } from '../jobs/due-times.ts';
import { idSchema, KINDS, type Segment } from '../registry/kinds.ts';
import { newId, type Registry } from '../registry/registry.ts';
import { writeAct } from '../report/audit.ts';
import { freshnessOf } from '../report/freshness.ts';
import type { Backend } from './backend.ts';
import {
  conflictAsProblem,
  type Env,
  expectScope,
  page,
  pageQuery,
  readChange,
  readJson,
  readParams,
} from './http.ts';
import { changing, entityTag } from './if-match.ts';
import { expectLookalikes, expectStoredSeeds } from './lookalikes.ts';
import { memberRoutes } from './members.ts';
import { ApiError } from './problem.ts';
import { Library, references } from './segment-rules.ts';
import { expectUsersStand } from './segment-users.ts';
import { segmentVersionRoutes } from './segment-versions.ts';

export const said = KINDS.segment.omit({ applied: true });
export const newSegment = said.extend({ id: idSchema.optional() });
const counted = KINDS.segment.pick({ rule: true, merge: true });
/** A rule has no more clauses, so it can refer to no more segments. */
export const asked = counted.extend({
  segments: z
    .array(counted.extend({ id: idSchema }))
    .max(MAX_CLAUSES)
    .optional(),
});
/** A folder has its sub-folders in it. */
export const listed = z.object({ folder: z.string().optional(), label: z.string().optional() });

/**
 * Every segment with its rule ready to run; one whose rule no longer stands (a segment it needs is gone)
 * says so instead.
 *
 * @param only the segments wanted; all where not given.
 */
export function buildables(registry: Registry, only?: ReadonlySet<string>): Buildable[] {
  const library = Library.of(registry);
  return registry
    .list('segment')
    .filter((segment) => only === undefined || only.has(segment.id))
    .map((segment) => {
      const resolved = library.resolve(segment.rule, segment.merge, segment.id);
      return {
        id: segment.id,
        version: segment.version,
        merge: segment.merge,
        rule: resolved.ok ? resolved.rule : { refused: `${resolved.reason}: ${resolved.message}` },
      };
    });
}

const build = (backend: Backend, ids: Iterable<string>) =>
  backend.jobs.run('segments', () =>
    buildSegments(backend.clickhouse, backend.leases, () => buildables(backend.registry, new Set(ids))),
  );

/** Builds segments from every hit there is now: a new rule is wanted at once, not at the schedule's next run. */
export function buildSoon(backend: Backend, ids: readonly string[]): void {
  backend
    .flush()
    .then(() => build(backend, ids))
    .catch((error: unknown) =>
      backend.log.error({ segments: ids, error: String(error) }, 'segments not built'),
    );
}

/** The moment that a build is of is that of its run, but for what it takes to begin. */
const BEGINNING_MS = 60_000;

/**
 * Older than this, in milliseconds, and not rebuilt, a segment is stale: a run of its job that was due has not come.
 *
 * @param now milliseconds since 1970.
 */
export function lateAfterMs({ jobs }: Pick<Backend, 'jobs'>, now = Date.now()): number {
  const due = jobs.lastDue('segments', now - GRACE_MS);
  return due === undefined ? Number.POSITIVE_INFINITY : now - due + BEGINNING_MS;
}

/**
 * How a segment stands: what is said of it beside what its version says, wherever it is shown.
 *
 * @param lateMs as {@link lateAfterMs} says.
 */
export function standingOf({ version }: Segment, build: Build | undefined, lateMs: number) {
  const { state, reason } = freshnessOf(build, version, lateMs);
  return {
    size: build?.size ?? null,
    asOf: build?.asOf ?? null,
    state,
    ...(reason === undefined ? {} : { reason }),
  };
}

export function segmentRoutes(backend: Backend): Hono<Env> {
  const { registry, clickhouse } = backend;
  const app = new Hono<Env>();

  const shown = (segment: Segment, build: Build | undefined) => {
    const { id, name, rule, merge, iabAudienceId, ttlDays, folder, labels, note, version, updatedAt } =
      segment;
    return {
      id,
      name,
      rule,
      merge,
      iabAudienceId,
      ttlDays,
      folder,
      labels,
      note,
      version,
      updatedAt,
      sizeByVia: build?.sizeByVia ?? null,
      ...standingOf(segment, build, lateAfterMs(backend)),
    };
  };
  const one = async (segment: Segment) =>
    shown(segment, (await currentBuilds(clickhouse, [segment.id])).get(segment.id));
  const find = (id: string): Segment => {
    const segment = registry.get('segment', id);
    if (!segment) throw new ApiError('not_found', `There is no segment ${id}.`);
    return segment;
  };
  app.route('/', memberRoutes(backend));
  app.route('/', segmentVersionRoutes(backend, { show: one, buildSoon: (id) => buildSoon(backend, [id]) }));

  app.get('/', async (c) => {
    expectScope(c, 'read');
    const { folder, label } = readParams(c, listed);
    const within = (segment: Segment) =>
      (folder === undefined || `${segment.folder ?? ''}/`.startsWith(`${folder}/`)) &&
      (label === undefined || (segment.labels ?? []).includes(label));
    const { items, next } = page(registry.list('segment').filter(within), pageQuery(c));
    const builds = await currentBuilds(
      clickhouse,
      items.map((item) => item.id),
    );
    return c.json({ items: items.map((item) => shown(item, builds.get(item.id))), next });
  });

  app.post('/', async (c) => {
    const caller = expectScope(c, 'edit');
    const { id: wanted, ...body } = await readJson(c, newSegment);
    const id = wanted ?? newId();
    if (registry.get('segment', id))
      throw new ApiError('exists', `There is a segment ${id} already; PATCH it, or choose another id.`);
    Library.of(registry).understand(body.rule, body.merge, id);
    const made = await conflictAsProblem(
      registry.put('segment', id, body, registry.version('segment', id), caller.id),
    );
    buildSoon(backend, [id]);
    return c.json(await one(made), 201);
  });

  app.post('/estimate', async (c) => {
    expectScope(c, 'read');
    const { rule, merge, segments } = await readJson(c, asked);
    const resolved = Library.of(registry, segments).understand(rule, merge);
    const started = performance.now();
    const asOf = new Date();
    if (segments) expectStoredSeeds(backend, resolved);
    await expectLookalikes(backend, resolved, asOf);
    const sizeByVia = await estimate(clickhouse, resolved, asOf, merge);
    const tookMs = Math.round(performance.now() - started);
    return c.json({ size: sizeOf(sizeByVia), sizeByVia, asOf: asOf.toISOString(), tookMs });
  });

  app.get('/:id', async (c) => {
    expectScope(c, 'read');
    const segment = find(c.req.param('id'));
    c.header('ETag', entityTag(segment.version));
    return c.json(await one(segment));
  });

  app.patch('/:id', async (c) => {
    const caller = expectScope(c, 'edit');
    const { item, written } = await changing(c, registry, () => find(c.req.param('id')), one);
    const change = await readChange(c, said);
    // What is of one version the next does not take over.
    const { id, version, updatedAt: _, note: _note, applied: _applied, ...current } = item;
    const body = said.parse({ ...current, ...change });
    if (Object.hasOwn(change, 'rule') || Object.hasOwn(change, 'merge')) {
      Library.of(registry).understand(body.rule, body.merge, id);
      await expectUsersStand(registry, { id, rule: body.rule, merge: body.merge });
    }
    const changed = await written(registry.put('segment', id, body, version, caller.id));
    // Also for a new name: a size stands beside the version that it was counted for.
    buildSoon(backend, [id]);
    c.header('ETag', entityTag(changed.version));
    return c.json(await one(changed));
  });

  app.delete('/:id', async (c) => {
    const caller = expectScope(c, 'edit');
    const { item: segment, written } = await changing(c, registry, () => find(c.req.param('id')), one);
    const user = registry
      .list('segment')
      .find((other) => other.id !== segment.id && references(other.rule).includes(segment.id));
    if (user) throw new ApiError('in_use', `Segment ${user.id} refers to ${segment.id}; change it first.`);
    await written(registry.delete('segment', segment.id, segment.version, caller.id));
    return c.body(null, 204);
  });

  app.post('/:id/build', async (c) => {
    const actor = expectScope(c, 'edit').id;
    const segment = find(c.req.param('id'));
    await writeAct(clickhouse, { actor, action: 'built', kind: 'segment', subjects: [segment.id] });
    if (c.req.query('wait') !== '1') {
      buildSoon(backend, [segment.id]);
      return c.json(await one(segment), 202);
    }
    await backend.flush();
    const run = await build(backend, [segment.id]);
    if (run.state === 'failed') throw new ApiError('busy', `The build did not run: ${run.error}`);
    return c.json(await one(find(segment.id)));
  });

  app.get('/:id/history', async (c) => {
    expectScope(c, 'read');
    return c.json({ items: await buildHistory(clickhouse, find(c.req.param('id')).id, pageQuery(c).limit) });
  });

  return app;
}
