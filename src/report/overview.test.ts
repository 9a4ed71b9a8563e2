import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { REFUSALS } from '../collect/refusal.ts';
import { kept, recent } from './overview.ts';

const clickhouse = new ClickHouse(await freshDatabase());
beforeAll(() => migrate(clickhouse, 90));
afterAll(() => clickhouse.close());

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const now = Date.now();
const minuteOf = (time: number) =>
  new Date(Math.floor(time / MINUTE_MS) * MINUTE_MS).toISOString().replace('.000', '');

describe('the overview', () => {
  it('of nothing is sixty minutes of 0', async () => {
    const { hitsByMinute, refusals } = await recent(clickhouse);
    const { hits, visitors, sites } = await kept(clickhouse);
    expect({ hits, visitors, refusals, sites: sites.size }).toEqual({
      hits: 0,
      visitors: 0,
      refusals: [],
      sites: 0,
    });
    expect(hitsByMinute).toHaveLength(60);
    expect(hitsByMinute.every((minute) => minute.hits === 0)).toBe(true);
    const times = hitsByMinute.map(({ minute }) => Date.parse(minute));
    expect(times.every((time, place) => place === 0 || time - times[place - 1]! === MINUTE_MS)).toBe(true);
  });

  it('counts distinct hits and visitors, in all and by site, and leaves out what is past the retention', async () => {
    const hit = (site: string, visitor: number, id: number, ageMs: number) => ({
      site,
      visitor,
      hit: id,
      time: new Date(now - ageMs).toISOString(),
    });
    await clickhouse.insert('hits', [
      hit('news', 1, 11, 10 * MINUTE_MS),
      hit('news', 1, 11, 10 * MINUTE_MS),
      hit('news', 2, 12, 10 * MINUTE_MS),
      hit('news', 1, 13, 20 * MINUTE_MS),
      hit('shop', 1, 14, 2 * DAY_MS),
      hit('shop', 3, 15, 89 * DAY_MS),
      hit('shop', 4, 16, 91 * DAY_MS),
    ]);
    const { hits, visitors, sites, countedAt } = await kept(clickhouse);
    const { hitsByMinute, asOf } = await recent(clickhouse);
    expect(await kept(clickhouse, 2)).toMatchObject({ hits, visitors, sites });
    expect({ hits, visitors }).toEqual({ hits: 5, visitors: 3 });
    expect(Object.fromEntries(sites)).toEqual({
      news: { hits: 3, visitors: 2 },
      shop: { hits: 2, visitors: 2 },
    });
    expect(hitsByMinute.filter((minute) => minute.hits > 0)).toEqual([
      { minute: minuteOf(now - 20 * MINUTE_MS), hits: 1 },
      { minute: minuteOf(now - 10 * MINUTE_MS), hits: 2 },
    ]);
    expect(Date.parse(countedAt)).toBeGreaterThanOrEqual(now);
    expect(Date.parse(asOf)).toBeGreaterThanOrEqual(Date.parse(countedAt));
  });

  it('counts refusals, each with its sentence, those of the last hour apart, and no outcome that is none', async () => {
    const tally = (room: string, site: string, reason: string, n: number, ageMs: number) => ({
      room,
      site,
      reason,
      n,
      time: new Date(now - ageMs).toISOString(),
    });
    await clickhouse.insert('tallies', [
      tally('collect', 'news', 'stored', 900, MINUTE_MS),
      tally('sync', '', 'matched', 800, MINUTE_MS),
      tally('sync', '', 'deleted', 700, MINUTE_MS),
      tally('collect', 'news', 'bot', 3, MINUTE_MS),
      tally('collect', 'shop', 'bot', 4, 2 * DAY_MS),
      tally('import', 'news', 'bot', 5, MINUTE_MS),
      tally('api', '', 'bad_json', 2, 2 * DAY_MS),
      tally('collect', '', 'of_another_version', 1, MINUTE_MS),
    ]);
    expect((await recent(clickhouse)).refusals).toEqual([
      { room: 'collect', reason: 'bot', sentence: REFUSALS.bot, n: 7, lastHour: 3 },
      { room: 'import', reason: 'bot', sentence: REFUSALS.bot, n: 5, lastHour: 5 },
      {
        room: 'api',
        reason: 'bad_json',
        sentence: expect.stringContaining('management API'),
        n: 2,
        lastHour: 0,
      },
      { room: 'collect', reason: 'of_another_version', sentence: '', n: 1, lastHour: 1 },
    ]);
  });

  it('tells the dozen most frequent refusals one by one, and how many others there were', async () => {
    const before = await recent(clickhouse);
    await clickhouse.insert(
      'tallies',
      Array.from({ length: 15 }, (_, at) => ({
        room: 'collect',
        site: 'news',
        reason: `reason_${String(at).padStart(2, '0')}`,
        n: 100 + at,
        time: new Date(now - MINUTE_MS).toISOString(),
      })),
    );
    const { refusals, otherRefusals } = await recent(clickhouse);
    expect(refusals.map(({ reason }) => reason)).toEqual(
      Array.from({ length: 12 }, (_, at) => `reason_${String(14 - at).padStart(2, '0')}`),
    );
    const sum = (of: 'n' | 'lastHour') => before.refusals.reduce((all, one) => all + one[of], 0);
    expect(before.otherRefusals).toEqual({ reasons: 0, n: 0, lastHour: 0 });
    expect(otherRefusals).toEqual({
      reasons: 3 + before.refusals.length,
      n: 303 + sum('n'),
      lastHour: 303 + sum('lastHour'),
    });
  });
});
