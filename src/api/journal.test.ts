import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { setAside } from '../journal/set-aside.ts';
import { readAudit } from '../report/audit.ts';
import type { Backend } from './backend.ts';
import type { Env } from './http.ts';
import { journalRoutes } from './journal.ts';
import { asApiError, sendProblem } from './problem.ts';

const NAME = 'w1-boot-00000001';
const away = new ClickHouse({
  urls: ['http://127.0.0.1:9'],
  user: '',
  password: '',
  database: 'x',
  cluster: undefined,
});
const clickhouse = new ClickHouse(await freshDatabase());
beforeAll(() => migrate(clickhouse, 90).then(() => {}));
afterAll(() => clickhouse.close());
let data: string;
let scopes: readonly string[];
let app: Hono<Env>;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'ninety-api-journal-'));
  mkdirSync(join(data, 'journal/hits'), { recursive: true });
  for (const name of [NAME, 'w1-boot-00000002'])
    writeFileSync(join(data, `journal/hits/${name}.tsv`), `time\tfile\n1\t${name}\n`);
  await setAside(join(data, 'journal'), 'hits', NAME, new Error('refused'));
  open(away);
});
afterEach(() => rm(data, { recursive: true }));

function open(reached: ClickHouse): void {
  app = new Hono<Env>();
  app.use((c, next) => {
    c.set('caller', { id: 'test', scopes: [...scopes] });
    return next();
  });
  const silent = { info: () => undefined, warn: () => undefined };
  app.route(
    '/v1/journal',
    journalRoutes({ config: { data }, clickhouse: reached, log: silent } as unknown as Backend),
  );
  app.onError((error, c) => sendProblem(c, asApiError(error)));
}

/** Who did what, the newest first. */
const acts = async () =>
  (await readAudit(clickhouse, { limit: 10, retentionDays: 90 })).items.map(
    ({ by, action, kind, subject }) => [by.id, action, kind, subject],
  );

const ask = async (method: string, path: string) => {
  const answer = await app.request(`/v1/journal${path}`, { method });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
};

describe('the journal of a machine', () => {
  it('shows a reader what waits and what is set aside, and lets nobody but an administrator change it', async () => {
    scopes = ['read'];
    expect(await ask('GET', '')).toMatchObject({
      status: 200,
      body: { setAside: [{ stream: 'hits', file: NAME, rows: 1, reason: 'refused' }] },
    });
    expect(await ask('GET', `/hits/${NAME}`)).toMatchObject({
      status: 200,
      body: { columns: ['time', 'file'], stored: null },
    });
    for (const [method, path] of [
      ['POST', `/hits/${NAME}/replay`],
      ['DELETE', `/hits/${NAME}`],
    ] as const)
      expect((await ask(method, path)).status).toBe(403);
    scopes = [];
    expect((await ask('GET', '')).status).toBe(403);
  });

  it('is not touched while ClickHouse is away, where nobody could be told who did it', async () => {
    scopes = ['admin'];
    expect((await ask('POST', `/hits/${NAME}/replay`)).status).toBe(503);
    expect((await ask('DELETE', `/hits/${NAME}`)).status).toBe(503);
    expect(await ask('GET', '')).toMatchObject({ body: { setAside: [{ file: NAME }] } });
  });

  it('puts a file back, once', async () => {
    open(clickhouse);
    scopes = ['admin'];
    expect(await ask('POST', `/hits/${NAME}/replay`)).toEqual({
      status: 202,
      body: { stream: 'hits', file: NAME, state: 'waiting' },
    });
    expect(await ask('GET', '')).toMatchObject({ body: { setAside: [] } });
    expect((await ask('POST', `/hits/${NAME}/replay`)).status).toBe(404);
    expect(await acts()).toEqual([['test', 'put back', 'journal', `hits/${NAME}`]]);
  });

  it('deletes a file, once', async () => {
    open(clickhouse);
    scopes = ['admin'];
    expect((await ask('DELETE', `/hits/${NAME}`)).status).toBe(204);
    expect((await ask('DELETE', `/hits/${NAME}`)).status).toBe(404);
    expect((await acts())[0]).toEqual(['test', 'dropped', 'journal', `hits/${NAME}`]);
  });

  it.each([`/nobody/${NAME}`, '/hits/w1-boot-00000002', '/hits/..%2F..%2Fsecrets', `/set-aside/${NAME}`])(
    'knows no file %s among those set aside',
    async (path) => {
      scopes = ['admin'];
      for (const method of ['GET', 'DELETE']) expect((await ask(method, path)).status).toBe(404);
      expect((await ask('POST', `${path}/replay`)).status).toBe(404);
    },
  );
});
