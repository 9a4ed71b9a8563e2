import { describe, expect, it } from 'vitest';
import { parseRule } from './parse.ts';

const any = { from: 1, to: undefined };
const did = (match: object, rest: object = {}) => ({
  op: 'did',
  match,
  times: any,
  withinMs: undefined,
  ...rest,
});

/** `{not: {not: … rule}}`, so many levels in all. */
function nested(levels: number, innermost: unknown = { did: {} }): unknown {
  let rule = innermost;
  for (let level = 1; level < levels; level++) rule = { not: rule };
  return rule;
}

describe('a rule that is understood', () => {
  it.each<[string, unknown, unknown]>([
    ['any hit', { did: {} }, did({})],
    ['one value is a list of one', { did: { category: '483' } }, did({ category: ['483'] })],
    ['values said twice count once', { did: { site: ['a', 'b', 'a'] } }, did({ site: ['a', 'b'] })],
    [
      'codes take the case they are stored in',
      { did: { country: 'de', region: 'us-ca', language: ['DE', 'en'] } },
      did({ country: ['DE'], region: ['US-CA'], language: ['de', 'en'] }),
    ],
    ['an empty code is one not known', { did: { country: '' } }, did({ country: [''] })],
    [
      'hours and weekdays are numbers or digits',
      { did: { hour: ['07', 23, '0'], weekday: '7' } },
      did({ hour: [7, 23, 0], weekday: [7] }),
    ],
    [
      'a value may have 512 characters',
      { did: { title: 'é'.repeat(512) } },
      did({ title: ['é'.repeat(512)] }),
    ],
    ['an emoji is no half character', { did: { title: '🌻' } }, did({ title: ['🌻'] })],
    ['minutes', { did: {}, within: '30m' }, did({}, { withinMs: 1_800_000 })],
    ['hours', { did: {}, within: '24h' }, did({}, { withinMs: 86_400_000 })],
    ['days, up to the ceiling', { did: {}, within: '90d' }, did({}, { withinMs: 7_776_000_000 })],
    ['a number of times is at least', { did: {}, times: 3 }, did({}, { times: { from: 3, to: undefined } })],
    ['no times at all', { did: {}, times: { eq: 0 } }, did({}, { times: { from: 0, to: 0 } })],
    [
      'open bounds become closed',
      { did: {}, times: { gt: 1, lt: 5 } },
      did({}, { times: { from: 2, to: 4 } }),
    ],
    [
      'bounds said twice hold both',
      { did: {}, times: { gte: 2, gt: 3, lte: 9, lt: 8 } },
      did({}, { times: { from: 4, to: 7 } }),
    ],
    [
      'only an upper bound admits none',
      { did: {}, times: { lte: 2 } },
      did({}, { times: { from: 0, to: 2 } }),
    ],
    ['a trait', { trait: 'acme:Car buyers, 2+' }, { op: 'trait', trait: 'acme:Car buyers, 2+' }],
    [
      'what led to the hit',
      { did: { source: ['social', 'email'], campaign: 'Spring', creative: ['a', 'b'] } },
      did({ source: ['social', 'email'], campaign: ['Spring'], creative: ['a', 'b'] }),
    ],
    [
      'operators within operators',
      { all: [{ any: [{ did: {} }, { segment: 'a-1_b' }] }, { not: { did: { os: 'iOS' } } }] },
      {
        op: 'all',
        rules: [
          { op: 'any', rules: [did({}), { op: 'segment', id: 'a-1_b' }] },
          { op: 'not', rule: did({ os: ['iOS'] }) },
        ],
      },
    ],
  ])('%s', (_, json, rule) => {
    expect(parseRule(json)).toEqual({ ok: true, rule });
  });

  it('may be 32 levels deep and have 256 clauses', () => {
    expect(parseRule(nested(32)).ok).toBe(true);
    expect(parseRule({ any: Array.from({ length: 256 }, () => ({ did: {} })) }).ok).toBe(true);
  });
});

