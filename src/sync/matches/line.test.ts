import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visitorId } from '../../identity/visitor.ts';
import { isPartnerUid } from '../partner-uid.ts';
import { isPlain, type MatchReading, readColumns, readJsonLine, readTabLine } from './line.ts';

const reading: MatchReading = {
  uidMacroOf: (id) =>
    new Map([
      ['acme', '$UID'],
      ['other', '##ID##'],
    ]).get(id),
  partner: undefined,
};
const byDefault = { ...reading, partner: 'acme' };
const read = (line: unknown, by = reading) =>
  readJsonLine(typeof line === 'string' ? line : JSON.stringify(line), by);
const DEVICE = 'aebe52e7-03ee-455a-b3c4-e57283966239';
const good = { id: 'AAAAAAAAAAA', partner: 'acme', uid: 'u1' };

describe('a line that is understood', () => {
  it.each<[string, unknown, unknown]>([
    ['a visitor', good, { id: { source: 'visitor', uid: 'AAAAAAAAAAA' }, partner: 'acme', uid: 'u1' }],
    ['a visitor with its type', { ...good, id: 'visitor:__________8' }, { id: { uid: '__________8' } }],
    [
      'a device, in its one form',
      { ...good, id: `AAID:${DEVICE.toUpperCase()}` },
      { id: { source: 'gaid', uid: DEVICE } },
    ],
    ['a neighbour’s id', { ...good, id: 'other:a:b' }, { id: { source: 'other', uid: 'a:b' } }],
    ['an empty uid, which takes the match away', { ...good, uid: '' }, { uid: '' }],
    ['a uid with a backslash', { ...good, uid: 'a\\b' }, { uid: 'a\\b' }],
    ['white space around the line', ` ${JSON.stringify(good)}\r`, { uid: 'u1' }],
  ])('%s', (_, line, expected) => {
    expect(read(line)).toMatchObject(expected as object);
  });

  it('has the partner of the upload where it names none', () => {
    expect(read({ id: 'AAAAAAAAAAA', uid: 'u1' }, byDefault)).toMatchObject({ partner: 'acme' });
    expect(read({ ...good, partner: 'other' }, byDefault)).toMatchObject({ partner: 'other' });
  });
});

describe('a line that is malformed', () => {
  it.each<[string, unknown, string]>([
    ['no JSON', '{"id":', 'bad_json'],
    ['a list', [good], 'bad_json'],
    ['null', null, 'bad_json'],
    ['a field that nobody knows', { ...good, uids: 'x' }, 'unknown_field'],
    ['a prototype', '{"__proto__":{},"id":"AAAAAAAAAAA","partner":"acme","uid":"u1"}', 'unknown_field'],
    ['no id', { partner: 'acme', uid: 'u1' }, 'bad_id'],
    ['an id that is neither a visitor nor has a type', { ...good, id: 'AAAAAAAAAAB' }, 'bad_id'],
    ['a visitor as a number', { ...good, id: 7 }, 'bad_id'],
    ['a type that is nobody’s', { ...good, id: 'nobody:u1' }, 'unknown_source'],
    ['a visitor of another form', { ...good, id: 'visitor:AAAAAAAAAAB' }, 'bad_uid'],
    ['a device of zeros', { ...good, id: 'idfa:00000000-0000-0000-0000-000000000000' }, 'zero_device_id'],
    ['a device of another form', { ...good, id: 'idfa:x' }, 'bad_device_id'],
    ['no partner', { id: 'AAAAAAAAAAA', uid: 'u1' }, 'unknown_partner'],
    ['a partner that is not registered', { ...good, partner: 'nobody' }, 'unknown_partner'],
    ['a partner that is a list', { ...good, partner: ['acme'] }, 'unknown_partner'],
    ['a partner that is a method', { ...good, partner: 'constructor' }, 'unknown_partner'],
    ['no uid', { id: 'AAAAAAAAAAA', partner: 'acme' }, 'bad_uid'],
    ['a uid of null', { ...good, uid: null }, 'bad_uid'],
    ['a uid that is a number', { ...good, uid: 5 }, 'bad_uid'],
    ['a uid of 10 kB', { ...good, uid: 'x'.repeat(10_240) }, 'bad_uid'],
    ['a uid with a tab', { ...good, uid: 'a\tb' }, 'bad_uid'],
    ['a uid with a line’s end', { ...good, uid: 'a\nb' }, 'bad_uid'],
    ['a uid that is an e-mail', { ...good, uid: 'jo@example.com' }, 'bad_uid'],
    ['a uid that is a URL', { ...good, uid: 'https://acme.example/u1' }, 'bad_uid'],
    ['a macro that the partner has not filled', { ...good, partner: 'other', uid: '##ID##' }, 'bad_uid'],
    ['a word for nothing', { ...good, uid: 'undefined' }, 'bad_uid'],
  ])('%s', (_, line, reason) => {
    expect(read(line)).toBe(reason);
  });

  it('whatever it is, in one of the named ways', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        expect(typeof read(text)).toBe('string');
        expect(typeof readTabLine(text, ['id', 'partner', 'uid'], reading)).toBe('string');
      }),
    );
  });
});

