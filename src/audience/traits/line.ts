import { checkDeviceId, DEVICE_TYPES } from '../../collect/device-id.ts';
import type { Refusal } from '../../collect/refusal.ts';
import { isUid } from '../../identity/uid.ts';
import { isVisitorId, visitorNumber } from '../../identity/visitor.ts';
import { isTrait } from './name.ts';

/** Why a line is malformed: of the closed list. */
export type LineRefusal = Extract<
  Refusal,
  | 'line_too_long'
  | 'bad_json'
  | 'unknown_field'
  | 'bad_id'
  | 'unknown_source'
  | 'bad_uid'
  | 'bad_device_id'
  | 'zero_device_id'
  | 'bad_trait'
  | 'bad_expires'
>;

/** One line that can be read. */
export interface TraitLine {
  /** `visitor`, a device id type, or the id of a partner. */
  readonly source: string;
  /** The id there, as links have it; of a visitor its UInt64 in decimal. */
  readonly uid: string;
  readonly trait: string;
  /** Seconds since 1970; 0 = none. */
  readonly expires: number;
}

const FIELDS = new Set(['id', 'trait', 'expires']);
const DEVICES = new Set<string>(DEVICE_TYPES);

/**
 * Reads `{"id":"type:uid","trait":"provider:name","expires"?}`.
 *
 * @param text the line, without its end.
 * @param isPartner whether a partner of that id is registered.
 */
export function readLine(text: string, isPartner: (id: string) => boolean): TraitLine | LineRefusal {
  const given = objectOf(text);
  if (given === undefined) return 'bad_json';
  for (const field of Object.keys(given)) if (!FIELDS.has(field)) return 'unknown_field';
  const id = readId(given['id'], isPartner);
  if (typeof id === 'string') return id;
  const { trait } = given;
  if (typeof trait !== 'string' || !isTrait(trait)) return 'bad_trait';
  const expires = readExpires(given['expires']);
  return typeof expires === 'string' ? expires : { ...id, trait, expires };
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const given: unknown = JSON.parse(text);
    return typeof given === 'object' && given !== null && !Array.isArray(given)
      ? (given as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function readId(
  given: unknown,
  isPartner: (id: string) => boolean,
): Pick<TraitLine, 'source' | 'uid'> | LineRefusal {
  const colon = typeof given === 'string' ? given.indexOf(':') : -1;
  if (colon < 1) return 'bad_id';
  const source = (given as string).slice(0, colon);
  const uid = (given as string).slice(colon + 1);
  if (source === 'visitor') return isVisitorId(uid) ? { source, uid: String(visitorNumber(uid)) } : 'bad_uid';
  if (DEVICES.has(source.toLowerCase())) {
    const device = checkDeviceId(source, uid);
    if (typeof device === 'string') return device === 'zero_device_id' ? device : 'bad_device_id';
    return { source: device.type, uid: device.id };
  }
  if (!isPartner(source)) return 'unknown_source';
  return isUid(uid) ? { source, uid } : 'bad_uid';
}

const ISO_8601 = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;
/** The last second that the column holds, in the year 2106: later than anything is kept. */
const LAST_SECOND = 2 ** 32 - 1;

/** The 31st of February would be taken for a day in March. */
function isDay(day: string): boolean {
  const time = Date.parse(day);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}

/** A day without a time ends a trait as it begins, in UTC. */
function readExpires(given: unknown): number | 'bad_expires' {
  if (given === undefined || given === null) return 0;
  if (typeof given !== 'string' || !ISO_8601.test(given) || !isDay(given.slice(0, 10))) return 'bad_expires';
  const seconds = Math.floor(Date.parse(given) / 1000);
  // 0 stands for none.
  return Number.isNaN(seconds) ? 'bad_expires' : Math.min(Math.max(seconds, 1), LAST_SECOND);
}
