import { randomInt } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, CHROME, Operator, send } from './client.ts';
import { ask } from './engine.ts';
import { NASTY_TEXTS, NASTY_URLS } from './nasty-urls.ts';
import { drawSecrets, readings, type Secret, searcher } from './secrets.ts';
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

/** To see again what a run has found: TEST_PRIVACY_SEED. */
const SEED = Number(process.env['TEST_PRIVACY_SEED'] ?? randomInt(2 ** 31));
const DRAWN = drawSecrets(SEED, 40);
const drawnIn = searcher(DRAWN);

let data: string;
let server: ServerProcess;
let url: string;
let siteKey: string;
let collectKey: string;
let journal: string;
let ended: Promise<Ended> | undefined;
const answers: Answer[] = [];
/** How many of them are to what is in the corpus; those behind are to what was drawn. */
let corpusEnd: number;
const storedOf = (some: readonly Answer[]) =>
  some.filter(({ headers }) => headers['ninety-result'] === 'stored').length;

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

/** What stands beside a datum in the titles and addresses of the wild, without a space. */
const BESIDE = [
  ...[
    ['', ''],
    ['(', ')'],
    ['<', '>'],
    ['"', '",'],
    ['tel:', ';'],
    ['Mail:', '.'],
    ['ip:', ':8080'],
    ['-', '-'],
  ],
  ...[
    ['_', '_'],
    ['::', ':'],
    ['von ', ' 1'],
    ['id', '!'],
    ['[', ']'],
    ['/', '|'],
    ['*', '*'],
    ['x=', '&y=1'],
  ],
] as const;
const encoded = (text: string, times: number): string =>
  times === 0 ? text : encodeURIComponent(encoded(text, times - 1));
/** What a header can hold. */
const ascii = (text: string) => text.replace(/[^\x20-\x7e]+/g, encodeURIComponent);
/** Ids of devices and partners are kept as they are, so only what can be told from an id is none. */
const isNoId = ({ kind, value }: Secret) =>
  kind === 'ip' ||
  (kind === 'email' && /[^ ]@[^ ]|%40/.test(value)) ||
  (kind === 'phone' && value.startsWith('+'));

