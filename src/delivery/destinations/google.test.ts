import { afterEach, describe, expect, it } from 'vitest';
import { chunkOf, contextOf, type LineOf } from './chunk.testing.ts';
import { type GoogleOptions, serveGoogle } from './google.testing.ts';
import { google } from './google.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const BIG = '9223372036854775807';
const UUID = '2024d65f-ebbd-11ff-23ab-823fc255913a';

async function world(options: Partial<GoogleOptions> = {}, more: object = {}) {
  const server = await serveGoogle({ networkId: 'cookie-monster', lists: ['111', BIG], ...options });
  closing.push(server.close);
  const settings = google.settings.parse({
    networkId: 'cookie-monster',
    url: `${server.url}/upload`,
    ...more,
  });
  const send = async (lines: readonly LineOf[]) => google.send(chunkOf(lines), await contextOf(settings));
  return { server, send };
}

describe("Google's bulk uploader", () => {
  it('has who came and not who left, under each kind of id', async () => {
    const { server, send } = await world();
    await send([
      { uid: 'CAESE', add: ['111', BIG] },
      { uid: 'gone', add: ['111'] },
    ]);
    const taken = await send([
      { uid: 'gone', remove: ['111'] },
      { uid: UUID, source: 'idfa', add: ['111'] },
      { uid: UUID, source: 'gaid', add: ['111'] },
      { uid: UUID, source: 'tifa', add: ['111'] },
    ]);
    expect(taken).toMatchObject({ accepted: 4, failed: [] });
    expect(server.members.get('111')).toEqual(
      new Set(['0:CAESE', `1:${UUID.toUpperCase()}`, `2:${UUID}`, `9:${UUID}`]),
    );
    expect(server.members.get(BIG)).toEqual(new Set(['0:CAESE']));
    const hosted = await world({}, { idType: 'PARTNER_PROVIDED_ID' });
    await hosted.send([{ uid: '123456', add: ['111'] }]);
    expect(hosted.server.members.get('111')).toEqual(new Set(['4:123456']));
  });

  it('names the lines of which an operation failed', async () => {
    const { server, send } = await world({ unknown: ['nobody'] });
    const { accepted, failed } = await send([
      { uid: 'somebody', add: ['111'] },
      { uid: 'nobody', add: ['111', BIG] },
      { uid: 'other', add: ['111', '999'] },
      { uid: 'no uuid', source: 'gaid', add: ['111'] },
      { uid: 'else', add: ['not-a-list'] },
    ]);
    expect(accepted).toBe(1);
    expect(failed.map(({ number, reason }) => [number, reason])).toEqual([
      [3, 'bad_id'],
      [4, 'bad_segment'],
      [1, 'unknown_id'],
      [2, 'unknown_segment'],
    ]);
    expect(failed.some(({ detail }) => /nobody|uuid|else/.test(detail))).toBe(false);
    expect(server.members.get('111')).toEqual(new Set(['0:somebody', '0:other']));
  });

  it('is never sent more than 100 kB at once, and all of it', async () => {
    const { server, send } = await world();
    const lines = Array.from({ length: 1000 }, (_, n) => ({ uid: `${n}`.padEnd(400, 'x'), add: ['111'] }));
    expect(await send(lines)).toMatchObject({ accepted: 1000, failed: [] });
    expect(server.members.get('111')!.size).toBe(1000);
    expect(server.requests()).toBe(5);
  });

  it.each([
    ['another network', {}, { networkId: 'other' }, 'unauthorized', false],
    [
      'no permission',
      { instead: () => ({ status: 400, body: Buffer.from([8, 2]) }) },
      {},
      'forbidden',
      false,
    ],
    [
      'an error of its own',
      { instead: () => ({ status: 400, body: Buffer.from([8, 10]) }) },
      {},
      'unavailable',
      true,
    ],
    [
      'an error nobody knows',
      { instead: () => ({ status: 400, body: Buffer.from([8, 77]) }) },
      {},
      'rejected',
      false,
    ],
    [
      'something else than its message',
      { instead: () => ({ status: 200, body: '<html>' }) },
      {},
      'bad_answer',
      true,
    ],
    ['nothing with a 400', { instead: () => ({ status: 400 }) }, {}, 'rejected', false],
    ['503', { instead: () => ({ status: 503, headers: { 'retry-after': '3' } }) }, {}, 'unavailable', true],
  ])('refuses all, with %s', async (_, options, more, reason, retry) => {
    const { send } = await world(options as Partial<GoogleOptions>, more);
    await expect(send([{ uid: 'a', add: ['111'] }])).rejects.toMatchObject({ reason, retry });
  });

  it('is let rest as long as it says, and then sent the chunk again', async () => {
    const { server, send } = await world({ most: 3 });
    const lines = Array.from({ length: 4500 }, (_, n) => ({ uid: `${n}`.padStart(40, '0'), add: ['111'] }));
    await send(lines.slice(0, 1));
    await expect(send(lines)).rejects.toMatchObject({ reason: 'rate_limited', retry: true, afterMs: 30_000 });
    expect(server.requests()).toBe(4);
    server.rest();
    expect(await send(lines)).toMatchObject({ accepted: 4500, failed: [] });
    expect(server.members.get('111')!.size).toBe(4500);
  });

  it('knows a segment by the number of a list alone', () => {
    for (const code of ['111', BIG]) expect(google.refuseCode(code)).toBeUndefined();
    for (const code of ['', '0', '01', '-1', '1e3', 'cats', '9223372036854775808']) {
      expect(google.refuseCode(code)).toBeTypeOf('string');
    }
  });
});
