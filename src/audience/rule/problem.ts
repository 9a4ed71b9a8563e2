/** Why a rule is refused: the closed list. */
export const RULE_REFUSALS = [
  'unknown_field',
  'unknown_operator',
  'bad_value',
  'empty_list',
  'bad_duration',
  'bad_range',
  'rule_too_deep',
  'rule_too_large',
  'unknown_segment',
  'segment_cycle',
] as const;

export type RuleRefusal = (typeof RULE_REFUSALS)[number];

/** A rule that is not understood. */
export interface RefusedRule {
  readonly ok: false;
  readonly reason: RuleRefusal;
  /** Of the wrong part, such as `/all/1/did/contry`; `/` is the whole rule. */
  readonly path: string;
  /** One line for a person: the path, a colon, what is wrong. */
  readonly message: string;
}

export type Path = readonly (string | number)[];

/** Longer names come from no person; they would only fill the answer. */
const SHOWN = 64;

/** @returns `text` as it may be shown: at most 64 characters of it. */
export const shown = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);

/** A step's slash and tilde are escaped as in JSON Pointer (RFC 6901). */
const step = (part: string | number) => shown(String(part)).replaceAll('~', '~0').replaceAll('/', '~1');

/** @returns the refusal of the part of a rule at `path`, which is what `said` says of it. */
export function refuse(reason: RuleRefusal, path: Path, said: string): RefusedRule {
  const at = `/${path.map(step).join('/')}`;
  return { ok: false, reason, path: at, message: `${at}: ${said}` };
}
