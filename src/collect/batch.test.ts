import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type VisitorId, visitorNumber } from '../identity/visitor.ts';
import { batch, HITS_LIMIT } from './batch.ts';
import type { Trust } from './batch-hit.ts';
import type { Response } from './door.ts';
import {
  AMERICAN,
  CHROME,
  type Front,
  front,
  GERMAN,
  headersOf,
  NO,
  requestOf,
  SITE,
  YES,
} from './front.testing.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const page = { site: SITE.key, url: 'https://shop.test/a' };

function post(
  door: Front,
  body: unknown,
  trust: Trust = 'browser',
  headers: Record<string, string> = {},
): Response {
  const answers: Response[] = [];
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  batch(
    door.collector,
    door.cookie,
    requestOf('/v1/hits', headers),
    text,
    trust,
    NOW,
    (reason) => door.tally.count('collect', '', reason, NOW),
    (answer) => answers.push(answer),
  );
  expect(answers).toHaveLength(1);
  return answers[0]!;
}

const read = (answer: Response) => JSON.parse(String(answer.body)) as Record<string, unknown>;
const open = () => front({ gvlId: 77, now: NOW });

describe('the forms of a body', () => {
  it.each<[string, unknown, number]>([
    ['an array', [page, page], 2],
    ['one object', page, 1],
    ['a hit a line', `${JSON.stringify(page)}\n${JSON.stringify(page)}\n`, 2],
    ['lines that end as Windows ends them', `${JSON.stringify(page)}\r\n\r\n${JSON.stringify(page)}`, 2],
    ['a byte order mark before it', `\ufeff${JSON.stringify(page)}`, 1],
    ['an empty array', [], 0],
  ])('%s', (_, body, accepted) => {
    const door = open();
    const answer = post(door, body);
    expect([answer.status, read(answer)]).toEqual([202, { accepted, refused: [] }]);
    expect(door.journal.of('hits')).toHaveLength(accepted);
  });

  it.each([
    ['nothing', ''],
    ['text', 'hello'],
    ['an array that breaks off', `[${JSON.stringify(page)},`],
  ])('%s is bad_json as a whole', (_, body) => {
    const door = open();
    const answer = post(door, body);
    expect(answer.status).toBe(400);
    expect(headersOf(answer, 'content-type')).toEqual(['application/problem+json']);
    expect(read(answer)['type']).toBe('urn:ninety:bad_json');
    expect(door.counted()).toEqual({ bad_json: 1 });
  });

  it('a line that is no JSON costs only itself, also where it is the first', () => {
    const door = open();
    const answer = post(door, `{"site":\n${JSON.stringify(page)}\nhello`);
    expect(read(answer)).toEqual({
      accepted: 1,
      refused: [
        { index: 0, reason: 'bad_json' },
        { index: 2, reason: 'bad_json' },
      ],
    });
    expect(read(post(door, `hello\n${JSON.stringify(page)}`))['accepted']).toBe(1);
  });

  it('the index of a line is its place in the body, blank ones counted', () => {
    const answer = read(post(open(), `\n${JSON.stringify(page)}\r\n\r\nhello\n`));
    expect(answer).toEqual({ accepted: 1, refused: [{ index: 3, reason: 'bad_json' }] });
  });

  it.each([
    ['an array', JSON.stringify(Array(HITS_LIMIT + 1).fill(page))],
    ['lines', `${JSON.stringify(page)}\n`.repeat(HITS_LIMIT + 1)],
    ['half a million lines that are no JSON', '{\n'.repeat(524_000)],
  ])('%s over the limit are too_many_hits', (_, body) => {
    const door = open();
    const answer = post(door, body);
    expect([answer.status, read(answer)['type']]).toEqual([413, 'urn:ninety:too_many_hits']);
    expect(door.journal.rows).toEqual([]);
    expect(door.counted()).toEqual({ too_many_hits: 1 });
  });

  it('as many as the limit are taken', () => {
    expect(read(post(open(), Array(HITS_LIMIT).fill(page)))).toEqual({ accepted: HITS_LIMIT, refused: [] });
  });
});

