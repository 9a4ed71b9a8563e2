import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowedRedirect } from './redirect-hosts.ts';

const HOSTS = ['a.test', 'xn--bcher-kva.test', '127.0.0.2', '::1'];

describe('a browser may be sent', () => {
  it.each([
    'https://a.test/x?y=$UID',
    'https://A.TEST:8443/',
    'HTTPS://a.test',
    'https://xn--bcher-kva.test/',
    'http://127.0.0.2:9000/back?uid=%24UID',
    'http://[::1]/',
    'https://127.0.0.2/',
  ])('to %s', (redir) => {
    const allowed = allowedRedirect(redir, HOSTS);
    expect(allowed).toBe(new URL(redir).href);
  });

  it.each([
    '',
    'a.test',
    '//a.test/',
    '/\\a.test',
    'https:a.test',
    'https:/a.test',
    'http://a.test/',
    'https://b.test/',
    'https://x.a.test/',
    'https://a.test.b.test/',
    'https://a.test./',
    'https://b.test/https://a.test/',
    'https://b.test?a.test',
    'https://b.test#a.test',
    'https://a.test@b.test/',
    'https://a:b@a.test/',
    'https://b.test\\@a.test/',
    'https://b.test\\.a.test/',
    'https://a.test\t.b.test/',
    ' https://a.test/',
    'https://a.test/\r\nSet-Cookie: x=1',
    'https://bücher.test/',
    'https://a.te%73t%2Eb.test/',
    'javascript:alert(1)//a.test',
    'data:text/html,a.test',
    'ftp://a.test/',
    'https://',
    `https://a.test/${'x'.repeat(4096)}`,
  ])('not to %j', (redir) => {
    expect(allowedRedirect(redir, HOSTS)).toBeUndefined();
  });

  it('nowhere by a partner without hosts', () => {
    expect(allowedRedirect('https://a.test/', [])).toBeUndefined();
  });

  it('whatever is asked for, only to a registered host', () => {
    const piece = fc.constantFrom(
      'https:',
      'http:',
      '/',
      '//',
      '\\',
      '@',
      ':',
      '.',
      '?',
      '#',
      'a.test',
      'b.test',
      '%2e',
      '\t',
      '127.0.0.2',
      '0x7f.2',
      '[',
      ']',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 3 })), { maxLength: 10 }), (pieces) => {
        const allowed = allowedRedirect(pieces.join(''), ['a.test', '127.0.0.2']);
        if (allowed !== undefined) expect(['a.test', '127.0.0.2']).toContain(new URL(allowed).hostname);
      }),
      { numRuns: 2000 },
    );
  });
});
