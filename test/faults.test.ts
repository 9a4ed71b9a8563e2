import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ShownJournal } from '../src/api/journal.ts';
import { CHROME, Operator, send, until } from './client.ts';
import { at, ninety } from './command.ts';
import { freshDatabase } from './engine.ts';
import { type Fault, FaultyClickHouse } from './faulty-clickhouse.ts';
import {
  ADMIN_KEY,
  countNumbers,
  flush,
  type Load,
  type ServerProcess,
  sendNumbers,
  startServer,
} from './server-process.ts';

/** Hits of a load that must be acknowledged while the fault lasts. */
const ENOUGH = 300;
const AWAY_MS = 20_000;
/** What a collector may grow by while ClickHouse is away. */
const GROWTH_MB = 32;
const PAGE = 'https://news.example/football/cup';

const database = await freshDatabase();
const engine = { url: database.urls[0]!, user: database.user, password: database.password };
const onLinux = process.platform === 'linux';

/** A server whose only way to ClickHouse leads through the one that fails. */
class House {
  readonly proxy: FaultyClickHouse;
  readonly server: ServerProcess;
  readonly folder: string;
  readonly acknowledged: number[] = [];
  next: number;

  private constructor(proxy: FaultyClickHouse, server: ServerProcess, folder: string, from: number) {
    this.proxy = proxy;
    this.server = server;
    this.folder = folder;
    this.next = from;
  }

  /** @param from the first number; no two houses of this database may give the same. */
  static async open(from: number, env: Readonly<Record<string, string>> = {}): Promise<House> {
    const proxy = await FaultyClickHouse.before(engine.url);
    const folder = await mkdtemp(join(tmpdir(), 'ninety-faults-'));
    const server = startServer(folder, {
      CLICKHOUSE_URL: proxy.url,
      CLICKHOUSE_USER: engine.user,
      CLICKHOUSE_PASSWORD: engine.password,
      CLICKHOUSE_DATABASE: database.database,
      NINETY_MIN_AUDIENCE: '0',
      // Each server has secrets of its own, and those of one ClickHouse must agree.
      NINETY_SECRET: 'the same secret for every process of a test',
      ...env,
    });
    await server.banner();
    return new House(proxy, server, folder, from);
  }

  async url(): Promise<string> {
    return (await this.server.banner()).url;
  }

  async operator(): Promise<Operator> {
    return new Operator(await this.url(), ADMIN_KEY);
  }

  async journal(): Promise<ShownJournal> {
    return (await this.operator()).json<ShownJournal & Record<string, unknown>>('GET', '/v1/journal');
  }

  async load(): Promise<Load> {
    const { url, siteKey } = await this.server.banner();
    return sendNumbers(url, siteKey, () => this.next++);
  }

  /** Ends a load, none of which may have been refused. */
  async end(load: Load): Promise<void> {
    await load.end();
    expect(load.refused).toEqual([]);
    this.acknowledged.push(...load.acknowledged);
  }

  /** Every hit acknowledged so far is in both tables once, by the rows that lie there. */
  async expectEachOnce(): Promise<void> {
    await flush(await this.url());
    for (const table of ['hits', 'features'] as const) {
      const found = await countNumbers(engine, table, database.database);
      expect(
        this.acknowledged.filter((n) => !found.has(n)),
        `numbers that ${table} lost`,
      ).toEqual([]);
      expect(
        [...found].filter(([, times]) => times !== 1),
        `numbers that ${table} doubled`,
      ).toEqual([]);
    }
  }

  openFiles(): number {
    return readdirSync(`/proc/${this.server.pid}/fd`).length;
  }

