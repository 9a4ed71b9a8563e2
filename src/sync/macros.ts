// biome-ignore-all lint/suspicious/noTemplateCurlyInString: partners write their macros so.
import { nearest } from '../nearest.ts';

/** The consent signals that came with a request, to be passed on as they came; '' = absent. */
export interface PrivacyStrings {
  readonly gdpr: string;
  readonly gdprConsent: string;
  readonly usPrivacy: string;
  readonly gpp: string;
  readonly gppSid: string;
}

/** What a macro of a sync URL is replaced by: a privacy string, our visitor's id, our redirect URL. */
export type Filling = keyof PrivacyStrings | 'visitor' | 'redirect';

/** Prebid Server's templates and the IAB's URL macros (TCF "URL-based services", CCPA, GPP "macros"). */
const OURS: Readonly<Record<string, Filling>> = {
  '{{.GDPR}}': 'gdpr',
  '{{.GDPRConsent}}': 'gdprConsent',
  '{{.USPrivacy}}': 'usPrivacy',
  '{{.GPP}}': 'gpp',
  '{{.GPPSID}}': 'gppSid',
  '{{.RedirectURL}}': 'redirect',
  '{{.UID}}': 'visitor',
  '${GDPR}': 'gdpr',
  '${US_PRIVACY}': 'usPrivacy',
  '${GPP_STRING}': 'gpp',
  '${GPP_SID}': 'gppSid',
};

/** By these a partner's id is meant inside a redirect URL; the first two are ours to fill outside of one. */
const UID_MACROS = ['$UID', '${UID}', '${DD_UUID}', '#PMUID', '${CRITEO_USER_ID}', '{OPENX_ID}'];
const VISITOR_MACROS = new Set(UID_MACROS.slice(0, 2));

const NUMBERED = /^\$\{(GDPR_CONSENT|GPP_STRING)_(\d+)\}$/;

/** What of a partner decides what a macro means. */
export interface MacroParty {
  readonly gvlId?: number | undefined;
  readonly gppId?: number | undefined;
  /** What this partner replaces by its id; '' = nothing, it appends the id. */
  readonly uidMacro: string;
}

/** Why a macro cannot stand where it does. */
export type MacroFault = 'unknown_macro' | 'foreign_number' | 'misplaced_macro';

/** A macro is filled by us, left to the partner, or a mistake of who wrote the URL. */
export type MacroMeaning =
  | { readonly fill: Filling }
  | { readonly fill?: undefined; readonly fault?: undefined }
  | { readonly fill?: undefined; readonly fault: MacroFault; readonly message: string };

const FOR_THE_PARTNER: MacroMeaning = {};

/**
 * What a macro means.
 *
 * @param name as {@link findMacros} gives it.
 * @param nested whether it stands in a URL inside the URL, where ids are the partner's to fill.
 */
export function meaningOf(name: string, nested: boolean, party: MacroParty): MacroMeaning {
  const ours = Object.hasOwn(OURS, name) ? OURS[name] : undefined;
  if (ours !== undefined) return { fill: ours };
  const numbered = NUMBERED.exec(name);
  if (numbered) return numberedMeaning(name, numbered[1] === 'GPP_STRING', Number(numbered[2]), party);
  const isUid = UID_MACROS.includes(name) || name === party.uidMacro;
  if (nested && isUid) return FOR_THE_PARTNER;
  if (VISITOR_MACROS.has(name)) return { fill: 'visitor' };
  if (isUid) {
    const message = `${name} is the partner's to fill, and stands only inside a redirect URL; our own id is $UID, our redirect URL {{.RedirectURL}}`;
    return { fault: 'misplaced_macro', message };
  }
  return { fault: 'unknown_macro', message: unknown(name, nested, party) };
}

function numberedMeaning(name: string, isGpp: boolean, number: number, party: MacroParty): MacroMeaning {
  const field = isGpp ? 'gppId' : 'gvlId';
  const own = party[field];
  if (number === own) return { fill: isGpp ? 'gpp' : 'gdprConsent' };
  const message =
    own === undefined
      ? `${name} names ${field} ${number}, and this partner has no ${field}; set it, or use the macro without a number (${isGpp ? '${GPP_STRING}' : '{{.GDPRConsent}}'})`
      : `${name} names ${field} ${number}, and this partner's ${field} is ${own}`;
  return { fault: 'foreign_number', message };
}

