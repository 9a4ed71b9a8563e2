import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, sharedEngine } from './engine.ts';
import { countNumbers, flush, sendNumbers, startServer } from './server-process.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** What `npm ci --omit=optional` leaves out. */
const OPTIONAL = new Set(['chdb', '@chdb', 'ffi-rs', '@yuuang']);

let installed: string;
let main: string;

beforeAll(async () => {
  installed = await mkdtemp(join(tmpdir(), 'ninety-packages-'));
  main = join(installed, 'dist', 'main.js');
  await Promise.all(
    ['dist', 'clickhouse-schema', 'package.json'].map((name) =>
      cp(join(root, name), join(installed, name), { recursive: true }),
    ),
  );
  await mkdir(join(installed, 'node_modules'));
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (OPTIONAL.has(name)) continue;
    await symlink(join(root, 'node_modules', name), join(installed, 'node_modules', name));
  }
});

afterAll(() => rm(installed, { recursive: true, force: true }));

it('says what to do where neither the engine’s packages nor a server is there', async () => {
  const { code, out, err } = await startServer(join(installed, 'data'), {}, main).ended;
  expect(code).toBe(1);
  expect(out).toBe('');
  expect(err.trim()).toBe(
    'The packages of the embedded engine are not installed. Install without --omit=optional, or set CLICKHOUSE_URL to a ClickHouse server.',
  );
});

it('works without the packages on a server of one’s own', async () => {
  const { url: clickhouse, user, password } = sharedEngine();
  const database = `test_${randomBytes(6).toString('hex')}`;
  const server = startServer(
    join(installed, 'data'),
    {
      CLICKHOUSE_URL: clickhouse,
      CLICKHOUSE_USER: user,
      CLICKHOUSE_PASSWORD: password,
      CLICKHOUSE_DATABASE: database,
    },
    main,
  );
  try {
    const { url, siteKey } = await server.banner();
    expect(() => server.enginePid()).toThrow('no engine');
    let next = 0;
    const load = sendNumbers(url, siteKey, () => next++);
    while (load.acknowledged.length < 20) await new Promise((soon) => setTimeout(soon, 20));
    await load.end();
    await flush(url);
    const found = await countNumbers(sharedEngine(), 'hits', database);
    expect([...found].sort(([a], [b]) => a - b)).toEqual(
      load.acknowledged.sort((a, b) => a - b).map((n) => [n, 1]),
    );
  } finally {
    server.signal('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0 });
    await ask(sharedEngine(), `DROP DATABASE IF EXISTS ${database} SYNC`);
  }
});
