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
    [
      'a sequence',
      { sequence: [{ category: 'a' }, {}], gap: '30m', within: '7d' },
      {
        op: 'sequence',
        steps: [{ category: ['a'] }, {}],
        gapMs: 1_800_000,
        withinMs: 604_800_000,
      },
    ],
    [
      'a sequence of one step, in any time',
      { sequence: [{}] },
      { op: 'sequence', steps: [{}], gapMs: undefined, withinMs: undefined },
    ],
    [
      'attention, in seconds',
      { dwell: 1.5, on: { path: '/a*' }, within: '24h' },
      {
        op: 'dwell',
        match: { path: ['/a*'] },
        ms: { from: 1500, to: undefined },
        withinMs: 86_400_000,
      },
    ],
    [
      'little attention',
      { dwell: { gt: 0, lt: 2 } },
      { op: 'dwell', match: {}, ms: { from: 1, to: 1999 }, withinMs: undefined },
    ],
    [
      'an interest counts from 50',
      { interest: '80DV8O' },
      {
        op: 'interest',
        interest: '80DV8O',
        score: { from: { value: 50, strict: false }, to: undefined },
      },
    ],
    [
      'a score between, the narrower bound of two',
      { interest: '243', score: { gt: 10, gte: 10, lt: 20, lte: 30.5 } },
      {
        op: 'interest',
        interest: '243',
        score: { from: { value: 10, strict: true }, to: { value: 20, strict: true } },
      },
    ],
    [
      'one score alone',
      { interest: '243', score: { eq: 100 } },
      {
        op: 'interest',
        interest: '243',
        score: { from: { value: 100, strict: false }, to: { value: 100, strict: false } },
      },
    ],
    [
      'demographics, of each any of the values',
      { demographic: { gender: 'female', age: ['25-29', '30-34', '25-29'] } },
      {
        op: 'demographic',
        wanted: [
          { attribute: 'gender', values: ['female'] },
          { attribute: 'age', values: ['25-29', '30-34'] },
        ],
        probability: undefined,
      },
    ],
    [
      'who is unknown',
      { demographic: { gender: 'unknown' } },
      {
        op: 'demographic',
        wanted: [{ attribute: 'gender', values: ['unknown'] }],
        probability: undefined,
      },
    ],
    [
      'a probability',
      { demographic: { gender: 'female' }, probability: 0.9 },
      {
        op: 'demographic',
        wanted: [{ attribute: 'gender', values: ['female'] }],
        probability: { from: { value: 0.9, strict: false }, to: undefined },
      },
    ],
    ['a look-alike', { like: 'buyers', reach: 0.05 }, { op: 'like', seed: 'buyers', reach: 0.05 }],
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
    ['no operator', {}, 'unknown_operator', '/', /all, any, not, did, sequence, dwell/],
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
    ['a sequence of nothing', { not: { sequence: [] } }, 'empty_list', '/not/sequence', /empty/],
    ['a sequence of one Match', { sequence: { site: 'a' } }, 'bad_value', '/sequence', /list of Matches/],
    ['a step that is none', { sequence: [{}, 'a'] }, 'bad_value', '/sequence/1', /object of fields/],
    [
      'a field of a step misspelt',
      { any: [{ sequence: [{}, { catgory: 'a' }] }] },
      'unknown_field',
      '/any/0/sequence/1/catgory',
      /did you mean category\?/,
    ],
    [
      'a wrong value in a step',
      { sequence: [{}, { hour: [1, 24] }] },
      'bad_value',
      '/sequence/1/hour/1',
      /0 to 23/,
    ],
    ['a gap of no time', { sequence: [{}], gap: '0m' }, 'bad_duration', '/gap', /longer than nothing/],
    ['a gap misspelt', { sequence: [{}], gp: '1m' }, 'unknown_field', '/gp', /did you mean gap\?/],
    [
      'too many steps',
      { sequence: Array.from({ length: 11 }, () => ({})) },
      'bad_value',
      '/sequence',
      /at most 10/,
    ],
    [
      'far too many steps',
      { sequence: Array.from({ length: 10_000 }, () => ({})) },
      'rule_too_large',
      '/',
      /256 clauses/,
    ],
    ['no seconds', { dwell: '30' }, 'bad_value', '/dwell', /number of seconds/],
    ['seconds below zero', { dwell: { gte: -1 } }, 'bad_range', '/dwell/gte', /from 0/],
    ['seconds without end', { dwell: { lte: 1e300 } }, 'bad_range', '/dwell/lte', /to 1000000000/],
    ['attention that contradicts itself', { dwell: { gte: 5, lt: 3 } }, 'bad_range', '/dwell', /contradicts/],
    ['attention on nothing', { dwell: 5, on: null }, 'bad_value', '/on', /object of fields/],
    [
      'a field of attention misspelt',
      { dwell: 5, on: { sit: 'a' } },
      'unknown_field',
      '/on/sit',
      /did you mean site\?/,
    ],
    ['an interest by its name', { interest: 'Cars & more' }, 'bad_value', '/interest', /IAB Audience/],
    ['an interest by number', { interest: 243 }, 'bad_value', '/interest', /IAB Audience/],
    ['a score as text', { interest: '1', score: '50' }, 'bad_value', '/score', /number from 0 to 100/],
    ['a score over 100', { interest: '1', score: { lte: 101 } }, 'bad_range', '/score/lte', /0 to 100/],
    ['a score under 0', { interest: '1', score: -0.1 }, 'bad_range', '/score', /0 to 100/],
    ['a score over all', { interest: '1', score: { gt: 100 } }, 'bad_range', '/score', /contradicts/],
    ['a score under all', { interest: '1', score: { lt: 0 } }, 'bad_range', '/score', /contradicts/],
    [
      'a score that contradicts itself',
      { interest: '1', score: { gte: 5, lt: 3 } },
      'bad_range',
      '/score',
      /contradicts/,
    ],
    ['a score of and over', { interest: '1', score: { eq: 5, gt: 5 } }, 'bad_range', '/score', /contradicts/],
    [
      'a bound of a score misspelt',
      { interest: '1', score: { get: 5 } },
      'unknown_field',
      '/score/get',
      /gte/,
    ],
    ['a demographic that is text', { demographic: 'female' }, 'bad_value', '/demographic', /attribute/],
    ['no demographic', { demographic: {} }, 'empty_list', '/demographic', /no attribute/],
    [
      'an attribute that is none',
      { demographic: { 'Gender!': 'female' } },
      'bad_value',
      '/demographic/Gender!',
      /name of an attribute/,
    ],
    [
      'a prototype as attribute',
      JSON.parse('{"demographic":{"__proto__":"x"}}'),
      'bad_value',
      '/demographic/__proto__',
      /name of an attribute/,
    ],
    ['a value of no text', { demographic: { age: 30 } }, 'bad_value', '/demographic/age', /string/],
    [
      'a value without letters',
      { demographic: { age: ['a', ''] } },
      'bad_value',
      '/demographic/age/1',
      /empty/,
    ],
    ['no values', { demographic: { age: [] } }, 'empty_list', '/demographic/age', /empty/],
    [
      'a probability in percent',
      { demographic: { gender: 'female' }, probability: 80 },
      'bad_range',
      '/probability',
      /0 to 1/,
    ],
    [
      'a probability of who is unknown',
      { demographic: { gender: ['female', 'unknown'] }, probability: 0.5 },
      'bad_value',
      '/demographic/gender',
      /has no probability/,
    ],
    ['a look-alike without reach', { like: 'a' }, 'bad_value', '/reach', /number from 0 to 1/],
    ['a reach over all', { like: 'a', reach: 1.1 }, 'bad_range', '/reach', /0 to 1/],
    ['a reach under none', { like: 'a', reach: -0.1 }, 'bad_range', '/reach', /0 to 1/],
    ['a look-alike of a name', { like: 'Car buyers', reach: 0.1 }, 'bad_value', '/like', /id of a segment/],
    ['an operator of these misspelt', { intrest: '1' }, 'unknown_operator', '/intrest', /interest\?/],
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

