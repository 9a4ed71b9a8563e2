import { type Context, Hono } from 'hono';
import { z } from 'zod';
import type { DestinationType } from '../delivery/destination.ts';
import { DESTINATION_TYPES } from '../delivery/destinations/index.ts';
import { countHeld } from '../delivery/plan/held.ts';
import { deliver, type Order } from '../delivery/run/deliver.ts';
import { orderOf } from '../delivery/run/due.ts';
import { lastRuns, unfinishedRuns } from '../delivery/run/runs.ts';
import type { Destination } from '../registry/kinds.ts';
import { newId } from '../registry/registry.ts';
import { type Act, writeAct } from '../report/audit.ts';
import { deliveryHealth } from '../report/deliveries.ts';
import type { Backend } from './backend.ts';
import { routes } from './collections.ts';
import {
  destinationChangeProblems,
  destinationInput,
  destinationProblems,
  makeDestination,
  mergeDestination,
  showDestination,
  showType,
  targetFor,
} from './destination.ts';
import { destinationHistory } from './destination-history.ts';
import { preview } from './destination-preview.ts';
import { type Env, expectScope, readJson, readParams } from './http.ts';
import { ApiError } from './problem.ts';

/** For an answer that waits, so long is waited for a delivery that is under way. */
const WAIT_MS = 300_000;

/** `GET /v1/destination-types`: what can be chosen, and what each wants to know. */
export const destinationTypeRoutes = (): Hono<Env> =>
  new Hono<Env>().get('/', (c) => {
    expectScope(c, 'read');
    return c.json({ items: [...DESTINATION_TYPES.values()].map(showType) });
  });

/** `GET /v1/deliveries`: how each destination stands. */
export const deliveryRoutes = ({ clickhouse, registry }: Backend): Hono<Env> =>
  new Hono<Env>().get('/', async (c) => {
    expectScope(c, 'read');
    return c.json({ items: await deliveryHealth(clickhouse, registry.list('destination')) });
  });

/** `/v1/destinations`: where segments are sent, and what became of it. */
export function destinationRoutes(backend: Backend): Hono<Env> {
  const { clickhouse, registry, courier } = backend;
  const { vault } = courier;
  const app = new Hono<Env>();
  const find = (id: string): Destination => {
    const destination = registry.get('destination', id);
    if (destination === undefined) throw new ApiError('not_found', `There is no destination ${id}.`);
    return destination;
  };

  app.post('/:id/deliver', async (c) => {
    expectScope(c, 'edit');
    const { dryRun, mode } = readParams(c, asked);
    const destination = find(c.req.param('id'));
    if (dryRun === '1') return c.json(await preview(backend, destination, mode));
    expectActive(destination);
    const last = (await lastRuns(clickhouse)).get(destination.id);
    const due = orderOf(destination, last);
    const order: Order =
      due.mode === 'full' || mode === undefined
        ? { ...due, cause: due.cause === 'resync' ? 'resync' : 'manual' }
        : { do: 'plan', cause: 'manual', mode };
    return answer(c, backend, destination, 'delivered', order);
  });
  app.post('/:id/resync', (c) => {
    expectScope(c, 'edit');
    const destination = find(c.req.param('id'));
    expectActive(destination);
    return answer(c, backend, destination, 'resynced', { do: 'plan', cause: 'resync', mode: 'full' });
  });
  app.post('/:id/withdraw', (c) => {
    expectScope(c, 'edit');
    const destination = find(c.req.param('id'));
    if (destination.active)
      throw new ApiError(
        'in_use',
        `Destination ${destination.id} is active, and would be told everything again; switch it off first: PATCH {"active": false}, or ninety destinations off ${destination.id}.`,
      );
    return answer(c, backend, destination, 'withdrew', { do: 'plan', cause: 'withdraw', mode: 'withdraw' });
  });
  app.delete('/:id', async (c, next) => {
    expectScope(c, 'edit');
    const { abandon } = readParams(c, deleting);
    const { id } = find(c.req.param('id'));
    if (
      abandon !== '1' &&
      ((await countHeld(clickhouse, id)) > 0 || (await unfinishedRuns(clickhouse, id)).length > 0)
    )
      throw new ApiError(
        'in_use',
        `Destination ${id} has people of whom it was told; switch it off and withdraw them first (POST /v1/destinations/${id}/withdraw), or delete it with ?abandon=1 and leave them there.`,
      );
    await next();
  });

  app.post('/:id/dead-letters/replay', async (c) => {
    expectScope(c, 'edit');
    const destination = find(c.req.param('id'));
    expectActive(destination);
    const text = await c.req.text();
    const of = text === '' ? {} : await readJson(c, replaying);
    return answer(c, backend, destination, 'replayed', { do: 'replay', of });
  });
  app.route('/', destinationHistory(backend, find));
  app.route(
    '/',
    routes(registry, {
      kind: 'destination',
      readScope: 'read',
      editScope: 'edit',
      input: destinationInput,
      make: (given, wanted) => {
        const id = wanted ?? newId();
        return { body: makeDestination(vault, given, id), id };
      },
      merge: (current, change) => mergeDestination(vault, current, change),
      problems: (body) => destinationProblems(registry, body),
      changeProblems: destinationChangeProblems,
      show: showDestination,
      idsLast: 'what it was told is kept under its id: none is given again. Choose another id ("id").',
    }),
  );
  return app;
}

