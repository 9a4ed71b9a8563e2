import { afterEach, describe, expect, it } from 'vitest';
import { DeliveryError } from '../destination.ts';
import { type ChunkOptions, chunkOf, contextOf, type LineOf } from './chunk.testing.ts';
import { Receiver } from './webhook.testing.ts';
import { signed, webhook } from './webhook.ts';

const secretOf = (fill: number) => `whsec_${Buffer.alloc(32, fill).toString('base64')}`;
const SECRET = secretOf(1);

let receiver: Receiver;
afterEach(() => receiver?.close());

const opened = async (now?: () => number) => {
  receiver = await new Receiver(SECRET, now).open();
  return receiver;
};

const settingsOf = (more: Record<string, unknown> = {}) =>
  webhook.settings.parse({ url: receiver.url, secret: SECRET, ...more });

const send = async (lines: readonly LineOf[], chunk?: ChunkOptions, more?: Record<string, unknown>) =>
  webhook.send(chunkOf(lines, chunk), await contextOf(settingsOf(more)));

const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'taken',
    (error: unknown) => (error instanceof DeliveryError ? `${error.reason} ${error.retry}` : String(error)),
  );

describe('a webhook', () => {
  it('is signed as the published vector has it', () => {
    const headers = signed(
      { secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1_614_265_330,
      '{"test": 2432232314}',
    );
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('is told who came and who went, and holds the set that this leaves', async () => {
    await opened();
    await send([
      { uid: 'a', add: ['sport', 'news'] },
      { source: 'idfa', uid: 'b', add: ['sport'] },
    ]);
    const taken = await send([{ uid: 'a', remove: ['sport'] }], { key: 'run-2_chunk-1' });
    expect(taken).toEqual({ accepted: 1, failed: [] });
    expect(receiver.members('sport')).toEqual(['idfa:b']);
    expect(receiver.members('news')).toEqual(['partner:a']);
    expect(receiver.heads[0]).toEqual({
      mode: 'delta',
      planned: '2026-03-01T12:00:00.000Z',
      segments: {
        sport: { name: 'sport', ttlMinutes: 129_600 },
        news: { name: 'news', ttlMinutes: 129_600 },
      },
    });
  });

  it('is taken once, however often it is tried', async () => {
    await opened();
    await send([{ uid: 'a', add: ['sport'] }]);
    await send([{ uid: 'a', add: ['sport'] }]);
    expect(receiver.repeats).toBe(1);
    expect(receiver.heads).toHaveLength(1);
  });

  it('is cut by its bytes, each request under a key of its own, the same in every try', async () => {
    await opened();
    const lines = Array.from({ length: 3000 }, (_, n) => ({
      uid: `${'語'.repeat(600)}${n}`,
      add: n === 0 ? ['sport', 'first'] : ['sport'],
    }));
    expect((await send(lines)).accepted).toBe(3000);
    expect(receiver.members('sport')).toHaveLength(3000);
    const described = receiver.heads.map(({ segments }) => Object.keys(segments));
    expect(described).toEqual([['sport', 'first'], ['sport']]);
    expect(Math.max(...receiver.sizes)).toBeLessThan(4_100_000);
    await send(lines);
    expect(receiver.repeats).toBe(2);
  });

  it('puts back by line what an answer refuses by place', async () => {
    await opened();
    receiver.refused.set('partner:b', { reason: 'unknown_id' });
    receiver.refused.set('partner:c', { reason: 'busy <b>', retry: true });
    const taken = await send(['a', 'b', 'c'].map((uid) => ({ uid, add: ['sport'] })));
    expect(taken).toEqual({
      accepted: 1,
      failed: [
        { number: 1, reason: 'unknown_id', detail: 'unknown_id', retry: false },
        { number: 2, reason: 'line_rejected', detail: 'refused', retry: true },
      ],
    });
  });

  it('signs with the secret before as well, while receivers change over', async () => {
    await opened();
    expect(await reasonOf(send([{ uid: 'a', add: ['s'] }], {}, { secret: secretOf(2) }))).toBe(
      'unauthorized false',
    );
    const both = { secret: secretOf(2), previousSecret: SECRET };
    expect(await reasonOf(send([{ uid: 'a', add: ['s'] }], {}, both))).toBe('taken');
  });

  it('tells the time of the try, not of the plan', async () => {
    const later = Date.parse('2026-03-02T00:00:00Z');
    await opened(() => later);
    const context = await contextOf(settingsOf(), { now: () => new Date(later) });
    expect(await reasonOf(webhook.send(chunkOf([{ uid: 'a', add: ['s'] }]), context))).toBe('taken');
  });

  it.each<[number, string]>([
    [301, 'rejected false'],
    [410, 'rejected false'],
    [429, 'rate_limited true'],
    [503, 'unavailable true'],
  ])('that is answered %i is %s', async (status, reason) => {
    await opened();
    receiver.next({ status, headers: { location: 'http://169.254.169.254/' } });
    expect(await reasonOf(send([{ uid: 'a', add: ['s'] }]))).toBe(reason);
  });

  it('is not broken by a hostile name, code or id', async () => {
    await opened();
    const hostile = '"}\n{"id":"x","add":["y"]}\r\n=1+1,\u2028\u0000__proto__';
    const segments = { [hostile]: { name: hostile } };
    await send([{ uid: hostile, add: [hostile, '__proto__'] }], { segments });
    expect(receiver.members(hostile)).toEqual([`partner:${hostile}`]);
    expect(receiver.heads[0]?.segments[hostile]?.name).toBe(hostile);
    expect(Object.keys(receiver.heads[0]?.segments ?? {})).toEqual([hostile, '__proto__']);
    expect(receiver.members('y')).toEqual([]);
  });

  it('shows what it would send, and no secret', async () => {
    await opened();
    const shown = await webhook.preview(chunkOf([{ uid: 'a', add: ['s'] }]), settingsOf());
    expect(shown.split('\n')[1]).toBe('{"id":"a","source":"partner","add":["s"],"remove":[]}');
    expect(shown).not.toContain(SECRET);
  });

  it.each(['short', 'whsec_c2hvcnQ=', `whsec_${'A'.repeat(120)}`, 'whsec_not base64 at all, really not'])(
    'has no secret such as %s',
    (secret) => {
      expect(webhook.settings.safeParse({ url: 'https://a.test', secret }).success).toBe(false);
    },
  );
});
