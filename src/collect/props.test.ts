import { describe, expect, it } from 'vitest';
import { readProps } from './props.ts';

describe('readProps', () => {
  it.each<[string, unknown, Record<string, string> | 'bad_field']>([
    ['nothing is no properties', undefined, {}],
    ['null too', null, {}],
    [
      'text, numbers and booleans become text',
      { plan: 'gold', n: 19.5, new: true },
      { plan: 'gold', n: '19.5', new: 'true' },
    ],
    ['null is left out', { plan: null, size: 'L' }, { size: 'L' }],
    ['a list is none', ['a'], 'bad_field'],
    ['text is none', '{}', 'bad_field'],
    ['an object within is not flat', { a: { b: 1 } }, 'bad_field'],
    ['a list within neither', { a: [1] }, 'bad_field'],
    ['a number that is none', { a: Number.NaN }, 'bad_field'],
    ['a name begins with a letter', { '1a': 'x' }, 'bad_field'],
    ['an empty name is none', { '': 'x' }, 'bad_field'],
    [
      'forty characters are a name',
      { 'item.category-level_two.sub-level_three4': 'x' },
      { 'item.category-level_two.sub-level_three4': 'x' },
    ],
    ['forty-one are none', { [`a${'b'.repeat(40)}`]: 'x' }, 'bad_field'],
    ['a name that is an e-mail', { 'joe@example.com': 'x' }, 'bad_field'],
    ['a name that is an e-mail in words', { 'joe-at-example-dot-com': 'x' }, 'bad_field'],
    ['a name that is a number', { n4917012345678: 'x' }, 'bad_field'],
    ['a name that is a token', { a3f2a9c1b7d4e5f60: 'x' }, 'bad_field'],
    [
      'a name that JavaScript has too',
      { constructor: 'x', toString: 'y' },
      { constructor: 'x', toString: 'y' },
    ],
    [
      'values are scrubbed',
      { about: 'joe%40example.com', n: 4917012345678 },
      { about: '[email]', n: '[phone]' },
    ],
    [
      'a URL is scrubbed as one',
      { link: 'https://joe@a.test/user/joe?q=joe&utm_source=mail#joe' },
      { link: 'https://a.test/user/[name]?utm_source=mail' },
    ],
    [
      'what only begins as a URL is text',
      { link: 'http://joe@example.com:x/' },
      { link: 'http://example.com:x/' },
    ],
    ['a moment in milliseconds stays', { at: 1700000000123 }, { at: '1700000000123' }],
  ])('%s', (_sentence, given, expected) => {
    expect(readProps(given)).toEqual(expected);
  });

  it('takes sixteen, nulls not counted, and no more', () => {
    const many = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`p${i}`, 'x']));
    expect(readProps({ ...many(16), none: null })).toEqual(many(16));
    expect(readProps(many(17))).toBe('bad_field');
  });

  it('cuts text at two hundred code points, and a URL at a whole segment', () => {
    expect(readProps({ a: '👍'.repeat(300) })).toEqual({ a: '👍'.repeat(200) });
    const link = `https://a.test/${'word/'.repeat(60)}`;
    const cut = (readProps({ link }) as Record<string, string>)['link']!;
    expect(link.startsWith(cut)).toBe(true);
    expect(cut).toMatch(/^.{190,200}$/);
    expect(cut.endsWith('/')).toBe(true);
  });

  it.each([
    [
      '[email]',
      [
        'email',
        'E-Mail',
        'mail',
        'customerEmail',
        'user_mail',
        'email_hash',
        'hashed-email',
        'emailAddress2',
        'correo',
      ],
    ],
    [
      '[phone]',
      ['phone', 'tel', 'Telefon', 'phone_number', 'userPhone', 'handy', 'mobile', 'numero.telephone'],
    ],
    [
      '[name]',
      [
        'name',
        'first_name',
        'firstName',
        'FIRSTNAME',
        'last.name',
        'surname',
        'user',
        'userName',
        'prenom',
        'Vorname',
        'customer_name',
        'imie',
      ],
    ],
    [
      '[address]',
      ['address', 'billingAddress', 'street', 'home_address', 'zip', 'ZIPCode', 'plz', 'code_postal', 'lat'],
    ],
    ['[birth]', ['dob', 'birthday', 'date_of_birth', 'Geburtsdatum']],
    [
      '[token]',
      [
        'password',
        'passwd',
        'token',
        'access_token',
        'session',
        'sessionId',
        'PHPSESSID',
        'auth',
        'api_key',
        'csrfToken',
      ],
    ],
    ['[id]', ['ssn', 'user_id', 'customerId', 'taxId', 'gclid', 'uid', 'passport']],
    ['[iban]', ['iban', 'customer_iban']],
    ['[card]', ['card_number', 'creditCard']],
    ['[ip]', ['ip', 'client_ip', 'ipAddress']],
  ])('a value under a name of %s is replaced, whatever it is', (placeholder, names) => {
    for (const name of names) {
      expect(readProps({ [name]: 'Joe' }), name).toEqual({ [name]: placeholder });
      expect(readProps({ [name]: 17 }), name).toEqual({ [name]: placeholder });
      expect(readProps({ [name]: true }), name).toEqual({ [name]: 'true' });
    }
  });

  it.each([
    ...[
      'product',
      'product_name',
      'productId',
      'plan',
      'price',
      'currency',
      'campaign.name',
      'event_name',
      'page_title',
      'variant',
    ],
    ...[
      'size',
      'color',
      'is_mobile_app',
      'category',
      'list',
      'position',
      'quantity',
      'author',
      'brand',
      'query_type',
      'card',
      'sku',
    ],
  ])('%s is no person’s', (name) => {
    expect(readProps({ [name]: 'Joe' })).toEqual({ [name]: 'Joe' });
  });
});
