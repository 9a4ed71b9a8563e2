import { Hono } from 'hono';
import { z } from 'zod';
import { type PublishedDemographic, publishedDemographics } from '../audience/models/demographics.ts';
import { DRIFTS } from '../audience/models/drift.ts';
import { handedOut } from '../audience/models/handed-out.ts';
import { NOT_PUBLISHED } from '../audience/models/model.ts';
import { DEVICE_TYPES } from '../collect/device-id.ts';
import type { Source } from '../delivery/exported-set.ts';
import type { Registry } from '../registry/registry.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope, readParams } from './http.ts';
import { ApiError } from './problem.ts';
import { streamed } from './streamed.ts';

/** Under which ids scores are asked for. */
export const scored = z.object({
  as: z.string().default('visitor').describe('`visitor`, a device type, or the id of a partner'),
});

/**
 * `GET /v1/models`, `/v1/models/{attribute}`: how good each demographic model is, on labels it never saw.
 * `GET /v1/models/{attribute}/scores?as=`: everybody's probability of each class, as NDJSON.
 */
export function modelRoutes({ clickhouse, registry }: Backend): Hono<Env> {
  const app = new Hono<Env>();
  const find = async (attribute: string) => {
    const found = (await publishedDemographics(clickhouse)).get(attribute);
    if (found === undefined)
      throw new ApiError(
        'not_found',
        `Nothing is known of ${attribute} yet; upload labels of it and run the job demographics.`,
      );
    return found;
  };

  app.get('/', async (c) => {
    expectScope(c, 'read');
    const all = [...(await publishedDemographics(clickhouse)).values()];
    return c.json({
      items: all.sort((a, b) => (a.attribute < b.attribute ? -1 : 1)).map(shortly),
      next: null,
    });
  });

  app.get('/:attribute', async (c) => {
    expectScope(c, 'read');
    return c.json(shown(await find(c.req.param('attribute'))));
  });

  app.get('/:attribute/scores', async (c) => {
    expectScope(c, `export:${c.req.query('as') ?? 'visitor'}`);
    const { as } = readParams(c, scored);
    const source = sourceOf(registry, as);
    const { attribute, asOf } = await find(c.req.param('attribute'));
    const abort = new AbortController();
    const { sql, params } = handedOut(attribute, source);
    const lines = await clickhouse.stream(sql, params, 'JSONEachRow', abort.signal);
    return streamed(c, lines, abort, { 'Content-Type': 'application/x-ndjson', 'Ninety-As-Of': asOf });
  });

  return app;
}

function shown({ report, drift, ...rest }: PublishedDemographic) {
  const { reason, classes, ...measured } = report;
  return {
    ...rest,
    ...measured,
    reason: reason === null ? null : { name: reason, sentence: NOT_PUBLISHED[reason] },
    drift: { ...drift, flags: drift.flags.map((name) => ({ name, sentence: DRIFTS[name] })) },
    classes,
  };
}

/** Without what fills pages: how scores are spread, the held-out labels by threshold, and which features tell. */
function shortly(model: PublishedDemographic) {
  const { classes, scores: _, ...rest } = shown(model);
  return { ...rest, classes: classes.map(({ features: _features, curve: _curve, ...one }) => one) };
}

function sourceOf(registry: Registry, as: string): Source {
  if (as === 'visitor') return { kind: 'visitor', id: 'visitor' };
  if ((DEVICE_TYPES as readonly string[]).includes(as)) return { kind: 'device', id: as };
  if (registry.get('partner', as)) return { kind: 'partner', id: as };
  throw new ApiError(
    'unknown_source',
    `as must be visitor, a device id type (${DEVICE_TYPES.join(', ')}) or the id of a partner.`,
  );
}
