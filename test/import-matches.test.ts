import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Operator, Person, until } from './client.ts';
import { at, ninety } from './command.ts';
import { ask } from './engine.ts';
import { HOMES, type Home, type HomeName, openHome } from './homes.ts';
import { ADMIN_KEY, engineOf, gone, startServer } from './server-process.ts';

const DEVICE = 'aebe52e7-03ee-455a-b3c4-e57283966239';

describe.each(['embedded', 'cluster'] as const satisfies HomeName[])('match tables on %s', (name) => {
  let home: Home;
  const folder = mkdtempSync(join(tmpdir(), 'ninety-matches-'));
  beforeAll(async () => {
    home = await openHome(name, { NINETY_MIN_AUDIENCE: '1', NINETY_SEGMENTS_CRON: '0 0 29 2 *' });
    for (const id of ['acme', 'neighbour']) await home.admin.json('POST', '/v1/partners', { id, name: id });
  });
  afterAll(async () => {
    await home?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const importMatches = (file: string, options: string[] = [], input?: string) =>
    ninety(['import', 'matches', file, ...options, ...at(home.admin.url)], {}, input);

  it(`run from a file to a pull under the partner’s ids, and out of it again (${HOMES[name]})`, async () => {
    const people = Array.from({ length: 30 }, () => new Person(home.collector));
    for (const [n, person] of people.entries()) {
      expect(await person.see({ s: home.siteKey, u: 'https://news.example/' })).toBe('stored');
      if (n >= 10) continue;
      // A collector in a process of its own knows a new partner after a moment.
      await until('the partner is known', async () => {
        const matched = await person.get(`/setuid?bidder=neighbour&uid=near-${n}`);
        return /^(matched|replaced)/.test(String(matched.headers['ninety-result']));
      });
    }
    const app = { s: home.siteKey, u: 'https://news.example/', dt: 'idfa', did: DEVICE };
    expect(await new Person(home.collector).see(app)).toBe('stored');
    await home.admin.json('POST', '/v1/segments', { id: 'all', name: 'All', rule: { did: {} } });
    expect(await home.admin.build('all')).toBe(31);
    const before = await home.admin.pull('all', 'acme');
    expect(before.lines).toEqual([]);

    const lines = [
      ...people.slice(0, 10).map((_, n) => ({ id: `neighbour:near-${n}`, partner: 'acme', uid: `a-${n}` })),
      ...people
        .slice(10, 20)
        .map((person, n) => ({ id: person.visitor, partner: 'acme', uid: `a-${n + 10}` })),
      { id: `idfa:${DEVICE}`, partner: 'acme', uid: 'a-app' },
      ...Array.from({ length: 5 }, (_, n) => ({
        id: `neighbour:none-${n % 2}`,
        partner: 'acme',
        uid: 'a-x',
      })),
      { id: people[20]!.visitor, partner: 'acme', uid: 'y'.repeat(10_240) },
      'garbage \u0000\u0007 {"id":',
    ];
    const file = join(folder, 'matches.ndjson.gz');
    const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
    writeFileSync(file, gzipSync(text));
    const said = await importMatches(file);
    expect([said.code, said.err]).toEqual([0, '']);
    expect(said.out).toMatch(/lines received +28\n +stored +21\n +of these deleted +0\n +malformed +2\n/);
    expect(said.out).toMatch(/unknown_id +5 /);
    expect(said.out).toContain('Unknown ids: 2.');
    expect(said.out).toContain('Malformed: line 27 (bad_uid), line 28 (bad_json).');
    const receipt = /GET (\/v1\/matches\/\w+)/.exec(said.out)?.[1];
    expect(await home.admin.json('GET', receipt!)).toMatchObject({ state: 'done', stored: 21 });
    const after = await home.admin.pull('all', 'acme', before.cursor);
    expect(after.lines.map(({ id }) => id)).toEqual(
      ['a-app', ...Array.from({ length: 20 }, (_, n) => `a-${n}`)].sort(),
    );

    // Replaced and deleted, by a table without names in its first line.
    const [replaced, deleted] = [people[10]!.visitor, people[11]!.visitor];
    const table = `b-10\t0\t${replaced}\n\t0\t${deleted}\n`;
    const again = await importMatches('-', ['--partner', 'acme', '--columns', 'uid,-,id'], table);
    expect(again.out).toMatch(/stored +2\n +of these deleted +1\n/);
    const changed = await home.admin.pull('all', 'acme', after.cursor);
    expect(changed.lines).toEqual([
      { id: 'a-10', op: 'remove' },
      { id: 'a-11', op: 'remove' },
      { id: 'b-10', op: 'add' },
    ]);
  });

  it('leave no id of who is not known here, and nothing half done', async () => {
    for (const shard of home.shards)
      for (const table of ['match_lines', 'uploaded_links'])
        expect(await ask(shard, `SELECT count() FROM ninety.${table} FORMAT TabSeparated`)).toBe('0\n');
  });

  it('end with a word where the file or the options will not do', async () => {
    const table = join(folder, 'table.tsv');
    writeFileSync(table, 'AAAAAAAAAAA\tacme\tu\n');
    const damaged = join(folder, 'damaged.gz');
    writeFileSync(damaged, gzipSync('{"id":"AAAAAAAAAAA"}\n'.repeat(2_000)).subarray(0, 60));
    for (const [file, options, code, why] of [
      [join(folder, 'none.ndjson'), [], 1, 'does not exist'],
      [table, [], 1, 'first line'],
      [table, ['--partner', 'nobody'], 1, 'no partner is registered'],
      [damaged, [], 1, 'Nothing of this upload is stored.'],
      [table, ['--format', 'ndjson', '--columns', 'id'], 2, '--format tsv'],
    ] as const) {
      const said = await importMatches(file, [...options]);
      expect([said.code, said.err]).toEqual([code, expect.stringContaining(why)]);
    }
  });
});

/** Links that each visitor of an upload gets; enough that storing takes a while. */
const MANY = 60_000;

describe.skipIf(process.platform !== 'linux')('a match table', () => {
  let data: string;
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'ninety-matches-kill-'));
  });
  afterAll(() => rm(data, { recursive: true, force: true }));

  const rows = async (table: string) =>
    Number(await ask(engineOf(data), `SELECT count() FROM ninety.${table} FORMAT TabSeparated`));
  /** Ends all leases as whoever holds one does, for who was killed cannot. */
  const releaseLeases = () =>
    ask(
      engineOf(data),
      `INSERT INTO ninety.leases (name, slot, holder, expires, time)
       SELECT name, max(leases.slot), argMax(leases.holder, (leases.slot, leases.time)), toDateTime64(0, 3), now64(3)
       FROM ninety.leases GROUP BY name`,
    );
  const linked = () => rows("kept_matches WHERE source = 'acme'");

  it('is there whole or not at all, whenever the server is killed', async () => {
    let server = startServer(data);
    let { url } = await server.banner();
    await new Operator(url, ADMIN_KEY).json('POST', '/v1/partners', { id: 'acme', name: 'Acme' });
    await ask(
      engineOf(data),
      `INSERT INTO ninety.consents (visitor, time, purposes, partners, origin)
       SELECT number * 11400714819323198485, now64(3), 1023, ['acme'], 'web' FROM numbers(${MANY})`,
    );
    const visitors = await ask(
      engineOf(data),
      `SELECT base64URLEncode(unhex(leftPad(hex(number * 11400714819323198485), 16, '0'))) FROM numbers(${MANY}) FORMAT TabSeparated`,
    );
    const table = visitors
      .trimEnd()
      .split('\n')
      .map((id, n) => `${id}\tuid-${n}`)
      .join('\n');
    /** Whether the newest upload has come so far. */
    const moments = {
      'is receiving': async () => (await newest(url))?.state === 'receiving',
      'is storing': async () => (await newest(url))?.state === 'storing',
      'has links that are not shown yet': async () => (await rows('uploaded_links')) > 0,
    };
    for (const [moment, hasCome] of Object.entries(moments)) {
      const sending = upload(url, table, moment !== 'is receiving').catch(() => undefined);
      await until(`an upload ${moment}`, hasCome);
      const engine = server.enginePid();
      server.signal('SIGKILL');
      await server.ended;
      await gone(engine);
      await sending;
      server = startServer(data);
      ({ url } = await server.banner());
      const found = await linked();
      expect(moment === 'is receiving' ? [0] : [0, MANY], `links after a kill when it ${moment}`).toContain(
        found,
      );
      // For the next one as if this had never been.
      await ask(engineOf(data), 'TRUNCATE TABLE ninety.links');
      if (moment !== Object.keys(moments).at(-1)) await releaseLeases();
    }
    // The lease of the last one that was killed is waited for.
    expect(await upload(url, table)).toMatchObject({ state: 'done', received: MANY, stored: MANY });
    expect(await linked()).toBe(MANY);
    server.signal('SIGTERM');
    await server.ended;
  });
});

interface Receipt {
  readonly state: string;
}

/** Of an upload that was killed the state stays what it was for a minute: only the newest is looked at. */
const newest = async (url: string) =>
  (await new Operator(url, ADMIN_KEY).json<{ items: Receipt[] }>('GET', '/v1/matches?limit=1')).items[0];

/** @param toItsEnd without it the server waits for more. @throws Error where the connection breaks. */
function upload(url: string, table: string, toItsEnd = true): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'text/tab-separated-values' };
    const asked = request(
      `${url}/v1/matches?partner=acme&columns=id,uid`,
      { method: 'POST', headers, agent: false },
      (answer) => {
        let said = '';
        answer
          .setEncoding('utf8')
          .on('data', (piece: string) => {
            said += piece;
          })
          .on('error', reject)
          .on('end', () => (said === '' ? reject(new Error('no answer')) : resolve(JSON.parse(said))));
      },
    ).once('error', reject);
    if (toItsEnd) asked.end(table);
    else asked.write(table);
  });
}
