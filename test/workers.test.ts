import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROME, until } from './client.ts';
import { ask } from './engine.ts';
import { type Home, openHome } from './homes.ts';
import { childrenOf, commandLine, gone } from './server-process.ts';

const EVERYONE = { did: {} };
const CONNECTIONS = 6;
const KILLS = 3;
/** A connection that was just being handed to the killed worker is answered by nobody, and not closed either. */
const UNANSWERED_MS = { hit: 2_000, build: 15_000 };

let home: Home;
let number = 0;
const acknowledged: number[] = [];

beforeAll(async () => {
  home = await openHome('embedded', { NINETY_WORKERS: '2', NINETY_MIN_AUDIENCE: '0' });
  await home.admin.json('POST', '/v1/segments', { id: 'everyone', name: 'Everyone', rule: EVERYONE });
});
afterAll(() => home?.close());

const clickhouse = (sql: string) => ask(home.shards[0]!, sql);

/** A new visitor's hit on a connection of its own, which goes to the next worker. @returns its `Ninety-Result`. */
async function hit(siteKey = home.siteKey): Promise<string> {
  number += 1;
  const mine = number;
  const sent = get(`${home.collector}/p.gif?s=${siteKey}&u=https://www.example.com/&k=n${mine}`, {
    agent: false,
    headers: { 'user-agent': CHROME },
    timeout: UNANSWERED_MS.hit,
  });
  sent.on('timeout', () => sent.destroy(new Error('nobody answers')));
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  answer.resume();
  const result = String(answer.headers['ninety-result']);
  if (result === 'stored') acknowledged.push(mine);
  return result;
}

/** The worker that is asked may be the killed one; then the other is. */
async function build(): Promise<void> {
  const ask = () =>
    fetch(`${home.admin.url}/v1/segments/everyone/build?wait=1`, {
      method: 'POST',
      headers: { authorization: `Bearer ${home.admin.key}`, connection: 'close' },
      signal: AbortSignal.timeout(UNANSWERED_MS.build),
    });
  const answer = await until('a build is made', () => ask().catch(() => undefined));
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('fresh')]);
}

const hits = (count: number) => Promise.all(Array.from({ length: count }, () => hit()));
const workers = () =>
  childrenOf(home.servers[0]!.pid).filter((pid) => !commandLine(pid).includes('engine-child'));

describe('a server with two workers', () => {
  it('takes hits in both, and each tells what both have counted', async () => {
    await hits(40);
    expect(await home.admin.build('everyone')).toBe(40);
    const byWorker = await clickhouse(
      "SELECT splitByChar('-', toString(file))[1] AS worker, count() FROM ninety.hits GROUP BY worker ORDER BY worker",
    );
    const counts = byWorker
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('\t'));
    expect(counts.map(([worker]) => worker)).toEqual(['w1', 'w2']);
    expect(counts.reduce((sum, [, n]) => sum + Number(n), 0)).toBe(40);
    // A new connection each time, so that both are asked.
    for (let time = 0; time < 4; time++) expect(await stored()).toBe(40);
  });

  it('builds from every hit acknowledged before, whichever worker took it', async () => {
    for (let round = 0; round < 5; round++) {
      await hits(20);
      expect(await home.admin.build('everyone')).toBe(acknowledged.length);
    }
  });

  it('knows in both at once what was made through one', async () => {
    for (let time = 0; time < 3; time++) {
      const { key } = await home.admin.json<{ key: string }>('POST', '/v1/sites', { name: 'New' });
      expect(await Promise.all([hit(key), hit(key), hit(key), hit(key)])).toEqual(Array(4).fill('stored'));
    }
  });

  it('starts a killed worker again, and loses nothing that was acknowledged', async () => {
    for (let time = 0; time < KILLS; time++) {
      let sending = true;
      const load = Array.from({ length: CONNECTIONS }, async () => {
        while (sending) await hit().catch(() => sleep(5));
      });
      await sleep(300);
      const [victim] = workers();
      process.kill(victim!, 'SIGKILL');
      await sleep(time * 20);
      // Taken at this moment: what comes later may or may not be in the build.
      const before = [...acknowledged];
      await build();
      expect(await missing(before)).toEqual([]);
      await sleep(200);
      sending = false;
      await Promise.all(load);
      await gone(victim!);
      await until('there are two workers again', async () => workers().length === 2);
    }
    await build();
    expect(await home.admin.build('everyone')).toBeGreaterThanOrEqual(acknowledged.length);
    expect(await missing(acknowledged)).toEqual([]);
    expect(await clickhouse('SELECT count() - uniqExact(hit) FROM ninety.hits')).toBe('0\n');
    expect(await Promise.all([hit(), hit(), hit(), hit()])).toEqual(Array(4).fill('stored'));
  });

  it('ends with all its workers', async () => {
    const pids = workers();
    const { err } = await home.servers[0]!.stop();
    await Promise.all(pids.map(gone));
    expect(err.split('a worker died; starting it again')).toHaveLength(KILLS + 1);
  });
});

/** Which of the numbers ClickHouse does not have, or has twice. */
async function missing(numbers: readonly number[]): Promise<number[]> {
  const rows = await clickhouse('SELECT arrayJoin(keywords) FROM ninety.hits FORMAT TabSeparated');
  const found = new Map<number, number>();
  for (const [, n] of rows.matchAll(/^n(\d+)$/gm)) found.set(Number(n), (found.get(Number(n)) ?? 0) + 1);
  return numbers.filter((n) => found.get(n) !== 1);
}

async function stored(): Promise<number> {
  const answer = await fetch(`${home.collector}/metrics`, { headers: { connection: 'close' } });
  const lines = (await answer.text()).matchAll(/^ninety_hits_stored_total\{site="[^"]*"\} (\d+)$/gm);
  return [...lines].reduce((sum, [, n]) => sum + Number(n), 0);
}
