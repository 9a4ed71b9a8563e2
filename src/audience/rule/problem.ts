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

/** Something that is wrong in a rule. */
export interface RuleMistake {
  readonly reason: RuleRefusal;
  /** Of the wrong part, such as `/all/1/did/contry`; `/` is the whole rule. */
  readonly path: string;
  /** One line for a person: the path, a colon, what is wrong. */
  readonly message: string;
}

/** A rule that is not understood, for the first of its mistakes. */
export interface RefusedRule extends RuleMistake {
  readonly ok: false;
  /** At least one, this first, and at most {@link MAX_MISTAKES}. */
  readonly mistakes: readonly RuleMistake[];
}

/** After so many a person mends what there is and asks again. */
export const MAX_MISTAKES = 20;

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
  const mistake = { reason, path: at, message: `${at}: ${said}` };
  return { ok: false, ...mistake, mistakes: [mistake] };
}

/** @param refused at least one. @returns the refusal of a rule for the mistakes of all of them. */
export function together([first, ...others]: readonly [RefusedRule, ...RefusedRule[]]): RefusedRule {
  const mistakes = [first, ...others].flatMap((one) => one.mistakes);
  return { ...first, mistakes: mistakes.slice(0, MAX_MISTAKES) };
}
