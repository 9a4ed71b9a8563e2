import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ClickHouse } from '../../clickhouse/client.ts';
import { openShards } from '../../identity/shards.testing.ts';
import { DeliveryError } from '../destination.ts';
import type { Courier } from './courier.ts';
import { type Delivered, deliver, type Order } from './deliver.ts';
import { listDeadLetters } from './failures.ts';
import { ALL_TAKEN, StandIn, StandInPlans, standInCourier, standInDestination } from './stand-in.testing.ts';

const PEOPLE = 60;
const DELTA: Order = { do: 'plan', cause: 'manual', mode: 'delta' };
const standIn = new StandIn();
const destination = standInDestination('dsp');
let clickhouse: ClickHouse;
let close = async () => {};
let courier: Courier;
let plans: StandInPlans;

beforeAll(async () => {
  ({ clickhouse, close } = await openShards());
  plans = new StandInPlans(clickhouse);
  courier = await standInCourier(clickhouse, standIn.type, plans);
});
afterAll(async () => {
  await rm(courier.folder, { recursive: true, force: true });
  await close();
});

const held = () => [...standIn.held].filter(([, codes]) => codes.has('news')).length;
const told = () => standIn.tries.flatMap(({ lines }) => lines.map(({ uid }) => uid));
/** The wait of lines that are put back is a matter of chance, and may be longer than is waited for in place. */
const toItsEnd = async (order: Order): Promise<Delivered> => {
  let delivered = await deliver(courier, destination, order);
  while (delivered.state === 'waiting') delivered = await deliver(courier, destination, { do: 'resume' });
  return delivered;
};

it('puts lines back and replays dead letters over two shards, each line once', async () => {
  plans.wanted = Array.from({ length: PEOPLE }, (_, n) => ({ uid: `u${n}`, add: ['news'] }));
  standIn.answer = ({ lines }, nth) => ({
    accepted: 0,
    failed:
      nth > PEOPLE / 10
        ? []
        : lines
            .slice(0, 5)
            .map(({ number }) => ({ number, reason: 'line_rejected', detail: 'no', retry: number > 0 })),
  });
  expect(await toItsEnd(DELTA)).toMatchObject({ state: 'done', lines: PEOPLE });
  // Of each chunk one line is dead and four were put back.
  expect(told()).toHaveLength(PEOPLE + 24);
  expect(held()).toBe(PEOPLE - 6);

  plans.wanted = ['late', 'later'].map((uid) => ({ uid, add: ['news'] }));
  standIn.answer = () => {
    throw new DeliveryError('rejected', 'no', { retry: false });
  };
  expect(await toItsEnd(DELTA)).toMatchObject({ state: 'done', accepted: 0 });
  expect(await listDeadLetters(clickhouse, 'dsp', 100)).toHaveLength(7);

  // A run tells one of either: of the chunk one line is left.
  standIn.answer = () => ALL_TAKEN;
  plans.wanted = ['u0', 'later'].map((uid) => ({ uid, add: ['news'] }));
  expect(await toItsEnd(DELTA)).toMatchObject({ state: 'done', accepted: 2 });
  const letters = await listDeadLetters(clickhouse, 'dsp', 100);
  expect(letters.map(({ reason, lines }) => `${reason} ${lines}`).sort()).toEqual([
    ...Array.from({ length: 5 }, () => 'line_rejected 1'),
    'rejected 1',
  ]);

  standIn.tries.length = 0;
  expect(await toItsEnd({ do: 'replay', of: {} })).toMatchObject({ state: 'done', lines: 6, accepted: 6 });
  expect(new Set(told()).size).toBe(6);
  expect(held()).toBe(PEOPLE + 2);
  expect(await listDeadLetters(clickhouse, 'dsp', 100)).toEqual([]);
  expect(await clickhouse.query('SELECT run FROM delivery_lines')).toHaveLength(PEOPLE + 24 + 2);
});