describe('each hit ends on its own', () => {
  const rows: [string, unknown, string][] = [
    ['a number', 5, 'bad_json'],
    ['null', null, 'bad_json'],
    ['a list', [page], 'bad_json'],
    ['a field that no hit has', { ...page, colour: 'red' }, 'unknown_field'],
    ['a visitor of the sender’s own choice', { ...page, visitor: 'AAAAAAAAAAA' }, 'unknown_field'],
    ['__proto__', JSON.parse('{"__proto__":{"site":"x"}}'), 'unknown_field'],
    ['a title that is a number', { ...page, title: 5 }, 'bad_field'],
    ['attention as text', { ...page, dwellMs: '5' }, 'bad_field'],
    ['half a percent of scroll', { ...page, scroll: 0.5 }, 'bad_field'],
    ['a zone past the date line', { ...page, tz: 900 }, 'bad_field'],
    ['categories that are no texts', { ...page, categories: [5] }, 'bad_field'],
    ['201 keywords', { ...page, keywords: Array(201).fill('k') }, 'bad_field'],
    ['gdpr as a truth value', { ...page, gdpr: true }, 'bad_field'],
    ['a list in a list of section ids', { ...page, gppSid: [[7]] }, 'bad_field'],
    ['an event with a space', { ...page, event: 'a b' }, 'bad_field'],
    ['a site that is not there', { ...page, site: 'nobody' }, 'unknown_site'],
    ['no page', { site: SITE.key }, 'url_missing'],
    ['a page of no web', { ...page, url: 'javascript:alert(1)' }, 'bad_url'],
    ['a long page', { ...page, url: `https://shop.test/${'a'.repeat(9000)}` }, 'url_too_long'],
    ['a device id of another form', { ...page, deviceId: 'x', deviceType: 'idfa' }, 'bad_device_id'],
    [
      'a device whose owner has limited tracking',
      { ...page, deviceId: '00000000-0000-0000-0000-000000000000', deviceType: 'idfa' },
      'zero_device_id',
    ],
  ];

  it.each(rows)('%s: its neighbours are kept', (_, bad, reason) => {
    const door = open();
    const answer = read(post(door, [page, bad, page]));
    expect(answer).toEqual({ accepted: 2, refused: [{ index: 1, reason }] });
    expect(door.journal.of('hits')).toHaveLength(2);
    expect(door.counted()).toEqual({ stored: 2, [reason]: 1 });
  });

  it('lists so deep that joining them would end the process are a bad field', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const body = `[${JSON.stringify(page)},${JSON.stringify(page).replace('{', `{"gdpr":${deep},`)}]`;
    expect(read(post(open(), body))).toEqual({ accepted: 1, refused: [{ index: 1, reason: 'bad_field' }] });
  });

  const NO_BY_TCF = { gdpr: 1, gdprConsent: NO };
  const wrong: [string, object][] = [
    ['a field that no hit has', { colour: 'red' }],
    ['a title that is a number', { title: 5 }],
    ['a device id that is a list', { deviceId: ['x'] }],
    ['what only a key allows', { language: 'de' }],
    ['no page', { url: null }],
    ['properties that are none', { props: [1] }],
  ];
  it.each(wrong)('a no is heard beside %s', (_, more) => {
    for (const no of [{ event: 'refusal' }, NO_BY_TCF, { usPrivacy: '1YYN' }]) {
      const door = open();
      const cookie = headersOf(post(door, page), 'set-cookie')[0]!.split(';')[0]!;
      const { visitor } = door.journal.of('hits')[0]!;
      const answer = post(door, { ...page, ...no, ...more }, 'browser', { cookie });
      expect(headersOf(answer, 'set-cookie')[0]).toContain('Max-Age=0');
      expect(door.journal.of('consents')).toMatchObject([{ visitor, withdrawn: '1' }]);
    }
  });

  it.each<[string, object, number]>([
    ['of a moment that is none', { time: 'yesterday' }, 1],
    ['from a clock that is ahead', { time: NOW + 7_200_000 }, 1],
    ['from an address that is none', { ip: '1.2.3' }, 1],
    ['older than all that is stored, which came with a newer word', { time: NOW - 100 * 86_400_000 }, 0],
  ])('a server’s no %s', (_, more, heard) => {
    const door = open();
    const hit = { ...page, ...NO_BY_TCF, firstPartyId: 'member-0001', ...more };
    expect(read(post(door, hit, 'server'))['accepted']).toBe(0);
    expect(door.journal.of('consents')).toHaveLength(heard);
  });

  it('what is null or not there is not given', () => {
    expect(read(post(open(), { ...page, title: null, dwellMs: null, gdpr: null }))['accepted']).toBe(1);
  });

  it('gdpr and section ids are numbers or texts', () => {
    const door = open();
    post(door, [
      { ...page, gdpr: 0, gppSid: [7, 8] },
      { ...page, gdpr: '1', gdprConsent: YES },
      { ...page, gdpr: 1, gdprConsent: NO },
    ]);
    expect(door.counted()).toEqual({ stored: 2, no_vendor_consent: 1 });
  });
});

