import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { isWithdrawing, lastRuns, toldBy } from './runs.ts';

const clickhouse = new ClickHouse(await freshDatabase());
beforeAll(() => migrate(clickhouse, 90).then(() => {}));
afterAll(() => clickhouse.close());

const NOW = Date.now();
const run = (destination: string, number: number, change: object) => {
  const time = new Date(NOW - 60_000 + number).toISOString();
  return {
    destination,
    run: number,
    step: 1,
    state: 'done',
    cause: 'change',
    mode: 'delta',
    planned: time,
    time,
    ...change,
  };
};

it('a destination was told of somebody who was added, or told to be in still; not where people only left', async () => {
  await clickhouse.insert('delivery_runs', [
    run('added', 1, { adds: 1 }),
    run('refreshed', 1, { refreshes: 1, mode: 'full' }),
    run('left', 1, { removes: 1 }),
    run('later', 1, { adds: 1, planned: new Date(NOW + 60_000).toISOString() }),
  ]);
  expect([...(await toldBy(clickhouse, NOW))].sort()).toEqual(['added', 'refreshed']);
});

it('a replay is no news: what a destination was last told, and whether it is taken back, the run before it says', async () => {
  await clickhouse.insert('delivery_runs', [
    run('replayed', 1, { cause: 'withdraw', state: 'planned' }),
    run('replayed', 2, { cause: 'replay', state: 'planned' }),
  ]);
  const last = (await lastRuns(clickhouse)).get('replayed')!;
  expect(last).toMatchObject({ run: 2, cause: 'withdraw', planned: NOW - 60_000 + 1, unfinished: 2 });
  expect(isWithdrawing(last)).toBe(true);
});