/** Which macros there are for a partner, for help texts and suggestions. */
export const knownMacros = ({ gvlId, gppId }: Omit<MacroParty, 'uidMacro'>): string[] => [
  ...Object.keys(OURS),
  ...(gvlId === undefined ? [] : [`\${GDPR_CONSENT_${gvlId}}`]),
  ...(gppId === undefined ? [] : [`\${GPP_STRING_${gppId}}`]),
  ...VISITOR_MACROS,
];

function unknown(name: string, nested: boolean, party: MacroParty): string {
  const known = [...new Set([...knownMacros(party), ...(nested ? UID_MACROS : [])])];
  // Another bracket around the right word is the commonest slip, and too far off for whole names.
  const bare = (macro: string) => macro.replace(/[^A-Za-z0-9_]|^_+|_+$/g, '');
  const word = nearest(bare(name), known.map(bare));
  const meant = nearest(name, known) ?? known.find((macro) => bare(macro) === word);
  const hint = meant !== undefined ? `did you mean ${meant}?` : `known are ${known.join(' ')}`;
  return `${name} is no macro that is known; ${hint}${nested ? ' (What this partner replaces by its own id is the field uidMacro.)' : ''}`;
}

/** A macro, or what looks like one. */
export interface FoundMacro {
  readonly at: number;
  readonly length: number;
  /** In its raw form, however it is percent-encoded, without spaces inside the braces. */
  readonly name: string;
}

/** A character raw or percent-encoded, also more than once. */
const either = (raw: string, hex: string) => `(?:${raw}|%(?:25)*${hex})`;
const DOLLAR = either('\\$', '24');
const HASH = either('#', '23');
const OPEN = either('\\{', '7[Bb]');
const CLOSE = either('\\}', '7[Dd]');
const SQUARE = either('\\[', '5[Bb]');
const UNSQUARE = either('\\]', '5[Dd]');
const AT = either('@', '40');
const PERCENT = '%(?:25)*';
const INSIDE = '[^{}&/?]{0,80}?';
const CAPITALS = '[A-Z][A-Z0-9_]*';
const NAME = '[A-Za-z][A-Za-z0-9_]*';
/** Where a value begins and ends: what is common inside of ids and addresses is a macro only where it is all there is. */
const BEGIN = '(?<=^|[=/]|%(?:25)*(?:3[Dd]|2[Ff]))';
const END = '(?=$|[&/?#;]|%(?:25)*(?:26|2[Ff]|3[Ff]|23))';

const LOOKS_LIKE_ONE = new RegExp(
  [
    `${OPEN}${OPEN}${INSIDE}${CLOSE}${CLOSE}`,
    `${DOLLAR}${OPEN}${INSIDE}${CLOSE}`,
    `${PERCENT}${PERCENT}${NAME}${PERCENT}${PERCENT}`,
    `${DOLLAR}${NAME}`,
    `${HASH}${CAPITALS}`,
    `${BEGIN}${HASH}${NAME}${END}`,
    `${OPEN}[A-Za-z][A-Za-z0-9_.]*${CLOSE}`,
    `${SQUARE}${CAPITALS}${UNSQUARE}`,
    `${BEGIN}${SQUARE}${NAME}${UNSQUARE}`,
    `${AT}${AT}${NAME}${AT}${AT}`,
    `${BEGIN}__${NAME}?__${END}`,
    `${BEGIN}${either(':', '3[Aa]')}${NAME}${END}`,
  ].join('|'),
  'g',
);

/**
 * Everything in a text that looks like a macro of some ad server, raw or percent-encoded, in capitals or not:
 * `{{…}}`, `${…}`, `{NAME}`, `[NAME]`, `%%NAME%%`, `@@NAME@@`, `$NAME`, `#NAME`, and as a whole value `__NAME__` and
 * `:NAME`. In small letters `[name]` and `#name` are meant as a whole value only: arrays and fragments look like them.
 */
export function findMacros(text: string): FoundMacro[] {
  return [...text.matchAll(LOOKS_LIKE_ONE)].map((match) => ({
    at: match.index,
    length: match[0].length,
    name: rawName(match[0]),
  }));
}

const ENCODED = /%(?:25)*(20|23|24|3[Aa]|40|5[Bb]|5[Dd]|7[Bb]|7[Dd])/g;

function rawName(macro: string): string {
  const raw = macro
    .replace(ENCODED, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/%(?:25)+/g, '%');
  return raw.startsWith('{{') ? raw.replace(/[\s+]/g, '') : raw;
}
