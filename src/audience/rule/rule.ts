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

type Tree<Leaf> =
  | { readonly op: 'all' | 'any'; readonly rules: readonly Tree<Leaf>[] }
  | { readonly op: 'not'; readonly rule: Tree<Leaf> }
  | Leaf;

/** A rule as its operator wrote it, read by `parseRule`. */
export type Rule = Tree<Did | HasTrait | SegmentReference>;
/** A rule with every segment it refers to put in its place by `resolve`. */
export type ResolvedRule = Tree<Did | HasTrait | MembersOf>;
