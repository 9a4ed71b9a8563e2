import { describe, expect, it } from 'vitest';
import { readDocument } from './document.ts';

const read = (text: string) => {
  const document = readDocument(text);
  if (!document.ok) throw new Error(JSON.stringify(document.problems));
  return document;
};

describe('the text of a segment’s file', () => {
  it('says what JSON would, and where', () => {
    const { content, placeOf } = read(
      [
        '# About',
        'name: S',
        'rule:',
        '  any:',
        '    - segment: x',
        '    - did:',
        '        contry: [NO, "1"]',
        '',
      ].join('\n'),
    );
    expect(content).toEqual({
      name: 'S',
      rule: { any: [{ segment: 'x' }, { did: { contry: ['NO', '1'] } }] },
    });
    expect(placeOf('/rule/any/1/did/contry')).toEqual({ line: 7, column: 9 });
    expect(placeOf('/rule/any/1')).toEqual({ line: 6, column: 7 });
    expect(placeOf('/rule/any/0/segment')).toEqual({ line: 5, column: 7 });
    expect(placeOf('/name')).toEqual({ line: 2, column: 1 });
  });

  it('that lacks a field is wrong where it would stand', () => {
    const { placeOf } = read('name: S\nrule:\n  all: []\n');
    expect(placeOf('/rule/all/0/did')).toEqual({ line: 3, column: 3 });
    expect(placeOf('/folder')).toEqual({ line: 1, column: 1 });
  });

  it('finds names that a path escapes, or shows the beginning of', () => {
    const long = 'x'.repeat(80);
    const { placeOf } = read(`name: S\nrule:\n  a/b~c: 1\n  ${long}: 2\n`);
    expect(placeOf('/rule/a~1b~0c')).toEqual({ line: 3, column: 3 });
    expect(placeOf(`/rule/${long.slice(0, 64)}…`)).toEqual({ line: 4, column: 3 });
  });

  it.each<[sentence: string, text: string, line: number]>([
    ['is empty', '', 1],
    ['is a list', '- a\n', 1],
    ['is no YAML', 'name: S\nrule: {did: {}\n', 3],
    ['has a field twice', 'name: S\nname: T\n', 2],
    ['is several documents', 'name: S\n---\nname: T\n', 2],
    ['has a tag', 'name: !!js/function "x"\n', 1],
    ['says its id', 'name: S\nid: x\n', 2],
    ['says its folder', 'name: S\n\nfolder: x\n', 3],
    ['is nested without end', `rule: ${'['.repeat(100_000)}`, 1],
    [
      'grows without bound by its aliases',
      `a: &a [x,x,x,x,x,x,x,x,x,x]\n${['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']
        .map((name, n) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[n]}`).join(',')}]`)
        .join('\n')}\n`,
      1,
    ],
  ])('that %s is refused', (_, text, line) => {
    const document = readDocument(text);
    expect(document.ok).toBe(false);
    if (!document.ok)
      expect(document.problems[0]).toMatchObject({ line, message: expect.stringMatching(/./) });
  });
});
