import type { Refusal } from './refusal.ts';

/**
 * The kinds of device id that are taken: Apple, Google, Roku, Samsung, Amazon Fire, Vizio, LG, Xbox, and
 * `generic` for whatever else a partner's app calls its advertising id.
 */
export const DEVICE_TYPES = [
  'idfa',
  'gaid',
  'rida',
  'tifa',
  'afai',
  'vida',
  'lgudid',
  'msai',
  'generic',
] as const;
export type DeviceType = (typeof DEVICE_TYPES)[number];

export interface DeviceId {
  readonly type: DeviceType;
  /** Of a UUID the lower case form with hyphens, so that one device has one id whoever reports it. */
  readonly id: string;
}

const isDeviceType = (type: string): type is DeviceType => (DEVICE_TYPES as readonly string[]).includes(type);

/** With hyphens, or the bare 32 digits that Windows hands out. */
const UUID = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/;

/** From 16 characters, because a phone number has at most 15 digits (E.164) and shall never pass as an id. */
const GENERIC = /^[A-Za-z0-9_.:-]{16,128}$/;

/**
 * Checks an advertising id and brings it to one form (IAB Tech Lab, Guidelines for Identifier for
 * Advertising: a UUID in lower case; all zeros where the person has limited ad tracking).
 *
 * @param type one of {@link DEVICE_TYPES}, in any case.
 * @param id as the device gave it.
 * @returns `zero_device_id` where it is all zeros; `bad_device_id` for an unknown type or another form.
 */
export function checkDeviceId(type: string, id: string): DeviceId | Refusal {
  const kind = type.toLowerCase();
  if (!isDeviceType(kind) || id.length > 128) return 'bad_device_id';
  const text = id.trim();
  if (/^[0-]*0[0-]*$/.test(text)) return 'zero_device_id';
  const uuid = UUID.exec(text.toLowerCase());
  if (uuid !== null) return { type: kind, id: uuid.slice(1).join('-') };
  if (kind !== 'generic' || !GENERIC.test(text)) return 'bad_device_id';
  // Long digits with separators could still be a written phone number.
  return /[A-Za-z]/.test(text) ? { type: kind, id: text } : 'bad_device_id';
}
