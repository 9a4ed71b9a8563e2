import type { Hit } from '../../collect/hit.ts';

/** What the evaluator looks at of a hit. */
export type Observed = Pick<
  Hit,
  | 'time'
  | 'visitor'
  | 'hit'
  | 'site'
  | 'event'
  | 'path'
  | 'title'
  | 'referrer'
  | 'referrerHost'
  | 'categories'
  | 'keywords'
  | 'country'
  | 'region'
  | 'language'
  | 'device'
  | 'os'
  | 'browser'
  | 'tz'
>;

/** A rule as JSON, taken to be well formed. */
// biome-ignore lint/suspicious/noExplicitAny: JSON that the reader under test reads for itself
type Json = any;

/**
 * Who is in a segment, reckoned slowly and from the words of the rule language alone: what the compiled
 * statements are held against.
 *
 * @param rule the rule as JSON, well formed.
 * @param hits every stored hit inside the retention, repeats included.
 * @param asOf milliseconds since 1970.
 * @param segments the rules that `segment` may refer to, as JSON.
 */
export function evaluate(
  rule: Json,
  hits: readonly Observed[],
  asOf: number,
  segments: ReadonlyMap<string, Json> = new Map(),
): Set<bigint> {
  const byVisitor = new Map<bigint, Observed[]>();
  for (const hit of hits) byVisitor.set(hit.visitor, [...(byVisitor.get(hit.visitor) ?? []), hit]);
  return new Set(
    [...byVisitor].filter(([, own]) => holds(rule, own, asOf, segments)).map(([visitor]) => visitor),
  );
}

function holds(
  rule: Json,
  own: readonly Observed[],
  asOf: number,
  segments: ReadonlyMap<string, Json>,
): boolean {
  const sub = (part: Json) => holds(part, own, asOf, segments);
  if ('all' in rule) return rule.all.every(sub);
  if ('any' in rule) return rule.any.some(sub);
  if ('not' in rule) return !sub(rule.not);
  if ('segment' in rule) return sub(segments.get(rule.segment));
  const since = rule.within === undefined ? Number.NEGATIVE_INFINITY : asOf - milliseconds(rule.within);
  const met = own.filter((hit) => hit.time >= since && isMet(rule.did, hit));
  return isInRange(rule.times ?? 1, new Set(met.map(({ hit }) => hit)).size);
}

function milliseconds(duration: string): number {
  const minutes = { m: 1, h: 60, d: 24 * 60 }[duration.at(-1) as 'm' | 'h' | 'd'];
  return Number(duration.slice(0, -1)) * minutes * 60_000;
}

function isInRange(range: Json, count: number): boolean {
  if (typeof range === 'number') return count >= range;
  const { gte = 0, gt = -1, lte = Infinity, lt = Infinity, eq = count } = range;
  return count >= gte && count > gt && count <= lte && count < lt && count === eq;
}

function isMet(match: Json, hit: Observed): boolean {
  if (match.event === undefined && hit.event === 'attention') return false;
  return Object.entries(match).every(([field, wanted]) => {
    const has = valuesOf(field, hit);
    return [wanted].flat().some((one) => has.some((value) => isSame(field, String(one), value)));
  });
}

function valuesOf(field: string, hit: Observed): readonly string[] {
  const local = new Date(hit.time + hit.tz * 60_000);
  switch (field) {
    case 'category':
      return hit.categories;
    case 'keyword':
      return hit.keywords;
    case 'referrer':
      return [hit.referrer, hit.referrerHost];
    case 'hour':
      return [String(local.getUTCHours())];
    case 'weekday':
      return [String(local.getUTCDay() === 0 ? 7 : local.getUTCDay())];
    default:
      return [hit[field as 'site']];
  }
}

function isSame(field: string, wanted: string, value: string): boolean {
  if (!['path', 'title', 'referrer'].includes(field)) return wanted === value;
  return isGlob(wanted, value);
}

function isGlob(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern[0] === '*') {
    return isGlob(pattern.slice(1), text) || (text !== '' && isGlob(pattern, text.slice(1)));
  }
  return text !== '' && pattern[0] === text[0] && isGlob(pattern.slice(1), text.slice(1));
}
