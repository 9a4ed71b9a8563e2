import { nanoid } from 'nanoid';
import { Library } from '../../dist/api/segment-rules.js';
import { buildSegments } from '../../dist/audience/build.js';
import { buildDemographics } from '../../dist/audience/models/demographics.js';
import { ClickHouse } from '../../dist/clickhouse/client.js';
import { LeaseLostError, Leases } from '../../dist/jobs/lease.js';
import { recordMatchRates } from '../../dist/report/match-rates.js';
import { setBackTo } from './clock.mjs';
import { PastDeliveries } from './past-deliveries.mjs';

/** As the server does where nothing else is said. */
const PRECISION = 0.8;
const TRIES = 3;
const HOLDER = `seed/${process.pid}`;

/**
 * What the jobs of a server would have left behind on days before this one, made by the jobs themselves: they run in
 * this process, on the server's ClickHouse, with the clock set back, over the hits that there were by then. The API has
 * no way to it, because nobody who runs a server may date what it finds.
 *
 * Days are gone through from the oldest on, and before the server knows of the segments: what it builds comes after
 * what there was, as a build's number says.
 */
export class Past {
  /** @param {import('../../src/clickhouse/client.ts').Connection} connection */
  constructor(connection) {
    this.clickhouse = new ClickHouse(connection);
    this.leases = new Leases(this.clickhouse, HOLDER);
    this.deliveries = new PastDeliveries(this.clickhouse, this.leases);
  }

  /**
   * Makes what the jobs of one day found.
   *
   * @param {{ago: number, moment: number}} day how many days ago it is, and when they began; milliseconds since 1970.
   * @param {object} of `segments` (`id`, `name` and `rule`); `partner` as the API shows it, whose rates are recorded;
   *   `destination` that is told of some of the segments, as {@link PastDeliveries.tell} takes it; `trains`: whether
   *   models are trained.
   */
  live({ ago, moment }, { segments, partner, destination, trains = false }) {
    return setBackTo(moment, async () => {
      const { build, built } = await this.#run('segments', () => this.#build(segments));
      if (partner !== undefined) await this.rate(partner);
      if (destination !== undefined) {
        const ofBuild = segments.map(({ id, name }) => ({ id, name, build, size: built[id] }));
        await this.#run('deliver', () => this.deliveries.tell(ago, destination, ofBuild));
      }
      if (trains)
        await this.#run('demographics', () => buildDemographics(this.clickhouse, this.leases, PRECISION));
    });
  }

  /**
   * Keeps the server from recording a partner's rate of now before all of today has come: of a quarter of a day the
   * first record stays. The row is what is written where there is nothing to record but that it was looked at.
   */
  async holdRate({ id: partner }) {
    await this.clickhouse.insert('match_rates', [{ partner, time: new Date().toISOString(), days: 0 }]);
  }

  /** Records the rate of now. @param partner as {@link Past.live} takes it. */
  async rate(partner) {
    await recordMatchRates(this.clickhouse, [{ ...partner, keepsMatches: false }]);
  }

  #build(segments) {
    const first = segments.map(({ id, rule }) => ({ id, rule, merge: 'visitor', version: 1 }));
    const library = new Library(
      (id) => first.find((segment) => segment.id === id),
      () => first.map(({ id }) => id),
    );
    const buildable = first.map((segment) => {
      const resolved = library.resolve(segment.rule, segment.merge, segment.id);
      if (!resolved.ok) throw new Error(`${segment.id}: ${resolved.message}`);
      return { ...segment, rule: resolved.rule };
    });
    return buildSegments(this.clickhouse, this.leases, () => buildable);
  }

  /** The server may be at the same, and of two one loses the lease: it is tried again. */
  async #run(job, work) {
    for (let tried = 1; ; tried++) {
      const started = new Date().toISOString();
      try {
        const { result, rowsRead, bytesRead } = await work();
        await this.#record(job, started, { result: JSON.stringify(result), rowsRead, bytesRead });
        return result;
      } catch (error) {
        if (!(error instanceof LeaseLostError) || tried === TRIES) throw error;
      }
    }
  }

  /** A line of the ledger when it is over, because the server would take one of then that goes on for dead. */
  #record(job, started, { result, rowsRead, bytesRead }) {
    const ended = new Date().toISOString();
    const run = nanoid();
    const about = { run, job, started, ended, beat: ended, holder: HOLDER, state: 'done' };
    const row = { ...about, result, rows_read: rowsRead, bytes_read: bytesRead };
    return this.clickhouse.insert('job_runs', [row], `run/${run}/done`);
  }

  close() {
    return this.clickhouse.close();
  }
}
