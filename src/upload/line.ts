import { checkDeviceId, deviceTypeOf } from '../collect/device-id.ts';
import type { Refusal } from '../collect/refusal.ts';
import { isUid } from '../identity/uid.ts';
import { isVisitorId, type VisitorId } from '../identity/visitor.ts';

/** Why a line of an upload is malformed: of the closed list. */
export type LineRefusal = Extract<
  Refusal,
  | 'line_too_long'
  | 'bad_json'
  | 'malformed'
  | 'unknown_field'
  | 'bad_id'
  | 'unknown_source'
  | 'unknown_partner'
  | 'bad_uid'
  | 'bad_device_id'
  | 'zero_device_id'
  | 'bad_trait'
  | 'bad_expires'
  | 'bad_attribute'
  | 'bad_value'
  | 'special_category'
  | 'minor'
>;

/** Whom a line is about. */
export type LineId =
  | { readonly source: 'visitor'; readonly uid: VisitorId }
  /** `source` is a device id type or the id of a partner, `uid` the id there, as links have it. */
  | { readonly source: string; readonly uid: string };

/**
 * Reads `type:uid`.
 *
 * @param isPartner whether a partner of that id is registered.
 */
export function readId(given: unknown, isPartner: (id: string) => boolean): LineId | LineRefusal {
  const colon = typeof given === 'string' ? given.indexOf(':') : -1;
  if (colon < 1) return 'bad_id';
  const source = (given as string).slice(0, colon);
  const uid = (given as string).slice(colon + 1);
  if (source === 'visitor') return isVisitorId(uid) ? { source, uid } : 'bad_uid';
  // Before the device ids: a partner may have been registered under another name of one.
  if (isPartner(source)) return isUid(uid) ? { source, uid } : 'bad_uid';
  if (deviceTypeOf(source) === undefined) return 'unknown_source';
  const device = checkDeviceId(source, uid);
  if (typeof device === 'string') return device === 'zero_device_id' ? device : 'bad_device_id';
  return { source: device.type, uid: device.id };
}
