/** A part of a rule as it is written: an object of the rule language, or what somebody has typed so far. */
export type Written = Readonly<Record<string, unknown>>;
export type Path = readonly (string | number)[];

/** What a clause may be, in the words of who clicks. */
export const KINDS = {
  did: 'Did something on a site',
  interest: 'Is interested in',
  segment: 'Is in a segment',
  demographic: 'Is, by demographics',
  dwell: 'Paid attention for',
  trait: 'Has a trait from a provider',
  sequence: 'Did things one after the other',
  like: 'Is like the members of a segment',
} as const;
export type ClauseKind = keyof typeof KINDS;

/** A clause of a kind, to be filled in. */
export const EMPTY: Readonly<Record<ClauseKind, Written>> = {
  did: { did: {} },
  interest: { interest: '' },
  segment: { segment: '' },
  demographic: { demographic: { gender: 'female' } },
  dwell: { dwell: 60 },
  trait: { trait: '' },
  sequence: { sequence: [{ event: 'pageview' }, { event: 'signup' }] },
  like: { like: '', reach: 0.05 },
};

export const isWritten = (value: unknown): value is Written =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @returns `all`, `any` or `not` for what holds other parts, else the kind of clause; undefined for neither. */
export function kindOf(rule: unknown): 'all' | 'any' | 'not' | ClauseKind | undefined {
  if (!isWritten(rule)) return undefined;
  for (const kind of ['all', 'any', 'not'] as const) if (Object.hasOwn(rule, kind)) return kind;
  return (Object.keys(KINDS) as ClauseKind[]).find((kind) => Object.hasOwn(rule, kind));
}

/** The parts right below one that holds others. */
export function partsOf(rule: unknown): readonly unknown[] {
  const kind = kindOf(rule);
  if (kind !== 'all' && kind !== 'any') return [];
  const list = (rule as Written)[kind];
  return Array.isArray(list) ? (list as unknown[]) : [];
}

/** @returns the rule with another part at a path. */
export function put(rule: unknown, path: Path, part: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return part;
  if (Array.isArray(rule)) return rule.map((each, at) => (at === step ? put(each, rest, part) : each));
  if (!isWritten(rule)) return rule;
  return Object.fromEntries(
    Object.entries(rule).map(([name, value]) => [name, name === step ? put(value, rest, part) : value]),
  );
}

/** @returns the rule without the part at a path; a group that is left without parts goes too. Any hit where nothing is left. */
export function without(rule: unknown, path: Path): unknown {
  const parent = path.slice(0, -1);
  const at = path.at(-1);
  const list = at === undefined ? undefined : partAt(rule, parent);
  if (!Array.isArray(list)) return path.length === 0 ? { did: {} } : without(rule, parent);
  const rest = list.filter((_, place) => place !== at);
  return rest.length === 0 ? without(rule, parent.slice(0, -1)) : put(rule, parent, rest);
}

export function partAt(rule: unknown, path: Path): unknown {
  let part = rule;
  for (const step of path) {
    if (typeof part !== 'object' || part === null) return undefined;
    part = (part as Record<string | number, unknown>)[step];
  }
  return part;
}

/** The rule as a group, so that clauses can be put beside what is there. */
export const grouped = (rule: unknown): unknown =>
  kindOf(rule) === 'all' || kindOf(rule) === 'any' ? rule : { all: [rule] };

/** The same rule without a group of one around it. */
export function ungrouped(rule: unknown): unknown {
  const parts = partsOf(rule);
  return parts.length === 1 ? ungrouped(parts[0]) : rule;
}

/** Every clause with its path, from the top down. */
export function clausesOf(
  rule: unknown,
  path: Path = [],
): { readonly path: Path; readonly clause: unknown }[] {
  const kind = kindOf(rule);
  if (kind === 'not') return clausesOf((rule as Written)['not'], [...path, 'not']);
  if (kind === 'all' || kind === 'any')
    return partsOf(rule).flatMap((part, at) => clausesOf(part, [...path, kind, at]));
  return [{ path, clause: rule }];
}

/** Parts of a clause that are Matches, in which an empty text is a value: of the hits where it is not known. */
const MATCHES: ReadonlySet<string> = new Set(['did', 'on', 'sequence']);

/** Whether something is still to be filled in: a field without a value, a choice that was not made, half a text. */
export function isUnfilled(rule: unknown): boolean {
  const kind = kindOf(rule);
  if (kind === undefined) return true;
  const part = rule as Written;
  if (kind === 'not') return isUnfilled(part['not']);
  if (kind !== 'all' && kind !== 'any')
    return Object.entries(part).some(([name, value]) => hasGap(value, MATCHES.has(name)));
  const parts = partsOf(rule);
  return parts.length === 0 || parts.some(isUnfilled);
}

function hasGap(value: unknown, isEmptyText: boolean): boolean {
  if (value === '') return !isEmptyText;
  if (Array.isArray(value)) return value.length === 0 || value.some((each) => hasGap(each, isEmptyText));
  if (isWritten(value)) return Object.values(value).some((each) => hasGap(each, isEmptyText));
  return Number.isNaN(value);
}

/** As the API writes the path of a mistake. */
export const pointer = (path: Path): string => `/${path.join('/')}`;