describe('a rule with several mistakes', () => {
  const mistakes = (json: unknown) => {
    const refused = parseRule(json);
    return refused.ok ? [] : refused.mistakes.map(({ reason, path }) => `${reason} ${path}`);
  };

  it('is refused for the first, and told all of them, each with its path', () => {
    const rule = {
      all: [
        { did: { contry: 'DE', sitte: 'a', hour: 24 }, times: { gt: 3, lt: 2 }, within: '7' },
        { not: { any: [{ dud: {} }, { did: {} }, { any: [] }] } },
        { sequence: [{ evnt: 'a' }, {}, { hour: [3, 99] }] },
        { like: 'seed', reach: 2 },
      ],
    };
    expect(mistakes(rule)).toEqual([
      'unknown_field /all/0/did/contry',
      'unknown_field /all/0/did/sitte',
      'bad_value /all/0/did/hour',
      'bad_range /all/0/times',
      'bad_duration /all/0/within',
      'unknown_operator /all/1/not/any/0/dud',
      'empty_list /all/1/not/any/2/any',
      'unknown_field /all/2/sequence/0/evnt',
      'bad_value /all/2/sequence/2/hour/1',
      'bad_range /all/3/reach',
    ]);
    const refused = parseRule(rule);
    expect(refused).toMatchObject({ reason: 'unknown_field', path: '/all/0/did/contry' });
    const said = refused.ok ? [] : refused.mistakes.map(({ message }) => message);
    for (const meant of ['country', 'site', 'did', 'event'])
      expect(said.join('\n')).toContain(`did you mean ${meant}?`);
  });

  it('is not told that what is misspelt is missing', () => {
    expect(mistakes({ like: 'seed', raech: 0.1 })).toEqual(['unknown_field /raech']);
    expect(mistakes({ like: 'seed' })).toEqual(['bad_value /reach']);
  });

  it('is told no more than a person reads', () => {
    const many = Array.from({ length: 200 }, () => ({ did: { contry: 'DE', sitte: 'a' } }));
    expect(mistakes({ any: many })).toHaveLength(20);
    const fields = Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`field${n}`, 'x']));
    expect(mistakes({ did: fields })).toHaveLength(20);
  });
});
