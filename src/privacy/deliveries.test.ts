import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { firstStep } from '../delivery/run/moment.ts';
import { StandIn, standInDestination } from '../delivery/run/stand-in.testing.ts';
import { acknowledgements } from './deliveries.ts';

const clickhouse = new ClickHouse(await freshDatabase());
beforeAll(async () => void (await migrate(clickhouse, 90)));
afterAll(() => clickhouse.close());

const HOUR = 3_600_000;
const HIDDEN = Date.now() - 10 * HOUR;
const types = new Map([['stand-in', new StandIn().type]]);
let number = 0;
let destination = '';
beforeEach(() => {
  number += 1;
  destination = `dsp${number}`;
});

const time = () => new Date().toISOString();

/** @param hour after somebody was hidden. */
const planned = (name: number, hour: number, state: object = {}) =>
  clickhouse.insert('delivery_runs', [
    {
      destination,
      run: name,
      step: firstStep(name),
      segments: '[]',
      adds: 1,
      planned: new Date(HIDDEN + hour * HOUR).toISOString(),
      time: time(),
      ...state,
    },
  ]);

/** A run that took somebody back. @param ended by which delivery it came to its end. */
async function run(name: number, hour: number, ended = name): Promise<void> {
  await planned(name, hour);
  await planned(name, hour, { step: firstStep(ended) + 2, state: 'done' });
  await clickhouse.insert('delivery_lines', [
    { destination, run: name, chunk: 1, number: 0, source: 'acme', uid: 'u0', remove: ['a'], time: time() },
    { destination, run: name, chunk: 1, number: 1, source: 'acme', uid: 'u1', add: ['a'], time: time() },
  ]);
  await clickhouse.insert('delivery_chunks', [
    { destination, run: name, chunk: 1, step: firstStep(name), state: 'acknowledged', time: time() },
  ]);
}

/** @param line 0 is the removal, 1 the add. @param to the run into which it was replayed. */
const failed = (name: number, line: number, reason: string, to = 0) =>
  clickhouse.insert('delivery_failures', [
    { destination, run: name, chunk: 1, number: line, attempt: 1, reason, run_to: to, time: time() },
  ]);

/** With which run the receipt has it acknowledged; undefined = it waits. */
async function acknowledgedWith(): Promise<number | undefined> {
  const steps = await acknowledgements(
    clickhouse,
    [standInDestination(destination)],
    types,
    new Date(HIDDEN).toISOString(),
  );
  expect(steps).toMatchObject([{ step: 'deliver', destination }]);
  const [{ state, detail }] = steps as [(typeof steps)[0]];
  return state === 'done' ? Number(/run (\d+)/.exec(detail)?.[1]) : undefined;
}

describe('the receipt has a removal acknowledged', () => {
  beforeEach(() => run(1, -1));

  it.each<[string, { keepsOptOuts?: () => boolean }, boolean]>([
    ['not of one that takes an id again', {}, false],
    ['nor where its settings keep it from that', { keepsOptOuts: () => false }, false],
    ['of one that never does', { keepsOptOuts: () => true }, true],
  ])('and says of an opt-out that nothing takes it back: %s', async (_, keeps, isSaid) => {
    await run(2, 1);
    const type = { ...new StandIn().type, forgets: true, ...keeps };
    const steps = await acknowledgements(
      clickhouse,
      [standInDestination(destination)],
      new Map([['stand-in', type]]),
      new Date(HIDDEN).toISOString(),
    );
    expect(steps).toMatchObject([{ state: 'done', destination }]);
    expect(/An opt-out is for good there/.test(steps[0]!.detail)).toBe(isSaid);
  });

  it('with the first run after it of which every removal was taken', async () => {
    expect(await acknowledgedWith()).toBeUndefined();
    await run(2, 1);
    await run(3, 2);
    expect(await acknowledgedWith()).toBe(2);
  });

  it('not with one of which a removal was not taken, but with the next, which tells it again', async () => {
    await run(2, 1);
    await failed(2, 0, 'line_rejected');
    expect(await acknowledgedWith()).toBeUndefined();
    await run(3, 2);
    expect(await acknowledgedWith()).toBe(3);
  });

  it('not with one of which only what a person asked for was not taken', async () => {
    await run(2, 1);
    await clickhouse.insert('delivery_lines', [
      { destination, run: 2, chunk: 1, number: 2, source: 'acme', uid: 'u2', erased: true, time: time() },
    ]);
    await failed(2, 2, 'line_rejected');
    expect(await acknowledgedWith()).toBeUndefined();
    await run(3, 2);
    expect(await acknowledgedWith()).toBe(3);
  });

  it('not with one of which a removal is in a replay', async () => {
    await run(2, 1);
    await failed(2, 0, 'line_rejected', 3);
    expect(await acknowledgedWith()).toBeUndefined();
    await clickhouse.insert('delivery_chunks', [
      { destination, run: 2, chunk: 1, step: firstStep(2) + 1, state: 'dead', time: time() },
      { destination, run: 2, chunk: 1, step: firstStep(3), state: 'superseded', time: time() },
    ]);
    expect(await acknowledgedWith()).toBeUndefined();
  });

  it.each([
    ['an add was not taken', 1, 'line_rejected'],
    ['the destination does not know the id that left', 0, 'unknown_id'],
  ])('also where %s', async (_, line, reason) => {
    await run(2, 1);
    await failed(2, line, reason);
    expect(await acknowledgedWith()).toBe(2);
  });

  it('not with one that was planned before what was left over was known', async () => {
    await run(2, 1, 4);
    await failed(2, 0, 'line_rejected');
    await run(3, 2);
    expect(await acknowledgedWith()).toBeUndefined();
    await run(4, 3);
    expect(await acknowledgedWith()).toBe(4);
  });

  it('not while a run is under way that was planned before it', async () => {
    await planned(2, -0.5);
    await run(3, 1);
    expect(await acknowledgedWith()).toBeUndefined();
  });

  it('not with one whose lines are gone before all of them were taken', async () => {
    await run(2, 1);
    await failed(2, 1, 'line_rejected');
    expect(await acknowledgedWith()).toBe(2);
    await clickhouse.command(
      'DELETE FROM delivery_lines WHERE destination = {destination:String} AND run = 2',
      { destination },
    );
    expect(await acknowledgedWith()).toBeUndefined();
  });
});
