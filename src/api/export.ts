import type { Context } from 'hono';
import { Hono } from 'hono';
import { z } from 'zod';
import { allAllowed } from '../delivery/allowed.ts';
import { Cursors } from '../delivery/cursor.ts';
import { encodingFor } from '../delivery/formats/encoding.ts';
import { type Format, idOf } from '../delivery/formats/formats.ts';
import { type Pulled, pullSets, type Reading } from '../delivery/pull.ts';
import type { Place } from '../delivery/upkeep/changes.ts';
import { loggedSegments } from '../delivery/upkeep/logged-segments.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope, readParams } from './http.ts';
import { expectAt, manifestOf } from './members.ts';
import { answered, receiptOf } from './members-answer.ts';
import { cursorsOf, readPullQuery } from './members-query.ts';
import { expectOn, readRecipient } from './members-reader.ts';
import { ApiError } from './problem.ts';

/** For which destination everything is read. */
export const exportQuery = z.object({ destination: z.string() });

/**
 * `GET /v1/export?destination=`: all segments that a destination may have, one line an id and segment: `segment` (our
 * id of it), `as` (the partner or the type of device id), `id` and `op`, in this order. By the same rule by which it
 * would be pushed to, with the same formats, cursors and trailers as the members of one segment. A segment that the
 * destination may have no more is taken back line by line in the next answer since a cursor. To go on with an answer
 * that broke off, `after` is `<segment>/<as>/<id>` of the last line.
 *
 * `GET /v1/export/manifest`: with `at`, the count and the SHA-256 of an answer.
 */
export function exportRoutes(backend: Backend): Hono<Env> {
  const { clickhouse, leases } = backend;
  const app = new Hono<Env>();
  const cursors = new Cursors(backend.secret);

  app.get('/', async (c) => {
    const abort = new AbortController();
    const encoding = encodingFor(c.req.header('accept-encoding') ?? '');
    const { pulled, reading } = await asked(c, backend, cursors, abort.signal);
    return answered(c, { cursors, format: reading.format, encoding, abort }, (receipt) =>
      pullSets(clickhouse, leases, pulled, { ...reading, encoding }, receipt),
    );
  });

  app.get('/manifest', async (c) => {
    const { pulled, reading, texts, destination } = await asked(c, backend, cursors, c.req.raw.signal);
    expectAt(reading.at);
    const { receipt } = await receiptOf((told) =>
      pullSets(clickhouse, leases, pulled, { ...reading, after: undefined }, told),
    );
    return c.json({
      destination,
      since: texts.since ?? null,
      cursor: texts.at,
      ...manifestOf(reading.format, receipt),
    });
  });

  return app;
}

async function asked(c: Context<Env>, backend: Backend, cursors: Cursors, abort: AbortSignal) {
  const { clickhouse, config, registry } = backend;
  expectScope(c, `export:${c.req.query('destination') ?? ''}`);
  const { destination: id } = readParams(c, exportQuery);
  const texts = readPullQuery(c);
  const destination = registry.get('destination', id);
  if (destination === undefined) throw new ApiError('not_found', `There is no destination ${id}.`);
  expectOn(destination);
  const recipient = await readRecipient(backend, destination);
  const of = { segment: '', source: `${id}/` };
  const { since, at } = cursorsOf(cursors, texts, of, 'this destination', config.retentionDays);
  const pulled: Pulled = { of, sets: allAllowed(recipient, await loggedSegments(clickhouse, id)) };
  const reading: Reading = {
    since,
    at,
    after: texts.after === undefined ? undefined : placeOf(id, texts.format, texts.after),
    format: texts.format,
    minAudience: config.minAudience,
    abort,
  };
  return { pulled, reading, texts, destination: id };
}

/** @throws ApiError `bad_cursor` */
function placeOf(destination: string, format: Format, after: string): Place {
  const [, segment, as, uid] = /^([^/]+)\/([^/]+)\/(.+)$/.exec(after) ?? [];
  if (segment === undefined || as === undefined || uid === undefined)
    throw new ApiError('bad_cursor', 'after must be <segment>/<as>/<id> of the last line that came whole.');
  return { segment, name: `${destination}/${as}`, uid: idOf(format, uid) };
}
