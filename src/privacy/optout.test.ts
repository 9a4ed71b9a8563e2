import { describe, expect, it } from 'vitest';
import { Collector } from '../collect/collector.ts';
import { pixel, type Response } from '../collect/door.ts';
import { type Front, front, headersOf, requestOf, SECRET, SITE } from '../collect/front.testing.ts';
import { GIF } from '../collect/gif.ts';
import { HitIds } from '../collect/ids.ts';
import { Optouts } from '../collect/optouts.ts';
import type { Refusal } from '../collect/refusal.ts';
import {
  deviceVisitor,
  suppressionHash,
  type VisitorId,
  visitorId,
  visitorNumber,
} from '../identity/visitor.ts';
import { setuid } from '../sync/setuid.ts';
import { optin } from './optin.ts';
import { optout } from './optout.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const VISITOR = visitorId(7n);
const HASH = suppressionHash(SECRET, VISITOR);
const IDFA = 'ea7583cd-a667-48bc-b806-42ecb2b48606';
const FID = 'first-party-1';
const ids = new HitIds(SECRET);
const DEVICE = deviceVisitor(SECRET, { type: 'idfa', id: IDFA });
const READER = ids.ofFirstParty({ firstPartyId: FID }, SITE)!.visitor;
const OURS = 'https://collector.test';
const THEIRS = `https://www.${SITE.domains[0]}`;
const number = (visitor: VisitorId) => String(visitorNumber(visitor));

/** The front door with opt-outs in memory; their file fails where told. */
function door(file: { fails?: boolean } = {}) {
  const base: Front = front();
  const hashes = new Set<bigint>();
  const faults: unknown[] = [];
  const refused: Refusal[] = [];
  const optouts = new Optouts({
    journal: base.journal,
    suppressed: {
      get size() {
        return hashes.size;
      },
      has: (visitor) => hashes.has(suppressionHash(SECRET, visitor)),
      add: async (hash) => {
        hashes.add(hash);
        if (file.fails) throw new Error('no space left');
      },
    },
    secret: SECRET,
    fault: (error) => faults.push(error),
  });
  const people = { ...base, ids, optouts, refuse: (reason: Refusal) => refused.push(reason) };
  const collector = new Collector({
    rules: base.rules,
    journal: base.journal,
    geo: base.geo,
    tally: base.tally,
    secret: SECRET,
    retentionDays: 90,
    optouts,
  });
  return {
    ...base,
    hashes,
    faults,
    refused,
    out: (headers: Record<string, string>, query = '') =>
      optout(people, requestOf(`/optout${query}`, headers), NOW),
    in: (headers: Record<string, string>, query = '') =>
      optin({ ...base, publicUrl: () => OURS }, requestOf(`/optin${query}`, headers, { method: 'POST' })),
    hit: (query: string, headers: Record<string, string> = {}) =>
      new Promise<Response>((done) => {
        const request = requestOf(`/p.gif?s=${SITE.key}&u=https://shop.test/a${query}`, headers);
        pixel(collector, base.cookie, request, Date.now(), done);
      }),
    sync: (headers: Record<string, string>): Response => {
      const answers: Response[] = [];
      const options = { ...base, isSuppressed: (visitor: VisitorId) => optouts.has(visitor) };
      setuid(options, requestOf('/setuid?bidder=acme&uid=u1', headers), NOW, (answer) =>
        answers.push(answer),
      );
      return answers[0]!;
    },
  };
}

type Door = ReturnType<typeof door>;
const known = ({ cookie }: Door) => cookie.write(VISITOR, true).split(';')[0]!;
const MARK = 'n90_optout=1';
const set = (answer: Response) =>
  headersOf(answer, 'set-cookie').map((value) => value.split('; Max-Age=')[0]);
const result = (answer: Response) => headersOf(answer, 'ninety-result')[0];