export const asked = z.object({
  dryRun: z.enum(['0', '1']).optional(),
  wait: z.enum(['0', '1']).optional(),
  mode: z.enum(['full', 'delta']).optional(),
});
export const deleting = z.object({ abandon: z.enum(['0', '1']).optional() });
export const replaying = z.strictObject({ run: z.int().min(1).optional() });

/** Nothing is sent to one that is switched off, but for what takes back what it was told. @throws ApiError */
function expectActive({ id, active }: Destination): void {
  if (!active)
    throw new ApiError(
      'in_use',
      `Destination ${id} is switched off; switch it on first: PATCH {"active": true}, or ninety destinations on ${id}.`,
    );
}

/** With `?wait=1` from every hit acknowledged before the call, and answered when it has ended. */
async function answer(
  c: Context<Env>,
  backend: Backend,
  destination: Destination,
  action: Act,
  order: Order,
): Promise<Response> {
  const { clickhouse, courier, flush, jobs, log } = backend;
  const actor = expectScope(c, 'edit').id;
  // Said now, and not by a run that fails.
  targetFor(courier, destination);
  await writeAct(clickhouse, { actor, action, kind: 'destination', subjects: [destination.id] });
  const run = async () => {
    await flush();
    return jobs.run('deliver', async () => {
      const delivered = await deliver(courier, destination, order, { waitMs: WAIT_MS });
      return { result: { ...delivered }, rowsRead: 0, bytesRead: 0 };
    });
  };
  if (c.req.query('wait') === '1') return c.json(await run());
  run().catch((error: unknown) =>
    log.error(
      { destination: destination.id, error: error instanceof Error ? error.name : 'unknown' },
      'not delivered',
    ),
  );
  return c.json({ destination: destination.id, state: 'running' }, 202);
}

/** What the routes above answer, for who asks them. */
export interface ShownDestination {
  readonly id: string;
}

export interface ShownType {
  readonly type: string;
  readonly title: string;
  readonly summary: string;
  readonly takes: DestinationType['takes'];
  readonly gvlId: number | null;
  readonly removes: boolean;
  /** Whether it is asked to delete who was erased, and told of who opted out. */
  readonly forgets: boolean;
  readonly expiryDays: DestinationType['expiryDays'];
  readonly secrets: readonly string[];
  /** A JSON Schema. */
  readonly settings: {
    readonly properties?: Readonly<
      Record<
        string,
        {
          readonly description?: string;
          readonly type?: string;
          readonly enum?: readonly unknown[];
          readonly default?: unknown;
          readonly maxLength?: number;
        }
      >
    >;
    readonly required?: readonly string[];
  };
}

export type ShownDryRun = Awaited<ReturnType<typeof preview>>;
