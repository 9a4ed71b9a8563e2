import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { heal, logsToHeal } from './heal.ts';
import { History } from './history.testing.ts';

const clickhouse = new ClickHouse(await freshDatabase());
beforeAll(async () => void (await migrate(clickhouse, 90)));
afterAll(() => clickhouse.close());

async function withTwo(): Promise<History> {
  const history = new History(clickhouse, 'partner');
  for (const number of [0, 1]) {
    await history.consent(history.visitor(number));
    await history.link(number, `u${number}`);
  }
  await history.members([0, 1]);
  await history.upkeep();
  return history;
}

/** As if so many days had passed since the last upkeep of a log. */
const aged = ({ set }: History, days: { readonly looked: number; readonly whole: number }) =>
  clickhouse.command(
    `ALTER TABLE upkeeps UPDATE looked = now() - toIntervalDay({looked:UInt16}), whole = now() - toIntervalDay({whole:UInt16})
     WHERE segment = {segment:String}`,
    { segment: set.segment, ...days },
    { mutations_sync: '2' },
  );

const due = async (history: History) =>
  (await logsToHeal(clickhouse)).filter(({ segment }) => segment === history.set.segment);

describe('a log is due to be compared as a whole', () => {
  it.each([
    ['a day after it was, where somebody asks for it', { looked: 0, whole: 1 }, true],
    ['not before', { looked: 0, whole: 0 }, false],
    ['not where nobody has asked for a week', { looked: 8, whole: 8 }, false],
  ])('%s', async (_, days, isDue) => {
    const history = await withTwo();
    await aged(history, days);
    expect(await due(history)).toHaveLength(isDue ? 1 : 0);
  });
});

describe('healing a log', () => {
  it('writes what its upkeeps could not see', async () => {
    const history = await withTwo();
    const { segment, name } = history.set;
    await clickhouse.command('DELETE FROM exports WHERE segment = {segment:String} AND uid = {uid:String}', {
      segment,
      uid: history.uid('u0'),
    });
    await heal(clickhouse, { segment, name }, history.seq + 1);
    expect(
      await clickhouse.query(
        'SELECT uid, seq, op FROM exports WHERE segment = {segment:String} ORDER BY uid',
        { segment },
      ),
    ).toEqual([
      { uid: history.uid('u0'), seq: String(history.seq + 1), op: 'add' },
      { uid: history.uid('u1'), seq: String(history.seq), op: 'add' },
    ]);
  });

  it('lets go of rows that were overtaken before the oldest cursor, and of no other', async () => {
    const history = await withTwo();
    const { segment, name: source } = history.set;
    const { seq } = history;
    const observed = new Date().toISOString().slice(0, 10);
    const row = (uid: string, at: number, op: string) => ({
      segment,
      source,
      uid: history.uid(uid),
      seq: at,
      op,
      observed,
    });
    await clickhouse.insert('exports', [
      row('u0', seq - 2, 'add'),
      row('u0', seq - 1, 'remove'),
      row('u1', seq + 1, 'remove'),
      row('u1', seq + 2, 'add'),
    ]);
    await aged(history, { looked: 31, whole: 31 });
    await heal(clickhouse, { segment, name: source }, seq + 3);
    const rows = await clickhouse.query<{ uid: string; seq: string }>(
      'SELECT uid, seq FROM exports WHERE segment = {segment:String} ORDER BY uid, seq',
      { segment },
    );
    expect(rows.map(({ uid, seq: at }) => [uid, Number(at) - seq])).toEqual([
      [history.uid('u0'), 0],
      [history.uid('u1'), 0],
      [history.uid('u1'), 1],
      [history.uid('u1'), 2],
    ]);
  });
});
