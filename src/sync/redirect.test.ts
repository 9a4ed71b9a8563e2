import { describe, expect, it } from 'vitest';
import type { Request } from '../collect/door.ts';
import { type Front, GERMAN, headersOf, NO, YES } from '../collect/front.testing.ts';
import { GIF } from '../collect/gif.ts';
import type { VisitorId } from '../identity/visitor.ts';
import { ask, cookiesOf, DAY_MS, NOW, stateAfter, syncFront, VISITOR } from './door.testing.ts';
import { syncRedirect } from './redirect.ts';
import { stateKey } from './state.ts';

const go = (
  door: Front,
  path: string,
  headers: Readonly<Record<string, string>> = cookiesOf(door),
  rest: Partial<Request> = {},
) => ask(syncRedirect, door, `/sync/${path}`, headers, rest);
const resultOf = (answer: ReturnType<typeof go>) => headersOf(answer, 'ninety-result')[0];
const locationOf = (answer: ReturnType<typeof go>) => headersOf(answer, 'location')[0];

describe('/sync/{partner}', () => {
  it('sends the browser to the partner with the strings as they came, and marks it as sent', () => {
    const door = syncFront();
    const answer = go(door, `hosted?gdpr=1&gdpr_consent=${YES}`, cookiesOf(door), { address: GERMAN });
    expect([answer.status, locationOf(answer), resultOf(answer)]).toEqual([
      302,
      `https://hosted.test/s?puid=${VISITOR}&g=1`,
      'sent',
    ]);
    expect(headersOf(answer, 'set-cookie')).toHaveLength(3);
    expect(stateAfter(door, answer).get(stateKey('hosted'))).toMatchObject({ matched: false });
    expect(door.tally.totals()).toMatchObject([{ site: 'hosted', reason: 'sent', n: 1 }]);
  });

  it.each<[string, string, string | undefined]>([
    ['the image, where there are both', 'either', 'https://either.test/i'],
    ['the frame, where it is asked for', 'either?f=b', 'https://either.test/f'],
    ['the frame, where there is no image', 'framed', 'https://framed.test/s'],
    ['nothing, where there is none of the type', 'framed?f=i', undefined],
    ['nothing, where there is none at all', 'mute', undefined],
  ])('takes %s', (_, path, expected) => {
    const answer = go(syncFront(), path);
    expect(locationOf(answer)?.split('?')[0]).toBe(expected);
    if (expected === undefined)
      expect([answer.status, resultOf(answer)]).toEqual([404, 'refused; reason=no_sync_url']);
  });

  it('asks a browser without our cookie once more, and names the one that keeps none', () => {
    const door = syncFront();
    const first = go(door, 'hosted?gdpr=0', {});
    expect([first.status, locationOf(first)]).toEqual([302, '?gdpr=0&b=1']);
    const [given] = headersOf(first, 'set-cookie');
    const second = go(door, 'hosted?gdpr=0&b=1', { cookie: given!.split(';')[0]! });
    expect(locationOf(second)).toContain('https://hosted.test/');
    const blocked = go(door, 'hosted?gdpr=0&b=1', {});
    expect([blocked.status, resultOf(blocked), blocked.body]).toEqual([
      200,
      'refused; reason=no_cookie',
      GIF,
    ]);
    expect(headersOf(blocked, 'set-cookie')).toEqual([]);
    expect(locationOf(go(door, 'hosted', {}))).toBe('?b=1');
  });

  /** What a browser brings that was sent by an answer, and when its cookie of the chain is over. */
  const cookiesAfter = (answer: ReturnType<typeof go>) => {
    const pairs = headersOf(answer, 'set-cookie').map((set) => set.split(';')[0]!);
    return {
      inTheChain: { cookie: pairs.join('; ') },
      later: { cookie: pairs.filter((pair) => !pair.startsWith('n90c')).join('; ') },
    };
  };

  it.each(['back', 'hosted'])(
    'does not send a browser back to where it just came from without an id: %s',
    (partner) => {
      const door = syncFront();
      const { inTheChain, later } = cookiesAfter(go(door, partner));
      const crossSite = { ...inTheChain, 'sec-fetch-site': 'cross-site' };
      for (const back of [inTheChain, crossSite])
        expect(resultOf(go(door, partner, back))).toBe('refused; reason=loop');
      // Nobody between, so it came of itself.
      expect(resultOf(go(door, partner, { ...inTheChain, 'sec-fetch-site': 'same-origin' }))).toBe(
        'already_fresh',
      );
      expect(resultOf(go(door, partner, later))).toBe('already_fresh');
      const asked = JSON.parse(String(go(door, `${partner}?debug=1`, inTheChain).body));
      expect(asked.outcome).toBe('already_fresh');
    },
  );

  it('follows redir for a browser that comes again by itself', () => {
    const door = syncFront();
    const redir = `back?redir=${encodeURIComponent('https://back.test/done')}`;
    const { inTheChain, later } = cookiesAfter(go(door, 'back'));
    expect(locationOf(go(door, redir, later))).toBe('https://back.test/done');
    expect(resultOf(go(door, redir, inTheChain))).toBe('refused; reason=loop');
  });

  it('the cookie of the chain is of one partner and lasts seconds', () => {
    const door = syncFront();
    const [, , chain] = headersOf(go(door, 'back'), 'set-cookie');
    expect(chain).toMatch(/^n90c[\w-]{5}=[\w-]{6}; Max-Age=10; HttpOnly; Secure; SameSite=None$/);
    expect(resultOf(go(door, 'hosted', cookiesAfter(go(door, 'back')).inTheChain))).toBe('sent');
  });

  it('answers each push once, however soon the next one comes', () => {
    const door = syncFront();
    const { inTheChain } = cookiesAfter(go(door, 'agreed?agreed_push=one'));
    expect(resultOf(go(door, 'agreed?agreed_push=one', inTheChain))).toBe('refused; reason=loop');
    expect(resultOf(go(door, 'agreed?agreed_push=two', inTheChain))).toBe('sent');
  });

  it('sends whoever was sent without an id again after a day', () => {
    const door = syncFront();
    const sentAgo = (ms: number) => {
      const cookies = cookiesOf(door, (state, key) => state.send(key('back'), NOW - ms));
      return resultOf(go(door, 'back', cookies));
    };
    expect([sentAgo(0), sentAgo(DAY_MS / 2)]).toEqual(Array(2).fill('already_fresh'));
    expect(sentAgo(DAY_MS)).toBe('sent');
  });

  it('hands what a partner wants echoed back to it, however fresh the match is', () => {
    const door = syncFront();
    const cookies = cookiesOf(door, (state, key) => state.match(key('agreed'), 'u1', NOW - DAY_MS));
    expect(resultOf(go(door, 'agreed', cookies))).toBe('already_fresh');
    const answer = go(door, 'agreed?agreed_push=AB%26C', cookies);
    expect(locationOf(answer)).toBe(`https://agreed.test/p?hm=${VISITOR}&agreed_push=AB%26C`);
  });

  it.each<[string, string, number, string]>([
    ['an image', '', 200, 'image/gif'],
    ['an empty page, where one is asked for', '?f=b', 200, 'text/html; charset=utf-8'],
  ])('ends in %s where the match is fresh', (_, query, status, type) => {
    const door = syncFront();
    const cookies = cookiesOf(door, (state, key) => state.match(key('either'), 'u1', NOW));
    const answer = go(door, `either${query}`, cookies);
    expect([answer.status, headersOf(answer, 'content-type')[0], resultOf(answer)]).toEqual([
      status,
      type,
      'already_fresh',
    ]);
    expect(door.tally.totals()).toMatchObject([{ site: 'either', reason: 'already_fresh' }]);
  });
});

