import { Hono } from 'hono';
import { z } from 'zod';
import { type Explanation, explain } from '../audience/explain.ts';
import { checkDeviceId, DEVICE_TYPES, deviceTypeOf } from '../collect/device-id.ts';
import { REFUSALS } from '../collect/refusal.ts';
import { deviceVisitor, isVisitorId, visitorId, visitorNumber } from '../identity/visitor.ts';
import { writeLook } from '../report/audit.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope, readParams } from './http.ts';
import { ApiError } from './problem.ts';
import { Library } from './segment-rules.ts';

const FORMS = `An id is a visitor's 11 characters, or type:uid with a device type (${DEVICE_TYPES.join(', ')}) or a partner's id.`;

/** What an explanation is asked for. */
export const explainQuery = z.object({ segment: z.string().describe('Id of the segment') });

/**
 * `GET /v1/visitors/{id}/explain?segment=`: the segment's rule clause by clause, true or false, with the evidence.
 * An id that several visitors were seen with is explained for the one of them that was seen last; the others stand
 * beside it. For keys of scope `visitors`, and each look is written down before it is answered.
 */
export function explainRoutes(backend: Backend): Hono<Env> {
  const { clickhouse, registry, config, secret } = backend;
  const app = new Hono<Env>();
  // A partner's id may hold any printable character, a slash too.
  app.get('/:id{.+}/explain', async (c) => {
    const caller = expectScope(c, 'visitors');
    const { segment: id } = readParams(c, explainQuery);
    const segment = registry.get('segment', id);
    if (!segment) throw new ApiError('not_found', `There is no segment ${id}.`);
    const resolved = Library.of(registry).understand(segment.rule, segment.merge, id);
    const started = performance.now();
    const [visitor, ...others] = await visitorsNamed(backend, c.req.param('id'));
    await writeLook(clickhouse, secret, { actor: caller.id, action: 'looked at', visitor: visitor! });
    c.header('Cache-Control', 'no-store');
    const asOf = new Date();
    const explained = await explain(
      clickhouse,
      {
        rule: segment.rule,
        merge: segment.merge,
        resolved,
        segments: (referred) => registry.get('segment', referred),
      },
      visitor!,
      asOf,
      config.retentionDays,
    );
    return c.json({
      segment: id,
      version: segment.version,
      merge: segment.merge,
      asOf: asOf.toISOString(),
      tookMs: Math.round(performance.now() - started),
      ...(shown(explained) as Explanation),
      others: others.map(visitorId),
    });
  });
  return app;
}

/** Every visitor as the 11 characters, wherever one stands: what an operator wrote into a rule holds no BigInt. */
function shown(part: unknown): unknown {
  if (typeof part === 'bigint') return visitorId(part);
  if (Array.isArray(part)) return part.map(shown);
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, shown(value)]));
}

/**
 * Whom an id means, the one seen last before the others: a device id under any name of its type, in any form.
 *
 * @throws ApiError `invalid` (`zero_device_id` for a device without an id), `unknown_source`, or `not_found` where
 *   nobody is known under the id.
 */
export async function visitorsNamed(
  { clickhouse, registry, secret }: Backend,
  id: string,
): Promise<bigint[]> {
  if (isVisitorId(id)) return [visitorNumber(id)];
  const colon = id.indexOf(':');
  if (colon < 1 || colon === id.length - 1) throw new ApiError('invalid', FORMS);
  const type = id.slice(0, colon);
  const uid = id.slice(colon + 1);
  const linked = async (source: string, known: string) => {
    const rows = await clickhouse.query<{ visitor: string }>(
      'SELECT visitor FROM kept_links WHERE source = {source:String} AND uid = {known:String} ORDER BY last DESC, visitor',
      { source, known },
    );
    return rows.map(({ visitor }) => BigInt(visitor));
  };
  const isPartner = registry.get('partner', type) !== undefined;
  if (!isPartner && deviceTypeOf(type) === undefined)
    throw new ApiError('unknown_source', `There is no partner ${type}. ${FORMS}`);
  if (isPartner) {
    const visitors = await linked(type, uid);
    if (visitors.length > 0) return visitors;
    throw new ApiError('not_found', `No visitor is known under that id of ${type}.`);
  }
  const device = checkDeviceId(type, uid);
  if (typeof device === 'string')
    throw new ApiError(
      'invalid',
      `${REFUSALS[device]} ${FORMS}`,
      device === 'zero_device_id' ? { type: device } : {},
    );
  // The device's own visitor may have hits before any link to it.
  const own = visitorNumber(deviceVisitor(secret, device));
  return [...new Set([...(await linked(device.type, device.id)), own])];
}
