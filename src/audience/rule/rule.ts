import type { Merge } from '../../registry/kinds.ts';

/** Every field a Match can name whose values are text, in the order they are listed to a person. */
export const TEXT_FIELDS = [
  'site',
  'event',
  'category',
  'keyword',
  'path',
  'title',
  'referrer',
  'country',
  'region',
  'language',
  'device',
  'os',
  'browser',
  'source',
  'campaign',
  'creative',
] as const;
/** Fields whose values are whole numbers, in the visitor's own time where it is known, else UTC. */
export const CLOCK_FIELDS = ['hour', 'weekday'] as const;
export const MATCH_FIELDS = [...TEXT_FIELDS, ...CLOCK_FIELDS] as const;
/** Fields that the feature table does not hold: a Match that names one is asked of the hits themselves. */
export const HITS_ONLY_FIELDS = ['path', 'title', 'referrer', 'source', 'campaign', 'creative'] as const;
/** Fields in whose values `*` stands for any run of characters. */
export const WILDCARD_FIELDS = ['path', 'title', 'referrer'] as const;

export type TextField = (typeof TEXT_FIELDS)[number];
export type ClockField = (typeof CLOCK_FIELDS)[number];
export type MatchField = TextField | ClockField;
export type WildcardField = (typeof WILDCARD_FIELDS)[number];

/** What one hit must have: every field named, each with any of its values (never an empty list). `{}` is any hit. */
export type Match = { readonly [F in TextField]?: readonly string[] } & {
  readonly [F in ClockField]?: readonly number[];
};

/** How many distinct hits: from `from` (0 or more) to `to`, both included; no `to` = no upper bound. */
export interface Times {
  readonly from: number;
  readonly to: number | undefined;
}

/** Hits that meet a Match, so and so often, within so many milliseconds before the moment asked about. */
export interface Did {
  readonly op: 'did';
  readonly match: Match;
  readonly times: Times;
  /** undefined = the whole retention. */
  readonly withinMs: number | undefined;
}

/** The newest that its provider says of the visitor is that the trait holds. */
export interface HasTrait {
  readonly op: 'trait';
  /** `provider:name` */
  readonly trait: string;
}

/** Hits that meet the Matches one after the other, no two of them the same hit. */
export interface Sequence {
  readonly op: 'sequence';
  /** At least one. */
  readonly steps: readonly Match[];
  /** How long one may come after the one before, in milliseconds; undefined = as long as it takes. */
  readonly gapMs: number | undefined;
  /** Within how many milliseconds before the moment asked about all of it lies. */
  readonly withinMs: number | undefined;
}

/** Attention in all to hits that meet a Match. A Match that names no event takes the pings of attention too. */
export interface Dwell {
  readonly op: 'dwell';
  readonly match: Match;
  /** Milliseconds. */
  readonly ms: Times;
  readonly withinMs: number | undefined;
}

/** Where a range of real numbers ends; `strict` = the value itself lies outside. */
export interface Bound {
  readonly value: number;
  readonly strict: boolean;
}

/** A range of real numbers; an end that is undefined is open. */
export interface Bounds {
  readonly from: Bound | undefined;
  readonly to: Bound | undefined;
}

/** A score, which is 0 where nothing is known. */
export interface HasInterest {
  readonly op: 'interest';
  /** Of the IAB Audience Taxonomy. */
  readonly interest: string;
  /** Within 0 to 100. */
  readonly score: Bounds;
}

/** The value of a demographic attribute for whom nothing is decided. */
export const UNKNOWN = 'unknown';

/** What a visitor has declared to be, or is taken to be. */
export interface HasDemographic {
  readonly op: 'demographic';
  /** Of each attribute any of its values; all of the attributes. */
  readonly wanted: readonly { readonly attribute: string; readonly values: readonly string[] }[];
  /** Within 0 to 1; undefined = what is decided, whatever the probability. */
  readonly probability: Bounds | undefined;
}

/** Among the share `reach` of everybody who is most like the members of a segment, those members left out. */
export interface LikeReference {
  readonly op: 'like';
  /** Id of the segment. */
  readonly seed: string;
  /** Within 0 to 1. */
  readonly reach: number;
}

/** A look-alike with its seed ready to run, because the seed must be known before anybody is like it. */
export interface Like extends LikeReference {
  readonly merge: Merge;
  readonly rule: ResolvedRule;
  /** Of the seed's segment, where the one who looked it up tells. */
  readonly version: number | undefined;
}

export interface SegmentReference {
  readonly op: 'segment';
  readonly id: string;
}

/** Whom a segment has that is evaluated for others together than the rule that refers to it, or extended. */
export interface MembersOf {
  readonly op: 'members';
  readonly merge: Merge;
  readonly rule: ResolvedRule;
}

/** What is asked of a visitor alone, whatever other segments there are. */
type Asked = Did | Sequence | Dwell | HasTrait | HasInterest | HasDemographic;

/** A part of a resolved rule that is asked of what is stored, and of no other part. */
export type Clause = Asked | Like;

type Tree<Leaf> =
  | { readonly op: 'all' | 'any'; readonly rules: readonly Tree<Leaf>[] }
  | { readonly op: 'not'; readonly rule: Tree<Leaf> }
  | Leaf;

/** A rule as its operator wrote it, read by `parseRule`. */
export type Rule = Tree<Asked | SegmentReference | LikeReference>;
/** A rule with every segment it refers to put in its place by `resolve`. */
export type ResolvedRule = Tree<Asked | MembersOf | Like>;
