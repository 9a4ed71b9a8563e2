import { Hono } from 'hono';
import { z } from 'zod';
import { listChunks } from '../delivery/run/chunks.ts';
import { countDeadLetters, type DeadLetter, listDeadLetters } from '../delivery/run/failures.ts';
import { listRuns, type RunRow, readRun, runOutcomes } from '../delivery/run/runs.ts';
import { waterfall } from '../delivery/waterfall.ts';
import type { Destination } from '../registry/kinds.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope, pageQuery, readParams } from './http.ts';
import { ApiError } from './problem.ts';

const CHUNKS_SHOWN = 1_000;

/**
 * What became of what a destination was told: its runs, what it did not take, and the waterfall.
 *
 * @param find gives a destination by its id. @throws ApiError where there is none
 */
export function destinationHistory(backend: Backend, find: (id: string) => Destination): Hono<Env> {
  const { clickhouse } = backend;
  const app = new Hono<Env>();

  app.get('/:id/runs', async (c) => {
    expectScope(c, 'read');
    const { id } = find(c.req.param('id'));
    const { before } = readParams(c, ran);
    const { limit } = pageQuery(c);
    const runs = await listRuns(clickhouse, id, { limit, ...(before === undefined ? {} : { before }) });
    return c.json({ items: await shownRuns(backend, id, runs) });
  });
  app.get('/:id/runs/:run', async (c) => {
    expectScope(c, 'read');
    const { id } = find(c.req.param('id'));
    const run = Number(c.req.param('run'));
    const found = Number.isSafeInteger(run) && run > 0 ? await readRun(clickhouse, id, run) : undefined;
    if (found === undefined)
      throw new ApiError('not_found', `There is no run ${c.req.param('run')} of ${id}.`);
    const [shown] = await shownRuns(backend, id, [found]);
    const chunks = await listChunks(clickhouse, { destination: id, run }, -1, CHUNKS_SHOWN);
    return c.json({
      ...shown,
      segments: found.segments,
      parts: chunks.map(
        ({ chunk, key, code, state, count, attempt, reason, detail, accepted, failed, counted, next }) => ({
          chunk,
          key,
          code,
          state,
          lines: count,
          tries: attempt,
          reason,
          detail,
          accepted,
          failed,
          counted,
          next: state === 'waiting' ? new Date(next).toISOString() : null,
        }),
      ),
    });
  });
  app.get('/:id/dead-letters', async (c) => {
    expectScope(c, 'read');
    const { id } = find(c.req.param('id'));
    const letters = await listDeadLetters(clickhouse, id, pageQuery(c).limit);
    const counts = await countDeadLetters(clickhouse, id);
    const lines = [...counts.values()]
      .flatMap((reasons) => Object.values(reasons))
      .reduce((sum, n) => sum + n, 0);
    return c.json({
      lines,
      items: letters.map(({ time, ...letter }) => ({ ...letter, time: new Date(time).toISOString() })),
    });
  });
  app.get('/:id/waterfall', async (c) => {
    expectScope(c, 'read');
    const { id } = find(c.req.param('id'));
    const { segment, days } = readParams(c, falling);
    return c.json({
      destination: id,
      items: await waterfall(clickhouse, { destination: id, segment }, days),
    });
  });

  return app;
}

/** Which of its runs a destination is asked for. */
export const ran = z.object({
  before: z.coerce.number().int().min(1).optional().describe('Only runs of smaller numbers'),
});
export const falling = z.object({
  segment: z.string().optional(),
  days: z.coerce.number().int().min(1).max(90).default(30),
});

async function shownRuns({ clickhouse }: Backend, destination: string, runs: readonly RunRow[]) {
  if (runs.length === 0) return [];
  const [outcomes, dead] = await Promise.all([
    runOutcomes(
      clickhouse,
      destination,
      runs.map(({ run }) => run),
    ),
    countDeadLetters(clickhouse, destination),
  ]);
  return runs.map(({ run, state, cause, mode, planned, lines, adds, removes, refreshes }) => {
    const outcome = outcomes.get(run);
    return {
      run,
      state,
      cause,
      mode,
      planned: new Date(planned).toISOString(),
      lines,
      adds,
      removes,
      refreshes,
      chunks: outcome?.chunks ?? {},
      accepted: outcome?.accepted ?? 0,
      dead: dead.get(run) ?? {},
      acknowledged: outcome?.acknowledged ?? null,
    };
  });
}

export type ShownRun = Awaited<ReturnType<typeof shownRuns>>[number];

export interface ShownLetters {
  /** In all dead letters, also in those that are not shown. */
  readonly lines: number;
  readonly items: readonly (Omit<DeadLetter, 'time'> & { readonly time: string })[];
}
