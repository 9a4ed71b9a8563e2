import { afterEach, describe, expect, it } from 'vitest';
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
  it('is told who came, ids of each kind in a file of their own', async () => {
    const { server, settings } = await world();
    const taken = await adform.send(chunk, await contextOf(settings));
    expect(taken).toMatchObject({ accepted: 3, failed: [{ number: 3, reason: 'bad_id', retry: false }] });
    expect(Object.fromEntries(server.segments)).toEqual({
      10: new Set(['one', 'device']),
      11: new Set(['one']),
    });
    expect(server.uploads()).toBe(2);
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

  it('has four files at once, from however many destinations', async () => {
    const { server, settings } = await world({ workMs: 30 });
    const sent = await Promise.all(
      Array.from({ length: 8 }, async (_, n) =>
        adform.send(chunkOf([{ uid: `u${n}`, add: ['10'] }]), await contextOf(settings)),
      ),
    );
    expect(sent.map(({ accepted }) => accepted)).toEqual(Array.from({ length: 8 }, () => 1));
    expect(server.segments.get('10')?.size).toBe(8);
    // And a fifth beside them is refused at once.
    const ask = () => fetch(settings.uploadUrl, { method: 'POST' }).then(({ status }) => status);
    const statuses = await Promise.all(Array.from({ length: 5 }, ask));
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
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
