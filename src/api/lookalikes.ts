import { Hono } from 'hono';
import { z } from 'zod';
import { estimate } from '../audience/build.ts';
import { sizesByReach } from '../audience/lookalikes/curve.ts';
import { ensureLookalikes, publishedLookalikes } from '../audience/lookalikes/ensure.ts';
import { liftAt, REACHES } from '../audience/lookalikes/lift.ts';
import { fingerprint } from '../audience/lookalikes/seed.ts';
import { needs } from '../audience/rule/needs.ts';
import type { ResolvedRule } from '../audience/rule/rule.ts';
import { sizeOf } from '../audience/size.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope, readParams } from './http.ts';
import { ApiError } from './problem.ts';
import { Library } from './segment-rules.ts';

const REACH = 'reach is a share of everybody, more than 0 and at most 1, such as 0.05.';
export const asked = z.object({
  reach: z.coerce.number(REACH).gt(0, REACH).max(1, REACH).default(0.05),
  seed: z.enum(['exclude', 'include'], 'seed must be exclude or include.').default('exclude'),
});

/**
 * Sees to it that the look-alikes are there which a rule needs, before it is counted.
 *
 * @param asOf the moment that the rule will be evaluated for.
 * @throws ApiError `seed_too_small` (409) where one of them can have none.
 */
export async function expectLookalikes(
  { clickhouse, leases }: Pick<Backend, 'clickhouse' | 'leases'>,
  rule: ResolvedRule,
  asOf: Date,
): Promise<void> {
  const [refusal] = (await ensureLookalikes(clickhouse, leases, needs(rule), asOf)).values();
  if (refusal !== undefined)
    throw new ApiError('not_built', `${refusal.message}.`, { type: refusal.reason, seed: refusal.seed });
}

/**
 * A look-alike is of the segment that is stored: one of another rule, made for a number, would take its place.
 *
 * @throws ApiError `seed_not_stored` (409) where a rule needs that of a segment as it is only planned to be.
 */
export function expectStoredSeeds({ registry }: Pick<Backend, 'registry'>, rule: ResolvedRule): void {
  const library = Library.of(registry);
  for (const seed of needs(rule)) {
    const stored = registry.get('segment', seed.id);
    const resolved = stored && library.resolve(stored.rule, stored.merge, stored.id);
    if (!resolved?.ok || fingerprint({ rule: resolved.rule, merge: stored!.merge }) !== fingerprint(seed))
      throw new ApiError(
        'not_built',
        `Segment ${seed.id} is not stored as it is planned here; who is like its members is known once it is.`,
        { type: 'seed_not_stored', seed: seed.id },
      );
  }
}

/**
 * `GET /v1/segments/{id}/lookalike?reach=0.05&seed=exclude|include`: how many a reach has and what it is worth, for
 * one reach and for a slider. What was never made is made first. Sizes are those of a rule `like`, and with
 * `seed=include` of `{"any": [{"segment": id}, {"like": id, "reach": …}]}`.
 */
export function lookalikeRoutes(backend: Backend): Hono<Env> {
  const { clickhouse, registry } = backend;
  const app = new Hono<Env>();
  app.get('/:id/lookalike', async (c) => {
    expectScope(c, 'read');
    const id = c.req.param('id');
    const segment = registry.get('segment', id);
    if (segment === undefined) throw new ApiError('not_found', `There is no segment ${id}.`);
    const { reach, seed } = readParams(c, asked);
    const asOf = new Date();
    const library = Library.of(registry);
    const liked = { like: id, reach };
    const rule = library.understand(
      seed === 'include' ? { any: [{ segment: id }, liked] } : liked,
      'visitor',
    );
    await expectLookalikes(backend, rule, asOf);
    const made = (await publishedLookalikes(clickhouse)).get(id);
    if (made === undefined)
      throw new ApiError('busy', 'The look-alike has just been taken back by a run of the job; try again.');
    const { summary } = made;
    const size = sizeOf(await estimate(clickhouse, rule, asOf));
    const own = library.understand(segment.rule, segment.merge, id);
    const members = seed === 'exclude' ? 0 : sizeOf(await estimate(clickhouse, own, asOf, segment.merge));
    const apart = { seed: { id, version: segment.version, rule: own, merge: segment.merge }, asOf };
    const sizes = await sizesByReach(clickhouse, id, seed === 'include' ? apart : undefined);
    c.header('Cache-Control', 'no-store');
    return c.json({
      segment: id,
      seed: seed === 'include' ? 'included' : 'excluded',
      ...liftAt(reach, summary.lifts, summary),
      size,
      asOf: asOf.toISOString(),
      curve: REACHES.map((at, index) => ({
        ...liftAt(at, summary.lifts, summary),
        size: members + sizes[index]!,
      })),
      universe: summary.universe,
      auc: summary.auc,
      noSignal: summary.noSignal,
      features: summary.features,
      trained: {
        asOf: made.asOf,
        builtAt: made.builtAt,
        tookMs: made.tookMs,
        version: summary.version,
        members: summary.members,
        others: summary.others,
        trainedOn: summary.trainedOn,
        heldOut: summary.heldOut,
      },
    });
  });
  return app;
}
