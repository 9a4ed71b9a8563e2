import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changedFields, type Form, readTyped, typed } from './typed.ts';

describe('what is typed', () => {
  it.each<[what: string, text: string, form: Form, value: unknown]>([
    ['nothing is nothing, of whatever form', '  ', 'words', undefined],
    [
      'words are parted by spaces, lines and commas',
      'a.test, b.test\nc.test',
      'words',
      ['a.test', 'b.test', 'c.test'],
    ],
    ['phrases are parted by commas only', 'no-resale,  two words ,', 'phrases', ['no-resale', 'two words']],
    ['a number is one', ' 14 ', 'number', 14],
    ['what is no number is left to the API to refuse', '14 days', 'number', '14 days'],
    ['a truth is written as JSON', 'true', 'json', true],
    ['what is no JSON is text', 'tru', 'json', 'tru'],
  ])('%s', (_, text, form, value) => expect(readTyped(text, form)).toEqual(value));

  it('is read as what was there before, for every value that the API gives', () => {
    const word = fc.stringMatching(/^[a-z0-9.-]{1,12}$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), fc.integer(), fc.boolean(), (words, number, truth) => {
        expect(readTyped(typed(words, 'words'), 'words')).toEqual(words);
        expect(readTyped(typed(words, 'phrases'), 'phrases')).toEqual(words);
        expect(readTyped(typed(number, 'number'), 'number')).toBe(number);
        expect(readTyped(typed(truth, 'json'), 'json')).toBe(truth);
      }),
    );
  });

  it('is sent where it is not as it was, and taken out where it is empty', () => {
    const forms = { name: 'text', gvlId: 'number', labels: 'phrases' } as const;
    const before = { name: 'A DSP', gvlId: '12', labels: 'no-resale' };
    expect(changedFields(forms, before, before)).toEqual({});
    expect(changedFields(forms, { ...before, gvlId: '', name: 'B' }, before)).toEqual({
      name: 'B',
      gvlId: null,
    });
    expect(changedFields(forms, { name: 'New', gvlId: '', labels: '' })).toEqual({ name: 'New' });
  });
});