describe('/optout', () => {
  it('marks the browser, takes its id away and writes down what is to be done', async () => {
    const front = door();
    const answer = await front.out({ cookie: known(front) });
    expect(answer.status).toBe(200);
    expect(set(answer)).toEqual([MARK, 'n90=', 'n90s=']);
    expect(front.journal.of('optouts')).toEqual([
      {
        time: `${NOW / 1000}.000`,
        visitor: '7',
        hash: String(HASH),
        erasure: expect.stringMatching(/^[\w-]{21}$/),
      },
    ]);
    expect([...front.hashes]).toEqual([HASH]);
  });

  it('marks a browser that nothing is known of, and writes nothing', async () => {
    const front = door();
    expect(set(await front.out({}))).toEqual([MARK]);
    expect(set(await front.out({ cookie: 'n90=forged' }))).toEqual([MARK]);
    expect(front.journal.rows).toEqual([]);
  });

  it('is written once, however often it is said', async () => {
    const front = door();
    await front.out({ cookie: known(front) });
    expect(set(await front.out({ cookie: known(front) }))).toEqual([MARK, 'n90=', 'n90s=']);
    expect(front.journal.of('optouts')).toHaveLength(1);
  });

  it('that the journal does not take marks the browser, and leaves its id to say it again', async () => {
    const front = door();
    front.journal.refusal = 'journal_full';
    const answer = await front.out({ cookie: known(front) });
    expect([answer.status, headersOf(answer, 'retry-after')]).toEqual([503, ['5']]);
    expect(set(answer)).toEqual([MARK]);
    expect(front.hashes.size).toBe(0);
    front.journal.refusal = undefined;
    // The next hit says it again.
    expect(front.refused).toEqual(['journal_full']);
    const hit = await front.hit('', { cookie: `${known(front)}; ${MARK}` });
    expect([result(hit), set(hit)]).toEqual(['refused; reason=opted_out', ['n90=', 'n90s=']]);
    expect(front.journal.of('optouts')).toMatchObject([{ visitor: '7', hash: String(HASH) }]);
  });

  it('counts also where the file beside the journal cannot be written', async () => {
    const front = door({ fails: true });
    expect((await front.out({ cookie: known(front) })).status).toBe(200);
    expect(front.faults).toHaveLength(1);
    expect(result(await front.hit('', { cookie: known(front) }))).toBe('refused; reason=opted_out');
  });

  const forms: [string, Record<string, string>, string][] = [
    ['a person', { 'sec-fetch-dest': 'document' }, 'text/html; charset=utf-8'],
    ['an image', { 'sec-fetch-dest': 'image' }, 'image/gif'],
    ['an older browser’s image', { accept: 'image/avif,image/webp,*/*' }, 'image/gif'],
    ['an older browser’s page', { accept: 'text/html,image/avif,*/*' }, 'text/html; charset=utf-8'],
  ];
  it.each(forms)('answers %s', async (_, headers, type) => {
    const answer = await door().out(headers);
    expect(headersOf(answer, 'content-type')).toEqual([type]);
    if (type === 'image/gif') expect(answer.body).toBe(GIF);
    else
      expect(headersOf(answer, 'content-security-policy')[0]).toMatch(
        /^default-src 'none'; style-src 'sha256-/,
      );
  });
});

