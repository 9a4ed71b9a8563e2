import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { pointsOf } from './range.ts';
import { countDistinct, EVERYTHING, type Place, REST } from './traffic-counts.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const NOW = Date.now();
const HOUR_MS = 3_600_000;
const range = { from: NOW - 24 * HOUR_MS, to: NOW, step: 'hour' } as const;

/** Of every point and the whole range: all, a value, the rest. */
const PLACES: Place[] = [
  0,
  ...pointsOf({ ...range, from: Math.floor(range.from / HOUR_MS) * HOUR_MS }),
].flatMap((ms) => [
  { at: ms / 1000, part: 0, value: '' },
  { at: ms / 1000, part: 1, value: 'pageview' },
  { at: ms / 1000, part: 2, value: '' },
]);

beforeAll(async () => {
  await migrate(clickhouse, 90);
  // A hundred hits of ten people, each hit sent twice, half of the repeats an hour later.
  await clickhouse.insert(
    'hits',
    Array.from({ length: 200 }, (_, n) => ({
      time: new Date(NOW - (2 + (n % 4 === 1 ? 1 : 0)) * HOUR_MS).toISOString(),
      hit: 1 + Math.floor(n / 2),
      visitor: 1 + (Math.floor(n / 2) % 10),
      site: 'shop',
      event: n % 3 === 0 ? 'pageview' : 'other',
    })),
  );
});
afterAll(() => clickhouse.close());

it('counts in many slices what it counts in one', async () => {
  const shown = ['pageview'];
  const question = { range, by: 'event' } as const;
  for (const id of ['hit', 'visitor'] as const) {
    const whole = await countDistinct(clickhouse, id, question, shown);
    const sliced = await countDistinct(clickhouse, id, question, shown, 7);
    expect(PLACES.map(sliced.of)).toEqual(PLACES.map(whole.of));
    expect(sliced.of(EVERYTHING)).toBe(id === 'hit' ? 100 : 10);
    expect(sliced.of(REST)).toBeGreaterThan(0);
  }
  const none = await countDistinct(clickhouse, 'hit', { range, site: 'nobody' });
  expect(none.of(EVERYTHING)).toBe(0);
});