describe('what only a key allows to be said', () => {
  it.each([
    ['time', { time: NOW - 1000 }],
    ['ip', { ip: AMERICAN }],
    ['userAgent', { userAgent: 'x' }],
    ['language', { language: 'de' }],
  ])('%s without a key is not_allowed', (_, said) => {
    const door = open();
    expect(read(post(door, [{ ...page, ...said }, page]))).toEqual({
      accepted: 1,
      refused: [{ index: 0, reason: 'not_allowed' }],
    });
    expect(door.counted()).toEqual({ stored: 1, not_allowed: 1 });
  });

  it('a server says whose hit it was, where and when', () => {
    const door = open();
    const hit = {
      ...page,
      time: '2026-11-19T08:30:00.250Z',
      ip: GERMAN,
      userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
      language: 'de-AT,de;q=0.9',
      firstPartyId: 'member-0001',
      gdpr: 1,
      gdprConsent: YES,
    };
    expect(read(post(door, hit, 'server'))).toEqual({ accepted: 1, refused: [] });
    expect(door.journal.of('hits')[0]).toMatchObject({
      time: `${Date.UTC(2026, 10, 19, 8, 30) / 1000}.250`,
      country: 'DE',
      network: '198.51.100.0/24',
      language: 'de',
      browser: 'Firefox',
      os: 'Windows',
      origin: 'api',
    });
  });

  it('the law of the address that it names decides, not that of its own', () => {
    const door = open();
    expect(read(post(door, { ...page, ip: GERMAN, firstPartyId: 'member-0001' }, 'server'))).toEqual({
      accepted: 0,
      refused: [{ index: 0, reason: 'consent_missing' }],
    });
  });

  it('an address in IPv6’s clothes is the one that it is', () => {
    const door = open();
    post(door, { ...page, ip: `::ffff:${GERMAN}`, firstPartyId: 'member-0001' }, 'server');
    expect(door.counted()).toEqual({ consent_missing: 1 });
  });

  it.each<[string, unknown, number | string]>([
    ['milliseconds', NOW - 5000, NOW - 5000],
    ['ISO 8601', '2026-11-20T11:00:00Z', NOW - 3_600_000],
    ['an offset', '2026-11-20T12:00:00+01:00', NOW - 3_600_000],
    ['no offset is UTC', '2026-11-20T11:00:00', NOW - 3_600_000],
    ['a date alone', '2026-11-20', NOW - 12 * 3_600_000],
    ['a clock a little ahead', NOW + 50_000, NOW],
    ['a clock far ahead', NOW + 61_000, 'future'],
    ['the oldest day that is kept', NOW - 89 * 86_400_000, NOW - 89 * 86_400_000],
    ['the day before it', NOW - 90 * 86_400_000, 'expired'],
    ['another form', '20 Nov 2026', 'bad_field'],
    ['no date', '2026-13-45T00:00:00Z', 'bad_field'],
    ['a list', [NOW], 'bad_field'],
  ])('time: %s', (_, time, expected) => {
    const door = open();
    const answer = read(post(door, { ...page, time, firstPartyId: 'member-0001' }, 'server'));
    if (typeof expected === 'string') expect(answer['refused']).toEqual([{ index: 0, reason: expected }]);
    else expect(Number(door.journal.of('hits')[0]?.['time']) * 1000).toBe(expected);
  });

  it('an address that is none is a bad field', () => {
    expect(read(post(open(), { ...page, ip: '300.1.1.1' }, 'server'))['refused']).toEqual([
      { index: 0, reason: 'bad_field' },
    ]);
  });

  it.each<[string, object, string]>([
    ['nothing of somebody else has the law of its own address', {}, 'stored'],
    ['a browser and no address is of an unknown country', { userAgent: CHROME }, 'country_unknown'],
    ['a browser, no address and a yes', { userAgent: CHROME, gdpr: 1, gdprConsent: YES }, 'stored'],
    ['a browser and its address', { userAgent: CHROME, ip: AMERICAN }, 'stored'],
  ])('a server that names %s', (_, said, ended) => {
    const door = open();
    post(door, { ...page, firstPartyId: 'member-0001', ...said }, 'server');
    expect(door.counted()).toEqual({ [ended]: 1 });
  });

  it('somebody of whom only address and browser are known is nobody', () => {
    const door = open();
    expect(read(post(door, { ...page, ip: AMERICAN, userAgent: CHROME }, 'server'))['refused']).toEqual([
      { index: 0, reason: 'no_id' },
    ]);
  });

  it('a server gets no cookie', () => {
    expect(headersOf(post(open(), { ...page, firstPartyId: 'member-0001' }, 'server'), 'set-cookie')).toEqual(
      [],
    );
  });

  it('an imported log’s visitors leave to no partner', () => {
    const door = open();
    post(door, { ...page, ip: GERMAN, firstPartyId: 'log-visitor-1' }, 'import-given');
    expect(door.journal.of('hits')[0]).toMatchObject({ origin: 'import', partners: '[]' });
  });
});

