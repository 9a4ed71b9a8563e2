import type { Hit } from '../../collect/hit.ts';
import type { Merge } from '../../registry/kinds.ts';
import type { Via } from './pass.ts';

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
  | 'dwellMs'
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

/** How much a visitor cares for what, as the job has it. */
export interface Scored {
  readonly visitor: bigint;
  readonly interest: string;
  readonly score: number;
}

/** What a visitor is by an attribute, as the job has it: a row for each class. */
export interface Classed {
  readonly visitor: bigint;
  readonly attribute: string;
  readonly value: string;
  readonly probability: number;
  readonly decided: boolean;
}

/** Where a visitor stands in the row of those who are like a seed; 0 = is of the seed. */
export interface Placed {
  readonly visitor: bigint;
  readonly seed: string;
  readonly place: number;
}

/** A rule as JSON, taken to be well formed. */
// biome-ignore lint/suspicious/noExplicitAny: JSON that the reader under test reads for itself
type Json = any;

/** A segment as its operator made it, the rule as JSON. */
export interface Written {
  readonly rule: Json;
  readonly merge: Merge;
}

/** All that is stored inside the retention, and the segments there are. */
export interface World {
  /** Repeats included. */
  readonly hits: readonly Observed[];
  /** In any order. */
  readonly uploaded: readonly Uploaded[];
  readonly scores: readonly Scored[];
  readonly classes: readonly Classed[];
  readonly places: readonly Placed[];
  /** Of each visitor in a cluster, which; some may have no hit. */
  readonly clusters: ReadonlyMap<bigint, bigint>;
  /** Who was seen in which household, a pair each. */
  readonly households: readonly (readonly [visitor: bigint, household: bigint])[];
  readonly segments: ReadonlyMap<string, Written>;
}

/** A world with these hits, and of the rest what is given. */
export const worldOf = (hits: readonly Observed[], rest: Partial<World> = {}): World => ({
  hits,
  uploaded: [],
  scores: [],
  classes: [],
  places: [],
  clusters: new Map(),
  households: [],
  segments: new Map(),
  ...rest,
});

/**
 * Who is in a segment and by which merge rule, reckoned slowly and from the words of the rule language alone:
 * what the compiled statements are held against.
 *
 * @param asOf milliseconds since 1970.
 */
export function evaluate({ rule, merge }: Written, world: World, asOf: number): Map<bigint, Via> {
  const universe = new Set(world.hits.map(({ visitor }) => visitor));
  const unitOf = (visitor: bigint): ReadonlySet<bigint> => {
    const cluster = world.clusters.get(visitor);
    if (cluster === undefined) return new Set([visitor]);
    return new Set([...world.clusters].filter(([, other]) => other === cluster).map(([other]) => other));
  };
  const isIn = (unit: ReadonlySet<bigint>) => holds(rule, knownOf(unit, world, asOf));
  // By a device's segment that a device's rule refers to he is in alone only where he alone meets that one too.
  const isInAlone = (visitor: bigint) =>
    holds(rule, { ...knownOf(new Set([visitor]), world, asOf), ofDevice: merge === 'device' });
  const own = new Set([...universe].filter(isInAlone));
  const viaOf = (visitor: bigint): Via | undefined => {
    if (merge === 'device') return isIn(unitOf(visitor)) ? (own.has(visitor) ? 'own' : 'device') : undefined;
    if (own.has(visitor)) return 'own';
    const shares = (one: bigint, other: bigint) =>
      world.households.some(
        ([a, home]) => a === one && world.households.some(([b, same]) => b === other && home === same),
      );
    return merge === 'household' && [...own].some((member) => shares(member, visitor))
      ? 'household'
      : undefined;
  };
  const members = new Map<bigint, Via>();
  for (const visitor of universe) {
    const via = viaOf(visitor);
    if (via !== undefined) members.set(visitor, via);
  }
  return members;
}

