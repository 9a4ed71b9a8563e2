import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Person } from './client.ts';
import { at, ninety, type Said, startNinety } from './command.ts';
import { type Home, openHome } from './homes.ts';
import {
  INTERESTS,
  isAbout,
  LOG,
  NEED_A_YES,
  reckoned,
  text,
  type View,
  visitorsWith,
} from './log-reckoning.ts';

/** The numbers of a summary, by what stands before them. */
const numbersOf = (said: Said) =>
  Object.fromEntries(
    [...said.out.matchAll(/^ {2}([a-z_]+(?: [a-z]+)*) +([\d,]+)(?= {2}|$)/gm)].map(([, name, n]) => [
      name,
      Number(n!.replaceAll(',', '')),
    ]),
  );

describe.skipIf(text === '')(
  text === '' ? 'an imported log (skipped: there is no ../shared/data/logs/access.log)' : 'an imported log',
  () => {
    let home: Home;
    let first: Said;
    const keys: Record<string, string> = {};
    const folder = mkdtempSync(join(tmpdir(), 'ninety-import-'));

    const importLog = (file: string, site: string, options: readonly string[], input?: string) =>
      ninety(
        ['import', 'access-log', file, '--site', keys[site] ?? site, ...options, ...at(home.admin.url)],
        {},
        input,
      );
    const segment = async (id: string, rule: unknown) => {
      await home.admin.json('POST', '/v1/segments', { id, name: id, rule });
      return home.admin.build(id);
    };

    beforeAll(async () => {
      home = await openHome('embedded', { NINETY_MIN_AUDIENCE: '1' });
      for (const id of ['given', 'policy', 'old', 'piped']) {
        const site = await home.admin.json<{ key: string }>('POST', '/v1/sites', {
          id,
          name: id,
          domains: ['www.example.com'],
        });
        keys[id] = site.key;
      }
      first = await importLog(LOG, 'given', ['--consent', 'given', '--now']);
    });
    afterAll(async () => {
      await home?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it('has every line accounted for, as the raw lines say', () => {
      expect(first.code).toBe(0);
      expect(numbersOf(first)).toEqual({
        'lines read': 10_000,
        'hits stored': reckoned.views.length,
        refused: 10_000 - reckoned.views.length,
        asset: reckoned.assets,
        bot: reckoned.bots,
        not_a_page_view: reckoned.notViews,
        malformed: reckoned.malformed.length,
      });
      expect(first.out).toContain(`Malformed: line ${reckoned.malformed.join(', ')}.`);
      expect(first.out).not.toContain('--now');
    });

    it('has its refusals among the counters of the server', async () => {
      const counted = Object.fromEntries(await home.admin.refusals());
      expect(counted).toEqual({
        asset: reckoned.assets,
        bot: reckoned.bots,
        not_a_page_view: reckoned.notViews,
        malformed: reckoned.malformed.length,
      });
      expect(await home.admin.stored()).toBe(reckoned.views.length);
    });

    it.each(Object.keys(INTERESTS))(
      'gives an interest segment of the size reckoned by hand: %s',
      async (interest) => {
        const category = INTERESTS[interest]!.id;
        const expected = visitorsWith(isAbout(interest));
        expect(expected).toBeGreaterThan(10);
        expect(await segment(`interest-${category}`, { did: { site: 'given', category } })).toBe(expected);
      },
    );

    it.each(['US', 'DE', 'FR', 'IN', 'CN'])(
      'gives a country segment of the size reckoned by hand: %s',
      async (country) => {
        const expected = visitorsWith((view) => view.country === country);
        expect(expected).toBeGreaterThan(5);
        const rule = { did: { site: 'given', country } };
        expect(await segment(`country-${country.toLowerCase()}`, rule)).toBe(expected);
      },
    );

    it.each(['/blog/geekery/', '/projects/xdotool/', '/presentations/'])(
      'gives a segment by path of the size reckoned by hand: %s*',
      async (start) => {
        const under = (view: View) => view.path.startsWith(start);
        const id = `path-${start.split('/').at(-2)}`;
        const match = { site: 'given', path: `${start}*` };
        expect(await segment(id, { did: match })).toBe(visitorsWith(under));
        expect(await segment(`${id}-often`, { did: match, times: 3 })).toBe(visitorsWith(under, 3));
      },
    );

    it('has its visitors apart from one another as address and browser are', async () => {
      expect(await segment('everyone', { did: { site: 'given' } })).toBe(visitorsWith(() => true));
    });

    it('has its newest line now, and the others as long before it as they were', async () => {
      // A border in a pause of three minutes between two views: the seconds since the import do not matter.
      const isQuiet = (border: number) =>
        !reckoned.views.some(({ time }) => time >= border - 1000 && time < border + 180_000);
      const hours = Array.from({ length: 48 }, (_, hour) => hour + 24);
      const borders = hours.map((hour) => ({ hour, border: reckoned.newest - hour * 3_600_000 }));
      const { hour, border } = borders.find((each) => isQuiet(each.border))!;
      const expected = visitorsWith(({ time }) => time >= border);
      expect(expected).toBeGreaterThan(100);
      expect(await home.admin.estimate({ did: { site: 'given' }, within: `${hour}h` })).toBe(expected);
    });

    it('is pulled as visitors, and never under the ids of a partner or a device', async () => {
      await home.admin.json('POST', '/v1/partners', { id: 'dsp', name: 'A DSP' });
      const person = new Person(home.collector);
      expect(
        await person.see({ s: keys['given']!, u: 'https://www.example.com/articles/ssh-security/' }),
      ).toBe('stored');
      expect((await person.get('/setuid?bidder=dsp&uid=known-to-the-dsp')).status).toBe(200);
      const size = await home.admin.build('interest-618');
      expect(size).toBe(visitorsWith(isAbout('Information and Network Security')) + 1);
      expect((await home.admin.pull('interest-618', 'visitor')).lines.length).toBe(size);
      expect((await home.admin.pull('interest-618', 'dsp')).lines).toEqual([
        { id: 'known-to-the-dsp', op: 'add' },
      ]);
      expect((await home.admin.pull('interest-618', 'idfa')).lines).toEqual([]);
    });

    it('imported once more has other visitors, because the key is thrown away', async () => {
      const before = await home.admin.build('everyone');
      const again = await importLog(LOG, 'given', ['--consent', 'given', '--now']);
      expect(numbersOf(again)).toEqual(numbersOf(first));
      expect(await home.admin.build('everyone')).toBe(before + visitorsWith(() => true));
    });

    it('is refused line by line where the law wants a yes and the policy decides', async () => {
      const said = await importLog(LOG, 'policy', ['--now']);
      const refused = reckoned.views.filter((view) => NEED_A_YES.has(view.country)).length;
      const unknown = reckoned.views.filter((view) => view.country === '').length;
      expect(refused).toBeGreaterThan(100);
      expect(numbersOf(said)).toMatchObject({
        'hits stored': reckoned.views.length - refused - unknown,
        consent_missing: refused,
      });
      expect(numbersOf(said)['country_unknown'] ?? 0).toBe(unknown);
      expect(await segment('french', { did: { site: 'policy', country: 'FR' } })).toBe(0);
    });

    it('is refused as expired where its times are not shifted, and the summary says what to do', async () => {
      const said = await importLog(LOG, 'old', ['--consent', 'given']);
      expect(said.code).toBe(0);
      expect(numbersOf(said)).toMatchObject({
        'hits stored': 0,
        expired: reckoned.views.length + reckoned.bots,
      });
      expect(said.out).toMatch(/older than the retention\. With --now/);
    });

    it('is the same from a compressed file and from a pipe', async () => {
      const part = text.split('\n').slice(0, 500).join('\n');
      const zipped = join(folder, 'access.log.1');
      writeFileSync(zipped, gzipSync(part));
      const fromFile = await importLog(zipped, 'piped', []);
      const fromPipe = await importLog('-', 'piped', [], part);
      expect(numbersOf(fromFile)['lines read']).toBe(500);
      expect(numbersOf(fromPipe)).toEqual(numbersOf(fromFile));
    });

    it('is not begun for a site that does not exist, and the sites there are named', async () => {
      const said = await importLog(LOG, 'no-such-key', []);
      expect(said.code).toBe(1);
      expect(said.err).toContain(keys['given']);
    });

    it('is not taken with a key that may only collect', async () => {
      const { key } = await home.admin.json<{ key: string }>('POST', '/v1/keys', {
        name: 'servers',
        scopes: ['collect', 'edit'],
      });
      const said = await ninety(
        ['import', 'access-log', LOG, '--site', keys['old']!, '--url', home.admin.url, '--key', key],
        {},
      );
      expect(said.code).toBe(1);
      expect(said.err).toContain('admin');
      expect(said.out).toBe('');
    });

    it('says how far it came when it is interrupted', async () => {
      const { child, said } = startNinety(
        ['import', 'access-log', '-', '--site', keys['piped']!, ...at(home.admin.url)],
        {},
      );
      const lines = text.split('\n').slice(0, 3000).join('\n');
      await new Promise((written) => child.stdin!.write(lines, written));
      child.kill('SIGINT');
      const { code, err } = await said;
      expect(code).toBe(130);
      expect(err).toMatch(/Interrupted\s+(?:No line is sure|Lines 1 to [\d,]+ are in)/);
    });
  },
);
