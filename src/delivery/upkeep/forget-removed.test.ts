import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate, storedTable } from '../../clickhouse/schema.ts';
import { openShards } from '../../identity/shards.testing.ts';
import { forgetRemoved } from './forget-removed.ts';
import { heal } from './heal.ts';
import { History } from './history.testing.ts';
import { removeLastDay } from './remove-last-day.ts';

const clickhouse = new ClickHouse(await freshDatabase());
beforeAll(async () => void (await migrate(clickhouse, 90)));
afterAll(() => clickhouse.close());

/** Three are in, and one of them opts out. */
async function withRemovals(at: ClickHouse): Promise<History> {
  const history = new History(at, 'partner');
  for (const number of [0, 1, 2]) {
    await history.consent(history.visitor(number));
    await history.link(number, `u${number}`);
  }
  await history.members([0, 1, 2]);
  await history.upkeep();
  await history.consent(history.visitor(0), { withdrawn: 1, purposes: 0, partners: [] });
  await history.upkeep();
  expect(await history.told(0)).toEqual([1, 2].map((n) => `+${history.uid(`u${n}`)}`));
  return history;
}

/** As if so many days had passed for the log. */
const passed = (at: ClickHouse, { set }: History, days: number) =>
  at.onEachHost(async (host) => {
    await host.command(
      `ALTER TABLE {table:Identifier} UPDATE observed = observed - {days:UInt16},
              overtakes = if(op = 'remove', overtakes - {days:UInt16}, overtakes)
       WHERE segment = {segment:String}`,
      { table: storedTable('exports', host.cluster), segment: set.segment, days },
      { mutations_sync: '2' },
    );
  });

const ops = (at: ClickHouse, { set }: History) =>
  at
    .query<{ line: string }>(
      `SELECT concat(uid, ' ', toString(op)) AS line FROM exports
       WHERE segment = {segment:String} ORDER BY uid, seq`,
      { segment: set.segment },
    )
    .then((rows) => rows.map(({ line }) => line));

describe('who was removed', () => {
  it.each([29, 30, 40, 80])(
    'is not told again %i days later, when nothing has let go of the removal',
    async (days) => {
      const history = await withRemovals(clickhouse);
      await passed(clickhouse, history, days);
      await clickhouse.command('OPTIMIZE TABLE exports FINAL');
      expect(await history.told(0)).toEqual([1, 2].map((n) => `+${history.uid(`u${n}`)}`));
      await heal(clickhouse, history.set, history.seq + 1);
      expect(await history.told(0)).not.toContain(`+${history.uid('u0')}`);
    },
  );

  it('is not told again where the row’s last day was the reason', async () => {
    const history = await withRemovals(clickhouse);
    const { segment, name } = history.set;
    await clickhouse.command(
      "ALTER TABLE exports UPDATE observed = today() - 88 WHERE segment = {segment:String} AND op = 'add'",
      { segment },
      { mutations_sync: '2' },
    );
    const removed = await removeLastDay(clickhouse, { segment, name }, history.seq + 1, 90);
    expect(removed).toBe(2);
    const rows = await clickhouse.query<{ days: string }>(
      "SELECT today() - overtakes AS days FROM exports WHERE segment = {segment:String} AND op = 'remove' AND seq > {seq:UInt64}",
      { segment, seq: history.seq },
    );
    expect(rows.map(({ days }) => Number(days))).toEqual([88, 88]);
  });

  it('is forgotten, with the add before, when the last cursor that wants it is too old', async () => {
    await forgetRemoved(clickhouse, 90);
    const history = await withRemovals(clickhouse);
    const all = await ops(clickhouse, history);
    await passed(clickhouse, history, 29);
    expect(await forgetRemoved(clickhouse, 90)).toBe(0);
    expect(await ops(clickhouse, history)).toEqual(all);
    await passed(clickhouse, history, 1);
    expect(await forgetRemoved(clickhouse, 90)).toBe(2);
    expect(await ops(clickhouse, history)).toEqual([1, 2].map((n) => `${history.uid(`u${n}`)} add`));
    expect(await forgetRemoved(clickhouse, 90)).toBe(0);
  });

  it('keeps what it was told since, also on two shards', async () => {
    const { clickhouse: shards, close } = await openShards();
    try {
      const history = await withRemovals(shards);
      await passed(shards, history, 30);
      await history.consent(history.visitor(0));
      await history.upkeep();
      expect(await forgetRemoved(shards, 90)).toBe(2);
      expect(await ops(shards, history)).toEqual([0, 1, 2].map((n) => `${history.uid(`u${n}`)} add`));
    } finally {
      await close();
    }
  });
});
