import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CATEGORY_NAMES, categoryName, readTable, SPECIAL_CATEGORIES, TOPICS } from './dictionary.ts';

describe('the word table', () => {
  it('reads indent as parenthood, a question mark as weak, and a last comma as a line that goes on', () => {
    expect(readTable('1 A: one,\n    two words\n  2 B: maybe?\n    3 C:\n4 D: four\n')).toEqual([
      {
        id: '1',
        name: 'A',
        ancestors: [],
        field: '1',
        words: [
          { text: 'one', weak: false },
          { text: 'two words', weak: false },
        ],
      },
      { id: '2', name: 'B', ancestors: ['1'], field: '1', words: [{ text: 'maybe', weak: true }] },
      { id: '3', name: 'C', ancestors: ['2', '1'], field: '1', words: [] },
      { id: '4', name: 'D', ancestors: [], field: '4', words: [{ text: 'four', weak: false }] },
    ]);
  });

  it.each([
    ['a child without a parent', '1 A: one\n    2 B: two'],
    ['an odd indent', '1 A: one\n 2 B: two'],
    ['a line without a colon', '1 A one'],
  ])('refuses %s', (_, table) => {
    expect(() => readTable(table)).toThrow('Not a line of a word table');
  });
});

describe('the dictionary', () => {
  it('holds each category once, and each word once within a category', () => {
    expect(CATEGORY_NAMES.size).toBe(TOPICS.length);
    for (const { name, words } of TOPICS) {
      const texts = words.map(({ text }) => text);
      expect(
        texts.filter((text, i) => texts.indexOf(text) !== i),
        name,
      ).toEqual([]);
    }
  });

  it('covers at least 300 categories with at least 1,500 words', () => {
    expect(TOPICS.length).toBeGreaterThanOrEqual(300);
    expect(new Set(TOPICS.flatMap(({ words }) => words.map(({ text }) => text))).size).toBeGreaterThan(1500);
  });

  it('writes words in lower case, of one to five tokens, one space apart', () => {
    const words = TOPICS.flatMap((topic) => topic.words.map(({ text }) => text));
    expect(words.filter((text) => !/^[\p{Ll}\p{N}]+(?: [\p{Ll}\p{N}]+){0,4}$/u.test(text))).toEqual([]);
  });

  it('names its categories, and no other', () => {
    expect(categoryName('533')).toBe('Soccer');
    expect(categoryName('80DV8O')).toBe('Communication');
    expect(categoryName('286')).toBeUndefined();
    expect(categoryName('my own category')).toBeUndefined();
  });
});

/** Where the taxonomy lies beside the project; it is not part of the repository. */
const TAXONOMY = new URL('../../../../shared/data/iab/content-taxonomy-3.1.tsv', import.meta.url);

describe.skipIf(!existsSync(TAXONOMY))('against the IAB Content Taxonomy 3.1', () => {
  const official = new Map<string, { name: string; parent: string }>();
  const lines = existsSync(TAXONOMY) ? readFileSync(TAXONOMY, 'utf8').split('\r\n').slice(2) : [];
  for (const line of lines) {
    const [id = '', parent = '', name = ''] = line.split('\t').map((cell) => cell.trim());
    if (id !== '') official.set(id, { name, parent });
  }
  const withAncestors = (id: string): string[] =>
    id === '' ? [] : [id, ...withAncestors(official.get(id)?.parent ?? '')];

  it('gives each category its official name and ancestors', () => {
    expect(official.size).toBeGreaterThan(700);
    for (const { id, name, ancestors } of TOPICS) {
      expect({ id, name, line: [id, ...ancestors] }).toEqual({
        id,
        name: official.get(id)?.name,
        line: withAncestors(id),
      });
    }
  });

  it('holds no special category and nothing below one', () => {
    for (const id of SPECIAL_CATEGORIES) expect(official.has(id), id).toBe(true);
    for (const { id, name } of TOPICS) {
      expect(
        withAncestors(id).filter((each) => SPECIAL_CATEGORIES.has(each)),
        name,
      ).toEqual([]);
    }
  });

  it('holds every tier-1 category that is not special', () => {
    const fields = [...official].filter(([, { parent }]) => parent === '').map(([id]) => id);
    expect(fields.filter((id) => !CATEGORY_NAMES.has(id) && !SPECIAL_CATEGORIES.has(id))).toEqual([]);
  });
});
