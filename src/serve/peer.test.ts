import { describe, expect, it } from 'vitest';
import { ClickHouseError } from '../clickhouse/errors.ts';
import { Peer } from './peer.ts';

type Listener = (message: unknown) => void;

/** Two ends of a channel that carries JSON, as Node's own between processes does. */
function channel() {
  const listeners: [Listener[], Listener[]] = [[], []];
  const cut = { done: false };
  const end = (self: 0 | 1) => ({
    on: (_: 'message', listener: Listener) => listeners[self].push(listener),
    send: (message: unknown, callback?: (error: Error | null) => void) => {
      if (cut.done) callback?.(new Error('Channel closed'));
      else {
        const text = JSON.stringify(message);
        queueMicrotask(() => {
          for (const listener of listeners[self === 0 ? 1 : 0]) listener(JSON.parse(text));
        });
      }
      return true;
    },
  });
  return { left: end(0), right: end(1), cut };
}

describe('two processes', () => {
  it('ask each other, several questions at once', async () => {
    const { left, right } = channel();
    const parent = new Peer(left, { twice: (n) => Number(n) * 2 });
    const worker = new Peer(right, { shout: async (text) => String(text).toUpperCase() });
    expect(
      await Promise.all([worker.ask('twice', 2), worker.ask('twice', 3), parent.ask('shout', 'a')]),
    ).toEqual([4, 6, 'A']);
  });

  it('hear what nobody answers', async () => {
    const { left, right } = channel();
    new Peer(left, {});
    await expect(new Peer(right, {}).ask('constructor')).rejects.toThrow('nobody answers constructor');
  });

  it('learn of a fault by its name and fields, and not what it keeps to itself', async () => {
    const { left, right } = channel();
    new Peer(left, {
      flush: () => {
        throw new ClickHouseError('unavailable', 'query', 159, 'a piece of a row');
      },
      odd: () => Promise.reject('just text'),
    });
    const worker = new Peer(right, {});
    const error = await worker.ask('flush').catch((fault: unknown) => fault);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'ClickHouseError', fault: 'unavailable', code: 159 });
    expect((error as Error).message).toBe('ClickHouse query failed: error 159');
    expect(error).not.toHaveProperty('raw');
    await expect(worker.ask('odd')).rejects.toThrow('just text');
  });

  it('wait for nothing from one that has gone', async () => {
    const { left, right, cut } = channel();
    new Peer(left, { never: () => new Promise(() => undefined) });
    const worker = new Peer(right, {});
    const waiting = worker.ask('never');
    worker.gone();
    await expect(waiting).rejects.toThrow('has ended');
    cut.done = true;
    await expect(worker.ask('twice', 1)).rejects.toThrow('Channel closed');
  });

  it('take no notice of messages that are none of theirs', async () => {
    const { left, right } = channel();
    new Peer(left, { one: () => 1 });
    const worker = new Peer(right, {});
    for (const message of [null, 'text', { cmd: 'NODE_1' }, { ninety: 'answer', id: 99, value: 2 }])
      left.send(message);
    expect(await worker.ask('one')).toBe(1);
  });
});
