import { Hono } from 'hono';
import { checkDeviceId, DEVICE_TYPES, deviceTypeOf } from '../collect/device-id.ts';
import { REFUSALS } from '../collect/refusal.ts';
import { deviceVisitor, isVisitorId, visitorNumber } from '../identity/visitor.ts';
import { acknowledgements } from '../privacy/deliveries.ts';
import { type Erasure, readErasure, requestErasure } from '../privacy/erasures.ts';
import { lookedAt, writeAct } from '../report/audit.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope } from './http.ts';
import { ApiError } from './problem.ts';

const FORMS = `An id is a visitor's 11 characters, or type:uid with a device type (${DEVICE_TYPES.join(', ')}) or a partner's id.`;

/**
 * `DELETE /v1/visitors/{id}`: what is known of a person is hidden at once and deleted by the next batch. Every
 * visitor that a device or partner id was seen with is meant, because they are one person's.
 */
export function visitorRoutes(backend: Backend): Hono<Env> {
  const { clickhouse, secret } = backend;
  const app = new Hono<Env>();
  // A partner's id may hold any printable character, a slash too.
  app.delete('/:id{.+}', async (c) => {
    const actor = expectScope(c, 'edit').id;
    const visitors = await visitorsOf(backend, c.req.param('id'));
    const subjects = visitors.map((visitor) => lookedAt(secret, visitor));
    await writeAct(clickhouse, { actor, action: 'erased', kind: 'visitor', subjects });
    const id = await requestErasure(clickhouse, visitors);
    c.header('Location', `/v1/erasures/${id}`);
    return c.json(await receipt(backend, id), 202);
  });
  return app;
}

/** `GET /v1/erasures/{id}`: the receipt, step by step. */
export function erasureRoutes(backend: Backend): Hono<Env> {
  const app = new Hono<Env>();
  app.get('/:id', async (c) => {
    expectScope(c, 'read');
    const erasure = await receipt(backend, c.req.param('id'));
    if (erasure === undefined)
      throw new ApiError(
        'not_found',
        'There is no erasure of that id; a receipt is kept as long as the hits are.',
      );
    return c.json(erasure);
  });
  return app;
}

/** The receipt, with what each destination has acknowledged. */
async function receipt({ clickhouse, courier, registry }: Backend, id: string): Promise<Erasure | undefined> {
  const erasure = await readErasure(clickhouse, id);
  const hidden = erasure?.steps.find(({ step }) => step === 'hide')?.at;
  if (erasure === undefined || hidden == null) return erasure;
  const destinations = registry.list('destination');
  const told = await acknowledgements(clickhouse, destinations, courier.types, hidden);
  return { ...erasure, steps: [...erasure.steps, ...told] };
}

/**
 * A device id as at collection: under any name of its type, in any form.
 *
 * @throws ApiError `invalid` (`zero_device_id` for a device without an id), `unknown_source`, or
 *   `not_found` where nobody is known under the id.
 */
async function visitorsOf({ clickhouse, registry, secret }: Backend, id: string): Promise<bigint[]> {
  if (isVisitorId(id)) return [visitorNumber(id)];
  const colon = id.indexOf(':');
  if (colon < 1 || colon === id.length - 1) throw new ApiError('invalid', FORMS);
  const type = id.slice(0, colon);
  const uid = id.slice(colon + 1);
  if (registry.get('partner', type) !== undefined) {
    const linked = await linkedWith(clickhouse, type, uid);
    if (linked.length === 0) throw new ApiError('not_found', `No visitor is known under that id of ${type}.`);
    return linked;
  }
  if (deviceTypeOf(type) === undefined)
    throw new ApiError('unknown_source', `There is no partner ${type}. ${FORMS}`);
  const device = checkDeviceId(type, uid);
  if (typeof device === 'string')
    throw new ApiError(
      'invalid',
      `${REFUSALS[device]} ${FORMS}`,
      device === 'zero_device_id' ? { type: device } : {},
    );
  const linked = await linkedWith(clickhouse, device.type, device.id);
  // The device's own visitor may have hits before any link to it.
  return [...new Set([visitorNumber(deviceVisitor(secret, device)), ...linked])];
}

/** Also those whose match was replaced or deleted since: it was theirs. */
async function linkedWith(clickhouse: Backend['clickhouse'], source: string, uid: string): Promise<bigint[]> {
  const rows = await clickhouse.query<{ visitor: string }>(
    'SELECT DISTINCT visitor FROM seen_links WHERE source = {source:String} AND uid = {uid:String}',
    { source, uid },
  );
  return rows.map(({ visitor }) => BigInt(visitor));
}