describe('/optout by name', () => {
  const IMAGE = { 'sec-fetch-dest': 'image' };
  const naming = `?s=${SITE.key}&fid=${FID}&did=${IDFA.toUpperCase()}&dt=aaid`;
  const gaid = deviceVisitor(SECRET, { type: 'gaid', id: IDFA });

  it('writes down the cookie’s visitor and the ids that are named', async () => {
    const front = door();
    const answer = await front.out({ ...IMAGE, cookie: known(front) }, naming);
    expect([answer.status, result(answer)]).toEqual([200, 'opted_out']);
    expect(front.journal.of('optouts').map((row) => [row['visitor'], row['hash']])).toEqual(
      [VISITOR, READER, gaid].map((visitor) => [number(visitor), String(suppressionHash(SECRET, visitor))]),
    );
    expect(new Set(front.journal.of('optouts').map((row) => row['erasure'])).size).toBe(3);
    for (const query of [`&fid=${FID}`, `&did=${IDFA}&dt=gaid`])
      expect(result(await front.hit(query))).toBe('refused; reason=opted_out');
  });

  it('needs no cookie', async () => {
    const front = door();
    const answer = await front.out(IMAGE, naming);
    expect(set(answer)).toEqual([`n90_optout=1.${SITE.key}`]);
    expect(front.journal.of('optouts')).toHaveLength(2);
  });

  it('once, also where one visitor comes under two names at the same moment', async () => {
    const front = door();
    const cookie = front.cookie.write(READER, true).split(';')[0]!;
    await Promise.all([front.out({ ...IMAGE, cookie }, naming), front.out({ ...IMAGE, cookie }, naming)]);
    await front.out(IMAGE, naming);
    expect(front.journal.of('optouts').map((row) => row['visitor'])).toEqual([READER, gaid].map(number));
  });

  it.each<[string, string, Refusal[]]>([
    ['no id', `?s=${SITE.key}&fid=&did=`, []],
    ['an id of no site', `?fid=${FID}`, ['unknown_site']],
    ['an id of a site that is not registered', `?s=nobody&fid=${FID}`, ['unknown_site']],
    ['a first-party id that is none', `?s=${SITE.key}&fid=a+b`, ['bad_field']],
    ['a device id that is none', '?did=x&dt=idfa', ['bad_device_id']],
    ['a device id of no type', `?did=${IDFA}`, ['bad_device_id']],
    ['a device id of zeros', '?did=00000000-0000-0000-0000-000000000000&dt=idfa', ['zero_device_id']],
    ['nothing that can be read', '?fid=x&did=x', ['unknown_site', 'bad_device_id']],
  ])('%s: opts the rest out, and says what could not be read', async (_, query, reasons) => {
    const front = door();
    const image = await front.out({ ...IMAGE, cookie: known(front) }, query);
    expect(result(image)).toBe(['opted_out', ...reasons.map((reason) => `unread=${reason}`)].join('; '));
    const text = String((await front.out({}, query)).body);
    expect(text.match(/<code>\w+/g) ?? []).toEqual(reasons.map((reason) => `<code>${reason}`));
    expect(front.refused).toEqual([...reasons, ...reasons]);
    expect(front.journal.of('optouts').map((row) => row['visitor'])).toEqual(['7']);
  });

  it.each([
    ['a page of the site', 'https://www.shop.test/a', ''],
    ['a page that does not say where it is', undefined, ''],
    ['another site’s page', 'https://evil.test/a', '; unread=foreign_page'],
  ])('believes a first-party id from %s', async (_, referer, unread) => {
    const front = door();
    const answer = await front.out(
      { ...IMAGE, ...(referer === undefined ? {} : { referer }) },
      `?s=${SITE.key}&fid=${FID}`,
    );
    expect(result(answer)).toBe(`opted_out${unread}`);
    expect(front.journal.of('optouts')).toHaveLength(unread === '' ? 1 : 0);
  });

  it('shows nothing of what it could not read', async () => {
    const text = String((await door().out({}, '?s=<b>&fid=<script>&did=<i>&dt=<u>')).body);
    expect(text).toContain('unknown_site');
    expect(text).not.toMatch(/<script>|<b>|<i>|<u>/);
  });

  it.each<[string, Record<string, string>, string, string]>([
    ['by a site’s image names the site', IMAGE, naming, `1.${SITE.key}`],
    ['again by the same site', { ...IMAGE, cookie: `n90_optout=1.${SITE.key}` }, naming, `1.${SITE.key}`],
    ['by an image of no site', IMAGE, '', '1'],
    ['by an image of a site that is not registered', IMAGE, '?s=nobody', '1'],
    ['on our own page', {}, naming, '1'],
    ['by a site, after another', { ...IMAGE, cookie: 'n90_optout=1.OTHER' }, naming, '1'],
    ['by a site, after our own page', { ...IMAGE, cookie: 'n90_optout=1' }, naming, '1'],
    ['after an opt-in', { ...IMAGE, cookie: 'n90_optout=0' }, naming, `1.${SITE.key}`],
  ])('the mark %s', async (_, headers, query, mark) => {
    expect(set(await door().out(headers, query))).toEqual([`n90_optout=${mark}`]);
  });
});

describe('/optin', () => {
  it('is kept alive by what is stored from then on', async () => {
    const front = door();
    const hit = await front.hit('', { cookie: 'n90_optout=0' });
    expect([result(hit), set(hit).at(-1)]).toEqual(['stored', 'n90_optout=0']);
    expect(set(await front.hit(''))).toHaveLength(1);
  });

  const SITES = `n90_optout=1.${SITE.key}`;

  it.each<[string, Record<string, string>, string, number]>([
    ['by the button on our own page', { origin: OURS, cookie: MARK }, '', 303],
    ['by the button, whoever opted out', { origin: OURS, cookie: SITES }, '', 303],
    ['by a site, of what was said through it', { origin: THEIRS, cookie: SITES }, `?s=${SITE.key}`, 204],
  ])('%s: the word of an opt-in takes the mark’s place, and the old id goes', (_, headers, query, status) => {
    const answer = door().in(headers, query);
    expect([answer.status, set(answer)]).toEqual([status, ['n90_optout=0', 'n90=', 'n90s=']]);
  });

  it('by a site whose browser has not opted out changes nothing', () => {
    const answer = door().in({ origin: THEIRS, cookie: 'n90=x' }, `?s=${SITE.key}`);
    expect([answer.status, set(answer)]).toEqual([204, []]);
  });

  it.each<[string, Record<string, string>, string]>([
    ['without an origin', { cookie: MARK }, ''],
    ['from anywhere else', { origin: 'https://evil.test', cookie: MARK }, ''],
    ['from a site, without its key', { origin: THEIRS, cookie: SITES }, ''],
    ['by a site, of what was said to us', { origin: THEIRS, cookie: MARK }, `?s=${SITE.key}`],
    [
      'by a site, of what was said through another',
      { origin: THEIRS, cookie: 'n90_optout=1.OTHER' },
      `?s=${SITE.key}`,
    ],
    [
      'with a site’s key from anywhere else',
      { origin: 'https://evil.test', cookie: SITES },
      `?s=${SITE.key}`,
    ],
    ['with a site’s key from nowhere', { origin: 'null', cookie: SITES }, `?s=${SITE.key}`],
    ['with the key of no site', { origin: THEIRS, cookie: 'n90_optout=1.nobody' }, '?s=nobody'],
  ])('%s is refused', (_, headers, query) => {
    expect(() => door().in(headers, query)).toThrow(expect.objectContaining({ reason: 'forbidden' }));
  });
});

