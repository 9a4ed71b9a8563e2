import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visitorId } from '../../identity/visitor.ts';
import { readLine } from './line.ts';
import { isTrait } from './name.ts';

const isPartner = (id: string) => id === 'acme';
const read = (line: unknown) => readLine(typeof line === 'string' ? line : JSON.stringify(line), isPartner);
const good = { id: 'acme:u1', trait: 'data-co:Cars' };

describe('a line that is understood', () => {
  it.each<[string, unknown, unknown]>([
    ['a partner’s uid', good, { source: 'acme', uid: 'u1', trait: 'data-co:Cars', expires: 0 }],
    ['a uid with colons in it', { ...good, id: 'acme:a:b' }, { source: 'acme', uid: 'a:b' }],
    [
      'a visitor, as the number that is stored',
      { ...good, id: 'visitor:__________8' },
      { source: 'visitor', uid: String(2n ** 64n - 1n) },
    ],
    [
      'a device id, in its one form',
      { ...good, id: 'IDFA:AEBE52E7-03EE-455A-B3C4-E57283966239' },
      { source: 'idfa', uid: 'aebe52e7-03ee-455a-b3c4-e57283966239' },
    ],
    [
      'a device id under another name of its type',
      { ...good, id: 'AAID:aebe52e7-03ee-455a-b3c4-e57283966239' },
      { source: 'gaid' },
    ],
    ['an expiry in UTC', { ...good, expires: '2026-01-31T00:00:00Z' }, { expires: 1_769_817_600 }],
    ['an expiry elsewhere', { ...good, expires: '2026-01-31T01:00+01:00' }, { expires: 1_769_817_600 }],
    [
      'an expiry without a zone, which is UTC',
      { ...good, expires: '2026-01-31T00:00' },
      { expires: 1_769_817_600 },
    ],
    ['an expiry that is a day', { ...good, expires: '2026-01-31' }, { expires: 1_769_817_600 }],
    ['no expiry', { ...good, expires: null }, { expires: 0 }],
    ['an expiry before all time, which is not none', { ...good, expires: '1969-01-01' }, { expires: 1 }],
    ['an expiry beyond the column', { ...good, expires: '9999-01-01' }, { expires: 4_294_967_295 }],
    ['white space around', `\t${JSON.stringify(good)} \r`, { uid: 'u1' }],
  ])('%s', (_, line, expected) => {
    expect(read(line)).toMatchObject(expected as object);
  });
});

describe('a line that is malformed', () => {
  it.each<[string, unknown, string]>([
    ['no JSON', '{"id":', 'bad_json'],
    ['a list', [good], 'bad_json'],
    ['a number', 5, 'bad_json'],
    ['null', null, 'bad_json'],
    ['a field that nobody knows', { ...good, expire: '2026-01-31' }, 'unknown_field'],
    ['a prototype', '{"__proto__":{},"id":"acme:u1","trait":"a:b"}', 'unknown_field'],
    ['no id', { trait: 'a:b' }, 'bad_id'],
    ['an id without a type', { ...good, id: 'u1' }, 'bad_id'],
    ['an id with an empty type', { ...good, id: ':u1' }, 'bad_id'],
    ['an id that is a number', { ...good, id: 7 }, 'bad_id'],
    ['a partner that is not registered', { ...good, id: 'other:u1' }, 'unknown_source'],
    ['a type that is a method', { ...good, id: 'constructor:u1' }, 'unknown_source'],
    ['no uid', { ...good, id: 'acme:' }, 'bad_uid'],
    ['a uid with a space', { ...good, id: 'acme:a b' }, 'bad_uid'],
    ['a uid with a tab', { ...good, id: 'acme:a\tb' }, 'bad_uid'],
    ['a uid that is an e-mail', { ...good, id: 'acme:jo@example.com' }, 'bad_uid'],
    ['a uid that is a phone number', { ...good, id: 'acme:+4930123456' }, 'bad_uid'],
    ['a uid that is an address', { ...good, id: 'acme:192.0.2.1' }, 'bad_uid'],
    ['a visitor that is none', { ...good, id: 'visitor:abc' }, 'bad_uid'],
    ['a device id of another form', { ...good, id: 'gaid:xyz' }, 'bad_device_id'],
    ['a device id of zeros', { ...good, id: 'gaid:00000000-0000-0000-0000-000000000000' }, 'zero_device_id'],
    ['no trait', { id: 'acme:u1' }, 'bad_trait'],
    ['a trait without a provider', { ...good, trait: 'cars' }, 'bad_trait'],
    ['a trait that is an e-mail', { ...good, trait: 'data-co:jo@example.com' }, 'bad_trait'],
    ['an expiry in seconds', { ...good, expires: 1_769_817_600 }, 'bad_expires'],
    ['an expiry on no day', { ...good, expires: '2026-02-31T00:00:00Z' }, 'bad_expires'],
    ['an expiry in words', { ...good, expires: 'tomorrow' }, 'bad_expires'],
  ])('%s', (_, line, reason) => {
    expect(read(line)).toBe(reason);
  });

  it('whatever it is, in one of the named ways', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        expect(typeof read(text)).toBe('string');
      }),
    );
  });
});

describe('a trait', () => {
  it.each<[string, boolean]>([
    ['acme:Car buyers, 2+ (DE) – 100%', true],
    ['a-1_b:ключ 🌻', true],
    ['acme:a:b', true],
    [`acme:${'x'.repeat(128)}`, true],
    [`acme:${'🌻'.repeat(128)}`, true],
    [`acme:${'x'.repeat(129)}`, false],
    [`${'a'.repeat(65)}:x`, false],
    ['Acme:x', false],
    ['-a:x', false],
    ['acme: x', false],
    ['acme:x ', false],
    ['acme:x\ny', false],
    ['acme:x\u200by', false],
    ['acme:half \ud83c', false],
    ['acme:', false],
    ['', false],
  ])('%j: %s', (text, is) => {
    expect(isTrait(text)).toBe(is);
  });
});

it('a visitor of any number is found again by it', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (number) => {
      expect(read({ ...good, id: `visitor:${visitorId(number)}` })).toMatchObject({ uid: String(number) });
    }),
  );
});
