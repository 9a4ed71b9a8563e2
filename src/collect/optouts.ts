import { nanoid } from 'nanoid';
import { suppressionHash, type VisitorId, visitorNumber } from '../identity/visitor.ts';
import type { Journal } from '../journal/journal.ts';
import type { JournalRefusal } from '../journal/name.ts';
import { encodeOptout } from './encode.ts';

type Done = (failure?: JournalRefusal) => void;

/** Who is known to have opted out, wherever that was. */
export interface Suppressed {
  /** How many. */
  readonly size: number;
  has(visitor: VisitorId): boolean;
  /** Known at once; fulfilled when it is in a file that outlives this process. */
  add(hash: bigint): Promise<void>;
}

export interface OptoutsOptions {
  readonly journal: Pick<Journal, 'append'>;
  readonly suppressed: Suppressed;
  readonly secret: string;
  /** Told what could not be kept on disk beside the journal. */
  readonly fault: (error: unknown) => void;
}

/** For a collector without a memory of opt-outs, such as a benchmark's. */
export const NOBODY: Suppressed = { size: 0, has: () => false, add: async () => {} };

/** Writes opt-outs down, each visitor's once: a browser says the same with every hit. */
export class Optouts {
  readonly #options: OptoutsOptions;
  /** A batch may say it a thousand times before the first is in its file. */
  readonly #underWay = new Map<VisitorId, Done[]>();

  constructor(options: OptoutsOptions) {
    this.#options = options;
  }

  /** How many are known; 0 saves every further look. */
  get size(): number {
    return this.#options.suppressed.size;
  }

  has(visitor: VisitorId): boolean {
    return this.#options.suppressed.has(visitor);
  }

  /**
   * Has a visitor remembered as opted out, by a keyed hash, and what is known of it deleted.
   *
   * @param now milliseconds since 1970.
   * @param done called once, when the opt-out is in a file on disk, at once where it was there before; with
   *   why it is not, where it is not.
   */
  write(visitor: VisitorId, now: number, done: Done): void {
    const { journal, suppressed, secret, fault } = this.#options;
    const others = this.#underWay.get(visitor);
    if (others !== undefined) {
      others.push(done);
      return;
    }
    if (suppressed.has(visitor)) return done();
    const waiting = [done];
    this.#underWay.set(visitor, waiting);
    const end = (failure?: JournalRefusal) => {
      this.#underWay.delete(visitor);
      for (const each of waiting) each(failure);
    };
    const hash = suppressionHash(secret, visitor);
    journal.append('optouts', encodeOptout(now, visitorNumber(visitor), hash, nanoid()), (failure) => {
      if (failure !== undefined) return end(failure);
      // The journal has it: what the file beside it lacks comes back from ClickHouse.
      void suppressed
        .add(hash)
        .catch(fault)
        .then(() => end());
    });
  }
}