describe('what comes from who opted out', () => {
  it('is refused by the mark alone, and gets no cookie', async () => {
    const front = door();
    const answer = await front.hit('', { cookie: MARK });
    expect([result(answer), set(answer)]).toEqual(['refused; reason=opted_out', []]);
    expect(front.journal.rows).toEqual([]);
  });

  it('with the mark opts out cookie and first-party id, once, and withdraws the device', async () => {
    const front = door();
    const query = `&did=${IDFA}&dt=idfa&fid=${FID}`;
    for (let n = 0; n < 3; n++) await front.hit(query, { cookie: `${MARK}; ${known(front)}` });
    expect(front.journal.of('optouts').map((row) => row['visitor'])).toEqual([VISITOR, READER].map(number));
    expect(new Set(front.journal.of('consents').map((row) => row['visitor']))).toEqual(
      new Set([number(DEVICE)]),
    );
    expect(front.hashes.size).toBe(2);
  });

  it('a thousand times in one request is written once', async () => {
    const front = door();
    const cookie = `${MARK}; ${known(front)}`;
    await Promise.all(Array.from({ length: 1_000 }, () => front.hit(`&fid=${FID}`, { cookie })));
    expect(front.journal.of('optouts')).toHaveLength(2);
  });

  it('is refused by any id that opted out, whatever other comes with it, and another’s is not', async () => {
    const front = door();
    for (const visitor of [VISITOR, DEVICE, READER]) front.hashes.add(suppressionHash(SECRET, visitor));
    const other = front.cookie.write(visitorId(8n), true).split(';')[0]!;
    const device = `&did=${IDFA}&dt=idfa`;
    for (const [query, cookie] of [
      ['', known(front)],
      [device, ''],
      [`&fid=${FID}`, ''],
      [device, other],
      [`&fid=${FID}`, other],
    ] as const)
      expect(result(await front.hit(query, { cookie }))).toBe('refused; reason=opted_out');
    expect(result(await front.hit('&fid=first-party-2'))).toBe('stored');
    expect(result(await front.hit('', { cookie: other }))).toBe('stored');
    expect(result(await front.hit(''))).toBe('stored');
    expect(front.journal.of('hits')).toHaveLength(3);
  });

  it('and opted in again is stored anew, under no id that had opted out', async () => {
    const front = door();
    const all = `&did=${IDFA}&dt=idfa&fid=${FID}`;
    // A new browser’s first hit: its cookie is made of the id that the site knows it by.
    const [first] = headersOf(await front.hit(`&fid=${FID}`), 'set-cookie');
    const cookie = first!.split(';')[0]!;
    expect(front.cookie.read(cookie)).toBe(READER);
    await front.out({ cookie }, `?did=${IDFA}&dt=idfa`);
    const word = set(front.in({ origin: OURS, cookie: MARK }))[0]!;
    const back = await front.hit(all, { cookie: word });
    expect(result(back)).toBe('stored');
    const minted = front.cookie.read(set(back)[0])!;
    expect([READER, DEVICE]).not.toContain(minted);
    expect(result(await front.hit(all, { cookie: `${word}; ${set(back)[0]}` }))).toBe('stored');
    expect(front.journal.of('hits').slice(1)).toMatchObject([
      { visitor: number(minted), device_type: '', device_id: '', device_visitor: '0' },
      { visitor: number(minted), device_type: '', device_id: '', device_visitor: '0' },
    ]);
    // The cookie's own opt-out is not lifted by the word: whoever kept the old one is known by it.
    expect(result(await front.hit('', { cookie: `${word}; ${cookie}` }))).toBe('refused; reason=opted_out');
  });

  it('gets no partner’s id: 401, as Prebid Server answers', () => {
    const front = door();
    expect(front.sync({ cookie: MARK }).status).toBe(401);
    front.hashes.add(HASH);
    const answer = front.sync({ cookie: known(front) });
    expect([answer.status, result(answer), set(answer)]).toEqual([401, 'refused; reason=opted_out', []]);
    expect(front.journal.rows).toEqual([]);
  });
});
