import { checkDeviceId, deviceTypeOf } from '../../collect/device-id.ts';
import type { Refusal } from '../../collect/refusal.ts';
import { isUid } from '../../identity/uid.ts';
import { isVisitorId, visitorNumber } from '../../identity/visitor.ts';
import { readIsoTime } from '../../iso-time.ts';
import { isObject, parseJson } from '../../json-object.ts';
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

/**
 * Reads `{"id":"type:uid","trait":"provider:name","expires"?}`.
 *
 * @param text the line, without its end.
 * @param isPartner whether a partner of that id is registered.
 */
export function readLine(text: string, isPartner: (id: string) => boolean): TraitLine | LineRefusal {
  const given = parseJson(text);
  if (!isObject(given)) return 'bad_json';
  for (const field of Object.keys(given)) if (!FIELDS.has(field)) return 'unknown_field';
  const id = readId(given['id'], isPartner);
  if (typeof id === 'string') return id;
  const { trait } = given;
  if (typeof trait !== 'string' || !isTrait(trait)) return 'bad_trait';
  const expires = readExpires(given['expires']);
  return typeof expires === 'string' ? expires : { ...id, trait, expires };
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
  // Before the device ids: a partner may have been registered under another name of one.
  if (isPartner(source)) return isUid(uid) ? { source, uid } : 'bad_uid';
  if (deviceTypeOf(source) === undefined) return 'unknown_source';
  const device = checkDeviceId(source, uid);
  if (typeof device === 'string') return device === 'zero_device_id' ? device : 'bad_device_id';
  return { source: device.type, uid: device.id };
}

/** The last second that the column holds, in the year 2106: later than anything is kept. */
const LAST_SECOND = 2 ** 32 - 1;

/** A day without a time ends a trait as it begins, in UTC. */
function readExpires(given: unknown): number | 'bad_expires' {
  if (given === undefined || given === null) return 0;
  const time = typeof given === 'string' ? readIsoTime(given) : undefined;
  // 0 stands for none.
  return time === undefined ? 'bad_expires' : Math.min(Math.max(Math.floor(time / 1000), 1), LAST_SECOND);
}
