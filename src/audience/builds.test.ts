import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { currentBuilds } from './builds.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const NOW = Date.now();
const ago = (hours: number) => new Date(NOW - hours * 3_600_000).toISOString();
const row = (segment: string, build: number, state: 'built' | 'failed', size: number) => ({
  segment,
  build,
  state,
  version: build,
  as_of: ago(100 - build),
  size,
  took_ms: 1,
  reason: state === 'failed' ? 'too_large' : '',
  time: ago(100 - build),
});

beforeAll(() => migrate(clickhouse, 90));
afterAll(() => clickhouse.close());

it('what readers see of each segment is its newest build, whatever failed since, and is read anew with each', async () => {
  const standing = async (segments?: readonly string[]) =>
    [...(await currentBuilds(clickhouse, segments)).values()]
      .map(({ segment, build, size, failure, attempted }) => [segment, build, size, failure, attempted])
      .sort();
  expect(await standing()).toEqual([]);
  await clickhouse.insert('builds', [row('a', 1, 'built', 10), row('b', 1, 'failed', 0)]);
  expect(await standing()).toEqual([
    ['a', 1, 10, null, ago(99)],
    ['b', 0, null, 'too_large', ago(99)],
  ]);
  await clickhouse.insert('builds', [row('a', 2, 'built', 20), row('b', 2, 'built', 5)]);
  await clickhouse.insert('builds', [row('a', 3, 'failed', 0)]);
  const now = [
    ['a', 2, 20, 'too_large', ago(97)],
    ['b', 2, 5, null, ago(98)],
  ];
  expect(await standing()).toEqual(now);
  expect(await standing()).toEqual(now);
  expect(await standing(['b'])).toEqual(now.slice(1));
});
