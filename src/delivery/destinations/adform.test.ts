import { afterEach, describe, expect, it, vi } from 'vitest';
import { type AdformOptions, serveAdform } from './adform.testing.ts';
import { adform } from './adform.ts';
import { chunkOf, contextOf } from './chunk.testing.ts';

const client = { clientId: 'ninety', clientSecret: 'very secret' };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function world(options: Partial<AdformOptions> = {}) {
  const server = await serveAdform({ ...client, ...options });
  closing.push(server.close);
  const settings = adform.settings.parse({
    ...client,
    uploadUrl: `${server.url}/upload`,
    tokenUrl: `${server.url}/sts/connect/token`,
  });
  return { server, settings };
}

const chunk = chunkOf([
  { uid: 'one', add: ['10', '11'] },
  { uid: 'device', source: 'idfa', add: ['10'] },
  { uid: 'left', remove: ['10'] },
  { uid: 'a\tb', add: ['10'] },
]);

describe('Adform', () => {
  it('is told who came, ids of each kind in a file of their own, and with a token of its own', async () => {
    const { server, settings } = await world({ endsTokens: true });
    const taken = await adform.send(chunk, await contextOf(settings));
    expect(taken).toMatchObject({ accepted: 3, failed: [{ number: 3, reason: 'bad_id', retry: false }] });
    expect(Object.fromEntries(server.segments)).toEqual({
      10: new Set(['one', 'device']),
      11: new Set(['one']),
    });
    expect(server.uploads()).toBe(2);
  });

  it('is told who left, and of whom it is to have nothing any more', async () => {
    const { server, settings } = await world();
    const send = async (lines: Parameters<typeof chunkOf>[0]) =>
      adform.send(chunkOf(lines), await contextOf(settings));
    await send(['one', 'two', 'three'].map((uid) => ({ uid, add: ['10', '11', '12'] })));
    await send([{ uid: 'device', source: 'idfa', add: ['10'] }]);
    expect(
      await send([
        { uid: 'one', add: ['13'], remove: ['10', '11'] },
        // Erased or opted out: also of what an earlier run told is nothing left.
        { uid: 'two', remove: ['10'], erased: true },
        { uid: 'device', source: 'idfa', optedOut: true },
      ]),
    ).toMatchObject({ accepted: 3, failed: [] });
    expect(Object.fromEntries(server.segments)).toEqual({
      10: new Set(['three']),
      11: new Set(['three']),
      12: new Set(['one', 'three']),
      13: new Set(['one']),
    });
  });

  it('takes no name of a segment that would take somebody out of all, or would itself be a removal', () => {
    for (const code of ['DeleteAll', 'deleteall', '--10', '-', 'a,b', 'a\tb', ''])
      expect(adform.refuseCode(code)).toBeDefined();
    expect(adform.refuseCode('10')).toBeUndefined();
  });

  it('is not sent a file again that it has', async () => {
    const { server, settings } = await world({
      instead: (upload) => (upload === 2 ? { status: 503 } : undefined),
    });
    const first = await contextOf(settings);
    await expect(adform.send(chunk, first)).rejects.toMatchObject({ reason: 'unavailable', retry: true });
    const remembered = first.memory.state;
    expect(remembered).toBe('1');
    await adform.send(chunk, await contextOf(settings, { remembered }));
    expect(server.uploads()).toBe(3);
    expect(server.segments.get('10')).toEqual(new Set(['one', 'device']));
    await adform.send(chunk, await contextOf(settings, { remembered: '2' }));
    expect(server.uploads()).toBe(3);
  });

  it('bounds the files that are under way by the account, whichever destinations lead there', async () => {
    let letGo = () => {};
    const work = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const { server, settings } = await world({ work: () => work });
    const { concurrency, endpoints } = adform.limits(settings);
    expect(endpoints).toEqual([settings.uploadUrl]);
    const send = async (uid: string) =>
      adform.send(chunkOf([{ uid, add: ['10'] }]), await contextOf(settings));
    const allowed = Promise.all(Array.from({ length: concurrency }, (_, n) => send(`u${n}`)));
    await vi.waitFor(() => expect(server.underWay()).toBe(concurrency), 20_000);
    // One more beside them is refused at once.
    await expect(send('more')).rejects.toMatchObject({ reason: 'rate_limited', afterMs: 60_000 });
    letGo();
    await allowed;
    expect(server.segments.get('10')?.size).toBe(concurrency);
  });

  it('says by name what was refused, and never the secret', async () => {
    const { settings } = await world();
    const wrong = { ...settings, clientSecret: 'another secret' };
    const failed = adform.send(chunk, await contextOf(wrong));
    await expect(failed).rejects.toMatchObject({ reason: 'unauthorized', retry: false });
    await expect(failed).rejects.not.toThrow(/another secret/);
    const busy = await world({ instead: () => ({ status: 429, headers: { 'retry-after': '7' } }) });
    await expect(adform.send(chunk, await contextOf(busy.settings))).rejects.toMatchObject({
      reason: 'rate_limited',
      afterMs: 7000,
    });
    const html = { ...settings, tokenUrl: settings.uploadUrl.replace('/upload', '/nothing') };
    await expect(adform.send(chunk, await contextOf(html))).rejects.toMatchObject({ reason: 'rejected' });
  });
});
