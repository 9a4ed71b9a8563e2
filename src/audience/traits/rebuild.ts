import type { Logger } from 'pino';
import type { ClickHouse } from '../../clickhouse/client.ts';
import type { Run } from '../../jobs/ledger.ts';
import type { Buildable } from '../build.ts';
import { currentBuilds } from '../builds.ts';
import { traitsOf } from './named.ts';
import { ANY_TRAIT, Receipts } from './receipt.ts';

/** Between two looks; uploads that come meanwhile share one build. */
const LOOK_MS = 10_000;
/**
 * An upload is looked at so long after its end, and a build counts as later only when it is later by this: so
 * much may the clocks of the machine that took it and of the one that builds differ.
 */
const CLOCKS_MS = 5_000;
/** How far back a look goes behind the last one: longer than a receipt's insert takes. */
const OVERLAP_MS = 600_000;

export interface RebuildOptions {
  readonly clickhouse: ClickHouse;
  /** Every segment as it is now, its rule ready to run. */
  readonly segments: () => Promise<readonly Buildable[]>;
  /**
   * Builds some of them as the job does: under its lease, with a line in the ledger.
   *
   * @param due which; asked once the lease is held.
   */
  readonly build: (due: () => Promise<readonly Buildable[]>) => Promise<Run>;
  readonly log: Logger;
}

/**
 * Builds the segments that an upload of traits changes, within a minute of its end.
 *
 * It goes by what is stored, receipts of uploads against builds of segments, and by no word from the process
 * that took the upload: so it works however the roles are split, forgets nothing when a process dies in
 * between, and of several that run jobs the second finds, once it holds the lease, that nothing is due any
 * more. Each look waits for the build before it and as long again as that took, so that uploads without end
 * take half of the builder's time at most.
 *
 * An upload whose process died while it stored is not looked for: its sender got no answer and sends it again.
 */
export class Rebuild {
  readonly #options: RebuildOptions;
  readonly #receipts: Receipts;
  /** When each trait came last that is dealt with, in milliseconds since 1970. */
  readonly #dealtWith = new Map<string, number>();
  #since = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #failing = false;

  constructor(options: RebuildOptions) {
    this.#options = options;
    this.#receipts = new Receipts(options.clickhouse);
  }

  /** Begins to look, until {@link stop}. */
  start(): void {
    this.#next(LOOK_MS);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #next(ms: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(async () => {
      const began = performance.now();
      try {
        await this.look();
        this.#failing = false;
      } catch (error) {
        // With ClickHouse away nothing can be looked for, and once is enough to say so.
        if (!this.#failing && !this.#stopped)
          this.#options.log.warn(
            { error: error instanceof Error ? error.message : 'unknown' },
            'uploads of traits could not be looked for; segments have them with their next build',
          );
        this.#failing = true;
      }
      this.#next(Math.max(LOOK_MS, performance.now() - began));
    }, ms);
    this.#timer.unref();
  }

  /**
   * Builds what is due now. Where the run fails, the ledger says why and the next look tries again; a segment
   * whose own build fails is left to the schedule.
   *
   * @throws ClickHouseError
   */
  async look(): Promise<void> {
    const now = Date.now();
    const brought = new Map(
      [...(await this.#receipts.broughtSince(this.#since))].filter(
        ([trait, ended]) => ended + CLOCKS_MS <= now && ended > (this.#dealtWith.get(trait) ?? 0),
      ),
    );
    if (brought.size > 0 && (await this.#due(brought)).length > 0) {
      const { state } = await this.#options.build(() => this.#due(brought));
      if (state === 'failed') return;
    }
    for (const [trait, ended] of brought) this.#dealtWith.set(trait, ended);
    this.#since = now - OVERLAP_MS;
    for (const [trait, ended] of this.#dealtWith) if (ended < this.#since) this.#dealtWith.delete(trait);
  }

  /** The segments that ask for what was brought, and of which no build is later. */
  async #due(brought: ReadonlyMap<string, number>): Promise<readonly Buildable[]> {
    const changed = new Map<Buildable, number>();
    for (const segment of await this.#options.segments()) {
      const last = 'refused' in segment.rule ? 0 : lastOf(traitsOf(segment.rule), brought);
      if (last > 0) changed.set(segment, last);
    }
    if (changed.size === 0) return [];
    const ids = [...changed.keys()].map(({ id }) => id);
    const builds = await currentBuilds(this.#options.clickhouse, ids);
    return [...changed].flatMap(([segment, last]) => {
      const build = builds.get(segment.id);
      return build !== undefined && Date.parse(build.attempted) >= last + CLOCKS_MS ? [] : segment;
    });
  }
}

/** When the newest of these traits came; 0 = none of them did. */
function lastOf(traits: ReadonlySet<string>, brought: ReadonlyMap<string, number>): number {
  if (traits.size === 0) return 0;
  return Math.max(...[ANY_TRAIT, ...traits].map((trait) => brought.get(trait) ?? 0));
}
