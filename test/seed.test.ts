import { expect, it } from 'vitest';
import { testServer } from '../src/api/server.testing.ts';
import type { ConsentReport } from '../src/report/consent.ts';
import type { DeliveryHealth } from '../src/report/deliveries.ts';
import type { Forgotten } from '../src/report/forgotten.ts';
import { until } from './client.ts';

const server = await testServer();

interface Scenario {
  seed(
    api: (method: string, path: string, body?: unknown, type?: string) => Promise<unknown>,
    size?: { readonly people: number; readonly hits: number },
  ): Promise<void>;
}

it('the newsroom is seeded to its end, with something to see on every page', async () => {
  const load = (name: string) => import(new URL(`../scripts/seed/${name}.mjs`, import.meta.url).href);
  const { SCENARIOS } = (await load('scenarios')) as { SCENARIOS: Record<'newsroom', Scenario> };
  const { apiOf } = (await load('api')) as {
    apiOf: (url: string, key: string) => Parameters<Scenario['seed']>[0];
  };
  const { url, operator } = server;
  await SCENARIOS.newsroom.seed(apiOf(url, operator.key), { people: 200, hits: 1_500 });

  const { items } = await operator.json<{ items: DeliveryHealth[] }>('GET', '/v1/deliveries');
  expect(items.map(({ destination, state }) => [destination, state])).toEqual([
    ['crm-hook', 'waiting'],
    ['partner-files', 'fine'],
    ['warehouse', 'down'],
  ]);
  const alerts = await operator.json<{ items: object[] }>('GET', '/v1/alerts');
  expect(alerts.items).toMatchObject([{ kind: 'delivery_failing', subject: 'warehouse' }]);
  const { erasures } = await operator.json<Forgotten>('GET', '/v1/retention');
  expect(erasures).toHaveLength(1);
  // Refusals are tallied every two seconds, for which nothing waits.
  await until('refusals and syncs are counted', async () => {
    const { lastDay } = await operator.json<{ lastDay: object[] }>(
      'GET',
      '/v1/partners/north-dsp/why?gdpr=0',
    );
    return lastDay.length > 1;
  });
  const { total, refusals } = await operator.json<ConsentReport>('GET', '/v1/reports/consent');
  expect(total.withdrawn).toBeGreaterThan(0);
  expect(total.handOut).toBeGreaterThan(0);
  expect(refusals.map(({ room, reason }) => `${room} ${reason}`)).toEqual(
    expect.arrayContaining(['collect consent_missing', 'collect sale_opt_out', 'sync sale_opt_out']),
  );
});
