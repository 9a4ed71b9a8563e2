import { Hono } from 'hono';
import { z } from 'zod';
import { idSchema, KINDS } from '../registry/kinds.ts';
import { ConflictError, type Registry } from '../registry/registry.ts';
import type { Backend } from './backend.ts';
import { bodyAtMost } from './body-limit.ts';
import { type Env, expectScope, readJson } from './http.ts';
import { ApiError } from './problem.ts';
import { type PlanStep, planSegments } from './segment-plan.ts';
import { buildSoon } from './segments.ts';

/** Segments of one plan: as many as a page of a list has. */
const PLANNED_MAX = 1000;
/** Room for as many rules of ordinary length, and to spare. */
const PLAN_LIMIT = 8 * 1_048_576;

export const wanted = z.strictObject({
  segments: z.array(z.unknown()).max(PLANNED_MAX),
  deleteOthers: z.boolean().default(false),
});
export const applied = wanted.extend({
  versions: z.record(idSchema, z.int().min(0)).optional(),
  note: KINDS.segment.shape.note,
});

/**
 * `POST /v1/segments/plan` tells what would become of segments if they were as the body says:
 * `{segments: [{id, name, rule, …}], deleteOthers?}` → a `Plan`. Changes nothing.
 *
 * `POST /v1/segments/apply` does it: `{…, versions?, note?}` → what was written, and when (null = somebody has
 * changed it again by now). Nothing is, where there is any mistake (`invalid`), or where the steps are not those of
 * `versions` (the `version` of each step of a plan, by id): somebody has changed a segment since (`conflict`).
 */
export function segmentPlanRoutes(backend: Backend): Hono<Env> {
  const { registry } = backend;
  const app = new Hono<Env>();
  const limit = bodyAtMost(PLAN_LIMIT);

  app.post('/plan', limit, async (c) => {
    expectScope(c, 'read');
    const asked = await readJson(c, wanted);
    await registry.refresh();
    return c.json(await planSegments(registry, asked));
  });

  app.post('/apply', limit, async (c) => {
    const caller = expectScope(c, 'edit');
    const { versions, note, ...asked } = await readJson(c, applied);
    await registry.refresh();
    const { steps, affected, mistakes } = await planSegments(registry, asked);
    if (mistakes.length > 0)
      throw new ApiError('invalid', mistakes.map(({ id, message }) => `${id}: ${message}`).join('; '), {
        mistakes,
      });
    const changed = versions === undefined ? [] : changedSince(steps, versions);
    if (changed.length > 0) throw meanwhile(changed, []);
    await writeSteps(registry, steps, caller.id, note);
    const built = steps.filter(({ after }) => after !== null);
    if (steps.length > 0)
      buildSoon(
        backend,
        [...built, ...affected].map(({ id }) => id),
      );
    return c.json({
      applied: steps.map(({ id, action, version }) => {
        const newest = registry.newest('segment', id);
        const isOurs = newest.version === version + 1;
        return { id, action, version: version + 1, updatedAt: isOurs ? newest.updatedAt : null };
      }),
    });
  });

  return app;
}

/** Ids whose step is another than when the versions were read. */
function changedSince(steps: readonly PlanStep[], versions: Readonly<Record<string, number>>): string[] {
  const now = new Map(steps.map(({ id, version }) => [id, version]));
  const ids = new Set([...now.keys(), ...Object.keys(versions)]);
  return [...ids].filter((id) => now.get(id) !== versions[id]).sort();
}

const meanwhile = (ids: readonly string[], left: readonly string[]) =>
  new ApiError(
    'conflict',
    `${ids.join(', ')}: changed by somebody else since it was planned; ${
      left.length === 0 ? 'nothing is applied' : `applied all the same: ${left.join(', ')}`
    }. Plan again.`,
    { segments: ids, applied: left },
  );

/**
 * Writes the steps in their order. Each is refused where another writer was first; then those before it are
 * taken back, so that all are done or none.
 *
 * @throws ApiError `conflict`, naming what could not be taken back.
 */
export async function writeSteps(
  registry: Registry,
  steps: readonly PlanStep[],
  actor: string,
  note: string | undefined,
): Promise<void> {
  const done: PlanStep[] = [];
  for (const step of steps) {
    const { id, version, after } = step;
    try {
      if (after === null) await registry.delete('segment', id, version, actor, { applied: true });
      else {
        const body = { ...after, applied: true as const, ...(note === undefined ? {} : { note }) };
        await registry.put('segment', id, body, version, actor);
      }
      done.push(step);
    } catch (error) {
      const left = await takeBack(registry, done, actor);
      if (error instanceof ConflictError) throw meanwhile([id], left);
      if (left.length === 0) throw error;
      throw new ApiError(
        'not_stored',
        `The storage failed in the middle. Applied: ${left.join(', ')}. Plan again.`,
        {
          applied: left,
        },
      );
    }
  }
}

/** @returns the ids of those that stay: changed by somebody else by now, or not to be reached. */
async function takeBack(registry: Registry, done: readonly PlanStep[], actor: string): Promise<string[]> {
  const left: string[] = [];
  for (const { id, version, before, isApplied } of [...done].reverse()) {
    const note = 'taken back: the plan of the version before was not applied whole';
    const said = isApplied ? { applied: true as const } : {};
    try {
      if (before === null) await registry.delete('segment', id, version + 1, actor, said);
      else await registry.put('segment', id, { ...before, note, ...said }, version + 1, actor);
    } catch {
      left.unshift(id);
    }
  }
  return left;
}
