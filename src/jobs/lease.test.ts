import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { ClickHouseError } from '../clickhouse/errors.ts';
import { migrate } from '../clickhouse/schema.ts';
import { expectHeld, type Lease, LeaseBusyError, LeaseLostError, Leases } from './lease.ts';

const connection = await freshDatabase();
const clickhouse = new ClickHouse(connection);
// Renewed at a third of it, by an insert that on a busy machine may take a second.
const TERM_MS = 2_500;
/** In which it would have ended if it were not renewed. */
const LONGER_MS = TERM_MS * 1.2;
/** In which it is renewed once at least. */
const RENEWED_MS = TERM_MS / 2;

beforeAll(() => migrate(clickhouse, 90).then(() => {}));
afterAll(() => clickhouse.close());
afterEach(() => void vi.useRealTimers());

const process = (name: string, termMs?: number) => new Leases(clickhouse, name, termMs);

describe('a lease', () => {
  it('is won by one of forty that ask at once', async () => {
    const all = Array.from({ length: 40 }, (_, index) => process(`p${index}`));
    const won = (await Promise.all(all.map((one) => one.acquire('at once')))).filter((lease) => lease);
    expect(won).toHaveLength(1);
    await won[0]!.release();
  });

  it('is won by one of ten that ask at once within one process', async () => {
    const one = process('single');
    const won = await Promise.all(Array.from({ length: 10 }, () => one.acquire('within one')));
    expect(won.filter((lease) => lease)).toHaveLength(1);
  });

  it('is not had by two, and one name does not stand in the way of another', async () => {
    const held = await process('a').acquire('held');
    expect(held?.lost()).toBe(false);
    expect(await process('b').acquire('held')).toBeUndefined();
    expect(await process('b').acquire('other')).toBeDefined();
  });

  it('goes to the next when it is released, with a higher number', async () => {
    const first = await process('a').acquire('passed on');
    await first!.release();
    expect(first!.lost()).toBe(true);
    const second = await process('b').acquire('passed on');
    expect(second!.slot).toBe(first!.slot + 1);
  });

  // These two wait together.
  it.concurrent('is kept beyond its term by renewing it, and not after its release', async () => {
    const lease = await process('a', TERM_MS).acquire('renewed');
    await sleep(LONGER_MS);
    expect(lease!.lost()).toBe(false);
    expect(await process('b', TERM_MS).acquire('renewed')).toBeUndefined();
    await lease!.release();
    const next = await process('b', TERM_MS).acquire('renewed');
    await sleep(RENEWED_MS);
    expect(lease!.lost()).toBe(true);
    expect(next!.lost()).toBe(false);
    await next!.release();
  });

  it.concurrent('is lost by a holder that cannot renew it, before another takes it over', async () => {
    const door = new ClickHouse(connection);
    const lease = await new Leases(door, 'dying', TERM_MS).acquire('taken over');
    door.insert = () => Promise.reject(new Error('no way to ClickHouse'));
    const heir = process('heir', TERM_MS);
    expect(await heir.acquire('taken over')).toBeUndefined();
    let next: Lease | undefined;
    while (next === undefined) {
      next = await heir.acquire('taken over');
      if (next) expect(lease!.lost()).toBe(true);
      else await sleep(20);
    }
    expect(next.slot).toBe(lease!.slot + 1);
    await next.release();
    await door.close();
  });

  it('stays lost for a holder that slept over its end', async () => {
    const sleeper = await process('sleeper', TERM_MS).acquire('slept');
    // Nothing runs in this process meanwhile, as in a machine whose lid is closed.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LONGER_MS);
    const next = await process('next', TERM_MS).acquire('slept');
    expect(next!.slot).toBe(sleeper!.slot + 1);
    await sleep(RENEWED_MS);
    expect(sleeper!.lost()).toBe(true);
    expect(next!.lost()).toBe(false);
    await next!.release();
  });

  it('is known not to be the newest where a clock that runs ahead has ended it elsewhere', async () => {
    const lease = await process('a').acquire('ahead');
    expect(await lease!.isNewest()).toBe(true);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
    const other = await process('b').acquire('ahead');
    vi.useRealTimers();
    expect(lease!.lost()).toBe(false);
    expect(await lease!.isNewest()).toBe(false);
    expect(await other!.isNewest()).toBe(true);
    await expect(expectHeld(lease!)).rejects.toThrow(LeaseLostError);
    await expectHeld(other!);
    await Promise.all([lease!.release(), other!.release()]);
  });

  it('is let go of also where ClickHouse is away', async () => {
    const door = new ClickHouse(connection);
    const lease = await new Leases(door, 'leaving', TERM_MS).acquire('let go');
    door.insert = () => Promise.reject(new ClickHouseError('unavailable', 'insert', undefined, ''));
    await lease!.release();
    expect(lease!.lost()).toBe(true);
    await door.close();
  });

  it('can be had, and counts on, after the retention has deleted all that was known of its name', async () => {
    // Inside the retention still: a merge could take older rows away between two statements.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 89 * 86_400_000 });
    const before = await process('a').acquire('forgotten');
    await before!.release();
    vi.useRealTimers();
    await clickhouse.command(
      "ALTER TABLE leases DELETE WHERE name = 'forgotten'",
      {},
      { mutations_sync: '2' },
    );
    expect(await clickhouse.query("SELECT 1 FROM leases WHERE name = 'forgotten'")).toEqual([]);
    const after = await process('b').acquire('forgotten');
    expect(after!.slot).toBeGreaterThan(before!.slot);
  });
});

