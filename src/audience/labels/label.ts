import { detached } from '../../collect/detached.ts';
import { personalKind } from '../../collect/redact/parameters.ts';
import { scrubText } from '../../collect/scrub.ts';
import { Recent } from '../../recent.ts';
import type { LineRefusal } from '../../upload/line.ts';
import { attributeOf, keyOf, knownValue } from './known.ts';
import { asksAge, asksMinor, isMinorsAge, isMinorsYear, tellsMinor } from './minor.ts';
import { asksSpecial, tellsSpecial } from './special.ts';

/** What is declared of somebody, as it is stored. */
export interface Label {
  readonly attribute: string;
  /** {@link TAKEN_BACK} where nothing is said any more. */
  readonly value: string;
}

/** The value by which a source takes back what it said; no label has it. */
export const TAKEN_BACK = '';

/** Why something is no label that may be kept. */
export type LabelRefusal = Extract<LineRefusal, 'bad_attribute' | 'bad_value' | 'special_category' | 'minor'>;

/** The name of an attribute that partners declare. */
export const ATTRIBUTE_FORM = /^[a-z][a-z0-9_]{0,39}$/;
/** Code units of a value. */
export const MAX_VALUE = 64;
const OWN_VALUE = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._+&/%$€£,:'()-]*$/u;
/** An id or a phone number, which no class of people has. */
const LONG_NUMBER = /\d{8}/;

/** A range of amounts, which {@link scrubText} would take for a phone number: its ends are round. */
const BAND = /^(?:0|[1-9]\d{0,5}[01]) ?- ?[1-9]\d{0,6}[09]$/;

/** Of whom nothing is known, nothing is declared; and `unknown` means in a rule that nobody could tell. */
const NOTHING = new Set(
  `unknown|undefined|null|nan|n a|na|not stated|not specified|not known|not disclosed|not available|not applicable|
  undisclosed|unspecified|prefer not to say|prefer not to answer|no answer|refused|declined`
    .split('|')
    .map(keyOf),
);

/** Panels declare few things of many people. */
const REMEMBERED = 20_000;
const known = new Recent<string, Label | LabelRefusal>(REMEMBERED);
/** Longer ones are refused anyway. */
const MAX_KEY = 200;

/**
 * Reads what is declared of somebody: an attribute that is known by name, whose values are told by any of their
 * spellings, or one of a partner's own, whose name and value are only looked at for their form.
 *
 * Nobody under 18 is kept (`minor`; who might be is refused too), nor is health, religion, politics, orientation or
 * ethnicity (`special_category`), whether the name of an attribute or a value of it says so. What can name a person
 * is no attribute.
 *
 * @param attribute,value of a parsed line: text, for a value also a number or a boolean; null takes back what was said.
 */
export function readLabel(attribute: unknown, value: unknown): Label | LabelRefusal {
  if (typeof attribute !== 'string') return 'bad_attribute';
  if (value === null) return read(attribute, null);
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  if (typeof text !== 'string') return asksSpecial(attribute) ? 'special_category' : 'bad_value';
  const key = `${attribute}\n${text}`;
  if (key.length > MAX_KEY) return read(attribute, text);
  let label = known.get(key);
  if (label === undefined) {
    label = read(attribute, text);
    // A piece of a line would keep all of what it was read with.
    known.set(detached(key), typeof label === 'string' ? label : detachedLabel(label));
  }
  return label;
}

const detachedLabel = ({ attribute, value }: Label): Label => ({
  attribute: detached(attribute),
  value: detached(value),
});

function read(given: string, text: string | null): Label | LabelRefusal {
  const name = given
    .trim()
    .replace(/(?<=[a-z\d])(?=[A-Z])|[\s-]+/g, '_')
    .toLowerCase();
  if (name.length <= MAX_KEY && asksSpecial(name)) return 'special_category';
  if (!ATTRIBUTE_FORM.test(name)) return 'bad_attribute';
  const attribute = attributeOf(name);
  if (attribute === undefined) return readOwn(name, text);
  if (text === null) return { attribute: attribute.name, value: TAKEN_BACK };
  if (attribute.name === 'age' && isMinorsAge(name, text)) return 'minor';
  const value = knownValue(attribute, text);
  if (value !== undefined) return { attribute: attribute.name, value };
  const own = readOwnValue(name, text);
  if (own === 'special_category' || own === 'minor') return own;
  return attribute.open && own !== 'bad_value' ? { attribute: attribute.name, value: own.own } : 'bad_value';
}

function readOwn(name: string, text: string | null): Label | LabelRefusal {
  const kind = name === 'yob' ? 'birth' : personalKind(name);
  // A year or a date of birth is more than a band of ages tells; of a minor it is refused as that.
  if (kind === 'birth' && text !== null && isMinorsYear(text)) return 'minor';
  if (kind !== undefined) return 'bad_attribute';
  if (asksMinor(name)) return 'minor';
  if (text === null) return { attribute: name, value: TAKEN_BACK };
  if (asksAge(name) && isMinorsAge(name, text)) return 'minor';
  const own = readOwnValue(name, text);
  return typeof own === 'string' ? own : { attribute: name, value: own.own };
}

function readOwnValue(name: string, text: string): { own: string } | Exclude<LabelRefusal, 'bad_attribute'> {
  const own = text.normalize('NFC').trim().replace(/\s+/g, ' ').toLowerCase();
  if (own.length > MAX_VALUE) return 'bad_value';
  const key = keyOf(own);
  if (tellsSpecial(own)) return 'special_category';
  if (tellsMinor(name, own)) return 'minor';
  const isFit =
    OWN_VALUE.test(own) &&
    !NOTHING.has(key) &&
    !LONG_NUMBER.test(own) &&
    (BAND.test(own) || scrubText(own, MAX_VALUE) === own);
  return isFit ? { own } : 'bad_value';
}
