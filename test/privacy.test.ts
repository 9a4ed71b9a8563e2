import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, CHROME, Operator, send } from './client.ts';
import { ask } from './engine.ts';
import { NASTY_TEXTS, NASTY_URLS } from './nasty-urls.ts';
import { ADMIN_KEY, type Ended, engineOf, flush, type ServerProcess, startServer } from './server-process.ts';

/** Visitors, as a proxy tells of them, and the network that is all that may be kept of each. */
const ADDRESSES = [
  ['73.162.11.201', '73.162.11.0/24'],
  ['24.5.44.17', '24.5.44.0/24'],
  ['2601:647:4d00:1234::9f', '2601:647:4d00::/48'],
] as const;
/** Given by a server in its hits. */
const GIVEN = ['98.207.33.44', '98.207.33.0/24'] as const;
/** Of headers, cookies and requests that are no hits at all; and one that is in a path and names nobody. */
const ELSEWHERE = ['cookie.quost', 'header.quost', 'refused.quost', 'lost.quost', 'agent.quost', 'uid.quost'];
const CONTROL = 'an-ordinary-page-about-soup';

const SECRETS = [
  ...NASTY_URLS.map(({ secret }) => secret),
  ...NASTY_TEXTS.map(({ secret }) => secret),
  ...[...ADDRESSES, GIVEN].map(([address]) => address.replace(/::.*$/, '')),
  ...ELSEWHERE,
].map((secret) => secret.toLowerCase());

let data: string;
let server: ServerProcess;
let url: string;
let siteKey: string;
let collectKey: string;
let journal: string;
let ended: Promise<Ended> | undefined;
const answers: Answer[] = [];

/** A person's request: from an address behind the proxy, with a cookie and headers of somebody else's making. */
async function request(
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: unknown,
): Promise<void> {
  const [address] = ADDRESSES[answers.length % ADDRESSES.length]!;
  const all = {
    'user-agent': CHROME,
    'x-forwarded-for': `${address}, 127.0.0.1`,
    cookie: 'n90=cookie.quost@example.org; session=cookie.quost; user=cookie.quost',
    from: 'header.quost@example.org',
    'accept-language': 'en-header.quost,de',
    ...headers,
  };
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  answers.push(await send(text === undefined ? 'GET' : 'POST', url + path, all, text));
}

const pixel = (
  parameters: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
) => request(`/p.gif?${new URLSearchParams({ s: siteKey, ...parameters })}`, headers);

/** One after the other, so that whoever reads a failure knows which it was. */
async function sendAll(): Promise<void> {
  for (const { url: page, secret } of NASTY_URLS) {
    const id = /^[\w.-]{8,128}$/.test(secret) ? { fid: secret } : {};
    await pixel({ u: page, id: secret, email: secret, ...id });
    await pixel({ u: `https://site.example/${CONTROL}`, r: page });
    // What a browser makes of the address; it sends none that it cannot read.
    if (URL.canParse(page)) await pixel({}, { referer: new URL(page).href });
  }
  for (const { text } of NASTY_TEXTS)
    await pixel({
      u: 'https://site.example/',
      t: text,
      c: text,
      k: text,
      e: 'signup',
      p: JSON.stringify({ about: text, email: text }),
    });
  await request(
    '/v1/hits',
    {},
    NASTY_URLS.map(({ url: page, secret }) => ({
      site: siteKey,
      url: page,
      referrer: page,
      hitId: secret,
      props: { link: page, name: secret },
    })),
  );
  await request(
    '/v1/hits',
    { authorization: `Bearer ${collectKey}` },
    NASTY_TEXTS.map(({ text }, n) => ({
      site: siteKey,
      url: 'https://site.example/',
      title: text,
      keywords: [text],
      categories: [text],
      campaign: text,
      creative: text,
      ip: GIVEN[0],
      userAgent: CHROME,
      firstPartyId: `agent.quost-${n}`,
    })),
  );
}

/** What is refused, lost or not understood is where careless programs write their log lines. */
async function sendFaults(): Promise<void> {
  const page = 'https://site.example/refused.quost@example.org';
  await pixel({ s: 'nobody', u: page });
  await pixel({ u: page, e: 'refused.quost@example.org' });
  await pixel({ u: page, did: 'refused.quost', dt: 'idfa' });
  await pixel({ u: page, gdpr: '1', gdpr_consent: 'refused.quost' });
  await pixel({ u: 'not a url refused.quost@example.org' });
  await request('/v1/hits', {}, '{"url": "refused.quost@example.org"');
  await request('/v1/hits', {}, [{ site: siteKey, url: page, 'refused.quost': 'refused.quost@example.org' }]);
  await request('/v1/hits', { authorization: 'Bearer refused.quost' }, []);
  await request('/lost.quost@example.org/x?mail=lost.quost');
  await request('/v1/sites/lost.quost', { authorization: 'Bearer lost.quost' });
  await request('/setuid?bidder=nobody&uid=uid.quost@example.org');
  await request(`/p.gif?u=${encodeURIComponent(page)}&x=${'lost.quost'.repeat(2_000)}`);
}