describe('the cookie of a batch', () => {
  it('is one new visitor for all its hits', () => {
    const door = open();
    const [set] = headersOf(post(door, [page, page]), 'set-cookie');
    const visitors = new Set(door.journal.of('hits').map((row) => row['visitor']));
    expect(visitors.size).toBe(1);
    expect(door.cookie.read(set?.split(';')[0])).toBeDefined();
  });

  it('is what the last hit asks for', () => {
    const door = open();
    const known = `n90=${headersOf(post(door, page), 'set-cookie')[0]!.slice(4).split(';')[0]}`;
    const no = { ...page, gdpr: 1, gdprConsent: NO };
    const [gone] = headersOf(post(door, [page, no], 'browser', { cookie: known }), 'set-cookie');
    expect(gone).toContain('Max-Age=0');
    const [fresh] = headersOf(post(door, [no, page], 'browser', { cookie: known }), 'set-cookie');
    expect(fresh).toMatch(/^n90=[\w-]{19};/);
    expect(fresh).not.toContain(known);
  });

  it('ends as if each hit had come alone, with the cookie that the answer before it left', () => {
    const device = { deviceType: 'idfa', deviceId: '6D92078A-8246-4BA4-AE5B-76104861E7DC' };
    const hits = {
      yes: page,
      no: { ...page, gdpr: 1, gdprConsent: NO },
      refusal: { ...page, event: 'refusal', colour: 'red' },
      // Nobody has said anything: neither a yes nor a withdrawal.
      silence: { ...page, gdpr: 1 },
      wrong: { ...page, title: 5 },
      app: { ...page, ...device },
      'no of the app': { ...page, ...device, usPrivacy: '1YYN' },
      'no JSON object': 7,
    };
    const names = fc.array(fc.constantFrom(...(Object.keys(hits) as (keyof typeof hits)[])), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(names, fc.boolean(), (said, isKnown) => {
        const together = open();
        const alone = open();
        const known = isKnown ? together.cookie.write(together.collector.mint(), true) : undefined;
        const bodies = said.map((name) => hits[name]);
        const answer = post(together, bodies, 'browser', cookieHeaders(known));
        let jar = known;
        for (const body of bodies) jar = left(jar, post(alone, [body], 'browser', cookieHeaders(jar)));
        expect(story(together, left(known, answer))).toEqual(story(alone, jar));
        expect(together.counted()).toEqual(alone.counted());
      }),
      { numRuns: 300 },
    );
  });
});