/** What is known of some visitors together. */
function knownOf(unit: ReadonlySet<bigint>, world: World, asOf: number): Known {
  return {
    unit,
    hits: world.hits.filter(({ visitor }) => unit.has(visitor)),
    traits: new Set([...unit].flatMap((visitor) => [...traitsOf(visitor, world.uploaded, asOf)])),
    ofDevice: false,
    asOf,
    world,
  };
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

interface Known {
  readonly unit: ReadonlySet<bigint>;
  readonly hits: readonly Observed[];
  readonly traits: ReadonlySet<string>;
  /** Segments that are merged by device are asked of these visitors as they stand. */
  readonly ofDevice: boolean;
  readonly asOf: number;
  readonly world: World;
}

function holds(rule: Json, known: Known): boolean {
  const { unit, hits, traits, ofDevice, asOf, world } = known;
  const sub = (part: Json) => holds(part, known);
  if ('all' in rule) return rule.all.every(sub);
  if ('any' in rule) return rule.any.some(sub);
  if ('not' in rule) return !sub(rule.not);
  if ('segment' in rule) {
    const referred = world.segments.get(rule.segment)!;
    if (ofDevice && referred.merge === 'device') return sub(referred.rule);
    const members = membersOf(rule.segment, world, asOf);
    return [...unit].some((visitor) => members.has(visitor));
  }
  if ('trait' in rule) return traits.has(rule.trait);
  if ('interest' in rule) {
    const scores = world.scores.filter((one) => one.interest === rule.interest && unit.has(one.visitor));
    return isInRange(rule.score ?? 50, Math.max(0, ...scores.map(({ score }) => score)), Math.fround);
  }
  if ('demographic' in rule) return isDemographic(rule, known);
  if ('like' in rule) {
    const everyone = new Set(world.hits.map(({ visitor }) => visitor)).size;
    const most = halfToEven(rule.reach * everyone);
    return world.places.some(
      ({ visitor, seed, place }) => unit.has(visitor) && seed === rule.like && place >= 1 && place <= most,
    );
  }
  const since = rule.within === undefined ? Number.NEGATIVE_INFINITY : asOf - milliseconds(rule.within);
  const recent = hits.filter((hit) => hit.time >= since);
  if ('sequence' in rule) {
    const gap = rule.gap === undefined ? Number.POSITIVE_INFINITY : milliseconds(rule.gap);
    return isFollowed(rule.sequence, momentsOf(rule.sequence, recent), gap);
  }
  if ('dwell' in rule) {
    const dwells = new Map<bigint, number>();
    for (const hit of recent.filter((one) => isMet(rule.on ?? {}, one, true)))
      dwells.set(hit.hit, Math.max(hit.dwellMs, dwells.get(hit.hit) ?? 0));
    const total = [...dwells.values()].reduce((sum, ms) => sum + ms, 0);
    return isInRange(rule.dwell, total / 1000);
  }
  const met = recent.filter((hit) => isMet(rule.did, hit));
  return isInRange(rule.times ?? 1, new Set(met.map(({ hit }) => hit)).size);
}

function isDemographic(rule: Json, { unit, world }: Known): boolean {
  return Object.entries(rule.demographic).every(([attribute, wanted]) => {
    const rows = world.classes.filter((one) => one.attribute === attribute && unit.has(one.visitor));
    return [wanted].flat().some((value) => {
      if (value === 'unknown') return !rows.some(({ decided }) => decided);
      return rows.some(
        (row) =>
          row.value === value &&
          (rule.probability === undefined
            ? row.decided
            : isInRange(rule.probability, row.probability, Math.fround)),
      );
    });
  });
}

const halfToEven = (number: number) => {
  const below = Math.floor(number);
  if (number - below !== 0.5) return Math.round(number);
  return below % 2 === 0 ? below : below + 1;
};

/** A hit that meets some step: when it was first sent, and which steps it meets, however often it was sent. */
interface Moment {
  readonly time: number;
  readonly steps: ReadonlySet<number>;
}

function momentsOf(steps: readonly Json[], hits: readonly Observed[]): Moment[] {
  const moments = new Map<bigint, Moment>();
  for (const hit of hits) {
    const met = [...steps.keys()].filter((step) => isMet(steps[step], hit));
    const known = moments.get(hit.hit);
    if (met.length > 0)
      moments.set(hit.hit, {
        time: Math.min(hit.time, known?.time ?? hit.time),
        steps: new Set([...met, ...(known?.steps ?? [])]),
      });
  }
  return [...moments.values()];
}

/** Tries every hit that is left for the next step, and all that could follow it. */
function isFollowed(
  steps: readonly Json[],
  left: readonly Moment[],
  gap: number,
  done = 0,
  last?: number,
): boolean {
  if (done === steps.length) return true;
  return left.some(
    (moment) =>
      moment.steps.has(done) &&
      (last === undefined || (moment.time >= last && moment.time - last <= gap)) &&
      isFollowed(
        steps,
        left.filter((other) => other !== moment),
        gap,
        done + 1,
        moment.time,
      ),
  );
}

const reckoned = new WeakMap<World, Map<string, ReadonlyMap<bigint, Via>>>();

/** Of each segment of a world once, because every visitor is asked whether it is among them. */
function membersOf(segment: string, world: World, asOf: number): ReadonlyMap<bigint, Via> {
  const known = reckoned.get(world) ?? new Map<string, ReadonlyMap<bigint, Via>>();
  reckoned.set(world, known);
  const members = known.get(segment) ?? evaluate(world.segments.get(segment)!, world, asOf);
  known.set(segment, members);
  return members;
}

function milliseconds(duration: string): number {
  const minutes = { m: 1, h: 60, d: 24 * 60 }[duration.at(-1) as 'm' | 'h' | 'd'];
  return Number(duration.slice(0, -1)) * minutes * 60_000;
}

/** @param as stored: in what precision both sides are compared. */
function isInRange(range: Json, given: number, as: (number: number) => number = (number) => number): boolean {
  const count = as(given);
  if (typeof range === 'number') return count >= as(range);
  const { gte = 0, gt = -1, lte = Infinity, lt = Infinity, eq = count } = range;
  return count >= as(gte) && count > as(gt) && count <= as(lte) && count < as(lt) && count === as(eq);
}

function isMet(match: Json, hit: Observed, isPinged = false): boolean {
  if (match.event === undefined && hit.event === 'attention' && !isPinged) return false;
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