describe('redir', () => {
  const path = (redir: string) => `back?redir=${encodeURIComponent(redir)}`;
  const fresh = (door: Front) => cookiesOf(door, (state, key) => state.match(key('back'), 'u1', NOW));

  it.each(['https://back.test/done?a=b', 'https://back.test:8443/', 'http://localhost:4000/x'])(
    'to %s is followed where the match is fresh',
    (redir) => {
      const door = syncFront();
      const answer = go(door, path(redir), fresh(door));
      expect([answer.status, locationOf(answer)]).toEqual([302, redir]);
    },
  );

  it.each([
    'https://evil.test/',
    '//evil.test',
    'http://back.test/',
    'https://back.test.evil.test/',
    'https://back.test@evil.test/',
    'javascript:1',
    '',
  ])('to “%s” is refused, fresh or not', (redir) => {
    const door = syncFront();
    for (const cookies of [fresh(door), cookiesOf(door), {}]) {
      const answer = go(door, path(redir), cookies);
      expect([answer.status, resultOf(answer)]).toEqual([400, 'refused; reason=bad_redirect']);
      expect(locationOf(answer)).toBeUndefined();
    }
  });

  it('of one partner is not another’s', () => {
    const door = syncFront();
    expect(go(door, `hosted?redir=${encodeURIComponent('https://back.test/')}`).status).toBe(400);
  });
});

