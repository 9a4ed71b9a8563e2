import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Content, contentOf, isSame, yamlOf } from './content.ts';
import { readDocument } from './document.ts';
import { revise } from './revise.ts';

const read = (text: string) => {
  const document = readDocument(text);
  if (!document.ok) throw new Error(JSON.stringify(document.problems));
  return document;
};
const revised = (text: string, segment: Content) => revise(text, read(text), segment);

const FILE = `# Who reads about sport.
name: 'Sport'   # for the console

rule:
  all:
    # at least twice
    - within: 7d
      did:
        category: [ "483", "484" ] # IAB
      times: 2
    - not: { did: { path: /jobs/* } } # our own people
ttlDays: 30
`;
const segment: Content = {
  name: 'Sport',
  merge: 'visitor',
  ttlDays: 30,
  rule: {
    all: [
      { did: { category: ['483', '484'] }, times: 2, within: '7d' },
      { not: { did: { path: '/jobs/*' } } },
    ],
  },
};
const all = (segment.rule as { all: object[] }).all;

describe('a file that is written anew', () => {
  it('stays as it is, to the byte, where it says the same', () => {
    expect(revised(FILE, segment)).toBe(FILE);
    expect(revised(FILE, { ...segment, labels: [] })).toBe(FILE);
  });

  it('keeps what is written around the values, and their quotes', () => {
    const changed = { ...segment, name: 'Sports', rule: { all: [{ ...all[0], times: 3 }, all[1]!] } };
    expect(revised(FILE, changed)).toBe(
      FILE.replace("name: 'Sport'   #", "name: 'Sports' #").replace('times: 2', 'times: 3'),
    );
  });

  it('keeps the words of a clause that has another before it now', () => {
    const text = revised(FILE, { ...segment, rule: { all: [{ did: { site: 'a' } }, ...all] } });
    expect(text).toContain('    # at least twice\n    - within: 7d\n');
    expect(text).toContain('    - not: { did: { path: /jobs/* } } # our own people\n');
    expect(read(text).content['rule']).toEqual({ all: [{ did: { site: 'a' } }, ...all] });
  });

  it.each([
    ['CRLF', FILE.replaceAll('\n', '\r\n')],
    ['lists that are not indented', 'name: S\nrule:\n  all:\n  - did: {}\n  - segment: a\nttlDays: 30\n'],
    ['four spaces', 'name: S\nrule:\n    not:\n        did: {}\nttlDays: 30\n'],
  ])('keeps its form: %s', (_, text) => {
    const { content } = read(text);
    const changed = { ...(content as unknown as Content), ttlDays: 31 };
    expect(revised(text, changed).replace(/ +#/g, ' #')).toBe(text.replace('30', '31').replace(/ +#/g, ' #'));
  });

  it('gets a new field where it usually stands, and loses one that is gone', () => {
    const { ttlDays: _, ...rest } = segment;
    const text = revised(FILE, { ...rest, merge: 'device' });
    expect(text).toMatch(/\nmerge: device\n\nrule:/);
    expect(text).not.toContain('ttlDays');
  });

  it('says what the segment does also where an alias stood for a value', () => {
    const text = 'name: &n x\nlabels: [*n]\nrule: {did: {}}\n';
    const changed: Content = { name: 'y', labels: ['x'], merge: 'visitor', rule: { did: {} } };
    expect(read(revised(text, changed)).content).toEqual({ name: 'y', labels: ['x'], rule: { did: {} } });
  });
});

const value = fc.oneof(
  fc.constantFrom(
    'NO',
    '1e3',
    '0x1f',
    '~',
    'null',
    'true',
    '2024-01-01',
    '- a',
    'a: b',
    '#x',
    '',
    ' x ',
    'a\nb',
    '"q"',
    '*a',
    '&b',
    '!t',
  ),
  fc.string({ maxLength: 12, unit: 'binary' }).filter((text) => text.isWellFormed()),
);
const clause = fc.oneof(
  fc.record(
    {
      did: fc.dictionary(
        fc.constantFrom('site', 'title', 'keyword'),
        fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 12 })),
      ),
      times: fc.integer(),
    },
    { requiredKeys: ['did'] },
  ),
  fc.record({ segment: value }),
);
const rule = fc.letrec<{ rule: unknown }>((tie) => ({
  rule: fc.oneof(
    { depthSize: 'small' },
    clause,
    fc.record({ all: fc.array(tie('rule'), { minLength: 1, maxLength: 4 }) }),
    fc.record({ not: tie('rule') }),
  ),
})).rule;
const content = fc.record(
  {
    name: value,
    rule,
    merge: fc.constantFrom('visitor' as const, 'device' as const),
    labels: fc.array(value, { maxLength: 3 }),
    ttlDays: fc.integer({ min: 1, max: 180 }),
  },
  { requiredKeys: ['name', 'rule', 'merge'] },
);

it('a file says what its segment does, whatever the words in it', () => {
  fc.assert(
    fc.property(content, (segment) => {
      expect(isSame(read(yamlOf(segment as Content)).content, contentOf(segment as Content))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

it('a file that is written anew says what its segment does, whatever it said before', () => {
  fc.assert(
    fc.property(content, content, (before, after) => {
      const text = `# head\n${yamlOf(before as Content)}`;
      expect(isSame(read(revised(text, after as Content)).content, contentOf(after as Content))).toBe(true);
    }),
    { numRuns: 500 },
  );
});