/** Everything a text says, in each reading of it. */
function readings(text: string): string[] {
  const all = [text.toLowerCase()];
  for (let times = 0; times < 2; times++) {
    const decoded = all
      .at(-1)!
      .replace(/(?:%[0-9a-f]{2})+/g, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString());
    if (decoded === all.at(-1)) break;
    all.push(decoded);
  }
  return all;
}

/** The secrets that stand in a text, raw, encoded or decoded. Few digits alone may be part of any id. */
function secretsIn(text: string): string[] {
  const all = readings(text).join('\n');
  const needles = (secret: string) => [
    secret,
    encodeURIComponent(secret).toLowerCase(),
    secret.replaceAll(' ', '+'),
  ];
  return SECRETS.filter((secret) =>
    /^\d+$/.test(secret)
      ? new RegExp(`(?<!\\d)${secret}(?!\\d)`).test(all)
      : needles(secret).some((needle) => all.includes(needle)),
  );
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

const contentOf = async (folder: string) =>
  (await Promise.all((await filesOf(folder)).map((file) => readFile(file, 'utf8')))).join('\n');

// The engine's process is found by /proc.
describe.skipIf(process.platform !== 'linux')('of what names a person nothing is written down', () => {
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'ninety-privacy-'));
    server = startServer(data, { NINETY_TRUST_PROXY: '127.0.0.1', NINETY_LOG_LEVEL: 'debug' });
    ({ url, siteKey } = await server.banner());
    const admin = new Operator(url, ADMIN_KEY);
    ({ key: collectKey } = await admin.json<{ key: string }>('POST', '/v1/keys', {
      name: 'A',
      scopes: ['collect'],
    }));
    // While the engine does not answer, all that is acknowledged stays in the journal's files.
    const engine = server.enginePid();
    process.kill(engine, 'SIGSTOP');
    try {
      await sendAll();
      journal = await contentOf(join(data, 'journal'));
    } finally {
      process.kill(engine, 'SIGCONT');
    }
    await sendFaults();
    await flush(url);
  });

  afterAll(async () => {
    server?.signal('SIGTERM');
    await (ended ?? server?.ended);
    await rm(data, { recursive: true, force: true });
  });

  it('although every hit is kept that can be', () => {
    const results = answers
      .map(({ headers }) => headers['ninety-result'])
      .filter((result) => result !== undefined);
    const readable = NASTY_URLS.filter(({ url: page }) => URL.canParse(page)).length;
    expect(readable).toBeGreaterThanOrEqual(150);
    expect(results.filter((result) => result === 'stored')).toHaveLength(
      2 * readable + NASTY_URLS.length + NASTY_TEXTS.length,
    );
    const batches = answers.filter(({ status }) => status === 202).map(({ body }) => JSON.parse(body));
    expect(batches).toEqual([
      { accepted: readable, refused: expect.any(Array) },
      { accepted: NASTY_TEXTS.length, refused: [] },
      { accepted: 0, refused: [{ index: 0, reason: 'unknown_field' }] },
    ]);
  });

  it('not in the journal', () => {
    expect(secretsIn(journal)).toEqual([]);
    // What is looked for would be found, and every kind of it was met.
    expect(secretsIn(`${journal}\t/u/ANNA.quist%2540example.org`)).toEqual(['anna.quist']);
    expect(journal).toContain(CONTROL);
    for (const kind of ['email', 'phone', 'token', 'name', 'ip', 'iban', 'card'])
      expect(journal).toContain(`[${kind}]`);
    expect(journal).toContain(`'email':'[email]'`);
    expect(journal).toContain(`'link':'https://site.example/u/[email]'`);
    for (const [, network] of [...ADDRESSES, GIVEN]) expect(journal).toContain(`\t${network}\t`);
  });

  it('not in any column of any table or view', async () => {
    const engine = engineOf(data);
    const names = (await ask(engine, "SELECT name FROM system.tables WHERE database = 'ninety' FORMAT TSV"))
      .trim()
      .split('\n');
    expect(names).toEqual(
      expect.arrayContaining(['hits', 'features', 'links', 'consents', 'tallies', 'objects']),
    );
    const everyColumn =
      'SETTINGS asterisk_include_materialized_columns = 1, asterisk_include_alias_columns = 1';
    let rows = 0;
    for (const name of names) {
      const content = await ask(engine, `SELECT * FROM ninety.\`${name}\` ${everyColumn} FORMAT TSVRaw`);
      expect(secretsIn(content), name).toEqual([]);
      if (name === 'hits') rows = content.split('\n').length - 1;
    }
    expect(rows).toBeGreaterThan(4 * 150);
  });

  it('not in any file of the data folder', async () => {
    expect(secretsIn(await contentOf(data))).toEqual([]);
  });

  it('not in what the server says', async () => {
    server.signal('SIGTERM');
    ended = server.ended;
    const { out, err, code } = await ended;
    expect(code).toBe(0);
    expect(err).toContain('"event":"engine_started"');
    expect(secretsIn(out + err)).toEqual([]);
  });
});
