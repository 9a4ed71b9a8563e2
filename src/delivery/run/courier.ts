import type { Logger } from 'pino';
import type { ClickHouse } from '../../clickhouse/client.ts';
import type { Leases } from '../../jobs/lease.ts';
import type { Destination } from '../../registry/kinds.ts';
import type { DeliveryReason, DestinationType, Line } from '../destination.ts';
import type { Outbound } from '../outbound.ts';
import type { Vault } from '../secrets.ts';
import type { ToldSegment } from './runs.ts';

/** Types of destination by their names, whatever settings each has. */
export type Types = ReadonlyMap<string, DestinationType>;

/** A destination ready to be sent to. */
export interface Target {
  readonly destination: Destination;
  readonly type: DestinationType;
  /** As the type declares them, secrets in clear. */
  readonly settings: Record<string, unknown>;
}

/** What is to be planned. */
export interface Planning {
  readonly destination: Destination;
  readonly type: DestinationType;
  /** Lines of a chunk at most. */
  readonly lines: number;
  readonly run: number;
  /** `withdraw`: all that it was told is taken back, and nothing added. */
  readonly mode: 'full' | 'delta' | 'withdraw';
}

/** What was planned; it counts once its run is written down. */
export interface Planned {
  readonly segments: readonly ToldSegment[];
  readonly chunks: number;
  readonly lines: number;
  readonly adds: number;
  readonly removes: number;
  readonly refreshes: number;
}

/** A chunk of a run, with what was withheld of it up to a version. */
export interface LinesOf {
  readonly destination: string;
  readonly run: number;
  readonly chunk: number;
  readonly version: number;
}

/** What leaves: the room `plan/`. */
export interface Plans {
  /** Writes the lines of a run and the first row of each of its chunks. */
  readonly plan: (planning: Planning) => Promise<Planned>;
  /** Lines of a chunk in order of their numbers, what is withheld left out. */
  readonly lines: (of: LinesOf) => AsyncIterable<Line>;
  /**
   * Looks again at chunks whose rows may have changed since they were planned, and writes down what may not leave any
   * more.
   *
   * @returns the version of each chunk now.
   */
  readonly recheck: (
    of: Pick<Target, 'destination' | 'type'> & { readonly run: number; readonly chunks: readonly number[] },
  ) => Promise<ReadonlyMap<number, number>>;
}

/** What a delivery stands on. */
export interface Courier {
  readonly clickhouse: ClickHouse;
  readonly leases: Leases;
  readonly outbound: Outbound;
  readonly vault: Vault;
  /** Of the installation: keys of chunks are made of it. */
  readonly secret: string;
  readonly types: Types;
  readonly plans: Plans;
  /** Where tries have their folders. */
  readonly folder: string;
  /** Below it lie the folders of destinations that are given files in a folder of this machine. */
  readonly drops: string;
  readonly log: Logger;
  /** Counts lines by how they ended. */
  readonly count: (destination: string, outcome: DeliveryReason | 'accepted', lines: number) => void;
}
