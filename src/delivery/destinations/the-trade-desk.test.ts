import { afterEach, describe, expect, it, vi } from 'vitest';
import { DeliveryError } from '../destination.ts';
import { hmacBase64 } from '../outbound/hmac.ts';
import { chunkOf, contextOf, type LineOf } from './chunk.testing.ts';
import { TradeDesk, type TradeDeskOptions } from './the-trade-desk.testing.ts';
import { tradeDeskFirstParty, tradeDeskThirdParty } from './the-trade-desk.ts';

let desk: TradeDesk;
afterEach(() => desk?.close());

const opened = async (options: TradeDeskOptions = {}) => {
  desk = await new TradeDesk(options).open();
  return desk;
};
const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

const firstParty = (settings: Record<string, unknown> = { token: 'token' }) =>
  tradeDeskFirstParty.settings.parse({ endpoint: desk.url, advertiserId: 'advertiser', ...settings });

async function sendFirst(
  lines: readonly LineOf[],
  settings?: Record<string, unknown>,
  key = 'run-1_chunk-1',
) {
  return tradeDeskFirstParty.send(chunkOf(lines, { key }), await contextOf(firstParty(settings)));
}

const failing = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => (error instanceof DeliveryError ? error : undefined),
  );

describe('The Trade Desk', () => {
  it('is told who came and who went, and holds the set that this leaves', async () => {
    await opened();
    await sendFirst([
      { uid: uuid(1), add: ['sport', 'news'] },
      { uid: uuid(2), add: ['sport'] },
      { source: 'idfa', uid: uuid(3), add: ['sport'] },
      { source: 'gaid', uid: uuid(4), add: ['news'] },
    ]);
    const taken = await sendFirst([
      { uid: uuid(1), remove: ['sport'] },
      { uid: uuid(5), add: ['sport'], remove: ['news'] },
    ]);
    expect(taken).toEqual({ accepted: 2, failed: [] });
    expect(desk.members('sport')).toEqual([`DAID:${uuid(3)}`, `TDID:${uuid(2)}`, `TDID:${uuid(5)}`]);
    expect(desk.members('news')).toEqual([`DAID:${uuid(4)}`, `TDID:${uuid(1)}`]);
  });

  it('takes third-party data of a provider at its own door', async () => {
    await opened();
    const settings = tradeDeskThirdParty.settings.parse({
      endpoint: desk.url,
      dataProviderId: 'provider',
      token: 'token',
    });
    await tradeDeskThirdParty.send(chunkOf([{ uid: uuid(1), add: ['sport'] }]), await contextOf(settings));
    expect(desk.members('sport')).toEqual([`TDID:${uuid(1)}`]);
  });

  it('is asked to delete whom it was told of and who was erased, once his segments are taken back', async () => {
    await opened({ unmapped: [uuid(9)] });
    await sendFirst([1, 2, 3].map((n) => ({ uid: uuid(n), add: ['sport', 'news'] })));
    await sendFirst([{ source: 'idfa', uid: uuid(4), add: ['sport'] }]);
    const taken = await sendFirst([
      { uid: uuid(1), remove: ['sport', 'news'], erased: true },
      { uid: uuid(2), remove: ['sport'], erased: false },
      { source: 'idfa', uid: uuid(4), remove: ['sport'], erased: true },
      { uid: uuid(9), remove: ['sport'], erased: true },
      { uid: 'no id', remove: ['sport'], erased: true },
    ]);
    expect(desk.deleted).toEqual([
      { id: `TDID:${uuid(1)}`, names: [] },
      { id: `DAID:${uuid(4)}`, names: [] },
    ]);
    expect(desk.members('news')).toEqual([`TDID:${uuid(2)}`, `TDID:${uuid(3)}`]);
    expect(taken).toMatchObject({
      accepted: 3,
      failed: [
        { number: 4, reason: 'bad_id' },
        { number: 3, reason: 'unknown_id' },
      ],
    });
  });

  it('is asked to target whom it was told of and who opted out no more, and to delete who asked for that too', async () => {
    await opened();
    await sendFirst([1, 2, 3, 4].map((n) => ({ uid: uuid(n), add: ['sport'] })));
    const taken = await sendFirst([
      { uid: uuid(1), remove: ['sport'], optedOut: true },
      // Who left before has nothing to be taken back.
      { uid: uuid(2), optedOut: true },
      { uid: uuid(3), remove: ['sport'], erased: true, optedOut: true },
      { uid: uuid(5), erased: true },
    ]);
    expect(taken).toEqual({ accepted: 4, failed: [] });
    expect(desk.optedOut).toEqual([uuid(1), uuid(2), uuid(3)].map((id) => `TDID:${id}`));
    expect(desk.deleted.map(({ id }) => id)).toEqual([`TDID:${uuid(3)}`, `TDID:${uuid(5)}`]);
    expect(desk.members('sport')).toEqual([`TDID:${uuid(4)}`]);
    expect(await sendFirst([{ uid: uuid(2), erased: true }])).toEqual({ accepted: 1, failed: [] });
    expect(desk.requests).toHaveLength(5);
  });

  it.each<[string, string[]]>([
    ['OptOut', []],
    ['Deletion', [`TDID:${uuid(1)}`]],
  ])('has who opted out and in again back after %s: %j', async (optOutRequest, members) => {
    await opened();
    const settings = { token: 'token', optOutRequest };
    await sendFirst([{ uid: uuid(1), add: ['sport'] }], settings);
    // Asked for both, it is deleted once.
    const request = { uid: uuid(1), remove: ['sport'], erased: true, optedOut: true };
    expect(await sendFirst([request], settings)).toEqual({ accepted: 1, failed: [] });
    expect(desk.deleted).toHaveLength(1);
    expect(await sendFirst([{ uid: uuid(1), add: ['sport'] }], settings)).toMatchObject({ accepted: 1 });
    expect(desk.members('sport')).toEqual(members);
  });

  it('is asked so for a provider at a server of its own, and a refusal is a try of the chunk', async () => {
    await opened();
    const data = await new TradeDesk().open();
    try {
      const settings = tradeDeskThirdParty.settings.parse({
        endpoint: data.url,
        deletionEndpoint: desk.url,
        dataProviderId: 'provider',
        token: 'token',
      });
      const erased = chunkOf([{ uid: uuid(1), remove: ['sport'], erased: true }]);
      desk.next({ status: 503, headers: { 'retry-after': '7' } });
      const refused = await failing(tradeDeskThirdParty.send(erased, await contextOf(settings)));
      expect(refused).toMatchObject({ reason: 'unavailable', retry: true, afterMs: 7000 });
      expect(desk.deleted).toEqual([]);
      expect(await tradeDeskThirdParty.send(erased, await contextOf(settings))).toMatchObject({
        accepted: 1,
      });
      expect(desk.deleted).toEqual([{ id: `TDID:${uuid(1)}`, names: [] }]);
      expect(data.deleted).toEqual([]);
    } finally {
      await data.close();
    }
  });

  it.each<[number, number]>([
    [60, 60],
    [0, 1],
    [999_999, 259_200],
  ])(
    'gives a life of %i minutes as %i: none of 0, which would remove, and none it refuses',
    async (given, told) => {
      await opened();
      const chunk = chunkOf([{ uid: uuid(1), add: ['sport'] }], {
        segments: { sport: { ttlMinutes: given } },
      });
      expect(await tradeDeskFirstParty.send(chunk, await contextOf(firstParty()))).toEqual({
        accepted: 1,
        failed: [],
      });
      expect(desk.ttl(`TDID:${uuid(1)}`, 'sport')).toBe(told);
    },
  );

  it('signs the exact body, the legacy way, also for the provider', async () => {
    await opened({ signingKey: 'another', providerSigningKey: 'other' });
    const keys = { signingKey: 'secret', providerSigningKey: 'other', dataProviderId: 'provider' };
    expect(await failing(sendFirst([{ uid: uuid(1), add: ['sport'] }], keys))).toMatchObject({
      reason: 'unauthorized',
    });
    await desk.close();
    await opened({ signingKey: 'secret', providerSigningKey: 'other' });
    await sendFirst([{ uid: uuid(1), add: ['sport — größer'] }], keys);
    expect(desk.members('sport — größer')).toEqual([`TDID:${uuid(1)}`]);
  });

  it('signs as the published vector has it', () => {
    expect(hmacBase64('sha1', 'sample_partner_private_key', 'POST message content')).toBe(
      '+wFdR/afZNoVqtGl8/e1KJ4ykPU=',
    );
  });

  it('tells which lines a success did not take', async () => {
    await opened({ unmapped: [uuid(2)] });
    const taken = await sendFirst([
      { uid: 'no-uuid', add: ['sport'] },
      { uid: uuid(1), add: ['sport'] },
      { uid: uuid(2), add: ['sport'] },
      { uid: uuid(3), add: ['x'.repeat(257)] },
      { uid: uuid(4), add: ['sport'] },
    ]);
    expect(taken).toEqual({
      accepted: 2,
      failed: [
        { number: 0, reason: 'bad_id', detail: 'no TDID', retry: false },
        { number: 2, reason: 'unknown_id', detail: 'UserNotMapped', retry: false },
        { number: 3, reason: 'bad_segment', detail: 'DataNameTooLong', retry: false },
      ],
    });
    expect(desk.members('sport')).toEqual([`TDID:${uuid(1)}`, `TDID:${uuid(4)}`]);
  });

  it('takes a failed line without a number for all that have none', async () => {
    await opened();
    const told = { ErrorCode: 'Unknown', Message: uuid(1) };
    desk.next({
      status: 200,
      body: { FailedLines: [told, { ErrorCode: 'UserNotMapped', ItemNumber: '2' }] },
    });
    const taken = await sendFirst([
      { uid: uuid(1), add: ['sport'] },
      { uid: uuid(2), add: ['sport'] },
    ]);
    expect(taken.accepted).toBe(0);
    expect(taken.failed.map(({ number, reason, retry }) => [number, reason, retry])).toEqual([
      [1, 'unknown_id', false],
      [0, 'line_rejected', true],
    ]);
    expect(JSON.stringify(taken)).not.toContain(uuid(1));
  });

  it.each<[string, Parameters<TradeDesk['next']>[0], string, boolean, number | undefined]>([
    [
      'too many requests, seconds',
      { status: 429, headers: { 'retry-after': '7' } },
      'rate_limited',
      true,
      7000,
    ],
    [
      'unavailable, a date',
      { status: 503, headers: { 'retry-after': 'Sun, 01 Mar 2026 12:01:00 GMT' } },
      'unavailable',
      true,
      60_000,
    ],
    ['a wrong token', { status: 401 }, 'unauthorized', false, undefined],
    [
      'an advertiser of others, by the second version of the answer',
      { status: 403, body: { ErrorCode: 'AdvertiserMisconfigured', Message: uuid(1) } },
      'forbidden',
      false,
      undefined,
    ],
    ['not allowed', { status: 403 }, 'forbidden', false, undefined],
    ['a broken success', { status: 200, body: '<html>' }, 'bad_answer', true, undefined],
    [
      'a refusal',
      { status: 400, body: { FailedLines: [{ ErrorCode: 'InvalidDataOwnerId' }] } },
      'rejected',
      false,
      undefined,
    ],
  ])('gives up on a chunk: %s', async (_, answer, reason, retry, afterMs) => {
    await opened();
    desk.next(answer);
    const context = await contextOf(firstParty(), { now: () => new Date('2026-03-01T12:00:00Z') });
    const error = await failing(
      tradeDeskFirstParty.send(chunkOf([{ uid: uuid(1), add: ['sport'] }]), context),
    );
    expect(error).toMatchObject({ reason, retry, afterMs });
    expect(error?.message).not.toContain(uuid(1));
    const { ErrorCode } = Object(answer.body) as { ErrorCode?: string };
    expect(error?.message).toContain(ErrorCode ?? '');
  });

  it('cuts requests by the bytes they have, and loses and doubles nothing', async () => {
    await opened();
    // Three bytes a character: counted in characters it would be a third, and one request.
    const name = '語'.repeat(250);
    const lines = Array.from({ length: 6000 }, (_, n) => ({ uid: uuid(n), add: [name] }));
    expect((await sendFirst(lines)).accepted).toBe(6000);
    expect(desk.members(name)).toHaveLength(6000);
    expect(desk.requests.length).toBe(3);
    expect(desk.refused).toBe(0);
  });

  it('gives an id of very many segments several items', async () => {
    await opened();
    const names = Array.from({ length: 9000 }, (_, n) => `${n}-${'語'.repeat(240)}`);
    const taken = await sendFirst([{ uid: uuid(1), add: names }]);
    expect(taken).toEqual({ accepted: 1, failed: [] });
    expect(names.filter((name) => desk.members(name).length === 1)).toHaveLength(9000);
    expect(desk.refused).toBe(0);
  });

  it('takes four callers at a time and refuses a fifth', async () => {
    await opened();
    const send = (n: number) => sendFirst([{ uid: uuid(n), add: ['sport'] }]);
    const letGo = desk.hold();
    const four = Promise.all([1, 2, 3, 4].map(send));
    await vi.waitFor(() => expect(desk.underWay).toBe(4), 20_000);
    expect(await failing(send(5))).toMatchObject({ reason: 'rate_limited', retry: true, afterMs: 1000 });
    letGo();
    expect((await four).map(({ accepted }) => accepted)).toEqual([1, 1, 1, 1]);
  });

  it('bounds its callers by the endpoint, which all advertisers have in common', () => {
    const limitsOf = (advertiserId: string) =>
      tradeDeskFirstParty.limits(
        tradeDeskFirstParty.settings.parse({ endpoint: 'https://usw.example/', advertiserId, token: 't' }),
      );
    expect(limitsOf('one')).toMatchObject({
      concurrency: 4,
      endpoints: [
        'https://usw.example/data/advertiser',
        'https://usw.example/data/deletion-optout/advertiser',
      ],
    });
    expect(limitsOf('other')).toEqual(limitsOf('one'));
  });

  it('is not broken by a hostile name', async () => {
    await opened();
    const name = '"}],"Items":[]}\r\n\u0000\u2028\\';
    await sendFirst([{ uid: uuid(1), add: [name] }]);
    expect(desk.members(name)).toEqual([`TDID:${uuid(1)}`]);
  });

  it('shows what it would send, and no key', async () => {
    await opened();
    const settings = firstParty({ signingKey: 'hidden-key' });
    const shown = await tradeDeskFirstParty.preview(chunkOf([{ uid: uuid(1), add: ['sport'] }]), settings);
    expect(JSON.parse(shown)).toEqual({
      AdvertiserId: 'advertiser',
      Items: [
        {
          TDID: uuid(1),
          Data: [{ Name: 'sport', TimestampUtc: '2026-03-01T12:00:00.000Z', TtlInMinutes: 129_600 }],
        },
      ],
    });
  });

  it.each<[Record<string, unknown>, boolean]>([
    [{ token: 't' }, true],
    [{ signingKey: 'k' }, true],
    [{}, false],
    [{ token: 't', signingKey: 'k' }, false],
    [{ token: 'a\r\nx: y' }, false],
    [{ token: 't', endpoint: 'file:///etc' }, false],
  ])('with settings %j is usable: %s', (settings, usable) => {
    expect(tradeDeskFirstParty.settings.safeParse({ advertiserId: 'a', ...settings }).success).toBe(usable);
  });
});
