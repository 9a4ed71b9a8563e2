import { expect, it } from 'vitest';
import { send } from '../../test/client.ts';
import { testServer } from '../api/server.testing.ts';
import { METRICS } from './metric-list.ts';

const server = await testServer();

it('is what /metrics tells: nothing else, all of it, each as the list has it', async () => {
  const site = await server.operator.json('POST', '/v1/sites', { name: 'Shop' });
  await server.person().see({ s: String(site['key']), u: 'https://shop.test/' });
  await server.operator.json('POST', '/v1/segments', { id: 's', name: 'S', rule: { did: {} } });
  await server.operator.json('POST', '/v1/jobs/alerts/run?wait=1');
  const { headers, body } = await send('GET', `${server.url}/metrics`);
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  const told = [...body.matchAll(/^# HELP (\w+) (.*)\n# TYPE \1 (\w+)$/gm)].map(([, name, help, type]) => [
    name,
    { type, help },
  ]);
  const listed = Object.entries(METRICS).map(([name, { type, help }]) => [name, { type, help }]);
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(listed));
  expect(told).toHaveLength(listed.length);
  for (const line of body.split('\n').filter((each) => each !== '' && !each.startsWith('#'))) {
    const [, name, labels = ''] = /^(\w+)(?:\{(.*)\})? -?[\d.e+]+$/.exec(line) ?? [];
    expect(Object.keys(METRICS), line).toContain(name);
    const names = [...labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)].map(([, label]) => label);
    expect(names).toEqual(METRICS[name as keyof typeof METRICS].labels);
  }
});
