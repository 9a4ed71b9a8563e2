import { Lane } from './lane.ts';
import { STREAMS, type Stream } from './name.ts';

/** A closed journal file: a header line of column names, then whole rows; its bytes do not change. */
export interface ClosedFile {
  readonly path: string;
  /** Without its extension: the deduplication token of its insert. */
  readonly name: string;
  readonly bytes: number;
  /** Whether it was set aside once and put back: its rows may be in since longer than a token is remembered. */
  readonly replayed: boolean;
}

export interface ShipperOptions {
  /** The journal's. */
  readonly folder: string;
  /**
   * Puts the whole file into the stream's table under its name as deduplication token: it may be called
   * again with a file that is already in. Rejects with an error that has `poisoned: true` where the engine
   * refused the content; any other rejection means that the engine is away.
   */
  readonly insert: (stream: Stream, file: ClosedFile) => Promise<void>;
  /** Called after the insert answered and the file is gone. */
  readonly onShipped?: (stream: Stream, file: ClosedFile) => void;
  /** Called after each attempt that failed; `setAside` = the file was given up and now lies set aside. */
  readonly onError?: (error: unknown, failed: ShipFailure) => void;
  /** First pause after a failure; it doubles with each further one. @default 250 */
  readonly backoffMs?: number;
  /** Longest pause between two attempts. @default 10000 */
  readonly backoffMaxMs?: number;
  /** Pause between two looks for closed files, which {@link Shipper.wake} cuts short. @default 1000 */
  readonly pollMs?: number;
}

export interface ShipFailure {
  readonly stream: Stream;
  readonly file: ClosedFile | undefined;
  readonly setAside: boolean;
}

/**
 * Brings closed files into ClickHouse, oldest first, one at a time for each stream, and removes each after
 * the engine's answer. While the engine is away it tries again for ever, with growing pauses.
 */
export class Shipper {
  readonly #lanes: readonly Lane[];

  constructor(options: ShipperOptions) {
    this.#lanes = STREAMS.map((stream) => new Lane(stream, options));
  }

  /**
   * Ships every file that is closed at the time of the call.
   *
   * @throws what `insert` or the file system said, after the other streams are through; what is not shipped
   *   stays for the next call.
   */
  async ship(): Promise<void> {
    const ends = await Promise.allSettled(this.#lanes.map((lane) => lane.ship()));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  /** Ships from now on without being asked. */
  start(): void {
    for (const lane of this.#lanes) lane.start();
  }

  /** Says that a file was closed. A pause after a failure is not cut short by it. */
  wake(): void {
    for (const lane of this.#lanes) lane.wake();
  }

  /** Ends what {@link start} began, once the inserts under way have answered. */
  async stop(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.stop()));
  }
}
