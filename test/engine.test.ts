import { describe, expect, it } from 'vitest';
import { ask, freshDatabase, sharedEngine } from './engine.ts';

const first = await freshDatabase();
const second = await freshDatabase();

describe('a test’s own database', () => {
  it('is there, and is nobody else’s', async () => {
    expect(first.database).not.toBe(second.database);
    await ask(sharedEngine(), `CREATE TABLE ${first.database}.a (a UInt8) ENGINE = MergeTree ORDER BY a`);
    expect(await ask(sharedEngine(), `SHOW TABLES FROM ${first.database}`)).toBe('a\n');
    expect(await ask(sharedEngine(), `SHOW TABLES FROM ${second.database}`)).toBe('');
  });

  it('is reached under the user that the connection names', async () => {
    const url = first.urls[0] ?? '';
    const who = await ask({ url, user: first.user, password: first.password }, 'SELECT currentUser()');
    expect(who).toBe(`${first.user}\n`);
  });
});
