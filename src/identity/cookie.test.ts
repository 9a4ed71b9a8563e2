import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COOKIE_NAME, VisitorCookie } from './cookie.ts';
import { visitorId } from './visitor.ts';

const cookie = new VisitorCookie('a secret of tests, of no use elsewhere', 90);
const visitor = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(visitorId);
/** What a browser sends back of it. */
const sent = (set: string) => set.split(';')[0]!;

describe('the visitor’s cookie', () => {
  it('comes back as the visitor to whom it was given', () => {
    fc.assert(
      fc.property(visitor, fc.boolean(), (id, secure) => {
        expect(cookie.read(sent(cookie.write(id, secure)))).toBe(id);
      }),
    );
  });

  it('is found among others, wherever it stands', () => {
    const id = visitorId(7n);
    const own = sent(cookie.write(id, true));
    for (const header of [
      `a=b; ${own}`,
      `${own}; a=b`,
      `a=b;${own};c`,
      `not${own}; ${own}`,
      `${COOKIE_NAME}=forged; ${own}`,
    ])
      expect(cookie.read(header)).toBe(id);
  });

  it('that we did not make is nobody’s', () => {
    const own = sent(cookie.write(visitorId(7n), true));
    const other = new VisitorCookie('another secret, of no use either', 90);
    for (const header of [
      undefined,
      '',
      `${COOKIE_NAME}=`,
      `${COOKIE_NAME}=${visitorId(7n)}`,
      `x${own}`,
      own.slice(0, -1),
      `${own}A`,
      own.toUpperCase(),
      sent(other.write(visitorId(7n), true)),
      `${own.slice(0, -1)}é`,
    ])
      expect(cookie.read(header)).toBeUndefined();
  });

  it('with any one character changed is nobody’s', () => {
    const own = sent(cookie.write(visitorId(2n ** 40n), true));
    const value = own.slice(COOKIE_NAME.length + 1);
    for (let at = 0; at < value.length; at++) {
      const changed = value[at] === 'x' ? 'y' : 'x';
      expect(
        cookie.read(`${COOKIE_NAME}=${value.slice(0, at)}${changed}${value.slice(at + 1)}`),
      ).toBeUndefined();
    }
  });

  it('is read from no header that is longer than browsers send', () => {
    const own = sent(cookie.write(visitorId(7n), true));
    expect(cookie.read(`${own}; a=${'x'.repeat(20_000)}`)).toBeUndefined();
  });

  it('takes any header without a fault', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary' }), (a, b) => {
        expect(cookie.read(`${COOKIE_NAME}=${a}; ${COOKIE_NAME}=${b}`)).toBeUndefined();
      }),
    );
  });

  it('goes to other sites’ pages by https only, and no script reads it', () => {
    expect(cookie.write(visitorId(7n), true)).toMatch(
      /^n90=[\w-]{19}; Max-Age=7776000; Path=\/; HttpOnly; Secure; SameSite=None$/,
    );
    expect(cookie.expire(true)).toEqual([
      'n90=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=None',
      'n90s=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=None',
    ]);
  });

  it('over plain http is one that browsers keep', () => {
    expect(cookie.write(visitorId(7n), false)).toMatch(/; HttpOnly; SameSite=Lax$/);
    expect(cookie.expire(false)).toEqual([
      'n90=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax',
      'n90s=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax',
    ]);
  });

  const marks: [string, string | undefined, boolean | undefined][] = [
    ['alone', 'n90_optout=1', true],
    ['among others', 'a=b; n90_optout=1; c=d', true],
    ['without spaces', 'a=b;n90_optout=1;c=d', true],
    ['after one that only looks like it', 'xn90_optout=1; n90_optout=1', true],
    ['with the site through which it was said', 'n90_optout=1.SITE-KEY_1', true],
    ['beside the word of an opt-in', 'n90_optout=0; n90_optout=1', true],
    ['not of another name', 'xn90_optout=1', undefined],
    ['not of another value', 'n90_optout=10', undefined],
    ['not with what is no key', 'n90_optout=1.<b>', undefined],
    ['not as a value', 'a=n90_optout=1', undefined],
    ['not where it is empty', 'n90_optout=', undefined],
    ['not where there is no cookie', undefined, undefined],
    ['not after an opt-in', 'a=b; n90_optout=0', false],
  ];
  it.each(marks)('the mark of an opt-out is found %s', (_, header, marked) => {
    expect(cookie.optedOut(header)).toBe(marked);
  });

  it('and the mark of an opt-out do not take each other for themselves', () => {
    const mark = sent(cookie.optOut(true));
    expect(cookie.read(mark)).toBeUndefined();
    expect(cookie.read(`${mark}; ${sent(cookie.write(visitorId(7n), true))}`)).toBe(visitorId(7n));
    expect(cookie.optedOut(sent(cookie.write(visitorId(7n), true)))).toBeUndefined();
  });

  it('of an opt-out has the same attributes as the id’s, and five years', () => {
    expect(cookie.optOut(true)).toBe(
      'n90_optout=1; Max-Age=157680000; Path=/; HttpOnly; Secure; SameSite=None',
    );
    expect(cookie.optOut(false)).toMatch(/; HttpOnly; SameSite=Lax$/);
    expect(cookie.optOut(true, 'KEY')).toMatch(/^n90_optout=1\.KEY; Max-Age=157680000;/);
    expect(cookie.optIn(true)).toBe('n90_optout=0; Max-Age=7776000; Path=/; HttpOnly; Secure; SameSite=None');
  });

  it.each<[string, string | undefined]>([
    [sent(cookie.optOut(true)), ''],
    [sent(cookie.optOut(true, 'KEY')), 'KEY'],
    [sent(cookie.optIn(true)), undefined],
    ['n90=x', undefined],
  ])('%s tells through which site it was said', (header, through) => {
    expect(cookie.optedOutThrough(header)).toBe(through);
  });

  it('lives as long as the retention', () => {
    expect(new VisitorCookie('x', 7).write(visitorId(7n), true)).toContain('; Max-Age=604800;');
  });
});
