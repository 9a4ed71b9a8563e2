import { personalKind } from './redact/parameters.ts';
import { scrubText, scrubUrl } from './scrub.ts';

const MAX_PROPS = 16;
const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,39}$/;
const MAX_NAME_LENGTH = 40;
/** Code points. */
const MAX_VALUE_LENGTH = 200;

/**
 * Reads the custom properties of a hit, as they may be stored: a flat object of at most sixteen names (a
 * letter, then up to 39 letters, digits, `_`, `.` and `-`), whose values are text, numbers or booleans. `null`
 * is left out. Values become text of at most two hundred code points and are scrubbed, a URL as a page's.
 *
 * Under a name that a person's data is commonly in (`email`, `first_name`, `userPhone`, `plz`, `session`, …),
 * the value becomes a placeholder that says which (`[email]`, `[name]`, `[phone]`, `[address]`, `[token]`, …),
 * so that a rule can still ask whether it was there; a boolean tells no such thing and stays.
 *
 * @param given a parsed JSON value; undefined and null are no properties.
 * @returns `bad_field` for any other shape, and for a name that is itself an address, a number or a token.
 */
export function readProps(given: unknown): Readonly<Record<string, string>> | 'bad_field' {
  if (given === undefined || given === null) return {};
  if (typeof given !== 'object' || Array.isArray(given)) return 'bad_field';
  const entries = Object.entries(given).filter(([, value]) => value !== null && value !== undefined);
  if (entries.length > MAX_PROPS) return 'bad_field';
  const props: Record<string, string> = {};
  for (const [name, value] of entries) {
    if (!NAME.test(name) || scrubText(name, MAX_NAME_LENGTH) !== name) return 'bad_field';
    const text = textOf(name, value);
    if (text === undefined) return 'bad_field';
    props[name] = text;
  }
  return props;
}

function textOf(name: string, value: unknown): string | undefined {
  if (typeof value === 'boolean') return String(value);
  const isNumber = typeof value === 'number' && Number.isFinite(value);
  if (typeof value !== 'string' && !isNumber) return undefined;
  const kind = personalKind(name);
  if (kind !== undefined) return `[${kind}]`;
  return isNumber ? scrubText(String(value), MAX_VALUE_LENGTH) : scrubValue(value as string);
}

function scrubValue(value: string): string {
  const url = /^\s*https?:/i.test(value) ? scrubUrl(value) : 'bad_url';
  if (typeof url === 'string') return scrubText(value, MAX_VALUE_LENGTH);
  // A longer one ends at the last whole segment that fits: half of one may read as something else.
  return url.url.length <= MAX_VALUE_LENGTH
    ? url.url
    : url.url.slice(0, Math.max(url.url.lastIndexOf('/', MAX_VALUE_LENGTH - 1) + 1, 0));
}
