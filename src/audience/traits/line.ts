import { type VisitorId, visitorNumber } from '../../identity/visitor.ts';
import { readIsoTime } from '../../iso-time.ts';
import { isObject, parseJson } from '../../json-object.ts';
import { type LineRefusal, readId } from '../../upload/line.ts';
import { isTrait } from './name.ts';

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
  if (typeof expires === 'string') return expires;
  const uid = id.source === 'visitor' ? String(visitorNumber(id.uid as VisitorId)) : id.uid;
  return { source: id.source, uid, trait, expires };
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
