import type { Source } from '../exported-set.ts';
import type { RowGate } from '../gate/rows.ts';

/** A segment that a destination is to have. */
export interface AskedSegment {
  readonly id: string;
  /** What the destination calls it. */
  readonly code: string;
  /** The build that readers see now; 0 = none yet. */
  readonly build: number;
  /** Members of that build: below the floor no adds leave. */
  readonly size: number;
  /** Days after which a member is told again, so that the destination does not forget it. */
  readonly refreshDays: number;
  /** What keeps all of it from the destination, where something does. */
  readonly refused?: 'label_not_allowed' | 'code_not_taken' | undefined;
  /** Countries and regions of which nobody is told. */
  readonly forbidden: readonly string[];
  /**
   * Whether its members were made by another rule than that of which the two above speak: no adds leave until it is
   * built anew.
   */
  readonly ruleChanged?: boolean | undefined;
}

/** Whom a destination is to be told of, and by what rule. */
export interface Recipient {
  readonly destination: string;
  /** Ids that it takes: a partner's, or types of device ids. */
  readonly sources: readonly Source[];
  /** Partners whom a visitor must have allowed. */
  readonly vendors: readonly string[];
  /** Only who was last seen in one of these; everybody where not given. */
  readonly regions?: readonly string[] | undefined;
  /** So many days after it was last confirmed a partner's id counts no more. */
  readonly freshDays?: number | undefined;
  readonly segments: readonly AskedSegment[];
}

/** One run of it. */
export interface PlanRequest extends Recipient {
  /** Number of the lease that it is made under: greater than that of every run before. */
  readonly run: number;
  /**
   * - `delta`: what changed, and who would be forgotten.
   * - `full`: everybody, and who left.
   * - `withdraw`: all that it was told is taken back.
   */
  readonly mode: 'delta' | 'full' | 'withdraw';
  /** Whether a line is told with all segments that its id is in. */
  readonly tells: 'changes' | 'all';
  /** Whether a chunk is of one segment alone. */
  readonly bySegment: boolean;
  /** Whether it is told of whom to delete everything. */
  readonly forgets?: boolean;
  /** Lines of a chunk at most. */
  readonly lines: number;
  readonly minAudience: number;
  readonly retentionDays: number;
}

/** What of a recipient's segments may leave at all. */
export const passing = (recipient: Recipient): readonly AskedSegment[] =>
  recipient.segments.filter(({ refused, build }) => refused === undefined && build > 0);

/** Whether no adds leave of a segment now, while whoever is in stays and who leaves is taken back. */
export const isHeldBack = (
  { size, ruleChanged = false }: Pick<AskedSegment, 'size' | 'ruleChanged'>,
  minAudience: number,
): boolean => ruleChanged || size < minAudience;

/** The rule by which rows of these segments leave to a recipient. */
export const gateOf = (recipient: Recipient, segments: readonly AskedSegment[]): RowGate => ({
  segments: segments.map(({ id, build, forbidden }) => ({ segment: id, build, forbidden })),
  sources: recipient.sources,
  vendors: recipient.vendors,
  regions: recipient.regions,
  freshDays: recipient.freshDays,
});

/**
 * What each segment is called, as parameters of SQL that `codeSql` reads. Before them stands a segment without a name,
 * because ClickHouse looks nothing up in a list of nothing.
 */
export const codeParams = (segments: readonly AskedSegment[]) => ({
  codedSegments: ['', ...segments.map(({ id }) => id)],
  codes: ['', ...segments.map(({ code }) => code)],
});
export const codeSql = (segment: string) =>
  `transform(${segment}, {codedSegments:Array(String)}, {codes:Array(String)}, '')`;
