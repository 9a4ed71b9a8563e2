import { describe, expect, it } from 'vitest';
import { type Page, readPage } from './page.ts';

const read = (url: string, said: Parameters<typeof readPage>[1] = {}): Page => {
  const page = readPage(url, said);
  if (typeof page === 'string') throw new Error(page);
  return page;
};

describe('a page', () => {
  it('is scrubbed, with the own categories before those of its words', () => {
    const page = read('https://shop.test/recipes/soup?mail=a@b.test&utm_source=letter', {
      title: 'A recipe by a@b.test',
      categories: ['kitchen', ' kitchen '],
      keywords: ['soup', 'call +49 170 1234567'],
    });
    expect(page).toMatchObject({
      url: 'https://shop.test/recipes/soup?utm_source=letter',
      path: '/recipes/soup',
      host: 'shop.test',
      title: 'A recipe by [email]',
      keywords: ['soup', 'call [phone]'],
    });
    expect(page.categories[0]).toBe('kitchen');
    expect(page.categories).toContain('216');
    expect(page.categories.filter((category) => category === 'kitchen')).toHaveLength(1);
  });

  it.each<[string, Parameters<typeof readPage>[1], string[], string]>([
    [
      'what the site says, without doubt',
      { categories: ['kitchen', '539'] },
      ['kitchen', '539'],
      '[100,100]',
    ],
    ['what words mean, less', { title: 'Tennis' }, ['539', '483'], '[70,70]'],
    ['what both say, without doubt', { title: 'Tennis', categories: ['539'] }, ['539', '483'], '[100,70]'],
    [
      'what the site’s own names mean beside them',
      { categories: ['Tennis', 'desk'] },
      ['Tennis', 'desk', '539', '483'],
      '[100,100,90,90]',
    ],
    ['what keywords mean, least', { keywords: ['tennis'] }, ['539', '483'], '[50,50]'],
    ['nothing of what says nothing', {}, [], '[]'],
  ])('is sure of %s', (_, said, categories, confidences) => {
    expect(read('https://shop.test/p/1', said)).toMatchObject({ categories, confidences });
  });

  it('that says the same again is the very same one', () => {
    const say = () => read('https://shop.test/same', { title: 'Same', keywords: ['a', 'b'] });
    expect(say()).toBe(say());
  });

  it.each<[string, Parameters<typeof readPage>[1]]>([
    ['another title', { title: 'Other', categories: ['x'], keywords: ['a', 'b'] }],
    ['no title', { categories: ['x'], keywords: ['a', 'b'] }],
    ['another keyword', { title: 'One', categories: ['x'], keywords: ['a', 'c'] }],
    ['one keyword less', { title: 'One', categories: ['x'], keywords: ['a'] }],
    ['no keywords', { title: 'One', categories: ['x'] }],
    ['other categories', { title: 'One', categories: ['y'], keywords: ['a', 'b'] }],
  ])('is not remembered for %s', (_, said) => {
    const url = 'https://shop.test/changing';
    read(url, { title: 'One', categories: ['x'], keywords: ['a', 'b'] });
    expect(read(url, said)).toMatchObject({
      title: said.title ?? '',
      categories: said.categories,
      keywords: said.keywords ?? [],
    });
  });

  it('has the campaign that its address names, and what kind of source that is', () => {
    const tagged = 'https://shop.test/a?utm_campaign=Spring%20of%20a@b.test&utm_medium=cpc';
    expect(read(tagged)).toMatchObject({ campaign: 'Spring of [email]', source: 'campaign' });
    expect(read('https://shop.test/a')).toMatchObject({ campaign: '', source: '' });
  });

  it('too long to be remembered is read all the same', () => {
    const title = 'word '.repeat(400);
    const long = () => read('https://shop.test/long', { title });
    expect(long().title).toHaveLength(299);
    expect(long()).not.toBe(long());
  });

  it('that cannot be read is refused each time', () => {
    expect(readPage('about:blank', {})).toBe('bad_url');
    expect(readPage('about:blank', {})).toBe('bad_url');
  });
});
