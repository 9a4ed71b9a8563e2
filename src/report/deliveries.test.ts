import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { type Destination, KINDS } from '../registry/kinds.ts';
import { deliveriesText, deliveryHealth } from './deliveries.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const NOW = Date.now();
const ago = (hours: number) => new Date(NOW - hours * 3_600_000).toISOString();

interface Story {
  readonly fields?: object;
  /** Hours since the run was planned; undefined = there was none. */
  readonly planned?: number;
  /** Of its only chunk, of 7 lines. */
  readonly chunk?: string;
  readonly failures?: number;
  /** Hours until it is tried again; undefined = one. */
  readonly pause?: number;
  /** Of its run, where that is none by the schedule's change. */
  readonly cause?: string;
  /** How its last run by the schedule ended, and when, in hours before now. */
  readonly job?: readonly [state: string, ago: number];
}

const STORIES: readonly (readonly [state: string, sentence: string, story: Story])[] = [
  ['fine', 'has what it is to have', { planned: 1, chunk: 'acknowledged' }],
  ['new', 'was told nothing yet', {}],
  ['waiting', 'has something to be sent', { planned: 1, chunk: 'waiting' }],
  ['waiting', 'failed less than five times', { planned: 1, chunk: 'waiting', failures: 4, pause: 0 }],
  ['down', 'failed five times in a row', { planned: 1, chunk: 'waiting', failures: 5 }],
  ['stuck', 'has had something to be sent for two days', { planned: 48, chunk: 'waiting' }],
  ['late', 'was not looked after for four hours', { planned: 4, chunk: 'acknowledged' }],
  [
    'fine',
    'is delivered to by hand',
    { planned: 400, chunk: 'acknowledged', fields: { schedule: 'manual' } },
  ],
  [
    'late',
    'should have been told in the last day',
    { planned: 30, chunk: 'acknowledged', fields: { schedule: { cron: '0 * * * *' } } },
  ],
  [
    'off',
    'is switched off, whatever else',
    { planned: 48, chunk: 'waiting', failures: 9, fields: { active: false } },
  ],
  [
    'waiting',
    'is switched off and what it was told is being taken back',
    { planned: 1, chunk: 'waiting', cause: 'withdraw', fields: { active: false } },
  ],
  ['failing', 'could not be planned for', { planned: 2, chunk: 'acknowledged', job: ['failed', 1] }],
  ['fine', 'was delivered to after that', { planned: 1, chunk: 'acknowledged', job: ['failed', 2] }],
  ['fine', 'has had a run that ended well', { planned: 2, chunk: 'acknowledged', job: ['done', 1] }],
  ['resting', 'has asked for an hour of patience', { planned: 1, chunk: 'waiting', failures: 1, pause: 1 }],
  ['stuck', 'asks for patience since two days', { planned: 48, chunk: 'waiting', failures: 1, pause: 1 }],
  ['failing', 'refuses for good what it was sent last', { planned: 1, chunk: 'dead', failures: 1, pause: 0 }],
  ['fine', 'has taken something since it refused', { planned: 1, chunk: 'dead', failures: 0, pause: 0 }],
];

const idOf = (at: number) => `d${at}`;
const destinations = STORIES.map(
  ([, , { fields = {} }], at): Destination => ({
    ...KINDS.destination.parse({ name: 'x', type: 'webhook', segments: 'all', ...fields }),
    id: idOf(at),
    version: 1,
    updatedAt: ago(at === 1 ? 1 : 500),
  }),
);

beforeAll(async () => {
  await migrate(clickhouse, 90);
  for (const [
    at,
    [, , { planned, chunk, failures, pause = 1, cause = 'change', job }],
  ] of STORIES.entries()) {
    const destination = idOf(at);
    if (planned !== undefined) {
      const time = ago(planned);
      const state = chunk === 'waiting' ? 'planned' : 'done';
      const run = { destination, run: 1, step: 1, state, cause, mode: 'delta', segments: '[]' };
      await clickhouse.insert('delivery_runs', [{ ...run, planned: time, time }]);
      await clickhouse.insert('delivery_chunks', [
        { destination, run: 1, chunk: 1, step: 1, state: chunk, count: 7, next: time, time },
      ]);
    }
    if (job !== undefined)
      await clickhouse.insert('job_runs', [
        {
          run: `deliver/${destination}@x`,
          job: 'deliver',
          part: true,
          state: job[0],
          started: ago(job[1]),
          ended: ago(job[1]),
          error: job[0] === 'failed' ? 'it cannot be' : '',
        },
      ]);
    if (failures !== undefined)
      await clickhouse.insert('delivery_breakers', [
        {
          destination,
          step: 1,
          version: 1,
          failures,
          reason: 'unreachable',
          detail: 'nobody',
          next: ago(-pause),
          time: ago(0),
        },
      ]);
  }
});
afterAll(() => clickhouse.close());

describe('a destination', () => {
  it.each(STORIES.map(([state, sentence], at) => [state, sentence, at] as const))(
    'is %s where it %s',
    async (state, _, at) => {
      const [health] = await deliveryHealth(clickhouse, [destinations[at]!], NOW);
      expect(health).toMatchObject({ destination: idOf(at), state });
    },
  );

  it('says why it takes nothing, when it is tried again, and what waits', async () => {
    const [health] = await deliveryHealth(clickhouse, [destinations[4]!], NOW);
    expect(health).toMatchObject({
      reason: 'unreachable',
      detail: 'nobody',
      until: ago(-1),
      waiting: 7,
      dead: 0,
    });
    const changed = { ...destinations[4]!, version: 2 };
    expect((await deliveryHealth(clickhouse, [changed], NOW))[0]).toMatchObject({ reason: '', until: null });
  });

  it('says why a run of it failed', async () => {
    const [health] = await deliveryHealth(clickhouse, [destinations[11]!], NOW);
    expect(health).toMatchObject({ reason: 'run_failed', detail: 'it cannot be' });
  });

  it('says why it refuses, and how much', async () => {
    const at = STORIES.findIndex(([, sentence]) => sentence === 'refuses for good what it was sent last');
    const [health] = await deliveryHealth(clickhouse, [destinations[at]!], NOW);
    expect(health).toMatchObject({ reason: 'unreachable', detail: 'nobody', waiting: 0, dead: 7 });
  });

  it('is a series for whoever watches', async () => {
    const text = await deliveriesText(clickhouse, destinations);
    expect(text).toContain('ninety_destination_troubled{destination="d4"} 1\n');
    expect(text).toContain('ninety_destination_troubled{destination="d0"} 0\n');
    expect(text).toContain('ninety_delivery_waiting_lines{destination="d2"} 7\n');
  });
});
