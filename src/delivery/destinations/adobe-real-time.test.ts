import { afterEach, describe, expect, it } from 'vitest';
import { DeliveryError } from '../destination.ts';
import { hmacBase64 } from '../outbound/hmac.ts';
import { Platform, type PlatformOptions } from './adobe-real-time.testing.ts';
import { adobeRealTime } from './adobe-real-time.ts';
import { chunkOf, contextOf, type LineOf } from './chunk.testing.ts';

let platform: Platform;
afterEach(() => platform?.close());

const opened = async (options: PlatformOptions = {}) => {
  platform = await new Platform(options).open();
  return platform;
};

const settingsOf = (more: Record<string, unknown> = {}) =>
  adobeRealTime.settings.parse({
    url: platform.url,
    clientId: '74323',
    destinationId: '423',
    dpid: '12345',
    key: 'key',
    ...more,
  });

const send = async (lines: readonly LineOf[], more?: Record<string, unknown>) =>
  adobeRealTime.send(chunkOf(lines), await contextOf(settingsOf(more)));

const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'taken',
    (error: unknown) => (error instanceof DeliveryError ? `${error.reason} ${error.retry}` : String(error)),
  );

describe('real time in the manner of Adobe', () => {
  it('signs as the published vector has it', () => {
    expect(hmacBase64('sha1', 'sample_partner_private_key', 'POST message content')).toBe(
      '+wFdR/afZNoVqtGl8/e1KJ4ykPU=',
    );
  });

  it('tells who came and who went, and the platform holds the set that this leaves', async () => {
    await opened();
    await send([
      { uid: 'a', add: ['14356', '12176'] },
      { source: 'idfa', uid: 'b', add: ['14356'] },
      { source: 'gaid', uid: 'c', add: ['14356'] },
    ]);
    expect(await send([{ uid: 'a', add: ['10329'], remove: ['14356'] }])).toEqual({
      accepted: 1,
      failed: [],
    });
    expect(platform.members('14356')).toEqual(['20914:c', '20915:b']);
    expect(platform.members('12176')).toEqual(['12345:a']);
    expect(platform.members('10329')).toEqual(['12345:a']);
    expect([...platform.dates]).toEqual(['Sun Mar 01 12:00:00 UTC 2026']);
  });

  it('puts 1 to 10 users of one kind of id into a message', async () => {
    await opened();
    const lines = Array.from({ length: 47 }, (_, n) => ({
      uid: `u${n}`,
      source: n % 2 === 0 ? 'partner' : 'idfa',
      add: ['1'],
    }));
    expect((await send(lines)).accepted).toBe(47);
    expect(platform.messages).toEqual([10, 10, 10, 10, 4, 3]);
    expect(platform.members('1')).toHaveLength(47);
  });

  it('signs with the hash and in the header agreed on', async () => {
    await opened({ hash: 'sha256', header: 'x-partner-signature' });
    const agreed = { hash: 'sha256', header: 'X-Partner-Signature' };
    expect(await reasonOf(send([{ uid: 'größe', add: ['1'] }], agreed))).toBe('taken');
    expect(await reasonOf(send([{ uid: 'a', add: ['1'] }], { ...agreed, key: 'other' }))).toBe(
      'unauthorized false',
    );
  });

  it('leaves the users of a refused message behind, and no others', async () => {
    await opened({ refuses: ['7'] });
    const lines = Array.from({ length: 12 }, (_, n) => ({ uid: `u${n}`, add: [n === 11 ? '7' : '1'] }));
    const { accepted, failed } = await send(lines);
    expect(accepted).toBe(10);
    expect(failed.map(({ number, reason, retry }) => [number, reason, retry])).toEqual([
      [10, 'line_rejected', false],
      [11, 'line_rejected', false],
    ]);
    expect(platform.members('1')).toHaveLength(10);
  });

  it('takes it for the chunk that is wrong where every message is refused', async () => {
    await opened({ refuses: ['7'] });
    expect(await reasonOf(send([{ uid: 'a', add: ['7'] }]))).toBe('rejected false');
  });

  it.each<[number, string]>([
    [204, 'rejected false'],
    [302, 'rejected false'],
    [404, 'rejected false'],
    [429, 'rate_limited true'],
    [500, 'unavailable true'],
  ])('takes status %i for no success', async (status, reason) => {
    await opened();
    platform.next({ status });
    expect(await reasonOf(send([{ uid: 'a', add: ['1'] }]))).toBe(reason);
  });

  it('lets a platform rest as long as it says, and then sends the chunk again', async () => {
    await opened({ most: 3 });
    const lines = Array.from({ length: 30 }, (_, n) => ({ uid: `u${n}`, add: ['1'] }));
    await send(lines.slice(0, 10));
    const refused = await send(lines).catch((error: unknown) => error);
    expect(refused).toMatchObject({ reason: 'rate_limited', retry: true, afterMs: 30_000 });
    expect(platform.members('1')).toHaveLength(20);
    platform.rest();
    expect(await send(lines)).toEqual({ accepted: 30, failed: [] });
    expect(platform.members('1')).toHaveLength(30);
  });

  it('waits three seconds for an answer', async () => {
    await opened({ delayMs: 3500 });
    expect(await reasonOf(send([{ uid: 'a', add: ['1'] }]))).toBe('timed_out true');
  });

  it('is not broken by a hostile name', async () => {
    await opened();
    const name = '"}]}],"Users":[]\r\n\u0000';
    await send([{ uid: name, add: [name] }]);
    expect(platform.members(name)).toEqual([`12345:${name}`]);
  });

  it('shows what it would send, and no key', async () => {
    await opened();
    const shown = await adobeRealTime.preview(
      chunkOf([{ uid: 'a', remove: ['1'] }]),
      settingsOf({ key: 'hidden-key' }),
    );
    expect(JSON.parse(shown)).toMatchObject({
      User_count: '1',
      Users: [{ AAM_UUID: '', DataPartner_UUID: 'a', Segments: [{ Segment_ID: '1', Status: '0' }] }],
    });
    expect(shown).not.toContain('hidden-key');
  });
});
