import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { CollectorsBehindError, Mark, SecretMismatchError, waitForCollectors } from './marks.ts';

const SECRET = 'the secret of all collectors';
const clickhouse = new ClickHouse(await freshDatabase());

beforeAll(() => migrate(clickhouse, 90).then(() => {}));
// Each test has its collectors for itself: who waits, waits for all that live.
beforeEach(() => clickhouse.command('TRUNCATE TABLE journal_marks').then(() => {}));
afterAll(() => clickhouse.close());

const shipped = async () => {};

describe('who waits for the collectors', () => {
  it('does not wait where there is none', async () => {
    await waitForCollectors(clickhouse);
  });

  it('waits until each has shipped what it had before the call', async () => {
    const events: string[] = [];
    let acknowledged = 0;
    const quick = new Mark(clickhouse, 'quick', SECRET, shipped);
    const slow = new Mark(clickhouse, 'slow', SECRET, async () => {
      const taken = acknowledged;
      await sleep(300);
      events.push(`shipped ${taken}`);
    });
    await Promise.all([quick.announce(), slow.announce()]);
    quick.start();
    slow.start();
    acknowledged = 7;
    await waitForCollectors(clickhouse);
    expect(events.at(-1)).toBe('shipped 7');
    await Promise.all([quick.stop(true), slow.stop(true)]);
  });

  it('need not wait for a mark that is moved for it, and all who ask while one moves share the next', async () => {
    const taken: number[] = [];
    let acknowledged = 3;
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const mark = new Mark(clickhouse, 'own', SECRET, () => {
      taken.push(acknowledged);
      return gate;
    });
    await mark.announce();
    const first = mark.move();
    await expect.poll(() => taken).toHaveLength(1);
    acknowledged = 7;
    const next = [mark.move(), mark.move(), mark.move()];
    open();
    await waitForCollectors(clickhouse, 0, await first);
    const [moment, ...others] = await Promise.all(next);
    expect(others).toEqual([moment, moment]);
    expect(taken).toEqual([3, 7]);
    await waitForCollectors(clickhouse, 0, moment);
    await mark.stop(true);
  });

  it('says which collector it waited for in vain', async () => {
    let stuck = false;
    const mark = new Mark(clickhouse, 'host:/data', SECRET, async () => {
      if (stuck) throw new Error('ClickHouse is away');
    });
    await mark.announce();
    mark.start();
    stuck = true;
    const failure = await waitForCollectors(clickhouse, 1_500).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CollectorsBehindError);
    expect((failure as Error).message).toContain('host:/data');
    stuck = false;
    await waitForCollectors(clickhouse);
    await mark.stop(true);
  });

  it('does not wait for one that has stopped, nor for one not heard of for a minute', async () => {
    const mark = new Mark(clickhouse, 'stopped', SECRET, () => sleep(50));
    await mark.announce();
    mark.start();
    // In the middle of a move: what it writes must not come after the last word.
    await sleep(1_020);
    await mark.stop(true);
    const old = new Date(Date.now() - 120_000).toISOString();
    await clickhouse.insert('journal_marks', [
      { collector: 'dead', shipped: old, time: old, stopped: false, secret: '' },
    ]);
    await waitForCollectors(clickhouse, 0);
  });

  it('waits for a new mark where ClickHouse’s clock was set back behind the last one', async () => {
    const earlier = new Mark(clickhouse, 'host:/data', SECRET, shipped);
    await earlier.announce();
    await clickhouse.command(
      `INSERT INTO journal_marks (collector, shipped, time, stopped, secret)
       SELECT collector, time + INTERVAL 1 HOUR, time + INTERVAL 1 HOUR, false, secret FROM journal_marks`,
    );
    await expect(waitForCollectors(clickhouse, 300)).rejects.toThrow(CollectorsBehindError);
    let ships = 0;
    const mark = new Mark(clickhouse, 'host:/data', SECRET, async () => {
      ships += 1;
    });
    await mark.announce();
    mark.start();
    await waitForCollectors(clickhouse);
    expect(ships).toBeGreaterThan(0);
    await mark.stop(true);
    await waitForCollectors(clickhouse, 0);
  });

  it('goes on waiting for one that stopped without having shipped everything', async () => {
    const mark = new Mark(clickhouse, 'unfinished', SECRET, shipped);
    await mark.announce();
    mark.start();
    await mark.stop(false);
    await expect(waitForCollectors(clickhouse, 300)).rejects.toThrow(CollectorsBehindError);
  });
});

describe('a collector that starts', () => {
  it('is refused where a living one has another secret, and taken where it has the same', async () => {
    const first = new Mark(clickhouse, 'first', SECRET, shipped);
    await first.announce();
    first.start();
    const stranger = new Mark(clickhouse, 'stranger', 'another secret altogether', shipped);
    const failure = await stranger.announce().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SecretMismatchError);
    expect((failure as Error).message).toContain('NINETY_SECRET');
    const second = new Mark(clickhouse, 'second', SECRET, shipped);
    await second.announce();
    second.start();
    await Promise.all([first.stop(true), second.stop(true)]);
    // Nobody is left to disagree with.
    const later = new Mark(clickhouse, 'later', 'another secret altogether', shipped);
    await later.announce();
    later.start();
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
    const mark = new Mark(away, 'early', SECRET, shipped);
    await mark.announce();
    mark.start();
    await sleep(1_200);
    await mark.stop(false);
    await expect(mark.stop(true)).rejects.toMatchObject({ fault: 'unavailable' });
    await away.close();
  });
});