describe('a rule that is refused, with the path of the wrong part', () => {
  it.each<[string, unknown, string, string, RegExp]>([
    ['no object: null', null, 'bad_value', '/', /object/],
    ['no object: text', 'did', 'bad_value', '/', /object/],
    ['no object: a list', [{ did: {} }], 'bad_value', '/', /object/],
    ['no object, further in', { all: [{ did: {} }, 7] }, 'bad_value', '/all/1', /object/],
    ['no operator', {}, 'unknown_operator', '/', /all, any, not, did, segment/],
    ['only what stands beside an operator', { times: 3 }, 'unknown_operator', '/', /no operator/],
    ['an operator misspelt', { any: [{ dd: {} }] }, 'unknown_operator', '/any/0/dd', /did you mean did\?/],
    ['an operator nobody knows', { xor: [] }, 'unknown_operator', '/xor', /the operators are all, any/],
    [
      'a prototype as operator',
      JSON.parse('{"__proto__":{"did":{}}}'),
      'unknown_operator',
      '/__proto__',
      /./,
    ],
    ['two operators', { all: [{ did: {} }], not: { did: {} } }, 'unknown_field', '/not', /nest them/],
    ['a sequence', { not: { sequence: [{}, {}] } }, 'unsupported_operator', '/not/sequence', /not supported/],
    ['dwell', { dwell: 30, on: {} }, 'unsupported_operator', '/dwell', /not supported/],
    ['an interest', { interest: '483' }, 'unsupported_operator', '/interest', /not supported/],
    ['a demographic', { demographic: { gender: 'female' } }, 'unsupported_operator', '/demographic', /./],
    ['a trait without its provider', { trait: 'car' }, 'bad_value', '/trait', /provider:name/],
    ['a trait of no name', { not: { trait: 'acme:' } }, 'bad_value', '/not/trait', /provider:name/],
    ['a trait in a list', { trait: ['acme:car'] }, 'bad_value', '/trait', /provider:name/],
    ['within beside trait', { trait: 'acme:car', within: '7d' }, 'unknown_field', '/within', /unknown field/],
    ['a source misspelt', { did: { source: 'serch' } }, 'bad_value', '/did/source', /did you mean search\?/],
    [
      'a source that is a host',
      { did: { source: 't.co' } },
      'bad_value',
      '/did/source',
      /one of direct, internal/,
    ],
    ['a look-alike', { like: 'a', reach: 0.1 }, 'unsupported_operator', '/like', /not supported/],
    [
      'a field misspelt',
      { all: [{ did: {} }, { did: { contry: 'DE' } }] },
      'unknown_field',
      '/all/1/did/contry',
      /^\/all\/1\/did\/contry: unknown field, did you mean country\?$/,
    ],
    [
      'a field nobody knows',
      { did: { colour: 'red' } },
      'unknown_field',
      '/did/colour',
      /the fields here are site,/,
    ],
    [
      'a misspelling before a wrong value',
      { did: { site: 1, evnt: 'x' } },
      'unknown_field',
      '/did/evnt',
      /event\?/,
    ],
    ['a prototype as field', JSON.parse('{"did":{"__proto__":"x"}}'), 'unknown_field', '/did/__proto__', /./],
    [
      'a method as field',
      { did: { constructor: 'x' } },
      'unknown_field',
      '/did/constructor',
      /unknown field/,
    ],
    ['a slash in a field', { did: { 'a/b~c': 'x' } }, 'unknown_field', '/did/a~1b~0c', /unknown field/],
    ['a field beside did', { did: {}, withn: '7d' }, 'unknown_field', '/withn', /did you mean within\?/],
    ['within beside segment', { segment: 'a', within: '7d' }, 'unknown_field', '/within', /unknown field/],
    ['a Match that is none', { did: 'category' }, 'bad_value', '/did', /object of fields/],
    ['a Match that is a list', { did: [] }, 'bad_value', '/did', /object of fields/],
    ['a number for text', { did: { site: 5 } }, 'bad_value', '/did/site', /string/],
    ['null for text', { did: { site: null } }, 'bad_value', '/did/site', /string/],
    ['a list within a list', { did: { site: ['a', ['b']] } }, 'bad_value', '/did/site/1', /string/],
    [
      'too long a value',
      { did: { path: ['a', 'b'.repeat(513)] } },
      'bad_value',
      '/did/path/1',
      /at most 512/,
    ],
    [
      'too many values',
      { did: { keyword: Array.from({ length: 1001 }, String) } },
      'bad_value',
      '/did/keyword',
      /at most 1000/,
    ],
    ['half a character', { did: { title: 'a\ud83cb' } }, 'bad_value', '/did/title', /half a character/],
    ['an empty list of values', { did: { category: [] } }, 'empty_list', '/did/category', /empty/],
    ['all of nothing', { all: [] }, 'empty_list', '/all', /empty/],
    ['any of nothing', { not: { any: [] } }, 'empty_list', '/not/any', /empty/],
    ['all of no list', { all: { did: {} } }, 'bad_value', '/all', /list of rules/],
    ['not of a list', { not: [{ did: {} }] }, 'bad_value', '/not', /object/],
    ['a country by its name', { did: { country: 'Germany' } }, 'bad_value', '/did/country', /ISO 3166-1/],
    ['a region without its country', { did: { region: 'CA' } }, 'bad_value', '/did/region', /ISO 3166-2/],
    ['a language by its name', { did: { language: 'german' } }, 'bad_value', '/did/language', /ISO 639-1/],
    [
      'a device misspelt',
      { did: { device: 'dektop' } },
      'bad_value',
      '/did/device',
      /did you mean desktop\?/,
    ],
    [
      'a device nobody has',
      { did: { device: 'abacus' } },
      'bad_value',
      '/did/device',
      /one of desktop, mobile/,
    ],
    ['hour 24', { did: { hour: 24 } }, 'bad_value', '/did/hour', /0 to 23/],
    ['half an hour', { did: { hour: [1, 1.5] } }, 'bad_value', '/did/hour/1', /0 to 23/],
    ['an hour with a sign', { did: { hour: '-1' } }, 'bad_value', '/did/hour', /0 to 23/],
    ['weekday 0', { did: { weekday: '0' } }, 'bad_value', '/did/weekday', /1 \(Monday\) to 7/],
    ['weekday by name', { did: { weekday: 'Monday' } }, 'bad_value', '/did/weekday', /1 \(Monday\) to 7/],
    ['times as text', { did: {}, times: '3' }, 'bad_value', '/times', /whole number/],
    ['times as null', { did: {}, times: null }, 'bad_value', '/times', /whole number/],
    ['times as a list', { did: {}, times: [1, 2] }, 'bad_value', '/times', /whole number/],
    ['half a time', { did: {}, times: { lte: 2.5 } }, 'bad_value', '/times/lte', /whole number/],
    ['more times than can be counted', { did: {}, times: 1e300 }, 'bad_value', '/times', /whole number/],
    ['times below zero', { did: {}, times: -1 }, 'bad_range', '/times', /negative/],
    ['a bound below zero', { did: {}, times: { gte: -2 } }, 'bad_range', '/times/gte', /negative/],
    ['a range without bounds', { did: {}, times: {} }, 'bad_range', '/times', /no bound/],
    [
      'a range that contradicts itself',
      { did: {}, times: { gte: 4, lte: 3 } },
      'bad_range',
      '/times',
      /contradicts/,
    ],
    [
      'no whole number between the bounds',
      { did: {}, times: { gt: 1, lt: 2 } },
      'bad_range',
      '/times',
      /contradicts/,
    ],
    ['less than none', { did: {}, times: { lt: 0 } }, 'bad_range', '/times', /contradicts/],
    ['equal to two numbers', { did: {}, times: { eq: 2, gt: 2 } }, 'bad_range', '/times', /contradicts/],
    [
      'a bound misspelt',
      { did: {}, times: { gtee: 2 } },
      'unknown_field',
      '/times/gtee',
      /did you mean gte\?/,
    ],
    ['a duration without a unit', { did: {}, within: '7' }, 'bad_duration', '/within', /30m, 24h or 7d/],
    ['a duration as a number', { did: {}, within: 7 }, 'bad_duration', '/within', /30m, 24h or 7d/],
    ['weeks', { did: {}, within: '2w' }, 'bad_duration', '/within', /30m, 24h or 7d/],
    ['half a day', { did: {}, within: '0.5d' }, 'bad_duration', '/within', /30m, 24h or 7d/],
    ['no time at all', { did: {}, within: '0h' }, 'bad_duration', '/within', /longer than nothing/],
    ['longer than the ceiling', { did: {}, within: '91d' }, 'bad_duration', '/within', /longer than 90d/],
    ['longer than the ceiling, in hours', { did: {}, within: '2161h' }, 'bad_duration', '/within', /90d/],
    ['a segment by its name', { segment: 'Car buyers' }, 'bad_value', '/segment', /id of a segment/],
    ['a segment by number', { segment: 5 }, 'bad_value', '/segment', /id of a segment/],
    ['one level too deep', nested(33), 'rule_too_deep', `/${Array(32).fill('not').join('/')}`, /32 deep/],
    [
      'one clause too many',
      { any: Array.from({ length: 257 }, () => ({ did: {} })) },
      'rule_too_large',
      '/',
      /256 clauses/,
    ],
    [
      'one clause too many, spread',
      { all: Array.from({ length: 129 }, () => ({ any: [{ did: {} }, { segment: 'a' }] })) },
      'rule_too_large',
      '/',
      /256 clauses/,
    ],
  ])('%s', (_, json, reason, path, said) => {
    const refused = parseRule(json);
    expect(refused).toMatchObject({ ok: false, reason, path });
    expect(!refused.ok && refused.message).toMatch(said);
    expect(!refused.ok && refused.message.startsWith(`${path}: `)).toBe(true);
  });

  it('100,000 levels deep, without the stack giving way', () => {
    expect(parseRule(nested(100_000))).toMatchObject({ ok: false, reason: 'rule_too_deep' });
    const text = `${'{"all":['.repeat(100_000)}${']}'.repeat(100_000)}`;
    expect(parseRule(JSON.parse(text))).toMatchObject({ ok: false, reason: 'rule_too_deep' });
  });

  it('a million rules wide, and a million values wide', () => {
    const wide = Array.from({ length: 1_000_000 }, () => ({ did: {} }));
    expect(parseRule({ any: wide })).toMatchObject({ ok: false, reason: 'rule_too_large' });
    expect(parseRule({ did: { site: wide } })).toMatchObject({ ok: false, reason: 'bad_value' });
  });

  it('with a name of any length, of which only the beginning is shown', () => {
    const refused = parseRule({ did: { ['x'.repeat(100_000)]: 'y' } });
    expect(refused).toMatchObject({ reason: 'unknown_field', path: `/did/${'x'.repeat(64)}…` });
    expect(!refused.ok && refused.message.length).toBeLessThan(400);
  });
});
