import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { domainsOf, isOriginWithin, liesWithin, namesOf } from './domains.ts';

const domains = domainsOf([
  'shop.test',
  'www.magazine.test',
  'localhost',
  '127.0.0.1',
  '[::1]',
  '2001:db8::1',
]);

describe('the pages of an origin', () => {
  it.each([
    ['of a domain', 'https://shop.test', true],
    ['below one', 'https://www.blog.shop.test', true],
    ['on a port, by plain http', 'http://shop.test:8080', true],
    ['beside a domain with www', 'https://magazine.test', true],
    ['of this machine', 'http://localhost:3000', true],
    ['of an address', 'http://127.0.0.1:3000', true],
    ['of an IPv6 address', 'http://[::1]:3000', true],
    ['of one that was given without brackets', 'http://[2001:db8::1]', true],
    ['of a host that only ends alike', 'https://workshop.test', false],
    ['of a host that only begins alike', 'https://shop.test.evil.example', false],
    ['of the host above', 'https://test', false],
    ['below a name that has nothing below it', 'https://evil.localhost', false],
    ['with the domain as a user’s name', 'https://shop.test@evil.example', false],
    ['of a file, a frame without rights, or a redirect', 'null', false],
    ['of an extension', 'chrome-extension://shop.test', false],
    ['of nothing', '', false],
    ['of something else', 'shop.test', false],
    ['of a host that is none', 'https://shop test', false],
  ])('%s: %s', (_, origin, own) => {
    expect(isOriginWithin(origin, domains)).toBe(own);
  });

  it('of whatever text are within no domains where there are none', () => {
    fc.assert(
      fc.property(fc.oneof(fc.webUrl(), fc.string({ unit: 'binary' })), (origin) => {
        expect(isOriginWithin(origin, domainsOf([]))).toBe(false);
      }),
    );
  });
});

it('a host lies within every domain above it but the topmost, and within no other', () => {
  const label = fc.stringMatching(/^[a-z]{1,3}$/);
  const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
  fc.assert(
    fc.property(host, host, (name, domain) => {
      const isTopmost = !domain.includes('.') && name.includes('.');
      const expected = name === domain || (name.endsWith(`.${domain}`) && !isTopmost);
      fc.pre(!domain.startsWith('www.'));
      expect(liesWithin(namesOf(name), domainsOf([domain]))).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});
