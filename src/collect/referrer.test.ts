import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readReferrer } from './referrer.ts';

describe('a referrer, as it is stored', () => {
  it.each([
    [
      'another site’s page stays, without its query',
      'https://www.Google.com/search?q=joe',
      'https://www.google.com/search',
      'www.google.com',
    ],
    [
      'its path is scrubbed',
      'https://mail.example.com/u/joe@example.com#inbox',
      'https://mail.example.com/u/[email]',
      'mail.example.com',
    ],
    [
      'the port is not part of the host',
      'http://other.example:8080/',
      'http://other.example:8080/',
      'other.example',
    ],
    ['a page of the same host is none', 'https://example.org/earlier', '', ''],
    [
      'a host below is another host',
      'https://shop.example.org/',
      'https://shop.example.org/',
      'shop.example.org',
    ],
    ['a host that is an address is cut', 'http://203.0.113.9:81/x', 'http://203.0.113.0:81/x', '203.0.113.0'],
    ['an IPv6 host too', 'http://[2001:db8:1:2::9]/x', 'http://[2001:db8:1::]/x', '[2001:db8:1::]'],
    ['nothing is nothing', '', '', ''],
    ['garbage is nothing', 'about:blank', '', ''],
    ['an app is nothing', 'android-app://com.google.android.gm/', '', ''],
    ['what is too long is nothing', `https://other.example/${'a'.repeat(9000)}`, '', ''],
  ])('%s', (_sentence, given, referrer, host) => {
    expect(readReferrer(given, 'example.org', [])).toMatchObject({ referrer, host });
  });

  it('is nowhere on its own host and somewhere on any other, in whatever order they ask', () => {
    const from = 'https://news.test/story?id=1';
    const elsewhere = { referrer: 'https://news.test/story', host: 'news.test', source: 'referral' };
    const own = { referrer: '', host: '', source: 'internal' };
    const hosts = ['shop.test', 'news.test', 'blog.test', 'news.test'];
    expect(hosts.map((host) => readReferrer(from, host, []))).toMatchObject([elsewhere, own, elsewhere, own]);
  });

  it('that is an address is nowhere on itself', () => {
    expect(readReferrer('http://127.0.0.1:3000/a', '127.0.0.1', [])).toMatchObject({
      host: '',
      source: 'internal',
    });
  });
});

describe('the source that a referrer is', () => {
  const domains = ['shop.test', 'www.magazine.test'];
  it.each([
    ['nothing', '', 'direct'],
    ['garbage', 'about:blank', 'direct'],
    ['the page’s own host', 'https://www.shop.test/b', 'internal'],
    ['the host above', 'https://shop.test/', 'internal'],
    ['a host beside, of the same domain', 'https://blog.shop.test/', 'internal'],
    ['another domain of the site', 'https://magazine.test/', 'internal'],
    ['a host that only ends alike', 'https://workshop.test/', 'referral'],
    ['any other', 'https://news.test/story', 'referral'],
    ['an address', 'http://203.0.113.9/', 'referral'],
    ['Google', 'https://www.google.com/', 'search'],
    ['Google of a country', 'https://www.google.co.uk/', 'search'],
    ['Google’s search app', 'android-app://com.google.android.googlequicksearchbox/', 'search'],
    ['Bing of a country', 'https://cn.bing.com/search', 'search'],
    ['Yandex of a country', 'https://yandex.com.tr/search', 'search'],
    ['Yahoo’s search', 'https://fr.search.yahoo.com/', 'search'],
    ['Yahoo’s own pages', 'https://finance.yahoo.com/', 'referral'],
    ['DuckDuckGo', 'https://duckduckgo.com/', 'search'],
    ['a document at Google', 'https://docs.google.com/document', 'referral'],
    ['Google’s mail', 'https://mail.google.com/', 'email'],
    ['Facebook’s link shim', 'https://l.facebook.com/l.php?u=x', 'social'],
    ['Messenger’s short host', 'https://m.me/', 'social'],
    ['Twitter’s shortener', 'https://t.co/abc', 'social'],
    ['x.com', 'https://x.com/', 'social'],
    ['a host that ends in x.com', 'https://netflix.com/', 'referral'],
    ['LinkedIn’s app', 'android-app://com.linkedin.android/', 'social'],
    ['Pinterest of a country', 'https://www.pinterest.de/', 'social'],
    ['old Reddit', 'https://old.reddit.com/r/a', 'social'],
    ['a mail app', 'android-app://com.google.android.gm/', 'email'],
    ['a provider’s webmail', 'https://webmail.provider.test/', 'email'],
    ['an app that nobody knows', 'android-app://com.example.reader/', 'referral'],
    ['an iPhone’s app', 'ios-app://123456789/', 'referral'],
  ])('%s', (_sentence, referrer, source) => {
    expect(readReferrer(referrer, 'www.shop.test', domains).source).toBe(source);
  });

  it('is internal above and below the page’s host where the site names no domains', () => {
    expect(readReferrer('https://shop.test/', 'blog.shop.test', []).source).toBe('internal');
    expect(readReferrer('https://blog.shop.test/', 'www.shop.test', []).source).toBe('internal');
    expect(readReferrer('https://a.shop.test/', 'b.shop.test', []).source).toBe('referral');
  });

  it('is social on a blog of the network, which is no site of its own', () => {
    expect(readReferrer('https://www.tumblr.com/dashboard', 'poet.tumblr.com', []).source).toBe('social');
  });

  it('of whatever text is one of the list', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc
        .string({ unit: fc.constantFrom('a', '.', '-', 'www'), maxLength: 400 })
        .map((host) => `https://${host}/`),
    );
    fc.assert(
      fc.property(hostile, (referrer) => {
        expect(['direct', 'internal', 'search', 'social', 'email', 'referral']).toContain(
          readReferrer(referrer, 'www.shop.test', domains).source,
        );
      }),
    );
  });
});
