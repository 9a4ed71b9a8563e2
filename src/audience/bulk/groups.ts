import type { ClickHouse } from '../../clickhouse/client.ts';
import { ClickHouseError } from '../../clickhouse/errors.ts';
import { storedTable } from '../../clickhouse/schema.ts';
import { type Read, Spent } from '../../clickhouse/spent.ts';
import { type Failed, fillTogether, type Group, type Whole } from './fill.ts';
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
  const left: Asked[] = [];
  const spent = new Spent();
  let atOnce: number | undefined;
  let from = 1;
  let open: readonly Group[] = [
    asked.filter(({ rule }) => isPlain(rule)),
    asked.filter(({ rule }) => !isPlain(rule)),
  ].filter((group) => group.length > 0);
  while (open.length > 0 && goesOn()) {
    const filled = await fillTogether(clickhouse, open, { ...whole, from, atOnce });
    spent.add(filled);
    left.push(...filled.left);
    from += open.length;
    // What was too much may be two slices beside each other.
    const isCrowded = atOnce === undefined && filled.failed.some(({ error }) => isOfMemory(error));
    if (isCrowded) atOnce = 1;
    const again: Group[] = [];
    for (const { group, error } of filled.failed) {
      if (error instanceof ClickHouseError) await forget(clickhouse, whole.build, group);
      if (isCrowded && isOfMemory(error)) again.push(group);
      else if (group.length === 1) left.push(...group);
      else {
        const half = Math.ceil(group.length / 2);
        again.push(group.slice(0, half), group.slice(half));
      }
    }
    open = again;
  }
  return { ...spent.read, left };
}

const isOfMemory = (error: Failed['error']) =>
  error instanceof ClickHouseError && error.shortage === 'memory';

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
