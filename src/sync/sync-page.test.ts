import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Response } from '../collect/door.ts';
import { type Front, front, GERMAN, headersOf, NO, partnerOf, SITE, YES } from '../collect/front.testing.ts';
import { ask, cookiesOf, DAY_MS, NOW, syncFront, VISITOR } from './door.testing.ts';
import { syncRedirect } from './redirect.ts';
import { stateKey } from './state.ts';
import { syncPage } from './sync-page.ts';

const open = (
  door: Front,
  query = '',
  headers: Readonly<Record<string, string>> = cookiesOf(door),
  address?: string,
) => ask(syncPage, door, `/sync.html${query}`, headers, address === undefined ? {} : { address });
/** Type (1 = a frame) and address of what the page loads, in order. */
const syncsOf = ({ body }: Response) => {
  const data = /<script type="application\/json" id="due">(.*?)<\/script>/.exec(String(body))![1]!;
  return JSON.parse(data) as [number, string][];
};
/** The same with the partner in place of the address. */
const dueOf = (answer: Response) =>
  syncsOf(answer).map(([type, url]) => `${type} ${/^sync\/([a-z]+)\?/.exec(url)![1]}`);
/** The Cookie header of a browser after an answer. */
const cookieAfter = (answer: Response, before: string) => {
  const jar = new Map(
    [...before.split('; '), ...headersOf(answer, 'set-cookie').map((set) => set.split(';')[0]!)].map(
      (pair) => [pair.slice(0, pair.indexOf('=')), pair],
    ),
  );
  return { cookie: [...jar.values()].join('; ') };
};
/** Makes the first syncs of a page, as its script does. @returns what the browser sends afterwards, and how each ended. */
function make(door: Front, page: Response, cookies: { cookie: string }, most = 5) {
  const ended: (string | undefined)[] = [];
  let now = cookies;
  for (const [, url] of syncsOf(page).slice(0, most)) {
    const answer = ask(syncRedirect, door, `/${url}`, { ...now, 'sec-fetch-site': 'same-origin' });
    ended.push(resultOf(answer));
    now = cookieAfter(answer, now.cookie);
  }
  return { cookies: now, ended };
}
const resultOf = (answer: Response) => headersOf(answer, 'ninety-result')[0];

