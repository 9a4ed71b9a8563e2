import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { DeliveryError } from '../destination.ts';
import { readBreaker, writeBreaker } from './breaker.ts';
import { listChunks } from './chunks.ts';
import type { Courier } from './courier.ts';
import { deliver } from './deliver.ts';
import { orderOf } from './due.ts';
import { lastRuns } from './runs.ts';
import { ALL_TAKEN, StandIn, StandInPlans, standInCourier, standInDestination } from './stand-in.testing.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const standIn = new StandIn();
const plans = new StandInPlans(clickhouse);
const destination = standInDestination('dsp');
let courier: Courier;

beforeAll(async () => {
  await migrate(clickhouse, 90);
  courier = await standInCourier(clickhouse, standIn.type, plans);
});
afterAll(async () => {
  await rm(courier.folder, { recursive: true, force: true });
  await clickhouse.close();
});

const age = (table: string, set: string) =>
  clickhouse.command(
    `ALTER TABLE {table:Identifier} UPDATE ${set} WHERE true`,
    { table },
    { mutations_sync: '2' },
  );

it('what waited for longer than its lines are kept is given up by name, and everything is told once more', async () => {
  plans.wanted = [
    { uid: 'u1', add: ['news'] },
    { uid: 'u2', add: ['news'] },
  ];
  standIn.answer = () => {
    throw new DeliveryError('unauthorized', 'it said no', { retry: false });
  };
  const { run } = await deliver(courier, destination, { do: 'plan', cause: 'manual', mode: 'delta' });
  expect(standIn.tries).toHaveLength(1);

  // A month later it takes what it is sent.
  await age('delivery_lines', 'time = time - toIntervalDay(31)');
  await age('delivery_runs', 'planned = planned - toIntervalDay(31)');
  await age('delivery_chunks', 'next = toDateTime64(0, 3)');
  const breaker = await readBreaker(clickhouse, destination.id);
  await writeBreaker(clickhouse, destination.id, { ...breaker, next: 0 }, breaker.step + 1);
  standIn.answer = () => ALL_TAKEN;
  expect(await deliver(courier, destination, { do: 'resume' })).toMatchObject({
    state: 'done',
    accepted: 0,
    dead: 2,
  });
  expect(standIn.tries).toHaveLength(1);
  expect(await listChunks(clickhouse, { destination: 'dsp', run: run! }, -1, 10)).toMatchObject([
    { state: 'dead', reason: 'lapsed', count: 2, accepted: 0 },
  ]);
  const order = orderOf(destination, (await lastRuns(clickhouse)).get('dsp'));
  expect(order).toEqual({ do: 'plan', cause: 'resync', mode: 'full' });

  expect(await deliver(courier, destination, order)).toMatchObject({ state: 'done', accepted: 2 });
  expect([...standIn.held.keys()].sort()).toEqual(['u1', 'u2']);
  expect(orderOf(destination, (await lastRuns(clickhouse)).get('dsp'))).toMatchObject({ mode: 'delta' });
});
