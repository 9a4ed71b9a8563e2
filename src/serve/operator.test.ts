import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readOperator, removeOperator, writeOperator } from './operator.ts';

let data = '';
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'ninety-operator-test-'));
});
afterAll(() => rm(data, { recursive: true, force: true }));

describe('what a running server leaves for the commands of its machine', () => {
  const operator = { url: 'http://127.0.0.1:8090', key: 'n90_key_of_a_test', pid: 1 };

  it('is read as it was written, by its owner only', async () => {
    await writeOperator(data, operator);
    expect(await readOperator(data)).toEqual(operator);
    expect((await stat(join(data, 'operator.json'))).mode & 0o777).toBe(0o600);
    expect(await readdir(data)).toEqual(['operator.json']);
  });

  it('of a second run takes the place of the first’s', async () => {
    await writeOperator(data, { ...operator, pid: 2 });
    expect(await readOperator(data)).toMatchObject({ pid: 2 });
  });

  it('is gone after the run, and may be removed twice', async () => {
    await removeOperator(data);
    await removeOperator(data);
    expect(await readOperator(data)).toBeUndefined();
  });

  it.each(['', '{', '{"url":1}', '[]'])('that is cut or of another form (%s) is none', async (text) => {
    await writeFile(join(data, 'operator.json'), text);
    expect(await readOperator(data)).toBeUndefined();
  });
});