describe('/sync.html', () => {
  it('makes the syncs that are due, at most five, by priority', () => {
    const door = syncFront();
    const answer = open(door, `?s=${SITE.key}`);
    expect(answer.status).toBe(200);
    const due = dueOf(answer);
    expect(due[0]).toBe('0 back');
    expect(due.toSorted()).toEqual(['0 agreed', '0 back', '0 hosted', '0 unlisted', '1 framed']);
    const counted = door.tally.totals().map(({ site, reason }) => `${site} ${reason}`);
    expect(counted).toContain('either blocked_by_limit');
    expect(counted).toContain('mute no_sync_url');
  });

  it('never makes one twice within the freshness', () => {
    const door = syncFront();
    const page = open(door);
    const first = make(door, page, cookiesOf(door));
    expect(first.ended).toEqual(Array(5).fill('sent'));
    const second = open(door, '', first.cookies);
    expect(dueOf(second)).toEqual(['0 either']);
    expect(dueOf(open(door, '', make(door, second, first.cookies).cookies))).toEqual([]);
    // Two pages at once find the same due; whichever is later makes none of them again.
    expect(make(door, page, first.cookies).ended).toEqual(Array(5).fill('already_fresh'));
  });

  it('that is left early has marked what was made, and no more', () => {
    const door = syncFront();
    const page = open(door);
    expect(headersOf(page, 'set-cookie')).toEqual([]);
    expect(door.tally.totals().filter(({ reason }) => reason === 'sent')).toEqual([]);
    const left = make(door, page, cookiesOf(door), 1);
    const state = door.state.read(left.cookies.cookie, VISITOR, NOW);
    expect([state.size, state.get(stateKey('back'))?.matched]).toEqual([1, false]);
    expect(dueOf(open(door, '', left.cookies))).toContain('0 hosted');
  });

  it('takes who was never matched first, then the oldest, within a priority', () => {
    const ids = ['a', 'b', 'c', 'd', 'first'];
    const door = front({
      gvlId: undefined,
      partners: ids.map((id) =>
        partnerOf(id, {
          syncUrl: `https://${id}.test/?r={{.RedirectURL}}`,
          priority: id === 'first' ? 1 : 5,
        }),
      ),
    });
    const cookies = cookiesOf(door, (state, key) => {
      state.match(key('a'), 'u', NOW - 20 * DAY_MS);
      state.match(key('b'), 'u', NOW - 30 * DAY_MS);
      state.send(key('c'), NOW - 15 * DAY_MS);
      state.match(key('first'), 'u', NOW - 15 * DAY_MS);
    });
    expect(dueOf(open(door, '', cookies))).toEqual(['first', 'd', 'c', 'b', 'a'].map((id) => `0 ${id}`));
    expect(dueOf(open(door, '?limit=2', cookies))).toHaveLength(2);
    for (const limit of ['0', '-1', 'x', '99'])
      expect(dueOf(open(door, `?limit=${limit}`, cookies))).toHaveLength(5);
  });

  it('runs nothing but its own script, and tells nobody where it was embedded', () => {
    const door = syncFront();
    const answer = open(door);
    const [policy] = headersOf(answer, 'content-security-policy');
    const script = /<script>(.*?)<\/script>/s.exec(String(answer.body))![1]!;
    const hash = createHash('sha256').update(script).digest('base64');
    expect(policy).toBe(
      `default-src 'none'; script-src 'sha256-${hash}'; img-src 'self' https:; frame-src 'self' https:; base-uri 'none'; form-action 'none'`,
    );
    expect(headersOf(answer, 'referrer-policy')).toEqual(['no-referrer']);
    expect(script).toContain("'allow-scripts allow-same-origin'");
  });

  it('lets plain http in only where a partner is on this machine', () => {
    const partners = [partnerOf('near', { syncUrl: 'http://127.0.0.2:4000/?u=$UID' })];
    const door = front({ gvlId: undefined, partners });
    expect(headersOf(open(door), 'content-security-policy')[0]).toContain("img-src 'self' https: http:;");
  });

  it('holds what came with the request as data, never as markup', () => {
    const text = '"</script><script>alert(1)//<!--';
    const answer = open(syncFront(), `?gdpr=0&gdpr_consent=${encodeURIComponent(text)}`);
    expect(answer.status).toBe(200);
    expect(dueOf(answer)).toHaveLength(5);
    expect(String(answer.body).match(/<script|<!--/g)).toEqual(['<script', '<script']);
  });

  it('asks a browser without our cookie once more, then is an empty page', () => {
    const door = syncFront();
    const first = open(door, `?s=${SITE.key}`, {});
    expect([first.status, headersOf(first, 'location')]).toEqual([302, [`?s=${SITE.key}&b=1`]]);
    expect(headersOf(first, 'set-cookie')).toHaveLength(1);
    const second = open(door, `?s=${SITE.key}&b=1`, {});
    expect([second.status, resultOf(second), second.body]).toEqual([200, 'refused; reason=no_cookie', '']);
    expect(door.tally.totals()).toMatchObject([{ site: '', reason: 'no_cookie' }]);
  });

  it.each<[string, string, Readonly<Record<string, string>>, string | undefined, number, string]>([
    ['of who opted out', '', { cookie: 'n90_optout=1' }, undefined, 401, 'opted_out'],
    ['on a no', `?gdpr=1&gdpr_consent=${NO}`, {}, undefined, 451, 'no_vendor_consent'],
    ['where the law wants a yes', '', {}, GERMAN, 451, 'consent_missing'],
    ['of a site that is not registered', '?s=nobody', {}, undefined, 400, 'unknown_site'],
    ['with gdpr=1 and no string', '?gdpr=1', {}, undefined, 400, 'consent_missing'],
  ])('syncs nobody %s', (_, query, headers, address, status, reason) => {
    const answer = open(syncFront(), query, headers, address);
    expect([answer.status, resultOf(answer)]).toEqual([status, `refused; reason=${reason}`]);
    expect(headersOf(answer, 'set-cookie')).toEqual([]);
  });

  it('syncs those whom the string names, and hands the strings on', () => {
    const door = syncFront();
    const answer = open(door, `?gdpr=1&gdpr_consent=${YES}`, cookiesOf(door), GERMAN);
    expect(dueOf(answer)).not.toContain('0 unlisted');
    expect(syncsOf(answer)).toContainEqual([
      0,
      `sync/hosted?gdpr=1&gdpr_consent=${YES}&us_privacy=&gpp=&gpp_sid=&f=i`,
    ]);
    expect(String(answer.body)).not.toContain(VISITOR);
  });

  it('hears a no before it finds anything wrong', () => {
    const door = syncFront();
    expect(open(door, '?s=nobody&us_privacy=1YYN').status).toBe(451);
    expect(door.journal.of('consents')).toMatchObject([{ visitor: '7', withdrawn: '1' }]);
  });
});