describe('a lease whose holder’s clock is set back by an hour', () => {
  const setBack = () => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 });

  it('is renewed, and free at once when it is released', async () => {
    const lease = await process('a', TERM_MS).acquire('set back');
    setBack();
    await sleep(LONGER_MS);
    expect(lease!.lost()).toBe(false);
    expect(await process('b', TERM_MS).acquire('set back')).toBeUndefined();
    await lease!.release();
    const next = await process('b', TERM_MS).acquire('set back');
    expect(next!.slot).toBe(lease!.slot + 1);
    await next!.release();
  });

  it('is lost in time by a holder that cannot renew it', async () => {
    const door = new ClickHouse(connection);
    const lease = await new Leases(door, 'cut off', TERM_MS).acquire('lost in time');
    setBack();
    door.insert = () => Promise.reject(new Error('no way to ClickHouse'));
    expect(lease!.lost()).toBe(false);
    await sleep(TERM_MS);
    expect(lease!.lost()).toBe(true);
    await door.close();
  });

  it('is not kept for that hour by a holder that died', async () => {
    const dead = await process('dead', TERM_MS).acquire('left behind');
    setBack();
    const heir = await process('heir', TERM_MS).acquire('left behind');
    expect(heir!.slot).toBe(dead!.slot + 1);
    await Promise.all([heir!.release(), dead!.release()]);
  });
});

describe('waiting for a lease', () => {
  it('ends when it is released', async () => {
    const held = await process('a').acquire('awaited');
    const waiting = process('b').wait('awaited', 20_000);
    await sleep(150);
    await held!.release();
    const lease = await waiting;
    expect(lease.slot).toBe(held!.slot + 1);
  });

  it('ends with the name of the lease when the time is up', async () => {
    await process('a').acquire('busy');
    const failure = await process('b')
      .wait('busy', 200)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(LeaseBusyError);
    expect(failure).toMatchObject({ lease: 'busy' });
  });

  it('lets twelve through one after the other', async () => {
    let inside = 0;
    const slots: number[] = [];
    await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const lease = await process(`q${index}`).wait('queue', 50_000);
        inside += 1;
        expect(inside).toBe(1);
        slots.push(lease.slot);
        await sleep(5);
        inside -= 1;
        await lease.release();
      }),
    );
    expect(slots).toEqual([...slots].sort((a, b) => a - b));
    expect(new Set(slots).size).toBe(12);
  });
});
