import { isUid } from '../identity/uid.ts';
import { findMacros } from './macros.ts';

/** What partners answer where they have no id, as scripts and databases write "nothing". */
const NOTHING = new Set([
  'null',
  '(null)',
  'nil',
  'none',
  'undefined',
  'nan',
  'true',
  'false',
  '-1',
  'unknown',
  'optout',
  'opt-out',
  'opt_out',
]);
/** Also with separators between, as the empty UUID has them. */
const ZEROS = /^[0.:_-]+$/;
/** What is still percent-encoded after the parameter was decoded came encoded twice, and is another id than the same one encoded once. */
const ENCODED = /%[0-9A-Fa-f]{2}/;
const ADDRESS = /^\/\/|:\/\//;

/**
 * Whether a text can be one browser's id with a partner. Beside what no id looks like ({@link isUid}), a macro that
 * was not filled, a URL and the words for "nothing" are refused: thousands of browsers would share them.
 *
 * @param uid percent-decoded once.
 * @param uidMacro what the partner should have replaced.
 */
export const isPartnerUid = (uid: string, uidMacro: string): boolean =>
  isUid(uid) &&
  uid !== uidMacro &&
  !NOTHING.has(uid.toLowerCase()) &&
  !ZEROS.test(uid) &&
  !ENCODED.test(uid) &&
  !ADDRESS.test(uid) &&
  findMacros(uid).length === 0;
