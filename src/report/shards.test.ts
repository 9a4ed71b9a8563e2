import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { judgeDisks } from '../alerts/disks.ts';
import { judgeMatchRates } from '../alerts/match-rates.ts';
import { announceWebhooks, pendingNotices } from '../alerts/notify.ts';
import { judgeSizes } from '../alerts/segment-sizes.ts';
import { listAlerts, openAlerts, writeChanges } from '../alerts/store.ts';
import { judgeTraffic } from '../alerts/traffic.ts';
import type { ClickHouse } from '../clickhouse/client.ts';
import { createOutbound } from '../delivery/outbound/guarded.ts';
import { openShards } from '../identity/shards.testing.ts';
import { jobHealth } from '../jobs/health.ts';
import { consent } from './consent.ts';
import { rangeOf } from './range.ts';
import { segmentSizes } from './segment-sizes.ts';
import { traffic } from './traffic.ts';
import { unusedSignals } from './unused-signals.ts';
import { usedSignals } from './used-signals.ts';

const NOW = Date.now();
const HOUR_MS = 3_600_000;
const NOBODY: ReadonlyMap<string, number> = new Map();
const iso = (time: number) => new Date(time).toISOString();
const PEOPLE = 40;
let clickhouse: ClickHouse;
let close = async () => {};

beforeAll(async () => {
  ({ clickhouse, close } = await openShards());
  // Of everybody two hits, one of them twice; visitors lie on both shards.
  const people = Array.from({ length: PEOPLE }, (_, n) => n + 1);
  await clickhouse.insert(
    'hits',
    people.flatMap((visitor) =>
      [1, 2, 2].map((n) => ({
        time: iso(NOW - n * HOUR_MS),
        visitor,
        hit: visitor * 10 + n,
        site: 'shop',
        event: 'pageview',
        path: n === 1 ? '/a' : `/b/${n}`,
        categories: ['sport', 'news'],
        country: visitor % 2 ? 'DE' : 'FR',
        purposes: visitor % 4 === 0 ? 1 : 0xffff,
      })),
    ),
  );
});
afterAll(() => close());

const range = () => {
  const made = rangeOf({ from: NOW - 24 * HOUR_MS, step: 'hour' }, 90, NOW);
  if (typeof made === 'string') throw new Error(made);
  return made;
};

it('counts what lies on two shards as what lies on one', async () => {
  const { total, points, series } = await traffic(clickhouse, { range: range(), by: 'country' });
  expect(total).toEqual({ hits: 2 * PEOPLE, visitors: PEOPLE, refused: 0 });
  expect(points.reduce((sum, { hits }) => sum + hits, 0)).toBe(2 * PEOPLE);
  expect(series.map(({ value, total: own }) => [value, own.hits, own.visitors])).toEqual([
    ['DE', PEOPLE, PEOPLE / 2],
    ['FR', PEOPLE, PEOPLE / 2],
  ]);
  const allowed = await consent(clickhouse, range());
  expect(allowed.total).toEqual({
    visitors: PEOPLE,
    store: PEOPLE,
    profile: (3 * PEOPLE) / 4,
    handOut: (3 * PEOPLE) / 4,
    withdrawn: 0,
  });
  const used = usedSignals([{ did: { category: 'news', path: '/b/*' } }]);
  const { items } = await unusedSignals(clickhouse, { range: range(), used, minVisitors: PEOPLE, limit: 10 });
  expect(items.map(({ kind, value, hits, visitors }) => [kind, value, hits, visitors])).toEqual([
    ['category', 'sport', 2 * PEOPLE, PEOPLE],
    ['path', '/a', PEOPLE, PEOPLE],
  ]);
});

it('looks for what needs attention, and keeps it, over two shards', async () => {
  const objects = [1, 2].map((version) => ({
    kind: 'segment',
    id: 'fallen',
    version,
    time: iso(NOW),
    deleted: false,
    body: JSON.stringify({ name: `${version}`, rule: { did: {} }, merge: 'visitor' }),
  }));
  await clickhouse.insert('objects', objects);
  const builds = Array.from({ length: 30 * 24 }, (_, at) => ({
    segment: 'fallen',
    build: Math.floor(NOW / 1000) - at * 3600,
    state: 'built',
    version: at < 24 ? 2 : 1,
    as_of: iso(NOW - at * HOUR_MS),
    time: iso(NOW - at * HOUR_MS),
    size: at === 0 ? 10 : 900,
  }));
  await clickhouse.insert('builds', builds);
  const { findings } = await judgeSizes(clickhouse, ['fallen'], NOBODY, NOW);
  expect(findings).toMatchObject([{ subject: 'fallen', value: 10 }]);
  expect((await judgeTraffic(clickhouse, ['shop'], NOBODY, NOW)).findings).toEqual([]);
  expect((await judgeMatchRates(clickhouse, ['acme'], NOBODY)).findings).toEqual([]);
  expect((await jobHealth(clickhouse, [], 40_000)).size).toBe(0);
  const change = { kind: 'segment_size', state: 'open', isNew: true, before: undefined } as const;
  await writeChanges(clickhouse, [{ ...change, finding: findings[0]! }], 7, NOW);
  expect(await openAlerts(clickhouse)).toMatchObject([{ subject: 'fallen', episode: 7 }]);
  expect(await listAlerts(clickhouse, 'all', 10)).toMatchObject([{ subject: 'fallen', state: 'open' }]);
  const teller = {
    clickhouse,
    outbound: createOutbound({}),
    webhooks: { urls: ['https://hook.test/'], secret: '' },
    nameOf: ({ subject }: { subject: string }) => subject,
    secret: '',
    log: pino({ level: 'silent' }),
  };
  const [notice] = await pendingNotices(teller);
  expect(JSON.parse(notice!.body)).toMatchObject({ type: 'alert.opened', data: { subject: 'fallen' } });
  await announceWebhooks(teller, NOW - HOUR_MS);
  expect((await pendingNotices(teller)).map(({ id }) => id)).toEqual([notice!.id]);
  await clickhouse.insert('alert_notices', [
    { notice: notice!.id, webhook: notice!.webhook, time: iso(NOW) },
  ]);
  expect(await pendingNotices(teller)).toEqual([]);
  await clickhouse.insert('disk_reports', [{ server: 'one', free: 1, total: 100 }]);
  const disks = await judgeDisks(clickhouse, false, NOBODY);
  expect(disks.findings).toContainEqual(expect.objectContaining({ subject: 'one', value: 1 }));
  const sizes = await segmentSizes(clickhouse, range(), [{ id: 'fallen', name: 'F', version: 2 }], HOUR_MS);
  expect(sizes.segments[0]).toMatchObject({ size: 10, state: 'fresh' });
});
