import { describe, expect, it } from 'vitest';
import { ID, KINDS } from './kinds.ts';

describe('an id', () => {
  it.each(['a', '0', 'news-site', 'a_b', 'x'.repeat(64)])('may be %s', (id) => {
    expect(ID.test(id)).toBe(true);
  });

  it.each(['', '-a', '_a', 'A', 'a b', 'ä', 'a/b', 'a\n', 'x'.repeat(65)])('may not be %j', (id) => {
    expect(ID.test(id)).toBe(false);
  });
});

describe('a partner', () => {
  const partner = (fields: object) => KINDS.partner.safeParse({ name: 'Partner', ...fields });

  it('has what most partners have, where nothing is said', () => {
    expect(partner({}).data).toEqual({
      name: 'Partner',
      redirectHosts: [],
      freshDays: 14,
      idEncoding: 'plain',
      uidMacro: '$UID',
      uidParameter: 'uid',
      echoParameters: [],
      priority: 5,
    });
  });

  it.each(['$UID', '#PMUID', '{OPENX_ID}', '%%GUID%%', '__UID__', ''])(
    'has the uid macro “%s”',
    (uidMacro) => {
      expect(partner({ uidMacro, iframeUidMacro: uidMacro }).success).toBe(true);
    },
  );

  it.each([
    'https://sync.example.com/match?uid=',
    'http://127.0.0.1:9000/sync',
    'http://localhost/sync',
    'http://[::1]:80/sync',
  ])('may be called at %s', (syncUrl) => {
    expect(partner({ syncUrl }).success).toBe(true);
  });

  it.each([
    'http://sync.example.com/match',
    'http://127.0.0.1.example.com/match',
    'http://localhost.example.com/match',
    'http://localhost@example.com/match',
    'javascript:alert(1)',
    '//sync.example.com',
    'https://',
  ])('may not be called at %s: ids would go in the clear, or elsewhere', (syncUrl) => {
    expect(partner({ syncUrl }).success).toBe(false);
    expect(partner({ iframeUrl: syncUrl }).success).toBe(false);
  });

  it.each([
    { gvlId: 0 },
    { gvlId: 65_536 },
    { freshDays: 91 },
    { idEncoding: 'rot13' },
    { redirectHosts: ['https://x.example'] },
    { nmae: 'x' },
    { uidMacro: '$' },
    { uidMacro: '$U ID' },
    { uidMacro: '$UID&x' },
    { uidMacro: 'x'.repeat(41) },
    { uidParameter: 'bidder' },
    { uidParameter: 'gdpr_consent' },
    { uidParameter: 'a b' },
    { errorParameter: 'f' },
    { priority: 0 },
    { priority: 11 },
    { name: '  ' },
  ])('cannot have %j', (fields) => {
    expect(partner(fields).success).toBe(false);
  });
});

describe('a site', () => {
  const domains = (list: readonly string[]) =>
    KINDS.site.safeParse({ name: 'S', key: 'k', domains: list }).data?.domains;

  it('has host names for domains, in lower case', () => {
    expect(domains(['WWW.Example.COM', 'localhost', 'xn--bcher-kva.example', '127.0.0.1'])).toEqual([
      'www.example.com',
      'localhost',
      'xn--bcher-kva.example',
      '127.0.0.1',
    ]);
  });

  it.each(['https://www.example.com', 'www.example.com/path', '-a.example', 'a b', '', 'a..b'])(
    'cannot have %j for one',
    (domain) => {
      expect(domains([domain])).toBeUndefined();
    },
  );
});

describe('a segment', () => {
  const segment = (fields: object) => KINDS.segment.safeParse({ name: 'S', rule: {}, ...fields });

  it.each(['news', 'news/sport', '0/a_b/c-d'])('may lie in the folder %s', (folder) => {
    expect(segment({ folder }).data?.folder).toBe(folder);
  });

  it.each([
    { folder: '' },
    { folder: '/news' },
    { folder: 'news/' },
    { folder: 'news//sport' },
    { folder: '..' },
    { folder: 'news/../x' },
    { folder: 'News' },
    { folder: 'a/b/c/d/e/f/g/h/i' },
    { labels: ['a', 'a'] },
    { labels: [' '] },
    { labels: Array.from({ length: 21 }, (_, n) => `l${n}`) },
    { note: 'x'.repeat(501) },
  ])('cannot have %j', (fields) => {
    expect(segment(fields).success).toBe(false);
  });
});
