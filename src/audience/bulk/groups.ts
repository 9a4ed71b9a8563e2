import type { ClickHouse } from '../../clickhouse/client.ts';
import { ClickHouseError } from '../../clickhouse/errors.ts';
import { storedTable } from '../../clickhouse/schema.ts';
import { type Read, Spent } from '../../clickhouse/spent.ts';
import { fillTogether, TooManyRulesError, type Whole } from './fill.ts';
import { type Asked, isPlain } from './plan.ts';

/** Of a group that was tried: what was read, and of whom nothing is written, because alone he fails here too. */
export interface Filled extends Read {
  readonly left: readonly Asked[];
}

/**
 * Writes the members of segments together, and where that fails by halves, so that one that cannot be built leaves the
 * others as they are.
 *
 * @param goesOn whether to go on; else nothing more is begun.
 * @throws ClickHouseError where there is no answer.
 */
export async function fillByHalves(
  clickhouse: ClickHouse,
  asked: readonly Asked[],
  { goesOn, ...whole }: Whole & { readonly goesOn: () => boolean },
): Promise<Filled> {
  const open: (readonly Asked[])[] = [
    asked.filter(({ rule }) => !isPlain(rule)),
    asked.filter(({ rule }) => isPlain(rule)),
  ];
  const left: Asked[] = [];
  const spent = new Spent();
  let atOnce: number | undefined;
  for (let piece = 1; goesOn(); piece++) {
    const group = open.pop();
    if (group === undefined) break;
    if (group.length === 0) continue;
    try {
      const filled = await fillTogether(clickhouse, group, { ...whole, piece, atOnce });
      spent.add(filled);
      left.push(...filled.left);
    } catch (error) {
      if (!(error instanceof TooManyRulesError)) {
        if (!(error instanceof ClickHouseError) || error.code === undefined) throw error;
        await forget(clickhouse, whole.build, group);
        if (error.shortage === 'memory' && atOnce === undefined) {
          // What was too much may be two slices beside each other.
          atOnce = 1;
          open.push(group);
          continue;
        }
      }
      if (group.length === 1) left.push(...group);
      else {
        const half = Math.ceil(group.length / 2);
        open.push(group.slice(half), group.slice(0, half));
      }
    }
  }
  return { ...spent.read, left };
}

/** Segments named in one statement: an id may be long, and a parameter may not. */
const NAMED = 1_000;

/** Deletes what was written of segments that are tried again. */
async function forget(clickhouse: ClickHouse, build: number, group: readonly Asked[]): Promise<void> {
  await clickhouse.onEachHost(async (host) => {
    for (let from = 0; from < group.length; from += NAMED)
      await host.command(
        'DELETE FROM {stored:Identifier} WHERE build = {build:UInt64} AND segment IN {segments:Array(String)}',
        {
          stored: storedTable('members', host.cluster),
          build,
          segments: group.slice(from, from + NAMED).map(({ id }) => id),
        },
        { lightweight_deletes_sync: '2' },
      );
  });
}
