import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRule } from '../../../audience/rule/parse.ts';
import { CLOCK_FIELDS, MATCH_FIELDS as LANGUAGE_FIELDS, TEXT_FIELDS } from '../../../audience/rule/rule.ts';
import { clauseOf, fieldsOf, MATCH_FIELDS } from './rule-fields.ts';

/** Values that tell a list from its parts: commas, spaces, nothing at all. */
const text = fc.constantFrom('a', 'Hello, world', ' padded ', '', '*/x,y', '7', 'ä');
const CODES: Readonly<Record<string, readonly string[]>> = {
  country: ['DE', 'us', ''],
  region: ['US-CA', ''],
  language: ['en', 'DE'],
  device: ['mobile', 'tv'],
  source: ['search', 'direct'],
};
const oneOrMore = <T>(one: fc.Arbitrary<T>) => fc.oneof(one, fc.array(one, { minLength: 1, maxLength: 4 }));
const number = (most: number) =>
  fc.oneof(
    fc.integer({ min: 0, max: most }),
    fc.double({ min: 0, max: most, noNaN: true, noDefaultInfinity: true }),
  );
const range = (one: fc.Arbitrary<number>) =>
  fc.oneof(one, fc.record({ gte: one, gt: one, lte: one, lt: one, eq: one }, { requiredKeys: [] }));
const match = fc.record(
  Object.fromEntries([
    ...TEXT_FIELDS.map((name) => [
      name,
      oneOrMore(CODES[name] === undefined ? text : fc.constantFrom(...CODES[name])),
    ]),
    ...CLOCK_FIELDS.map((name) => [name, oneOrMore(fc.constantFrom<string | number>(1, 5, 7, '3', '07'))]),
  ]) as Record<string, fc.Arbitrary<unknown>>,
  { requiredKeys: [] },
);
const duration = fc.constantFrom('30m', '24h', '7d', '13d');
const id = fc.constantFrom('one', 'two-3');
const clause: fc.Arbitrary<object> = fc.oneof(
  fc.record({ did: match, times: range(fc.nat(20)), within: duration }, { requiredKeys: ['did'] }),
  fc.record({ dwell: range(number(900)), on: match, within: duration }, { requiredKeys: ['dwell'] }),
  fc.record(
    { sequence: fc.array(match, { minLength: 1, maxLength: 3 }), gap: duration, within: duration },
    { requiredKeys: ['sequence'] },
  ),
  fc.record(
    { interest: fc.constantFrom('1', '243'), score: range(number(100)) },
    { requiredKeys: ['interest'] },
  ),
  fc.record(
    {
      demographic: fc.dictionary(
        fc.constantFrom('gender', 'age', 'has_children'),
        oneOrMore(fc.constantFrom('female', 'male', '18, 24')),
        { minKeys: 1 },
      ),
      probability: range(number(1)),
    },
    { requiredKeys: ['demographic'] },
  ),
  fc.record({ segment: id }),
  fc.record({ trait: fc.constantFrom('acme:buyers') }),
  fc.record({ like: id, reach: number(1) }),
);

describe('the fields of a clause', () => {
  it('put back the rule that they show', () => {
    let shown = 0;
    fc.assert(
      fc.property(clause, (given) => {
        const fields = fieldsOf(given);
        if (fields === undefined) return;
        const understood = parseRule(given);
        // What the API refuses is stored nowhere.
        if (!understood.ok) return;
        shown += 1;
        const back = clauseOf(fields);
        expect(parseRule(back)).toEqual(understood);
        expect(fieldsOf(back)).toEqual(fields);
      }),
      { numRuns: 2000 },
    );
    expect(shown).toBeGreaterThan(500);
  });

  it('are there for every field that a Match can name', () => {
    expect(Object.keys(MATCH_FIELDS).sort()).toEqual([...LANGUAGE_FIELDS].sort());
  });

  it.each<[string, unknown, unknown]>([
    [
      'several values of one field',
      { did: { site: ['a', 'b'] } },
      { match: [{ name: 'site', values: ['a', 'b'] }] },
    ],
    [
      'a comma in a value',
      { did: { title: 'Hello, world' } },
      { match: [{ name: 'title', values: ['Hello, world'] }] },
    ],
    ['a range of times', { did: {}, times: { gte: 2, lte: 4 } }, { times: { from: 2, to: 4 } }],
    ['so many and no more', { did: {}, times: { eq: 3 } }, { times: { from: 3, to: 3 } }],
    ['a score as an object', { interest: '1', score: { gte: 80 } }, { score: { from: 80, to: undefined } }],
    ['at most so much attention', { dwell: { lte: 10 } }, { seconds: { from: undefined, to: 10 } }],
    [
      'two attributes, several values and a probability',
      { demographic: { gender: ['female', 'male'], age: '18-24' }, probability: 0.8 },
      {
        wanted: [
          { name: 'gender', values: ['female', 'male'] },
          { name: 'age', values: ['18-24'] },
        ],
        probability: { from: 0.8, to: undefined },
      },
    ],
    ['a share that is no whole percent', { like: 'a', reach: 0.125 }, { percent: 12.5 }],
    [
      'the steps of a sequence',
      { sequence: [{ event: 'a' }, {}], gap: '1h' },
      { steps: [[{ name: 'event', values: ['a'] }], []], gap: '1h', within: '' },
    ],
  ])('show %s', (_, given, shown) => {
    expect(fieldsOf(given)).toMatchObject(shown as object);
  });

  it.each<[string, unknown]>([
    ['more than a value', { did: {}, times: { gt: 2 } }],
    ['a range in another way', { dwell: { gte: 5, eq: 7 } }],
    ['no number', { interest: '1', score: '80' }],
    ['a field that there is not', { did: { contry: 'DE' } }],
    ['a companion that it does not have', { segment: 'a', within: '7d' }],
    ['a value that is no text', { did: { path: 7 } }],
    ['an hour in words', { did: { hour: 'noon' } }],
    ['a step that is no Match', { sequence: ['pageview'] }],
    ['a rule of rules', { all: [{ did: {} }] }],
    ['what is no clause', 'did'],
  ])('do not show %s, which stays as it is written', (_, given) => {
    expect(fieldsOf(given)).toBeUndefined();
  });
});
