import type { Binding } from './binding.ts';
import {
  CLOCK_FIELDS,
  HITS_ONLY_FIELDS,
  MATCH_FIELDS,
  type Match,
  type MatchField,
  TEXT_FIELDS,
  WILDCARD_FIELDS,
  type WildcardField,
} from './rule.ts';

/** The event of a ping that only tells attention; no hit for a Match that does not name it. */
const ATTENTION = 'attention';

/** @returns the same text for Matches that ask the same, whatever the order of their values. */
export const matchKey = (match: Match): string =>
  JSON.stringify(MATCH_FIELDS.map((field) => [...(match[field] ?? [])].sort()));

/** Whether a Match can be asked of the feature table, where what it names lies together. */
export const isFeature = (match: Match): boolean => featureOf(match) !== undefined;

/** @returns SQL of the hits that meet a Match in its time, from the name of their table on. */
export function matchedSql(
  match: Match,
  withinMs: number | undefined,
  asOf: number,
  binding: Binding,
): string {
  const feature = featureOf(match);
  const conditions = [
    ...(feature ? [`kind = '${feature}'`] : []),
    ...conditionsOf(match, binding, feature),
    ...sinceSql(withinMs, asOf, binding),
  ];
  return `${binding.from(feature ? 'kept_features' : 'kept_hits')}${where(conditions)}`;
}

/**
 * @param isPinged whether pings of attention count where the Match names no event.
 * @returns SQL that is 1 of a row that meets a Match, else 0.
 */
export function metSql(
  match: Match,
  binding: Binding,
  view: 'kept_hits' | 'kept_features' = 'kept_hits',
  isPinged = false,
): string {
  const feature = view === 'kept_features' ? featureOf(match) : undefined;
  const conditions = [
    ...(feature ? [`kind = '${feature}'`] : []),
    ...conditionsOf(match, binding, feature, isPinged),
  ];
  return conditions.length === 0 ? '1' : `(${conditions.join(' AND ')})`;
}

/** @returns SQL that holds of each row of the feature table that meets one of the Matches, by the key of the table. */
export function featuresSql(matches: readonly { readonly match: Match }[], binding: Binding): string {
  const kinds = new Set<string>();
  const values = new Set<string>();
  for (const { match } of matches) {
    const feature = featureOf(match)!;
    kinds.add(feature);
    for (const value of match[feature]!) values.add(value);
  }
  const listed = [...kinds].map((kind) => `'${kind}'`).join(', ');
  return `kind IN (${listed}) AND ${anyOf('value', [...values], binding)}`;
}

/** @returns SQL that holds of rows within a time before the moment asked about, if any is said. */
export const sinceSql = (withinMs: number | undefined, asOf: number, binding: Binding): string[] =>
  withinMs === undefined
    ? []
    : [`time >= fromUnixTimestamp64Milli(${binding.one('Int64', asOf - withinMs)}, 'UTC')`];

export const where = (conditions: readonly string[]): string =>
  conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;

/**
 * The feature table is read by one feature and holds neither a page's text nor what led there; a Match on
 * both features is met by one hit that has both, which only the hits themselves know.
 */
function featureOf(match: Match): 'category' | 'keyword' | undefined {
  if (HITS_ONLY_FIELDS.some((field) => match[field])) return undefined;
  if (match.category && match.keyword) return undefined;
  return match.category ? 'category' : match.keyword ? 'keyword' : undefined;
}

/** @param feature the one by which the feature table is read; none = of the hits themselves. */
function conditionsOf(match: Match, binding: Binding, feature?: string, isPinged = false): string[] {
  const conditions: string[] = [];
  for (const field of TEXT_FIELDS) {
    const values = match[field];
    if (!values) continue;
    if (field === feature) conditions.push(anyOf('value', values, binding));
    else if (field === 'category') conditions.push(holdsAny('categories', values, binding));
    else if (field === 'keyword') conditions.push(holdsAny('keywords', values, binding));
    else if (isWildcard(field)) conditions.push(likeAny(columnsOf(field), values, binding));
    else conditions.push(anyOf(field, values, binding));
  }
  for (const field of CLOCK_FIELDS) {
    const values = match[field];
    if (values) conditions.push(or(binding.many('UInt8', values).map((list) => `${field} IN ${list}`)));
  }
  if (!match.event && !isPinged) conditions.push(`event != '${ATTENTION}'`);
  return conditions;
}

const isWildcard = (field: MatchField): field is WildcardField =>
  (WILDCARD_FIELDS as readonly string[]).includes(field);

/** A referrer is named by its URL or by its host alone. */
const columnsOf = (field: WildcardField) => (field === 'referrer' ? ['referrer', 'referrer_host'] : [field]);

const or = (terms: readonly string[]) => (terms.length === 1 ? terms[0]! : `(${terms.join(' OR ')})`);

/** @returns SQL that holds where a column has one of the values. */
export function anyOf(column: string, values: readonly string[], binding: Binding): string {
  if (values.length === 1) return `${column} = ${binding.one('String', values[0]!)}`;
  return or(binding.many('String', values).map((list) => `${column} IN ${list}`));
}

function holdsAny(column: string, values: readonly string[], binding: Binding): string {
  if (values.length === 1) return `has(${column}, ${binding.one('String', values[0]!)})`;
  return or(binding.many('String', values).map((list) => `hasAny(${column}, ${list})`));
}

function likeAny(columns: readonly string[], values: readonly string[], binding: Binding): string {
  const literal = values.filter((value) => !value.includes('*'));
  const patterns = values
    .filter((value) => value.includes('*'))
    .map((value) => binding.one('String', likePattern(value)));
  return or(
    columns.flatMap((column) => [
      ...(literal.length > 0 ? [anyOf(column, literal, binding)] : []),
      ...patterns.map((pattern) => `${column} LIKE ${pattern}`),
    ]),
  );
}

/** Everything but `*` stands for itself. */
const likePattern = (wildcard: string) => wildcard.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%');