const cookieHeaders = (jar: string | undefined): Record<string, string> =>
  jar === undefined ? {} : { cookie: jar.split(';')[0]! };

/** What a browser keeps behind an answer. */
function left(jar: string | undefined, answer: Response): string | undefined {
  const [set] = headersOf(answer, 'set-cookie');
  if (set === undefined) return jar;
  return set.includes('Max-Age=0') ? undefined : set;
}

/** The visitors of all that was written, and of the cookie that is left, numbered in the order in which they came up. */
function story(door: Front, jar: string | undefined): unknown[] {
  const seen = new Map<string, number>();
  const numbered = (visitor: string) => seen.get(visitor) ?? seen.set(visitor, seen.size).get(visitor);
  const visitor: VisitorId | undefined = door.cookie.read(jar?.split(';')[0]);
  const rows = door.journal.rows.map(({ stream, line }) => [stream, numbered(line.split('\t')[1]!)]);
  return [...rows, visitor === undefined ? 'no cookie' : numbered(String(visitorNumber(visitor)))];
}

it('an id that a server’s own hits share ends with a no that names nobody else', () => {
  const door = open();
  const no = { ...page, event: 'refusal' };
  post(door, [page, page, { ...no, firstPartyId: 'member-0001' }, page, no, page], 'server');
  const [first, second, third, fourth] = door.journal.of('hits').map((row) => row['visitor']);
  expect([second, third]).toEqual([first, first]);
  expect(fourth).not.toBe(first);
  const [member, shared] = door.journal.of('consents').map((row) => row['visitor']);
  expect(shared).toBe(first);
  expect(member).not.toBe(first);
});

describe('a journal that takes nothing', () => {
  it.each(['journal_full', 'journal_failed'] as const)('%s is 503, to be tried again', (refusal) => {
    const door = open();
    door.journal.refusal = refusal;
    const answer = post(door, [page, { nonsense: 1 }]);
    expect(answer.status).toBe(503);
    expect(headersOf(answer, 'retry-after')).toEqual(['5']);
    expect(headersOf(answer, 'content-type')).toEqual(['application/problem+json']);
    expect(read(answer)).toMatchObject({
      type: `urn:ninety:${refusal}`,
      accepted: 0,
      refused: [
        { index: 0, reason: refusal },
        { index: 1, reason: 'unknown_field' },
      ],
    });
    expect(headersOf(answer, 'set-cookie')).toEqual([]);
    expect(door.counted()).toEqual({ [refusal]: 1, unknown_field: 1 });
  });

  it('that is full half-way says which hits are to be sent again', () => {
    const door = open();
    const { append } = door.journal;
    let rows = 0;
    door.journal.append = (stream, line, done) =>
      ++rows > 1 ? done('journal_full') : append.call(door.journal, stream, line, done);
    const answer = post(door, [page, page]);
    expect([answer.status, read(answer)]).toEqual([
      202,
      { accepted: 1, refused: [{ index: 1, reason: 'journal_full' }] },
    ]);
    expect(headersOf(answer, 'retry-after')).toEqual(['5']);
  });
});
