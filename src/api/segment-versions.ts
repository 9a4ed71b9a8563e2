import { setImmediate } from 'node:timers/promises';
import { Hono } from 'hono';
import { z } from 'zod';
import { KINDS, type Segment } from '../registry/kinds.ts';
import { keyNames, type Version, versionsOf } from '../registry/versions.ts';
import { changedFields, segmentDiff } from '../segment-files/content.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope, readJson, readParams } from './http.ts';
import { changing, entityTag } from './if-match.ts';
import { ApiError } from './problem.ts';
import { Library } from './segment-rules.ts';

type SegmentVersion = Version<'segment'>;

/** A rule may have up to a megabyte, and as many versions are read as a page shows. */
const PAGE_MAX = 50;
/** Lines of one version's diff: more is no more readable. */
const DIFF_LINES = 400;

export const paged = z.object({
  after: z.coerce.number().int().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(20),
});
const number = z.coerce
  .number()
  .int()
  .min(1)
  .max(2 ** 32 - 1);
export const restoring = KINDS.segment.pick({ note: true });

/** A segment that is no more. */
interface Deleted {
  readonly id: string;
  readonly version: number;
  readonly deleted: true;
}

interface Of {
  readonly show: (segment: Segment) => Promise<object>;
  readonly buildSoon: (id: string) => void;
}

/**
 * `GET /{id}/versions`, `GET /{id}/versions/{n}` and `POST /{id}/versions/{n}/restore`: every change of a
 * segment, with who made it and when; also of a segment that was deleted.
 */
export function segmentVersionRoutes(backend: Backend, { show, buildSoon }: Of): Hono<Env> {
  const { clickhouse, registry } = backend;
  const app = new Hono<Env>();

  /** @param versions newest first, and the one before the last of those that are shown: a change is told by both. */
  const shown = async (versions: readonly SegmentVersion[], howMany: number) => {
    const names = await keyNames(
      clickhouse,
      versions.map(({ actor }) => actor),
    );
    const lines: ReturnType<typeof line>[] = [];
    const line = (version: SegmentVersion, change: ReturnType<typeof changeOf>) => ({
      version: version.version,
      time: version.time,
      by: { id: version.actor, name: names.get(version.actor) ?? null },
      ...(version.body?.note === undefined ? {} : { note: version.body.note }),
      ...(version.body?.applied === undefined ? {} : { applied: true }),
      ...change,
    });
    for (const [n, version] of versions.slice(0, howMany).entries()) {
      lines.push(line(version, changeOf(version, versions[n + 1])));
      // Rules may be long, and others want to be answered meanwhile.
      await setImmediate();
    }
    return lines;
  };

  app.get('/:id/versions', async (c) => {
    expectScope(c, 'read');
    const id = c.req.param('id');
    const { after, limit } = readParams(c, paged);
    // One more than is shown: each is told by what it changed of the one before it.
    const versions = await versionsOf(clickhouse, 'segment', id, {
      limit: limit + 1,
      ...(after === undefined ? {} : { below: after }),
    });
    if (versions.length === 0 && registry.version('segment', id) === 0)
      throw new ApiError('not_found', `There never was a segment ${id}.`);
    const page = versions.slice(0, limit);
    const next = versions.length > limit ? page.at(-1)!.version : null;
    return c.json({ items: await shown(versions, limit), next });
  });

  /** The version, and the one before it where there is one. */
  const find = async (id: string, text: string): Promise<[SegmentVersion, ...SegmentVersion[]]> => {
    const n = number.safeParse(text);
    const [version, ...before] = n.success
      ? await versionsOf(clickhouse, 'segment', id, { below: n.data + 1, limit: 2 })
      : [];
    if (version === undefined || version.version !== n.data)
      throw new ApiError('not_found', `There is no version ${text} of a segment ${id}.`);
    return [version, ...before];
  };

  app.get('/:id/versions/:n', async (c) => {
    expectScope(c, 'read');
    const id = c.req.param('id');
    const versions = await find(id, c.req.param('n'));
    const [line] = await shown(versions, 1);
    const { note: _, applied: _applied, ...segment } = versions[0].body ?? {};
    return c.json({ id, ...line, segment: versions[0].body === undefined ? null : segment });
  });

  /** What counts now: of a segment that was deleted, the version by which it was. */
  const newestOf = (id: string): Segment | Deleted =>
    registry.get('segment', id) ?? { id, version: registry.version('segment', id), deleted: true };
  const shownNewest = (newest: Segment | Deleted) => ('deleted' in newest ? newest : show(newest));

  app.post('/:id/versions/:n/restore', async (c) => {
    const caller = expectScope(c, 'edit');
    const id = c.req.param('id');
    const [{ version, body }] = await find(id, c.req.param('n'));
    if (body === undefined)
      throw new ApiError(
        'invalid',
        `By version ${version} segment ${id} was deleted; restore one before it.`,
      );
    const given = (await c.req.text()) === '' ? {} : await readJson(c, restoring);
    const { item: current, written } = await changing(c, registry, () => newestOf(id), shownNewest);
    Library.of(registry).understand(body.rule, body.merge, id);
    const { applied: _, ...before } = body;
    const restored = { ...before, note: given.note ?? `version ${version} restored` };
    const segment = await written(registry.put('segment', id, restored, current.version, caller.id));
    buildSoon(id);
    c.header('ETag', entityTag(segment.version));
    return c.json(await show(segment));
  });

  return app;
}

/** What a version did: `diff` is of the segment's YAML, as its file has it. */
function changeOf({ body }: SegmentVersion, before: SegmentVersion | undefined) {
  if (body === undefined) return { action: 'deleted', changed: [], diff: [] };
  const old = before?.body;
  return {
    action: old === undefined ? 'created' : 'changed',
    changed: changedFields(old, body),
    diff: segmentDiff(old, body, DIFF_LINES),
  };
}
