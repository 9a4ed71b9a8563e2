import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { rangeOf } from './range.ts';
import { segmentSizes } from './segment-sizes.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Noon, so that hours before and after it are of the same day. */
const NOON = Math.floor(Date.now() / DAY_MS) * DAY_MS - 12 * HOUR_MS;
const dayOf = (ago: number) => new Date(NOON - ago * DAY_MS).toISOString().slice(0, 10);
let build = 0;

/** @param at hours before yesterday's noon, in UTC. */
const built = (at: number, size: number, rest: object = {}) => ({
  segment: 'sport',
  build: ++build,
  state: 'built',
  version: 1,
  as_of: new Date(NOON - at * HOUR_MS).toISOString(),
  size,
  added: null,
  removed: null,
  reason: '',
  time: new Date(NOON - at * HOUR_MS).toISOString(),
  ...rest,
});

beforeAll(async () => {
  await migrate(clickhouse, 90);
  await clickhouse.insert('builds', [
    built(96, 100),
    // Two of a day, of which the later one counts.
    built(74, 140, { added: 50, removed: 10 }),
    built(72, 160, { added: 20, removed: 0 }),
    // Of the day after none was built.
    built(48, 0, { state: 'failed', reason: 'too_slow' }),
    built(24, 90, { version: 2 }),
    built(0, 95, { version: 2, added: 5, removed: 0 }),
    built(0, 7, { segment: 'other' }),
  ]);
});
afterAll(() => clickhouse.close());

async function pointsOf(asked: Parameters<typeof rangeOf>[0]) {
  const range = rangeOf(asked, 90, Date.now());
  if (typeof range === 'string') throw new Error(range);
  const { segments } = await segmentSizes(
    clickhouse,
    range,
    [{ id: 'sport', name: 'Sport', version: 2 }],
    HOUR_MS,
  );
  return segments[0]!.points;
}

it('has of each day the size of its last build, and who came and went in all of them', async () => {
  const points = await pointsOf({ from: NOON - 4 * DAY_MS, step: 'day' });
  expect(points.map(({ time, ...rest }) => [time.slice(0, 10), rest])).toEqual([
    [dayOf(4), { size: 100, version: 1, added: null, removed: null }],
    [dayOf(3), { size: 160, version: 1, added: 70, removed: 10 }],
    [dayOf(1), { size: 90, version: 2, added: null, removed: null }],
    [dayOf(0), { size: 95, version: 2, added: 5, removed: 0 }],
  ]);
});

it('has nothing of before the time that is asked of', async () => {
  const points = await pointsOf({ from: NOON - DAY_MS, step: 'day' });
  expect(points.map(({ size }) => size)).toEqual([90, 95]);
});
