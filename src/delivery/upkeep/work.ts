import { randomUUID } from 'node:crypto';
import type { ClickHouse, Params } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import { storedTable } from '../../clickhouse/schema.ts';

const STEPS = { changed: 0, ids: 1, holders: 2 } as const;
type Step = keyof typeof STEPS;

const columnOf = (step: Step) => (step === 'ids' ? 'uid' : 'visitor');

/** What an upkeep looks at again, out of sight; each is a SELECT that wants {@link workParams}. */
export interface Work {
  readonly run: string;
  /** `visitor`: of whom something changed. */
  readonly changed: string;
  /** `uid`: ids that they have or had. */
  readonly ids: string;
  /** `visitor`: who has or had one of these. */
  readonly holders: string;
  /**
   * @param sql a SELECT of what the step holds, each once.
   * @returns how many rows were written.
   * @throws ClickHouseError
   */
  readonly add: (step: Step, sql: string, params: Params) => Promise<number>;
}

/** Parameters of every statement that a {@link Work} is in. */
export const workParams = ({ run }: Pick<Work, 'run'>): Params => ({ work: run, ...STEPS });

/** @returns a condition on `uid`: whether it is among those that are looked at. */
export const lookedAt = ({ ids }: Pick<Work, 'ids'>): string =>
  // Most ids are told apart by a number, which is compared faster than text.
  `cityHash64(uid) GLOBAL IN (SELECT cityHash64(uid) FROM (${ids})) AND uid GLOBAL IN (${ids})`;

/**
 * Lets something be done with a place to write down what is looked at, which is gone afterwards. What a process leaves
 * that died goes after a day.
 *
 * @throws ClickHouseError
 */
export async function withWork<T>(clickhouse: ClickHouse, use: (work: Work) => Promise<T>): Promise<T> {
  const run = randomUUID();
  const of = (step: Step) =>
    `SELECT ${columnOf(step)} FROM upkeep_work WHERE run = {work:String} AND step = {${step}:UInt8}`;
  const work: Work = {
    run,
    changed: of('changed'),
    ids: of('ids'),
    holders: of('holders'),
    add: async (step, sql, params) => {
      const column = columnOf(step);
      const { rowsWritten } = await clickhouse.command(
        `INSERT INTO upkeep_work (run, step, ${column})
         SELECT {work:String} AS run, {${step}:UInt8} AS step, ${column} FROM (${sql})`,
        { ...params, ...workParams({ run }) },
        AS_A_WHOLE,
      );
      return rowsWritten;
    },
  };
  try {
    return await use(work);
  } finally {
    await clickhouse.onEachHost(async (host) => {
      const table = storedTable('upkeep_work', host.cluster);
      await host.command('ALTER TABLE {table:Identifier} DROP PARTITION {run:String}', { table, run });
    });
  }
}
