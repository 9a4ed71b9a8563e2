import { z } from 'zod';
import { DEVICE_TYPES } from '../collect/device-id.ts';
import type { DestinationType } from '../delivery/destination.ts';
import { DESTINATION_TYPES } from '../delivery/destinations/index.ts';
import type { Courier, Target } from '../delivery/run/courier.ts';
import { TargetError, targetOf } from '../delivery/run/target.ts';
import { SecretUnreadableError, type Vault } from '../delivery/secrets.ts';
import { nearest } from '../nearest.ts';
import { type Body, type Destination, KINDS } from '../registry/kinds.ts';
import type { Registry } from '../registry/registry.ts';
import { ApiError } from './problem.ts';
import { refuse } from './refuse.ts';
import { inWords } from './words.ts';

/** What a caller may give; what is secret of the settings comes among them, and is encrypted before it is kept. */
export const destinationInput = KINDS.destination.omit({ secrets: true, resyncAt: true });

/** @returns what keeps the settings from being used, each as `/settings/path: what`. */
function settingsProblems(type: DestinationType, settings: Readonly<Record<string, unknown>>): string[] {
  // A name that the type does not know would be dropped, and its default believed to be the setting.
  const parsed = type.settings.strict().safeParse(settings, { error: inWords });
  if (parsed.success) return [];
  const names = Object.keys(type.settings.shape);
  const at = (...path: readonly PropertyKey[]) => `/${['settings', ...path].map(String).join('/')}`;
  return parsed.error.issues.flatMap((issue) => {
    const [name] = issue.path;
    if (issue.code !== 'unrecognized_keys' || name !== undefined)
      return [`${at(...issue.path)}: ${issue.message}`];
    return issue.keys.map((key) => {
      const meant = nearest(key, names);
      return `${at(key)}: there is no such setting${meant === undefined ? `; there are ${names.join(', ')}` : `, did you mean ${meant}?`}`;
    });
  });
}

/** @throws ApiError `invalid` where there is no such type. */
function typeOf(name: string): DestinationType {
  const type = DESTINATION_TYPES.get(name);
  const names = [...DESTINATION_TYPES.keys()];
  const meant = nearest(name, names);
  if (type === undefined)
    refuse([
      `/type: there is no type ${name}${meant === undefined ? `; there are ${names.join(', ')}` : `, did you mean ${meant}?`}`,
    ]);
  return type!;
}

/** Settings as they are kept: those in clear, and those that are encrypted for this destination alone. */
function split(vault: Vault, id: string, type: DestinationType, settings: Readonly<Record<string, unknown>>) {
  const isSecret = (name: string) => (type.secrets as readonly string[]).includes(name);
  const entries = Object.entries(settings);
  return {
    settings: Object.fromEntries(entries.filter(([name]) => !isSecret(name))),
    secrets: Object.fromEntries(
      entries.filter(([name]) => isSecret(name)).map(([name, value]) => [name, vault.seal(id, name, value)]),
    ),
  };
}

/**
 * A destination as it is stored.
 *
 * @throws ApiError `invalid` with everything that is wrong in its settings.
 */
export function makeDestination(
  vault: Vault,
  given: Record<string, unknown>,
  id: string,
): Body<'destination'> {
  const fields = given as Omit<Body<'destination'>, 'secrets'>;
  const type = typeOf(fields.type);
  refuse(settingsProblems(type, fields.settings));
  return KINDS.destination.parse({ ...fields, ...split(vault, id, type, fields.settings) });
}

/** What else a destination's word counts for nothing with: it goes to somebody else, or under other ids. */
const OF_WHOM = ['settings', 'partner', 'devices'] as const;

/**
 * A change of a destination: of the settings only those given are replaced, and null takes one out. Switched on again,
 * or pointed elsewhere, it is told everything anew. Secrets do not go along to another place: who points it there could
 * be somebody who may change settings and does not know them, and reads them there.
 *
 * @throws ApiError `invalid`, `secrets_needed`.
 */
export function mergeDestination(
  vault: Vault,
  current: Destination,
  change: Record<string, unknown>,
): Record<string, unknown> {
  // Whatever is wrong with it, it can be switched off.
  if (change['active'] === false && change['settings'] === undefined) return change;
  const type = typeOf(current.type);
  const given = (change['settings'] ?? {}) as Record<string, unknown>;
  const before = opened(vault, current, Object.keys(given));
  const settings = Object.fromEntries(
    Object.entries({ ...before.settings, ...given }).filter(([, value]) => value !== null),
  );
  expectSecrets(type, current, given, settings);
  refuse([...before.problems, ...settingsProblems(type, settings)]);
  const kept = split(vault, current.id, type, settings);
  // An envelope is another with each sealing: what was not given stays as it is.
  const secrets = Object.fromEntries(
    Object.entries(kept.secrets).map(([name, sealed]) => [
      name,
      Object.hasOwn(given, name) ? sealed : current.secrets[name]!,
    ]),
  );
  const after = { ...change, settings: kept.settings, secrets };
  const isElsewhere = OF_WHOM.some(
    (field) =>
      Object.hasOwn(after, field) &&
      JSON.stringify(after[field as keyof typeof after]) !== JSON.stringify(current[field]),
  );
  const isBack = !current.active && change['active'] === true;
  return isElsewhere || isBack ? { ...after, resyncAt: new Date().toISOString() } : after;
}

/**
 * @param given of the change; what it takes out of the settings is known to nobody afterwards.
 * @throws ApiError `secrets_needed` where a setting of the place changes and a stored secret does not.
 */
