import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { type Destination, KINDS } from '../../registry/kinds.ts';
import { Registry } from '../../registry/registry.ts';
import { cronLook } from './cron-look.ts';
import { dueDestinations, orderOf } from './due.ts';

const at = (text: string) => Date.parse(`2026-03-${text}Z`);

describe('a cron expression', () => {
  it.each<[sentence: string, expression: string, after: string, upTo: string, fired: boolean]>([
    ['names the minute itself', '0 4 * * *', '01T03:59:30', '01T04:00:10', true],
    ['names none in between', '0 4 * * *', '01T04:00:10', '02T03:59:59', false],
    ['names one that was slept through', '0 4 * * *', '01T04:00:10', '02T09:00:00', true],
    ['is not told twice for a minute', '0 4 * * *', '01T04:00:05', '01T04:00:55', false],
    ['names one that was slept through for days', '0 4 * * 1', '01T12:00:00', '06T09:00:00', true],
    ['names none that is told already, however long ago', '0 4 * * 1', '02T04:00:10', '06T09:00:00', false],
    ['knows days of the week, in UTC', '30 23 * * 1', '01T12:00:00', '02T23:30:00', true],
    ['names every minute', '* * * * *', '01T00:00:59', '01T00:01:00', true],
  ])('%s', (_, expression, after, upTo, fired) => {
    expect(cronLook()(expression, at(after), at(upTo))).toBe(fired);
    // Also of a look that has looked further before.
    const look = cronLook();
    look(expression, at(after), at('20T00:00:00'));
    expect(look(expression, at(after), at(upTo))).toBe(fired);
  });
});

describe('what a destination is to be told', () => {
  const destination = (fields: object): Destination => ({
    ...KINDS.destination.parse({ name: 'x', type: 'webhook', segments: 'all', ...fields }),
    id: 'x',
    version: 1,
    updatedAt: '2026-03-01T00:00:00.000Z',
  });
  const last = {
    run: 7,
    cause: 'change' as const,
    planned: at('05T00:00:00'),
    fullPlanned: at('02T00:00:00'),
    unfinished: 0,
    unfinishedFull: 0,
    lapsed: 0,
  };
  it.each<[sentence: string, fields: object, told: object]>([
    ['is what changed', {}, { cause: 'change', mode: 'delta' }],
    [
      'is everything where it wants that',
      { mode: 'full', schedule: { cron: '0 4 * * *' } },
      { cause: 'cron', mode: 'full' },
    ],
    [
      'is everything once, where what it was told before counts for nothing',
      { resyncAt: '2026-03-03T00:00:00.000Z' },
      { cause: 'resync', mode: 'full' },
    ],
    [
      'is what changed again after that',
      { resyncAt: '2026-03-01T00:00:00.000Z' },
      { cause: 'change', mode: 'delta' },
    ],
    [
      'is everything once, where something of what it was told could not be sent any more',
      { lapsed: at('04T00:00:00') },
      { cause: 'resync', mode: 'full' },
    ],
    ['is what changed again after that', { lapsed: at('01T00:00:00') }, { cause: 'change', mode: 'delta' }],
  ])('%s', (_, { lapsed = 0, ...fields }: { lapsed?: number }, told) => {
    expect(orderOf(destination(fields), { ...last, lapsed })).toEqual({ do: 'plan', ...told });
  });
});

