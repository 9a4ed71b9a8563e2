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

describe.each(['embedded', 'cluster'] as const satisfies HomeName[])('labels on %s', (name) => {
  let home: Home;
  const folder = mkdtempSync(join(tmpdir(), 'ninety-labels-'));
  const people: Person[] = [];
  beforeAll(async () => {
    home = await openHome(name, { NINETY_MIN_AUDIENCE: '1' });
    await home.admin.json('POST', '/v1/partners', { id: 'acme', name: 'Acme' });
    for (let n = 0; n < 40; n++) {
      const person = new Person(home.collector);
      expect(await person.see({ s: home.siteKey, u: 'https://news.example/' })).toBe('stored');
      people.push(person);
      if (n >= 20) continue;
      // A collector in a process of its own knows a new partner after a moment.
      await until('the partner is known', async () => {
        const matched = await person.get(`/setuid?bidder=acme&uid=u-${n}`);
        return /^(matched|replaced)/.test(String(matched.headers['ninety-result']));
      });
    }
    const app = { s: home.siteKey, u: 'https://news.example/', dt: 'idfa', did: DEVICE };
    expect(await new Person(home.collector).see(app)).toBe('stored');
  });
  afterAll(async () => {
    await home?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const importLabels = (file: string, options: string[] = [], input?: string) =>
    ninety(['import', 'labels', file, ...options, ...at(home.admin.url)], {}, input);
  const counts = async (attribute: string) => {
    const { items } = await home.admin.json<{
      items: { value: string; source: string; visitors: number }[];
    }>('GET', `/v1/labels?attribute=${attribute}`);
    return items.map(({ value, source, visitors }) => `${value} by ${source}: ${visitors}`);
  };

  it(`run from a file to what holds of each visitor (${HOMES[name]})`, async () => {
    const gender = (id: string, value: unknown) => JSON.stringify({ id, attribute: 'gender', value });
    const lines = [
      ...people.slice(0, 20).map((_, n) => gender(`acme:u-${n}`, n % 2 === 0 ? 'f' : 'M')),
      ...people.slice(20, 30).map((person) => gender(`visitor:${person.visitor}`, 'female')),
      gender(`idfa:${DEVICE}`, 'other'),
      'garbage \u0000\u0007 {"id":',
      gender('acme:stranger', 'f'),
      gender('acme:u-0', 'm'),
      JSON.stringify({ id: 'acme:u-1', attribute: 'age', value: 15 }),
      JSON.stringify({ id: 'acme:u-1', attribute: 'religion', value: 'x' }),
    ];
    const file = join(folder, 'labels.ndjson.gz');
    writeFileSync(file, gzipSync(lines.join('\n')));
    const said = await importLabels(file, ['--source', 'panel']);
    expect([said.code, said.err]).toEqual([0, '']);
    expect(said.out).toMatch(/lines received +36\n +stored +30\n +of these taken back +0\n +malformed +3\n/);
    expect(said.out).toMatch(/conflict +2 +Another line of the upload/);
    expect(said.out).toContain('Unknown ids: 1.');
    expect(said.out).toContain('Malformed: line 32 (bad_json), line 35 (minor), line 36 (special_category).');
    expect(said.out).toMatch(/special_category +1 +The label tells of health/);
    expect(said.out).toContain('In conflict: line 1, 34.');
    const receipt = /GET (\/v1\/labels\/\w+)/.exec(said.out)?.[1];
    expect(await home.admin.json('GET', receipt!)).toMatchObject({
      state: 'done',
      stored: 30,
      source: 'panel',
    });
    expect(await counts('gender')).toEqual(['female by panel: 19', 'male by panel: 10', 'other by panel: 1']);
  });

  it('come as tables too, and another source’s later word holds', async () => {
    const csv = join(folder, 'labels.csv');
    writeFileSync(
      csv,
      'value,id,attribute,note\nM,acme:u-2,gender,"a, b"\n"34",acme:u-2,age,\nM,"acme:u-4,gender,x\n',
    );
    const said = await importLabels(csv, ['--source', 'rival']);
    expect(said.out).toMatch(/lines received +3\n +stored +2\n/);
    expect(said.out).toContain('Malformed: line 4 (malformed).');
    expect(await counts('gender')).toEqual([
      'female by panel: 18',
      'male by panel: 10',
      'male by rival: 1',
      'other by panel: 1',
    ]);
    expect(await counts('age')).toEqual(['30-34 by rival: 1']);
    const tsv = await importLabels(
      '-',
      ['--format', 'tsv', '--source', 'panel'],
      'id\tattribute\tvalue\nacme:u-2\tgender\tf\n',
    );
    expect(tsv.out).toMatch(/stored +1\n/);
    expect((await counts('gender'))[0]).toBe('female by panel: 19');
    const back = await importLabels(
      '-',
      ['--format', 'csv', '--source', 'panel'],
      'id,attribute,value\nacme:u-2,gender,\n',
    );
    expect(back.out).toMatch(/stored +1\n +of these taken back +1\n/);
    expect((await counts('gender'))[0]).toBe('female by panel: 18');
    expect(await counts('gender')).toContain('male by rival: 1');
  });

  it('keep no id of who is not known here', async () => {
    for (const shard of home.shards)
      expect(await ask(shard, 'SELECT count() FROM ninety.label_lines FORMAT TabSeparated')).toBe('0\n');
  });

  it('end with a word where the file or the options will not do', async () => {
    const table = join(folder, 'table.tsv');
    writeFileSync(table, 'acme:u-1\tgender\tf\n');
    for (const [file, options, code, why] of [
      [join(folder, 'none.ndjson'), [], 1, 'does not exist'],
      [table, [], 1, 'first line'],
      [table, ['--source', 'My panel'], 1, 'source'],
      [table, ['--format', 'xml'], 2, 'xml'],
    ] as const) {
      const said = await importLabels(file, [...options]);
      expect([said.code, said.err]).toEqual([code, expect.stringContaining(why)]);
    }
  });
});