function expectSecrets(
  type: DestinationType,
  current: Destination,
  given: Readonly<Record<string, unknown>>,
  settings: Readonly<Record<string, unknown>>,
): void {
  const needed = Object.keys(current.secrets).filter((name) => !Object.hasOwn(given, name));
  if (needed.length === 0) return;
  const said = (of: Readonly<Record<string, unknown>>, name: string) =>
    JSON.stringify(of[name] ?? usual(type, name));
  const moved = type.places.filter((name) => said(settings, name) !== said(current.settings, name));
  if (moved.length === 0) return;
  const problems = moved.map(
    (name) => `/settings/${name}: says where things go; give ${needed.join(', ')} anew with it`,
  );
  throw new ApiError('secrets_needed', problems.join('; '), { problems });
}

/** @returns what counts where a setting is not given; undefined: nothing does. */
const usual = (type: DestinationType, name: string): unknown =>
  (type.settings.shape[name] as z.ZodType | undefined)?.safeParse(undefined).data;

/** The settings as they were given once. @param renewed those that are given anew, and need not be read. */
function opened(vault: Vault, { id, settings, secrets }: Destination, renewed: readonly string[]) {
  const all: Record<string, unknown> = { ...settings };
  const problems: string[] = [];
  for (const [name, sealed] of Object.entries(secrets)) {
    if (renewed.includes(name)) continue;
    try {
      all[name] = vault.open(id, name, sealed);
    } catch (error) {
      if (!(error instanceof SecretUnreadableError)) throw error;
      problems.push(`/settings/${name}: ${error.message}`);
    }
  }
  return { settings: all, problems };
}

/** @returns what keeps an active destination from being told anything, each as `/path: what`. */
export function destinationProblems(registry: Registry, destination: Body<'destination'>): string[] {
  if (!destination.active) return [];
  const { partner, devices, segments, gvlId } = destination;
  const type = typeOf(destination.type);
  const problems: string[] = [];
  if (partner !== undefined && registry.get('partner', partner) === undefined)
    problems.push(`/partner: there is no partner ${partner}`);
  if (partner !== undefined && !type.takes.partner)
    problems.push(`/partner: a destination of the type ${type.type} takes no ids of a partner`);
  devices.forEach((device, at) => {
    if (!(DEVICE_TYPES as readonly string[]).includes(device))
      problems.push(
        `/devices/${at}: there is no device type ${device}; there are ${DEVICE_TYPES.join(', ')}`,
      );
    else if (!type.takes.devices.includes(device))
      problems.push(
        `/devices/${at}: a destination of the type ${type.type} takes ${type.takes.devices.join(', ') || 'no device ids'}`,
      );
  });
  if (partner === undefined && devices.length === 0)
    problems.push(
      `/${type.takes.partner ? 'partner' : 'devices'}: is missing; without it there is nobody to be told of under an id that the destination knows`,
    );
  const vendor = gvlId ?? (partner === undefined ? type.gvlId : undefined);
  if (partner === undefined && devices.length > 0 && vendor === undefined)
    problems.push(
      '/partner: is missing; nobody is told of without consent to whoever gets the data, so name that partner here, or its vendor id in gvlId',
    );
  const isRegistered = registry.list('partner').some((each) => each.gvlId === vendor);
  if (vendor !== undefined && !isRegistered)
    problems.push(
      `/gvlId: no partner is registered with vendor id ${vendor}; consent is kept by partner, so nobody's consent to that vendor is known`,
    );
  if (segments !== 'all')
    segments.forEach(({ id, code = id }, at) => {
      if (registry.get('segment', id) === undefined)
        problems.push(`/segments/${at}: there is no segment ${id}`);
      const refused = type.refuseCode?.(code);
      if (refused !== undefined) problems.push(`/segments/${at}/code: ${refused}`);
    });
  const codes = segments === 'all' ? [] : segments.map(({ id, code = id }) => code);
  codes.forEach((code, at) => {
    if (codes.indexOf(code) < at) problems.push(`/segments/${at}/code: ${code} is another segment's already`);
  });
  return problems;
}

/** @returns what may not be changed about a destination, as `/path: what`. */
export const destinationChangeProblems = (
  before: Body<'destination'>,
  after: Body<'destination'>,
): string[] =>
  before.type === after.type
    ? []
    : [`/type: is ${before.type} and stays so; make another destination for ${after.type}`];

/**
 * A destination ready to be sent to.
 *
 * @throws ApiError `invalid` where it cannot be sent to as it is, as with a secret of before NINETY_SECRET was changed.
 */
export function targetFor(
  { types, vault }: Pick<Courier, 'types' | 'vault'>,
  destination: Destination,
): Target {
  try {
    return targetOf(destination, types, vault);
  } catch (error) {
    if (error instanceof TargetError || error instanceof SecretUnreadableError)
      throw new ApiError('invalid', error.message);
    throw error;
  }
}

/** A destination as it is shown: of what is secret only whether it is set. */
export const showDestination = ({ resyncAt: _, secrets, ...rest }: Destination): Record<string, unknown> => ({
  ...rest,
  secrets: Object.keys(secrets),
});

/** A type of destination as it is shown: what must be filled in is its JSON Schema. */
export const showType = (type: DestinationType): Record<string, unknown> => ({
  type: type.type,
  title: type.title,
  summary: type.summary,
  takes: type.takes,
  gvlId: type.gvlId ?? null,
  tells: type.tells,
  bySegment: type.bySegment,
  removes: type.removes,
  forgets: type.forgets === true,
  expiryDays: type.expiryDays,
  secrets: type.secrets,
  places: type.places,
  settings: z.toJSONSchema(type.settings, { io: 'input', unrepresentable: 'any' }),
});