describe('destinations that are due', () => {
  const HOUR = 3_600_000;
  /** Of a run what is to be told of it: when it was planned, in hours from now, and for when its chunk waits. */
  interface Told {
    readonly cause?: string;
    readonly planned: number;
    readonly next?: number;
    /** When what was not taken was told again. */
    readonly replayed?: number;
    /** When its chunk was given up because its lines were gone. */
    readonly lapsed?: number;
  }
  const STORIES: readonly (readonly [
    sentence: string,
    fields: object,
    told: Told | undefined,
    order: object | undefined,
  ])[] = [
    ['was never told of anybody', {}, undefined, { do: 'plan', cause: 'change' }],
    ['was told of everybody just now', {}, { planned: 0.01 }, undefined],
    ['was not looked at for more than an hour', {}, { planned: 1.1 }, { do: 'plan', cause: 'change' }],
    [
      'has its time in each minute',
      { schedule: { cron: '* * * * *' } },
      { planned: 0.1 },
      { do: 'plan', cause: 'cron' },
    ],
    [
      'was told again since what it had not taken',
      {},
      { planned: 1.1, replayed: 0.01 },
      { do: 'plan', cause: 'change' },
    ],
    [
      'was told of somebody who could not be sent any more',
      {},
      { planned: 0.5, lapsed: 0.01 },
      { do: 'plan', cause: 'resync', mode: 'full' },
    ],
    ['is told by hand alone', { schedule: 'manual' }, { planned: 500 }, undefined],
    [
      'is told by hand, and has something whose next try has come',
      { schedule: 'manual' },
      { planned: 500, next: -1 },
      { do: 'resume' },
    ],
    ['has something to be tried later', {}, { planned: 0.01, next: 1 }, undefined],
    ['is switched off', { active: false }, { planned: 500, next: -1 }, undefined],
    [
      'is switched off while it is taken back what it was told',
      { active: false },
      { cause: 'withdraw', planned: 500, next: -1 },
      { do: 'resume' },
    ],
    [
      'is switched off after it was taken back',
      { active: false },
      { cause: 'withdraw', planned: 500 },
      undefined,
    ],
  ];
  let clickhouse: ClickHouse;
  let registry: Registry;
  let folder: string;

  beforeAll(async () => {
    clickhouse = new ClickHouse(await freshDatabase());
    folder = await mkdtemp(join(tmpdir(), 'ninety-due-'));
    registry = new Registry(clickhouse, folder);
    await migrate(clickhouse, 90);
    const ago = (hours: number) => new Date(Date.now() - hours * HOUR).toISOString();
    for (const [at, [, fields, told]] of STORIES.entries()) {
      const destination = `d${at}`;
      const body = KINDS.destination.parse({ name: 'x', type: 'webhook', segments: [], ...fields });
      await clickhouse.insert('objects', [
        { kind: 'destination', id: destination, version: 1, time: ago(600), body: JSON.stringify(body) },
      ]);
      if (told === undefined) continue;
      const { cause = 'change', planned, next, replayed, lapsed } = told;
      const time = ago(planned);
      const state = next === undefined ? 'done' : 'planned';
      const run = { destination, run: 1, time };
      await clickhouse.insert('delivery_runs', [
        { ...run, step: 1, state, cause, mode: 'delta', segments: '[]', planned: time },
      ]);
      if (replayed !== undefined) {
        const again = { destination, run: 2, time: ago(replayed), planned: ago(replayed) };
        await clickhouse.insert('delivery_runs', [
          { ...again, step: 1, state: 'done', cause: 'replay', mode: 'delta', segments: '[]' },
        ]);
      }
      if (lapsed !== undefined)
        await clickhouse.insert('delivery_chunks', [
          { ...run, chunk: 1, step: 2, state: 'dead', reason: 'lapsed', count: 1, time: ago(lapsed) },
        ]);
      if (next !== undefined)
        await clickhouse.insert('delivery_chunks', [
          { ...run, chunk: 1, step: 1, state: 'waiting', count: 1, next: ago(-next) },
        ]);
    }
    await registry.refresh();
  });
  afterAll(async () => {
    await clickhouse.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(STORIES.map(([sentence, , , order], at) => [sentence, at, order] as const))(
    'one that %s',
    async (_, at, order) => {
      const due = await dueDestinations(clickhouse, registry, Date.now());
      const own = due.find(({ destination }) => destination.id === `d${at}`);
      if (order === undefined) expect(own).toBeUndefined();
      else expect(own?.order).toMatchObject(order);
    },
  );
});