/** One address for the person behind the proxy and one for the page, both with a datum in every place there is. */
function pagesWith(
  { kind, text, value, segments }: Secret,
  n: number,
): readonly [page: string, tagged: string] {
  // A name is one by what stands before it, and raw signs would end the segment.
  const [before, behind] = kind === 'name' ? ['', ''] : BESIDE[n % BESIDE.length]!;
  const times = Math.max(n % 3, /[%?#/\s]/.test(before + value + behind) ? 1 : 0);
  const path = segments.map((part, at) => {
    const isLast = at === segments.length - 1;
    return encoded(isLast ? `${before}${part}${behind}` : part, times);
  });
  const query = encodeURIComponent(text);
  return [
    `https://site.example/${CONTROL}/${path.join('/')}/page.html?q=${query}#${query}`,
    `https://site.example/?utm_source=${query}&utm_campaign=${query}&utm_term=${encoded(text, 2)}&name=${query}`,
  ];
}

/** Everywhere that a browser or a page can put a datum. */
async function sendDrawn(): Promise<void> {
  for (const [n, secret] of DRAWN.entries()) {
    const { kind, text, value } = secret;
    const [before, behind] = kind === 'name' ? ['', ''] : BESIDE[n % BESIDE.length]!;
    const [page, tagged] = pagesWith(secret, n);
    const address = kind === 'ip' ? { 'x-forwarded-for': value } : {};
    const props = { about: text, first_name: value, email: value, link: page };
    await pixel({ u: page, r: tagged, t: `See ${before}${text}${behind} now`, k: text, c: text, id: value });
    await pixel({ u: tagged, r: page, ca: text, cr: `${before}${text}${behind}`, p: JSON.stringify(props) });
    await pixel({}, { referer: new URL(page).href });
    await pixel({ u: page, fid: value, q: value, ...(kind === 'name' ? {} : { e: value }) }, address);
    await pixel({ u: page, us_privacy: value, gpp: value, gpp_sid: value, gdpr_consent: value });
    if (kind === 'email' || kind === 'phone' || kind === 'ip') {
      for (const dt of ['generic', 'idfa', 'oaid', value]) await pixel({ u: page, did: value, dt });
      await pixel({ u: page, did: `user:${value}`, dt: 'generic' });
    }
    if (isNoId(secret)) await request(`/setuid?bidder=dsp&uid=${encodeURIComponent(value)}`);
    await pixel(
      { u: page },
      {
        'user-agent': ascii(`Mozilla/5.0 (X11; ${value}) Chrome/141.0.0.0 ${value}/1.0`),
        'accept-language': ascii(`${value},de`),
        'sec-ch-ua': ascii(`"${value}";v="141", "Chromium";v="141"`),
        'sec-ch-ua-platform': ascii(`"${value}"`),
        cookie: ascii(`n90=${value}; n90_optout=${value.slice(0, 3)}x; name=${value}`),
        origin: `https://${kind === 'ip' ? 'x' : 'site'}.example`,
      },
    );
  }
  await request(
    '/v1/hits',
    {},
    DRAWN.map((secret, n) => batchHit(secret, n)),
  );
  await request(
    '/v1/hits',
    { authorization: `Bearer ${collectKey}`, 'content-type': 'application/x-ndjson' },
    DRAWN.map((secret, n) =>
      JSON.stringify({
        ...batchHit(secret, n),
        ip: secret.kind === 'ip' ? secret.value : GIVEN[0],
        userAgent: `${CHROME} ${secret.value}`,
        language: secret.value,
        firstPartyId: `of-the-server-${n}`,
      }),
    ).join('\n'),
  );
}

/** Others may speak of somebody under a partner's id, and only under one. */
async function sendTraits(): Promise<void> {
  const lines = DRAWN.filter(isNoId).flatMap(({ kind, value }) => [
    { id: `dsp:${value}`, trait: 'data-co:Sailor' },
    { id: `generic:user:${value}`, trait: 'data-co:Sailor' },
    { id: value, trait: 'data-co:Sailor' },
    ...(kind === 'email' ? [{ id: 'dsp:U-1', trait: `data-co:${value}` }] : []),
  ]);
  const body = lines.map((line) => JSON.stringify(line)).join('\n');
  await request('/v1/traits', { authorization: `Bearer ${ADMIN_KEY}` }, body);
}

function batchHit(secret: Secret, n: number): Record<string, unknown> {
  const { text, value } = secret;
  const [url, referrer] = pagesWith(secret, n);
  return {
    site: siteKey,
    url,
    referrer,
    title: text,
    categories: [text],
    keywords: [text, 'football'],
    campaign: text,
    creative: text,
    hitId: value,
    props: { about: text, name: value, userPhone: value },
  };
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

/** The secrets that stand in a text, raw, encoded or decoded. Few digits alone may be part of any id. */
function secretsIn(text: string): string[] {
  const drawn = drawnIn(text).map((secret) => `${secret.kind} ${secret.text}, TEST_PRIVACY_SEED=${SEED}`);
  return [...corpusIn(text), ...drawn];
}

function corpusIn(text: string): string[] {
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
    await admin.json('POST', '/v1/partners', { id: 'dsp', name: 'A DSP' });
    // While the engine does not answer, all that is acknowledged stays in the journal's files.
    const engine = server.enginePid();
    process.kill(engine, 'SIGSTOP');
    try {
      await sendAll();
      corpusEnd = answers.length;
      await sendDrawn();
      journal = await contentOf(join(data, 'journal'));
    } finally {
      process.kill(engine, 'SIGCONT');
    }
    await sendFaults();
    await sendTraits();
    await flush(url);
  });

  afterAll(async () => {
    server?.signal('SIGTERM');
    await (ended ?? server?.ended);
    await rm(data, { recursive: true, force: true });
  });

  it('although every hit is kept that can be', () => {
    const readable = NASTY_URLS.filter(({ url: page }) => URL.canParse(page)).length;
    expect(readable).toBeGreaterThanOrEqual(150);
    expect(storedOf(answers.slice(0, corpusEnd))).toBe(2 * readable + NASTY_URLS.length + NASTY_TEXTS.length);
    // Of what was drawn a page in the query, one in the Referer header and one with tags, and whatever else fits.
    expect(storedOf(answers.slice(corpusEnd))).toBeGreaterThanOrEqual(3 * DRAWN.length);
    const batches = answers.filter(({ status }) => status === 202).map(({ body }) => JSON.parse(body));
    expect(batches).toEqual([
      { accepted: readable, refused: expect.any(Array) },
      { accepted: NASTY_TEXTS.length, refused: [] },
      { accepted: DRAWN.length, refused: [] },
      { accepted: expect.any(Number), refused: expect.any(Array), refusedByReason: expect.any(Object) },
      { accepted: 0, refused: [{ index: 0, reason: 'unknown_field' }] },
    ]);
    expect(batches[3].accepted).toBeGreaterThan(DRAWN.length / 2);
  });

  it('not in the journal', () => {
    expect(secretsIn(journal)).toEqual([]);
    // What is looked for would be found, and every kind of it was met.
    expect(secretsIn(`${journal}\t/u/ANNA.quist%2540example.org`)).toEqual(['anna.quist']);
    for (const secret of DRAWN) expect(drawnIn(`\t${encodeURIComponent(secret.text)}/`)).toContain(secret);
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