  async close(): Promise<void> {
    this.proxy.heal();
    this.server.signal('SIGTERM');
    await this.server.ended;
    await this.proxy.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

const enough = async (load: Load, more = ENOUGH) => {
  const before = load.acknowledged.length;
  while (load.acknowledged.length < before + more) await sleep(20);
};

describe('every acknowledged hit is in ClickHouse exactly once, and nobody lends a hand', () => {
  let house: House;
  beforeAll(async () => {
    house = await House.open(1);
  });
  beforeEach(() => house.proxy.heal());
  afterAll(() => house?.close());

  /** In words, the fault, to what it is done, and how often it must have happened. */
  const faults: readonly [string, Fault, 'all' | 'inserts', number][] = [
    ['answers two seconds late', 'slow', 'all', 4],
    ['answers 500 for a while', 'fail', 'all', 4],
    ['is cut off in the middle of a file', 'cut_request', 'inserts', 3],
    ['is cut off in the middle of its answer', 'cut_answer', 'inserts', 3],
    ['is cut off while it puts a file in', 'leave', 'inserts', 3],
  ];
  it.each(faults)('when ClickHouse %s', async (_, fault, which, times) => {
    const load = await house.load();
    await enough(load);
    house.proxy.meet(({ table }) => (which === 'all' || table !== '' ? fault : 'pass'));
    await enough(load);
    await until('the fault has happened', async () => (house.proxy.done.get(fault) ?? 0) >= times);
    house.proxy.heal();
    await enough(load);
    await house.end(load);
    await house.expectEachOnce();
    expect((await house.journal()).setAside).toEqual([]);
  });

  it('when now this happens, now that', async () => {
    const mix: readonly Fault[] = ['pass', 'cut_request', 'fail', 'cut_answer', 'pass', 'leave'];
    let asked = 0;
    const load = await house.load();
    house.proxy.meet(() => mix[asked++ % mix.length]!);
    await enough(load);
    await until('each has happened', async () => house.proxy.done.size === 5 && asked > 60);
    house.proxy.heal();
    await house.end(load);
    await house.expectEachOnce();
  });

  it.runIf(onLinux)(
    'when it is away for twenty seconds: memory and open files stay as they are',
    async () => {
      const load = await house.load();
      await enough(load);
      const [memory, files] = [await house.server.heldMb(), house.openFiles()];
      await house.proxy.leave();
      const before = load.acknowledged.length;
      await sleep(AWAY_MS);
      const meanwhile = load.acknowledged.length - before;
      const waiting = (await house.journal()).waiting.find(({ stream }) => stream === 'hits')!;
      const [memoryAfter, filesAfter] = [await house.server.heldMb(), house.openFiles()];
      await house.proxy.comeBack();
      await enough(load);
      await house.end(load);
      expect(meanwhile).toBeGreaterThan(ENOUGH);
      expect(waiting.files).toBeGreaterThan(5);
      expect(Date.now() - Date.parse(waiting.oldest!)).toBeGreaterThan(10_000);
      expect(memoryAfter - memory).toBeLessThan(GROWTH_MB);
      expect(filesAfter - files).toBeLessThan(30);
      await house.expectEachOnce();
    },
  );

  it('when it refuses one file: that is set aside, others go on, and a replay brings it in', async () => {
    const url = await house.url();
    const admin = await house.operator();
    let poisoned = '';
    house.proxy.meet((asked) => {
      const name = asked.table === 'hits' ? /insert_deduplication_token=([\w-]+)/.exec(asked.url)?.[1] : '';
      poisoned ||= name ?? '';
      return poisoned !== '' && asked.table === 'hits' && asked.url.includes(poisoned) ? 'refuse' : 'pass';
    });
    const load = await house.load();
    const [aside] = await until('a file is set aside', async () => {
      const { setAside } = await house.journal();
      return setAside.length > 0 && setAside;
    });
    await enough(load);
    await house.end(load);
    await flush(url);
    expect(aside).toMatchObject({ stream: 'hits', file: poisoned });
    expect(aside!.reason).toContain('27');
    // Its own words could hold pieces of rows.
    expect(aside!.reason).not.toContain('Cannot parse');
    expect(house.proxy.done.get('refuse')).toBe(3);
    const stored = await countNumbers(engine, 'hits', database.database);
    expect(house.acknowledged.filter((n) => !stored.has(n))).toHaveLength(aside!.rows);
    const metrics = (await send('GET', `${url}/metrics`)).body;
    expect(metrics).toContain('\nninety_journal_set_aside_files 1\n');
    expect(metrics).toContain(`\nninety_journal_set_aside_rows ${aside!.rows}\n`);

    const name = `hits/${poisoned}`;
    const list = await ninety(['journal', 'list', ...at(url)]);
    expect(list.out).toContain(name);
    expect(list.out).toContain(aside!.reason);
    expect((await ninety(['status', ...at(url)])).out).toMatch(/set aside\s+1 files with/);
    const shown = await ninety(['journal', 'show', name, ...at(url)]);
    expect(shown.out).toMatch(/in ClickHouse\s+0 rows/);
    expect(shown.out).toMatch(/columns\s+time visitor/);

    const still = await ninety(['journal', 'replay', name, ...at(url)]);
    expect([still.code, still.out]).toEqual([1, `  ${name}: refused again, set aside\n`]);
    house.proxy.heal();
    const replayed = await ninety(['journal', 'replay', '--all', ...at(url)]);
    expect([replayed.code, replayed.out]).toEqual([0, `  ${name}: shipped\n`]);
    await house.expectEachOnce();
    expect((await house.journal()).setAside).toEqual([]);
    expect((await admin.send('POST', `/v1/journal/${name}/replay`)).status).toBe(404);
  });
});

describe('when the quota of the journal is reached', () => {
  let house: House;
  beforeAll(async () => {
    house = await House.open(10_000_000, { NINETY_JOURNAL_QUOTA_MB: '16' });
  });
  afterAll(() => house?.close());

  it('it is said to everybody, counted, and over when ClickHouse is back', async () => {
    const { url, siteKey } = await house.server.banner();
    const batch = async () => {
      const numbers = Array.from({ length: 1_000 }, () => house.next++);
      const hits = numbers.map((n) => ({
        site: siteKey,
        url: PAGE,
        keywords: [`n${n}`],
        title: 'x'.repeat(200),
      }));
      const answer = await send('POST', `${url}/v1/hits`, { 'user-agent': CHROME }, JSON.stringify(hits));
      const { refused } = JSON.parse(answer.body) as { refused: { index: number; reason: string }[] };
      const lost = new Set(refused.map(({ index }) => index));
      expect([...new Set(refused.map(({ reason }) => reason))]).toEqual(
        lost.size > 0 ? ['journal_full'] : [],
      );
      house.acknowledged.push(...numbers.filter((_, index) => !lost.has(index)));
      return answer;
    };
    const pixel = () =>
      send('GET', `${url}/p.gif?s=${siteKey}&u=${PAGE}&k=n${house.next++}`, { 'user-agent': CHROME });

    expect((await batch()).status).toBe(202);
    await house.proxy.leave();
    const full = await until('the quota is reached', async () => {
      const answer = await batch();
      return answer.status !== 202 && answer;
    });
    expect(full.status).toBe(503);
    expect(Number(full.headers['retry-after'])).toBeGreaterThan(0);
    expect(full.headers['content-type']).toBe('application/problem+json');
    // The quota is what the last look at the disk found, so that there may be room for a little once more.
    const gif = await until('the pixel and the probe say it too', async () => {
      await batch();
      const n = house.next;
      const answer = await pixel();
      if (answer.headers['ninety-result'] === 'stored') house.acknowledged.push(n);
      return (await send('GET', `${url}/readyz`)).status === 503 &&
        answer.headers['ninety-result'] !== 'stored'
        ? answer
        : undefined;
    });
    expect([gif.status, gif.headers['content-length'], gif.headers['ninety-result']]).toEqual([
      200,
      '43',
      'refused; reason=journal_full',
    ]);
    expect(gif.headers['set-cookie']).toBeUndefined();
    expect((await (await house.operator()).refusals()).get('journal_full')).toBeGreaterThan(0);

    await house.proxy.comeBack();
    await until('hits are taken again', async () => {
      const n = house.next;
      const taken = (await pixel()).headers['ninety-result'] === 'stored';
      if (taken) house.acknowledged.push(n);
      return taken;
    });
    // The first hit that is taken again may be the one that fills the quota once more.
    await until('the probe says so', async () => (await send('GET', `${url}/readyz`)).status === 200);
    await house.expectEachOnce();
  });
});