describe('a line of cells', () => {
  it.each<[string, string, readonly string[], unknown]>([
    ['in any order', 'u1\tacme\tAAAAAAAAAAA', ['uid', 'partner', 'id'], { uid: 'u1', partner: 'acme' }],
    ['beside others', 'x\tAAAAAAAAAAA\t\tacme\tu1', ['-', 'id', 'seen', 'partner', 'uid'], { uid: 'u1' }],
    ['with quotes, which are the id’s', '"u1"\tacme\tAAAAAAAAAAA', ['uid', 'partner', 'id'], { uid: '"u1"' }],
    ['whose last one is empty', 'AAAAAAAAAAA\tacme\t', ['id', 'partner', 'uid'], { uid: '' }],
  ])('is read %s', (_, text, names, expected) => {
    expect(readTabLine(text, readColumns(names, false)!, reading)).toMatchObject(expected as object);
  });

  it('is malformed with more or fewer of them', () => {
    for (const text of ['AAAAAAAAAAA\tacme', 'AAAAAAAAAAA\tacme\tu1\t'])
      expect(readTabLine(text, ['id', 'partner', 'uid'], reading)).toBe('malformed');
  });

  it('is what the same line of JSON is', () => {
    const text = fc.stringMatching(/^[ -~]{0,30}$/);
    const visitor = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(visitorId);
    fc.assert(
      fc.property(
        fc.oneof(visitor, text),
        fc.constantFrom('acme', 'other', 'x'),
        text,
        (id, partner, uid) => {
          expect(readTabLine(`${uid}\t${partner}\t${id}`, ['uid', 'partner', 'id'], reading)).toEqual(
            read({ id, partner, uid }),
          );
        },
      ),
    );
  });
});

describe('names of columns', () => {
  it.each<[string, readonly string[], boolean, unknown]>([
    ['in any case', ['ID', ' Partner', 'Uid'], false, ['id', 'partner', 'uid']],
    ['without a partner that is named otherwise', ['uid', 'id'], true, ['uid', 'id']],
    ['without a partner', ['uid', 'id'], false, undefined],
    ['without an id', ['uid', 'partner'], true, undefined],
    ['with two of a name', ['id', 'uid', 'id'], true, undefined],
    ['of a line that is none', ['AAAAAAAAAAA', 'acme', 'u1'], false, undefined],
  ])('%s', (_, names, hasPartner, expected) => {
    expect(readColumns(names, hasPartner)).toEqual(expected);
  });
});

it('what is told at a glance to be an id is one by every rule', () => {
  const parts = fc.constantFrom(
    'null',
    'undefined',
    'opt-out',
    'unknown',
    'UID',
    'YOUR_UID',
    '0',
    '-',
    '_',
    'a',
    '1',
  );
  const uid = fc.oneof(
    fc.array(parts, { minLength: 3, maxLength: 24 }).map((found) => found.join('')),
    fc.stringMatching(/^[!-~]{14,40}$/),
  );
  const macro = fc.oneof(fc.constant('$UID'), fc.constant('INSERT_YOUR_UID_HERE'));
  fc.assert(
    fc.property(uid, macro, (text, uidMacro) => {
      if (isPlain(text, uidMacro)) expect(isPartnerUid(text, uidMacro)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
  expect(isPlain('INSERT_YOUR_UID_HERE', 'INSERT_YOUR_UID_HERE')).toBe(false);
});
