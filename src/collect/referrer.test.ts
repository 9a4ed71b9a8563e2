import { describe, expect, it } from 'vitest';
import { scrubReferrer } from './referrer.ts';

describe('scrubReferrer', () => {
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
    expect(scrubReferrer(given, 'example.org')).toEqual({ referrer, host });
  });
});
