import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Role } from '../config.ts';
import { type Probed, probeRoutes } from './probes.ts';

/** A process of these roles, as what it stands on tells of itself. */
function processOf(roles: readonly Role[], state: { readonly journal?: string; readonly isAway?: boolean }) {
  const { journal, isAway = false } = state;
  return probeRoutes({
    config: { roles: new Set(roles) },
    clickhouse: { ping: async () => !isAway },
    readiness: () => (journal === undefined ? { ready: true } : { ready: false, reason: journal }),
  } as unknown as Probed);
}

describe('a load balancer is told', () => {
  it.each([
    ['that a collector takes hits', ['collect'], {}, 200, 'ready'],
    [
      'so too while ClickHouse is away: the journal keeps them',
      ['collect', 'api'],
      { isAway: true },
      200,
      'ready',
    ],
    ['that a collector takes none', ['collect'], { journal: 'journal_full' }, 503, 'journal_full'],
    [
      'that its disk refuses what it takes',
      ['collect', 'api'],
      { journal: 'journal_failed' },
      503,
      'journal_failed',
    ],
    ['that a process of operators ends', ['api'], { journal: 'shutting_down' }, 503, 'shutting_down'],
    ['that operators are answered', ['api'], {}, 200, 'ready'],
    ['that operators can be answered nothing', ['api'], { isAway: true }, 503, 'clickhouse_unavailable'],
    ['the same of a process of jobs', ['jobs'], { isAway: true }, 503, 'clickhouse_unavailable'],
  ] as const)('%s', async (_, roles, state, status, text) => {
    const answer = await processOf(roles, state).request('/readyz');
    expect([answer.status, await answer.text()]).toEqual([status, `${text}\n`]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('that a process lives that is not ready: to start it again would mend nothing', async () => {
    const answer = await processOf(['api'], { isAway: true }).request('/healthz');
    expect(answer.status).toBe(200);
  });
});

describe('with ClickHouse cut off, so that it says neither yes nor no', () => {
  afterEach(() => vi.restoreAllMocks());

  it('a process is ready again as soon as it answers, however long it did not', async () => {
    let time = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => time);
    let isAway = true;
    const app = probeRoutes({
      config: { roles: new Set(['api']) },
      clickhouse: {
        ping: async () => {
          if (isAway) time += 30_000;
          return !isAway;
        },
      },
      readiness: () => ({ ready: true }),
    } as unknown as Probed);
    expect((await app.request('/readyz')).status).toBe(503);
    isAway = false;
    time += 1_000;
    expect((await app.request('/readyz')).status).toBe(200);
  });

  it('the counters are told, and the rest with the first scrape after it is back', async () => {
    const asked: ((rows: readonly object[]) => void)[] = [];
    let isAway = true;
    const app = probeRoutes({
      config: { roles: new Set(['collect', 'api']), data: '.' },
      clickhouse: {
        query: () => (isAway ? new Promise((resolve) => asked.push(resolve)) : Promise.resolve([])),
      },
      registry: { list: () => [] },
      jobs: { lastDue: () => undefined },
      readiness: () => ({ ready: true }),
      metrics: async () => 'ninety_refused_total 7\n',
    } as unknown as Probed);
    const scrape = async () => (await app.request('/metrics')).text();
    const first = await scrape();
    const { length } = asked;
    const second = await scrape();
    for (const text of [first, second]) {
      expect(text).toContain('ninety_refused_total 7\n');
      expect(text).toContain('ninety_disk_free_bytes');
      expect(text).not.toContain('ninety_segments');
    }
    // What hangs is asked once.
    expect(asked).toHaveLength(length);
    isAway = false;
    for (const answer of asked) answer([]);
    await new Promise(setImmediate);
    expect(await scrape()).toContain('ninety_segments{state="fresh"} 0');
  });
});
