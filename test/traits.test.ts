import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Person, until } from './client.ts';
import { at, ninety } from './command.ts';
import { ask } from './engine.ts';
import { HOMES, type Home, type HomeName, openHome } from './homes.ts';

const DEVICE = 'aebe52e7-03ee-455a-b3c4-e57283966239';

describe.each(['embedded', 'cluster'] as const satisfies HomeName[])('traits on %s', (name) => {
  let home: Home;
  const folder = mkdtempSync(join(tmpdir(), 'ninety-traits-'));
  beforeAll(async () => {
    // The schedule never comes: what is built is built for the uploads.
    home = await openHome(name, { NINETY_MIN_AUDIENCE: '1', NINETY_SEGMENTS_CRON: '0 0 29 2 *' });
    await home.admin.json('POST', '/v1/partners', { id: 'acme', name: 'Acme' });
  });
  afterAll(async () => {
    await home?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Without a call to build, whichever process took the upload. */
  const becomes = (size: number) =>
    until(
      `the segment has ${size}`,
      async () => (await home.admin.json('GET', '/v1/segments/fans'))['size'] === size,
    );
  const importTraits = (file: string, input?: string) =>
    ninety(['import', 'traits', file, ...at(home.admin.url)], {}, input);

  it(`run from a file to a segment and out of it again (${HOMES[name]})`, async () => {
    const people = Array.from({ length: 40 }, () => new Person(home.collector));
    for (const [n, person] of people.entries()) {
      const seen = await person.see({ s: home.siteKey, u: 'https://news.example/football' });
      expect(seen).toBe('stored');
      // A collector in a process of its own knows a new partner after a moment.
      await until('the partner is known', async () => {
        const matched = await person.get(`/setuid?bidder=acme&uid=u-${n}`);
        return matched.headers['ninety-result'] === 'matched';
      });
    }
    await new Person(home.collector).see({
      s: home.siteKey,
      u: 'https://news.example/',
      dt: 'idfa',
      did: DEVICE,
    });
    const trait = 'data-co:Football fans';
    const rule = { all: [{ trait }, { did: { path: '/football' } }] };
    await home.admin.json('POST', '/v1/segments', { id: 'fans', name: 'Fans', rule });
    expect(await home.admin.build('fans')).toBe(0);

    const lines = [
      ...people.slice(0, 20).map((person) => ({ id: `visitor:${person.visitor}`, trait })),
      ...people.slice(10, 30).map((_, n) => ({ id: `acme:u-${n + 10}`, trait })),
      { id: `idfa:${DEVICE}`, trait },
      { id: 'acme:u-39', trait, expires: '2020-01-01' },
      ...Array.from({ length: 5 }, (_, n) => ({ id: `acme:stranger-${n % 2}`, trait })),
      { id: 'u-1', trait },
    ];
    const file = join(folder, 'traits.ndjson.gz');
    writeFileSync(file, gzipSync(lines.map((line) => JSON.stringify(line)).join('\n')));
    const said = await importTraits(file);
    expect(said.err).toBe('');
    expect(said.code).toBe(0);
    expect(said.out).toMatch(/lines received +48\n +stored +42\n +of these expired +1\n +malformed +1\n/);
    expect(said.out).toMatch(/unknown_id +5 /);
    expect(said.out).toContain('Unknown ids: 2.');
    expect(said.out).toContain('Malformed: line 48 (bad_id).');
    const upload = /GET (\/v1\/traits\/\w+)/.exec(said.out)?.[1];
    expect(await home.admin.json('GET', upload!)).toMatchObject({
      state: 'done',
      received: 48,
      stored: 42,
      traits: [trait],
      segments: { count: 1, ids: ['fans'] },
    });

    await becomes(30);
    expect(await home.admin.estimate({ trait })).toBe(31);
    const pulled = await home.admin.pull('fans', 'acme');
    expect(pulled.lines.map(({ id }) => id)).toContain('u-29');
    expect(pulled.lines).toHaveLength(30);

    const over = JSON.stringify({ id: 'acme:u-29', trait, expires: '2020-01-01T00:00:00Z' });
    expect((await importTraits('-', `${over}\n`)).out).toMatch(/of these expired +1\n/);
    await becomes(29);
    expect((await home.admin.pull('fans', 'acme', pulled.cursor)).lines).toEqual([
      { id: 'u-29', op: 'remove' },
    ]);
  });

  it('keep no id of who is not known here', async () => {
    for (const shard of home.shards)
      expect(await ask(shard, 'SELECT count() FROM ninety.trait_lines FORMAT TabSeparated')).toBe('0\n');
  });

  it('end with a word where the file or the key will not do', async () => {
    const missing = await importTraits(join(folder, 'none.ndjson'));
    expect([missing.code, missing.err]).toEqual([1, expect.stringContaining('does not exist')]);
    const stranger = await ninety(
      ['import', 'traits', '-', '--url', home.admin.url, '--key', 'x'.repeat(20)],
      {},
      '{}',
    );
    expect([stranger.code, stranger.err]).toEqual([1, expect.stringContaining('does not know this key')]);
    const damaged = join(folder, 'damaged.gz');
    writeFileSync(
      damaged,
      gzipSync('{"id":"acme:u-1","trait":"data-co:x"}\n'.repeat(2_000)).subarray(0, 100),
    );
    const broken = await importTraits(damaged);
    expect([broken.code, broken.err]).toEqual([1, expect.stringContaining('damaged or cut off')]);
    expect(broken.err).toContain('Nothing of this upload is stored.');
    expect(await home.admin.estimate({ trait: 'data-co:x' })).toBe(0);
  });
});