describe('nobody is sent anywhere', () => {
  it.each<[string, string, Readonly<Record<string, string>>, string, number, string]>([
    ['to a partner that is not registered', 'nobody', {}, '', 400, 'unknown_partner'],
    ['to a path below a partner', 'back/x', {}, '', 400, 'unknown_partner'],
    ['in a form that is none', 'back?f=x', {}, '', 400, 'bad_field'],
    ['who opted out', 'back', { cookie: 'n90_optout=1' }, '', 401, 'opted_out'],
    ['by gdpr=1 without a string', 'back?gdpr=1', {}, '', 400, 'consent_missing'],
    ['by a no', `back?gdpr=1&gdpr_consent=${NO}`, {}, '', 451, 'no_vendor_consent'],
    ['where the law wants a yes', 'back', {}, GERMAN, 451, 'consent_missing'],
    [
      'without the partner’s vendor id under TCF',
      `unlisted?gdpr=1&gdpr_consent=${YES}`,
      {},
      '',
      451,
      'no_partner_gvl_id',
    ],
  ])('%s', (_, path, headers, address, status, reason) => {
    const door = syncFront();
    const answer = go(door, path, headers, address === '' ? {} : { address });
    expect([answer.status, resultOf(answer)]).toEqual([status, `refused; reason=${reason}`]);
    expect([headersOf(answer, 'location'), headersOf(answer, 'set-cookie')]).toEqual([[], []]);
  });

  it.each(['back', 'nobody', 'back?f=x', 'back?gdpr=2', 'back?redir=x'])(
    'and a no of somebody who is known is written down: %s',
    (path) => {
      const door = syncFront();
      expect(go(door, path, { ...cookiesOf(door), 'sec-gpc': '1' }).status).toBe(451);
      expect(door.journal.of('consents')).toMatchObject([{ visitor: '7', withdrawn: '1' }]);
    },
  );
});

describe('asked for JSON', () => {
  it.each<[string, string, Readonly<Record<string, string>>]>([
    ['by ?debug=1', 'back?debug=1', {}],
    ['by Accept', 'back', { accept: 'application/json' }],
  ])('%s it tells how it would end, and does nothing', (_, path, headers) => {
    const door = syncFront();
    const answer = go(door, path, { ...cookiesOf(door), ...headers });
    expect(answer.status).toBe(200);
    expect(JSON.parse(String(answer.body))).toEqual({
      partner: 'back',
      outcome: 'sent',
      detail: 'The browser is sent to the partner.',
      country: 'US',
    });
    expect([headersOf(answer, 'set-cookie'), door.tally.totals(), door.journal.rows]).toEqual([[], [], []]);
  });

  it.each<[string, string, Readonly<Record<string, string>>, object]>([
    [
      'who said no',
      `back?debug=1&gdpr=1&gdpr_consent=${NO}`,
      {},
      { outcome: 'no_vendor_consent', vendor: 77 },
    ],
    ['that the partner is unknown', 'nobody?debug=1', {}, { outcome: 'unknown_partner' }],
    ['that the browser keeps no cookie', 'back?debug=1&b=1', {}, { outcome: 'no_cookie' }],
    ['that a redirect is not registered', 'back?debug=1&redir=x', {}, { outcome: 'bad_redirect' }],
    ['that somebody opted out', 'back?debug=1', { cookie: 'n90_optout=1' }, { signal: 'n90_optout' }],
  ])('it tells %s', (_, path, headers, expected) => {
    const door = syncFront();
    expect(JSON.parse(String(go(door, path, headers).body))).toMatchObject(expected);
  });

  it('it says nobody’s id, and writes no withdrawal', () => {
    const door = { ...syncFront(), isSuppressed: (_: VisitorId) => false };
    const answer = go(door, 'hosted?debug=1&us_privacy=1YYN', cookiesOf(door));
    expect(String(answer.body)).not.toContain(VISITOR);
    expect(door.journal.rows).toEqual([]);
  });
});
