import { redactAddresses } from './redact/addresses.ts';
import type { Refusal } from './refusal.ts';

/**
 * The kinds of device id that are taken, all of them for advertising alone (IAB Tech Lab, Identifier for
 * Advertising on OTT; `ifa_type` of OpenRTB): Apple, Google, Roku, Samsung, Amazon Fire, Vizio, LG, Xbox, the
 * Android devices without Google's services, and `generic` for whatever else a partner's app calls its own. No
 * ids of hardware, of a vendor's apps (`idfv`) or of a session.
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
  'oaid',
  'generic',
] as const;
export type DeviceType = (typeof DEVICE_TYPES)[number];

export interface DeviceId {
  readonly type: DeviceType;
  /** Of a UUID the lower case form with hyphens, so that one device has one id whoever reports it. */
  readonly id: string;
}

/** Other names of the same ids, so that one device has one id whoever reports it. */
const ALIASES: ReadonlyMap<string, DeviceType> = new Map([
  ['aaid', 'gaid'],
  ['adid', 'gaid'],
  ['dpid', 'generic'],
]);

const isDeviceType = (type: string): type is DeviceType => (DEVICE_TYPES as readonly string[]).includes(type);

/**
 * @param name one of {@link DEVICE_TYPES}, or another name of it (`aaid`), in any case.
 * @returns which of them is meant; undefined for what is none.
 */
export function deviceTypeOf(name: string): DeviceType | undefined {
  const lower = name.toLowerCase();
  const type = ALIASES.get(lower) ?? lower;
  return isDeviceType(type) ? type : undefined;
}

/** With hyphens, or the bare 32 digits that Windows hands out. */
const UUID = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/;

/**
 * What the other kinds are besides UUIDs: of an OAID each maker has a form of its own. From 16 characters and
 * with a letter, because a phone number has at most 15 digits (E.164), also written with separators, and a
 * card's 16, and neither shall ever pass as an id.
 */
const OTHER_FORMS: ReadonlyMap<DeviceType, RegExp> = new Map([
  ['oaid', /^(?=.*[a-f])[0-9a-f]{16,64}$/i],
  ['generic', /^(?=.*[A-Za-z])[A-Za-z0-9_.:-]{16,128}$/],
]);

/** A number that a word stands before, such as `phone:0049-170-1234567`. */
const LABELLED_NUMBER = /^[A-Za-z]+[_.:-]+\d(?:[_.:-]?\d){6,15}$/;

/** Free text may be what an id is not: a machine's full address, or a phone's or card's number with its name. */
const isPersonal = (text: string): boolean => LABELLED_NUMBER.test(text) || redactAddresses(text) !== text;

/**
 * Checks an advertising id and brings it to one form (IAB Tech Lab, Guidelines for Identifier for
 * Advertising: a UUID in lower case; all zeros where the person has limited ad tracking).
 *
 * @param type one of {@link DEVICE_TYPES}, or another name of it (`aaid`), in any case.
 * @param id as the device gave it.
 * @returns `zero_device_id` where it is all zeros; `bad_device_id` for an unknown type or another form.
 */
export function checkDeviceId(type: string, id: string): DeviceId | Refusal {
  const kind = deviceTypeOf(type);
  if (kind === undefined || id.length > 128) return 'bad_device_id';
  const text = id.trim();
  if (/^[0-]*0[0-]*$/.test(text)) return 'zero_device_id';
  const uuid = UUID.exec(text.toLowerCase());
  if (uuid !== null) return { type: kind, id: uuid.slice(1).join('-') };
  if (OTHER_FORMS.get(kind)?.test(text) !== true || isPersonal(text)) return 'bad_device_id';
  return { type: kind, id: kind === 'oaid' ? text.toLowerCase() : text };
}
