import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { IndexExchange } from '../delivery/destinations/index-exchange.testing.ts';
import { type SftpServer, serveSftp } from '../delivery/drops/sftp.testing.ts';
import { testServer } from './server.testing.ts';

const database = await freshDatabase();
const clickhouse = new ClickHouse(database);
const server = await testServer({
  NINETY_OUTBOUND_ALLOW: '127.0.0.1',
  CLICKHOUSE_DATABASE: database.database,
});
const index = new IndexExchange();
let sftp: SftpServer;

beforeAll(async () => {
  sftp = await serveSftp({ username: 'u', password: 'p', folders: ['/in'] });
  await server.operator.json('POST', '/v1/partners', { id: 'index', name: 'Index Exchange' });
});
afterAll(async () => {
  await sftp.close();
  await clickhouse.close();
});

/** What Index Exchange needs to work off a pair of files, after which it may be sent the next. */
const restPasses = () =>
  clickhouse.command(
    'ALTER TABLE delivery_chunks UPDATE time = time - toIntervalMinute(31) WHERE true',
    {},
    { mutations_sync: '2' },
  );

/** Builds, delivers, and hands what has come by SFTP to Index Exchange, which works it off. @returns the files' names. */
async function deliver(known: Map<string, Buffer>): Promise<string[]> {
  await server.operator.build('readers');
  const path = '/v1/destinations/index/deliver?wait=1';
  const run = await server.operator.json<{ state: string; result: object }>('POST', path);
  expect(run).toMatchObject({ state: 'done', result: { state: 'done', dead: 0 } });
  const came = [...sftp.files].filter(([name, body]) => known.get(name) !== body);
  for (const [name, body] of came) {
    known.set(name, body);
    index.take(name.slice('/in/'.length), body);
  }
  index.workOff();
  await restPasses();
  return came.map(([name]) => name).sort();
}

it('a person who leaves and one who opts out are in a file of removals that Index Exchange takes', async () => {
  const { id: site, key } = await server.operator.json('POST', '/v1/sites', { name: 'Paper' });
  // Who comes a second time is in it no more.
  await server.operator.json('POST', '/v1/segments', {
    id: 'readers',
    name: 'Readers',
    rule: { did: { site }, times: { gte: 1, lte: 1 } },
  });
  await server.operator.json('POST', '/v1/destinations', {
    id: 'index',
    name: 'Index Exchange',
    type: 'index-exchange',
    partner: 'index',
    segments: [{ id: 'readers', code: 'aud-1' }],
    schedule: 'manual',
    settings: {
      indexAccountId: '1',
      drop: 'sftp',
      path: '/in',
      host: '127.0.0.1',
      port: sftp.port,
      hostKey: sftp.hostKey,
      username: 'u',
      password: 'p',
    },
  });
  const known = new Map<string, Buffer>();
  const see = (person: ReturnType<typeof server.person>) =>
    person.see({ s: String(key), u: 'https://paper.test/' });
  const people = new Map(['stays', 'leaves', 'opts-out'].map((uid) => [uid, server.person()]));
  for (const [uid, person] of people) {
    expect(await see(person)).toBe('stored');
    await person.get(`/setuid?bidder=index&uid=${uid}`);
  }
  expect(await deliver(known)).toEqual(['/in/aud-1.gz', '/in/aud-1.json']);
  expect(index.members('aud-1')).toEqual(['leaves', 'opts-out', 'stays']);

  expect(await see(people.get('leaves')!)).toBe('stored');
  expect((await people.get('opts-out')!.get('/optout')).status).toBeLessThan(400);
  expect(await deliver(known)).toEqual(['/in/aud-1_delete.gz', '/in/aud-1_delete.json']);
  expect(index.members('aud-1')).toEqual(['stays']);
  expect(await deliver(known)).toEqual([]);
});
