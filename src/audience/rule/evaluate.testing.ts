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
  | 'source'
  | 'campaign'
  | 'creative'
  | 'tz'
>;

/** What was uploaded of a visitor: the trait holds until `expires`, or for as long as anything is kept. */
export interface Uploaded {
  readonly visitor: bigint;
  readonly trait: string;
  /** Milliseconds since 1970, as is `expires`. */
  readonly time: number;
  readonly expires: number | undefined;
}

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
 * @param uploaded every trait inside the retention, in any order.
 */
export function evaluate(
  rule: Json,
  hits: readonly Observed[],
  asOf: number,
  segments: ReadonlyMap<string, Json> = new Map(),
  uploaded: readonly Uploaded[] = [],
): Set<bigint> {
  const byVisitor = new Map<bigint, Observed[]>();
  for (const hit of hits) byVisitor.set(hit.visitor, [...(byVisitor.get(hit.visitor) ?? []), hit]);
  return new Set(
    [...byVisitor]
      .filter(([visitor, own]) =>
        holds(rule, { hits: own, traits: traitsOf(visitor, uploaded, asOf), asOf, segments }),
      )
      .map(([visitor]) => visitor),
  );
}

/** Of each trait the newest word counts. */
function traitsOf(visitor: bigint, uploaded: readonly Uploaded[], asOf: number): Set<string> {
  const newest = new Map<string, Uploaded>();
  for (const one of uploaded) {
    const known = newest.get(one.trait);
    if (one.visitor === visitor && (known === undefined || known.time < one.time)) newest.set(one.trait, one);
  }
  return new Set(
    [...newest.values()]
      .filter(({ expires }) => expires === undefined || expires > asOf)
      .map(({ trait }) => trait),
  );
}

/** All that is known of one visitor, and what a rule is asked with. */
interface Known {
  readonly hits: readonly Observed[];
  readonly traits: ReadonlySet<string>;
  readonly asOf: number;
  readonly segments: ReadonlyMap<string, Json>;
}

function holds(rule: Json, known: Known): boolean {
  const { hits, traits, asOf, segments } = known;
  const sub = (part: Json) => holds(part, known);
  if ('all' in rule) return rule.all.every(sub);
  if ('any' in rule) return rule.any.some(sub);
  if ('not' in rule) return !sub(rule.not);
  if ('segment' in rule) return sub(segments.get(rule.segment));
  if ('trait' in rule) return traits.has(rule.trait);
  const since = rule.within === undefined ? Number.NEGATIVE_INFINITY : asOf - milliseconds(rule.within);
  const met = hits.filter((hit) => hit.time >= since && isMet(rule.did, hit));
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
