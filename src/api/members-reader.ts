import type { Context } from 'hono';
import { DEVICE_TYPES } from '../collect/device-id.ts';
import type { Source } from '../delivery/exported-set.ts';
import type { Recipient } from '../delivery/plan/planning.ts';
import { recipientOf } from '../delivery/plan/plans.ts';
import type { Destination } from '../registry/kinds.ts';
import type { Registry } from '../registry/registry.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope } from './http.ts';
import { may } from './keys.ts';
import { ApiError } from './problem.ts';

const SCOPE = 'export:';

/**
 * Who reads under ids of a kind. A key of scope `export:<x>` is the destination's of that id where there is one, and
 * then reads what that destination may have, under the ids that it takes, as long as it is switched on; else it is of
 * the kind of ids of that name. A key of a destination that was deleted reads nothing: what it was made for is no more.
 *
 * @returns the destination whose key it is; undefined where ids of that kind are read for nobody in particular.
 * @throws ApiError `unauthorized`, `forbidden`, `in_use`.
 */
export function expectReader(c: Context<Env>, registry: Registry, as: string): Destination | undefined {
  const caller = c.get('caller');
  if (caller === undefined || may(caller, 'admin')) {
    expectScope(c, SCOPE + as);
    return undefined;
  }
  const names = caller.scopes.flatMap((scope) =>
    scope.startsWith(SCOPE) ? [scope.slice(SCOPE.length)] : [],
  );
  const destinations = names
    .flatMap((name) => registry.get('destination', name) ?? [])
    .filter(({ partner, devices }) => partner === as || devices.includes(as));
  // Of no version of a destination: one that was deleted must not leave its key more than it had.
  if (names.includes(as) && registry.version('destination', as) === 0) return undefined;
  const own = destinations.find(({ active }) => active) ?? destinations[0];
  if (own === undefined) throw new ApiError('forbidden', `This key lacks the scope ${SCOPE}${as}.`);
  expectOn(own);
  return own;
}

/** Who is switched off is told nothing, in whichever way it asks. @throws ApiError `in_use` */
export function expectOn({ id, active }: Destination): void {
  if (!active)
    throw new ApiError('in_use', `Destination ${id} is switched off; PATCH it with {"active": true}.`);
}

/** @throws ApiError `unknown_source` */
export function sourceOf(registry: Registry, as: string): Source {
  if (as === 'visitor') return { kind: 'visitor', id: 'visitor' };
  if ((DEVICE_TYPES as readonly string[]).includes(as)) return { kind: 'device', id: as };
  if (registry.get('partner', as)) return { kind: 'partner', id: as };
  throw new ApiError(
    'unknown_source',
    `as must be visitor, a device id type (${DEVICE_TYPES.join(', ')}) or the id of a partner.`,
  );
}

/** A destination as the gate looks at it. @throws ApiError `invalid` where this version has no such type. */
export async function readRecipient(
  { clickhouse, registry, courier }: Backend,
  destination: Destination,
): Promise<Recipient> {
  const type = courier.types.get(destination.type);
  if (type === undefined)
    throw new ApiError(
      'invalid',
      `Destination ${destination.id} is of the type ${destination.type}, which this version does not have.`,
    );
  return recipientOf({ clickhouse, registry }, destination, type);
}
