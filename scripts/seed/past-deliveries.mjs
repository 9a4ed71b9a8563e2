import { DESTINATION_TYPES } from '../../dist/delivery/destinations/index.js';
import { plan } from '../../dist/delivery/plan/plan.js';
import { settle } from '../../dist/delivery/plan/settle.js';
import { listChunks, writeChunks } from '../../dist/delivery/run/chunks.js';
import { deliverLease } from '../../dist/delivery/run/deliver.js';
import { forgetLines } from '../../dist/delivery/run/forget-lines.js';
import { firstStep } from '../../dist/delivery/run/moment.js';
import { writeRun } from '../../dist/delivery/run/runs.js';

const DAY_MINUTES = 1_440;
const MANY = 1_000;

/**
 * Runs of a destination on days before this one. They are planned and settled as every run is, on that day's members;
 * but nothing is sent: of what was sent then the destination has taken all. So what it was told by then is known, and
 * the first run that the server makes itself tells only what has changed.
 */
export class PastDeliveries {
  constructor(clickhouse, leases) {
    this.clickhouse = clickhouse;
    this.leases = leases;
  }

  /**
   * To be called with the clock set back by as many days.
   *
   * @param {number} days ago.
   * @param {object} destination `id`, `type`, `partner` whose ids it takes (as the API shows it), ids of `segments`, and
   *   the server's `minAudience` and `retentionDays`.
   * @param {readonly object[]} built of segments `id`, `name`, the number of the `build` and their `size` in it.
   * @returns {Promise<import('../../src/jobs/ledger.ts').RunResult>}
   */
  async tell(
    days,
    { id: destination, type: name, partner, segments: wanted, minAudience, retentionDays },
    built,
  ) {
    const lease = await this.leases.wait(deliverLease(destination), 0);
    try {
      const type = DESTINATION_TYPES.get(name);
      const segments = built.filter(({ id }) => wanted.includes(id));
      const lifeDays = type.expiryDays.usual;
      const planned = Date.now();
      const made = await plan(this.clickhouse, {
        destination,
        run: lease.slot,
        mode: 'delta',
        sources: [{ kind: 'partner', id: partner.id }],
        vendors: [partner.id],
        // Reckoned back by the clock of ClickHouse, which is not set back.
        freshDays: partner.freshDays + days,
        segments: segments.map(({ id, build, size }) => ({
          id,
          code: id,
          build,
          size,
          // Nobody is told again within a few weeks.
          refreshDays: lifeDays,
          forbidden: [],
        })),
        tells: type.tells,
        bySegment: type.bySegment,
        lines: MANY,
        minAudience,
        retentionDays,
      });
      const sent = new Map(made.said.map((each) => [each.code, each.sent]));
      const run = {
        destination,
        run: lease.slot,
        state: 'planned',
        cause: 'change',
        mode: 'delta',
        planned,
        segments: segments.map(({ id, name: called }) => ({
          id,
          code: id,
          name: called,
          ttlMinutes: lifeDays * DAY_MINUTES,
          size: sent.get(id) ?? 0,
        })),
        chunks: made.chunks,
        lines: made.lines,
        adds: made.adds,
        removes: made.removes,
        refreshes: made.refreshes,
        detail: '',
      };
      await writeRun(this.clickhouse, run, firstStep(lease.slot));
      await this.#taken(run);
      await writeRun(this.clickhouse, { ...run, state: 'done' }, firstStep(lease.slot) + 2);
      return { result: { destination, run: run.run, lines: run.lines }, rowsRead: 0, bytesRead: 0 };
    } finally {
      await lease.release();
    }
  }

  async #taken(run) {
    const chunks = await listChunks(this.clickhouse, run, -1, MANY);
    if (chunks.length > 0)
      await writeChunks(
        this.clickhouse,
        chunks.map((chunk) => ({
          ...chunk,
          step: firstStep(run.run) + 1,
          state: 'acknowledged',
          attempt: 1,
          accepted: chunk.count,
        })),
      );
    await settle(this.clickhouse, { ...run, replay: false });
    await forgetLines(this.clickhouse, run);
  }
}
