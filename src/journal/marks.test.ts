import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { CollectorsBehindError, Mark, SecretMismatchError, waitForCollectors } from './marks.ts';

const SECRET = 'the secret of all collectors';
const doors: ClickHouse[] = [];

/** Each test has its collectors for itself: who waits, waits for all that live. */
async function noCollectors(): Promise<ClickHouse> {
  const clickhouse = new ClickHouse(await databases.pop()!);
  doors.push(clickhouse);
  await migrate(clickhouse, 90);
  return clickhouse;
}

const databases = [
  freshDatabase(),
  freshDatabase(),
  freshDatabase(),
  freshDatabase(),
  freshDatabase(),
  freshDatabase(),
];

beforeAll(() => Promise.all(databases).then(() => {}));
afterAll(() => Promise.all(doors.map((door) => door.close())).then(() => {}));

const shipped = async () => {};

describe('who waits for the collectors', () => {
  it('does not wait where there is none', async () => {
    await waitForCollectors(await noCollectors());
  });

  it('waits until each has shipped what it had before the call', async () => {
    const clickhouse = await noCollectors();
    const events: string[] = [];
    let acknowledged = 0;
    const quick = new Mark(clickhouse, 'quick', SECRET, shipped);
    const slow = new Mark(clickhouse, 'slow', SECRET, async () => {
      const taken = acknowledged;
      await sleep(300);
      events.push(`shipped ${taken}`);
    });
    await Promise.all([quick.start(), slow.start()]);
    // Both have been heard of.
    while ((await clickhouse.query('SELECT 1 FROM journal_marks GROUP BY collector')).length < 2)
      await sleep(50);
    acknowledged = 7;
    await waitForCollectors(clickhouse);
    expect(events.at(-1)).toBe('shipped 7');
    await Promise.all([quick.stop(true), slow.stop(true)]);
  });

  it('says which collector it waited for in vain', async () => {
    const clickhouse = await noCollectors();
    let stuck = false;
    const mark = new Mark(clickhouse, 'host:/data', SECRET, async () => {
      if (stuck) throw new Error('ClickHouse is away');
    });
    await mark.start();
    while ((await clickhouse.query('SELECT 1 FROM journal_marks')).length === 0) await sleep(50);
    stuck = true;
    const failure = await waitForCollectors(clickhouse, 1_500).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CollectorsBehindError);
    expect((failure as Error).message).toContain('host:/data');
    stuck = false;
    await waitForCollectors(clickhouse);
    await mark.stop(true);
  });

  it('does not wait for one that has stopped, nor for one not heard of for a minute', async () => {
    const clickhouse = await noCollectors();
    const mark = new Mark(clickhouse, 'stopped', SECRET, () => sleep(50));
    await mark.start();
    // In the middle of a move: what it writes must not come after the last word.
    await sleep(1_020);
    await mark.stop(true);
    const old = new Date(Date.now() - 120_000).toISOString();
    await clickhouse.insert('journal_marks', [
      { collector: 'dead', shipped: old, time: old, stopped: false, secret: '' },
    ]);
    await waitForCollectors(clickhouse, 0);
  });

  it('goes on waiting for one that stopped without having shipped everything', async () => {
    const clickhouse = await noCollectors();
    const mark = new Mark(clickhouse, 'unfinished', SECRET, shipped);
    await mark.start();
    while ((await clickhouse.query('SELECT 1 FROM journal_marks')).length === 0) await sleep(50);
    await mark.stop(false);
    await expect(waitForCollectors(clickhouse, 300)).rejects.toThrow(CollectorsBehindError);
  });
});

describe('a collector that starts', () => {
  it('is refused where a living one has another secret, and taken where it has the same', async () => {
    const clickhouse = await noCollectors();
    const first = new Mark(clickhouse, 'first', SECRET, shipped);
    await first.start();
    while ((await clickhouse.query('SELECT 1 FROM journal_marks')).length === 0) await sleep(50);
    const stranger = new Mark(clickhouse, 'stranger', 'another secret altogether', shipped);
    const failure = await stranger.start().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SecretMismatchError);
    expect((failure as Error).message).toContain('NINETY_SECRET');
    const second = new Mark(clickhouse, 'second', SECRET, shipped);
    await second.start();
    await Promise.all([first.stop(true), second.stop(true)]);
    // Nobody is left to disagree with.
    const later = new Mark(clickhouse, 'later', 'another secret altogether', shipped);
    await later.start();
    await later.stop(true);
    const [row] = await clickhouse.query<{ text: string }>(
      'SELECT arrayStringConcat(groupArray(secret)) AS text FROM journal_marks',
    );
    expect(row!.text).not.toContain('secret');
  });

  it('starts also while ClickHouse is away', async () => {
    const away = new ClickHouse({
      urls: ['http://127.0.0.1:9'],
      user: '',
      password: '',
      database: 'x',
      cluster: undefined,
    });
    doors.push(away);
    const mark = new Mark(away, 'early', SECRET, shipped);
    await mark.start();
    await sleep(1_200);
    await mark.stop(false);
    await expect(mark.stop(true)).rejects.toMatchObject({ fault: 'unavailable' });
  });
});
