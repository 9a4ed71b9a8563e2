import type { RowGate, Source } from '../gate/rows.ts';

/** An exported set of which a log is kept: a segment under one kind of ids, as one reader may have it. */
export interface LoggedSet {
  readonly segment: string;
  /** Of the log: the source's id, or `<destination>/<source>` where it is what one destination may have. */
  readonly name: string;
  /** The build that readers see now; undefined: nobody may leave any more, and all that is in leaves it. */
  readonly build: number | undefined;
  readonly source: Source;
  /** What holds beside consent. */
  readonly gate: Omit<RowGate, 'segments' | 'sources'> & { readonly forbidden?: readonly string[] };
  /** Fewer than the privacy floor are members: nobody enters. */
  readonly belowFloor: boolean;
}
