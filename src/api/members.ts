import type { Context } from 'hono';
import { Hono } from 'hono';
import { z } from 'zod';
import { type Build, currentBuilds } from '../audience/builds.ts';
import { type Allowed, allowedTo, allowedUnder, type NotAllowed } from '../delivery/allowed.ts';
import { Cursors } from '../delivery/cursor.ts';
import type { Source } from '../delivery/exported-set.ts';
import { encodingFor } from '../delivery/formats/encoding.ts';
import { FORMATS, idOf } from '../delivery/formats/formats.ts';
import { readPast } from '../delivery/gate/past.ts';
import { type Pull, pull } from '../delivery/pull.ts';
import type { Destination } from '../registry/kinds.ts';
import type { Backend } from './backend.ts';
import { type Env, readParams } from './http.ts';
import { answered, receiptOf } from './members-answer.ts';
import { cursorsOf, readPullQuery } from './members-query.ts';
import { expectReader, readRecipient, sourceOf } from './members-reader.ts';
import { ApiError } from './problem.ts';

/** Under whose ids a segment is read. */
export const membersQuery = z.object({
  as: z.string().default('visitor').describe('Kind of id: `visitor`, a device type, or the id of a partner'),
});

const NOT_ALLOWED: Readonly<Record<NotAllowed, string>> = {
  label_not_allowed:
    'it has a policy label (sensitive, no-resale, no-third-party; its own, or of what its rule uses) that no destination under these ids allows',
  not_for_destination: 'it is not among the segments of the destination whose key this is',
};

/**
 * `GET /v1/segments/{id}/members`: who is in a segment, whole or since a cursor, as a stream.
 *
 * `at` and `after` go on with an answer that broke off: `at` is its `Ninety-Cursor`, `after` the last id that came whole.
 * The lines of an answer are in the order of their ids' bytes, and the log that they are read from is only ever added
 * to; so what comes is what would have come, of the same build and without a head, to be put behind what is there. A
 * Parquet file is one for itself.
 *
 * `GET /v1/segments/{id}/members/manifest`: the same question with `at`, answered with the count and the SHA-256 of the
 * whole answer, for who cannot read trailers or has it in pieces.
 */
export function memberRoutes(backend: Backend): Hono<Env> {
  const { clickhouse, leases } = backend;
  const app = new Hono<Env>();
  const cursors = new Cursors(backend.secret);

  app.get('/:id/members', async (c) => {
    const abort = new AbortController();
    const encoding = encodingFor(c.req.header('accept-encoding') ?? '');
    const { request } = await asked(c, backend, cursors, abort.signal);
    return answered(c, { cursors, format: request.format, encoding, abort }, (receipt) =>
      pull(clickhouse, leases, { ...request, encoding }, receipt),
    );
  });

  app.get('/:id/members/manifest', async (c) => {
    const { request, texts } = await asked(c, backend, cursors, c.req.raw.signal);
    expectAt(request.at);
    const { answer, receipt } = await receiptOf((told) =>
      pull(clickhouse, leases, { ...request, after: undefined }, told),
    );
    return c.json({
      segment: request.segment,
      as: request.source.id,
      since: texts.since ?? null,
      cursor: texts.at,
      asOf: answer.asOf ?? null,
      ...manifestOf(request.format, receipt),
    });
  });

  return app;
}

/** @throws ApiError `bad_cursor` */
export function expectAt(at: unknown): void {
  if (at === undefined)
    throw new ApiError('bad_cursor', 'at is missing: the Ninety-Cursor of the answer that is meant.');
}

/** A Parquet file of the same rows need not have the same bytes; its trailers tell of the one that was sent. */
export const manifestOf = (
  format: Pull['format'],
  { bytes, sha256, count }: { readonly bytes: number; readonly sha256: Buffer; readonly count: number },
) => ({
  format,
  count,
  ...(FORMATS[format].text === undefined
    ? { bytes: null, sha256: null }
    : { bytes, sha256: sha256.toString('hex') }),
});

async function asked(c: Context<Env>, backend: Backend, cursors: Cursors, abort: AbortSignal) {
  const { clickhouse, config, registry } = backend;
  const owner = expectReader(c, registry, c.req.query('as') ?? 'visitor');
  const { as } = readParams(c, membersQuery);
  const texts = readPullQuery(c);
  const id = c.req.param('id')!;
  const segment = registry.get('segment', id);
  if (segment === undefined) throw new ApiError('not_found', `There is no segment ${id}.`);
  const source = sourceOf(registry, as);
  const build = (await currentBuilds(clickhouse, [id])).get(id);
  const { name, gate, refused, ruleChanged } = await allowedOf(backend, owner, id, source, build);
  const of = { segment: id, source: name };
  const { since, at } = cursorsOf(
    cursors,
    texts,
    of,
    'this segment and this kind of id',
    backend.config.retentionDays,
  );
  if (build === undefined || build.build === 0)
    throw new ApiError(
      'not_built',
      `Segment ${id} has not been built yet; POST …/build?wait=1 builds it now.`,
    );
  // Who was told of it when it was allowed is told that everybody has left.
  if (refused !== undefined && since === undefined)
    throw new ApiError(
      'forbidden',
      `Segment ${id} may not be read under these ids: ${NOT_ALLOWED[refused]}.`,
      {
        type: refused,
      },
    );
  const request: Pull = {
    segment: id,
    build: refused === undefined ? build.build : undefined,
    size: build.size ?? 0,
    ruleChanged,
    asOf: build.asOf,
    source,
    name,
    gate,
    since,
    at,
    after: texts.after === undefined ? undefined : idOf(texts.format, texts.after),
    format: texts.format,
    minAudience: config.minAudience,
    abort,
  };
  return { request, texts };
}

async function allowedOf(
  backend: Backend,
  owner: Destination | undefined,
  segment: string,
  source: Source,
  build: Build | undefined,
): Promise<Allowed> {
  if (owner === undefined) {
    const { clickhouse, registry } = backend;
    const past = await readPast(clickhouse, registry, build === undefined ? [] : [build]);
    return allowedUnder(registry, segment, source, build, past);
  }
  const recipient = await readRecipient(backend, owner);
  if (!recipient.sources.some(({ id }) => id === source.id))
    throw new ApiError('forbidden', `Destination ${owner.id} takes no ids of ${source.id}.`);
  return allowedTo(recipient, segment, source);
}
