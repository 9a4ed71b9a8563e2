import { describe, expect, it } from 'vitest';
import { fold, forms, readablePath, tokens } from './tokens.ts';

const noWord = () => false;

describe('tokens', () => {
  it.each([
    ['/blog/dynamic-dns_with.dhcp+now', ['blog', 'dynamic', 'dns', 'with', 'dhcp', 'now']],
    ['FootballNews', ['football', 'news']],
    ['XMLHttpRequest', ['xml', 'http', 'request']],
    ['FOOTBALL', ['football']],
    ["Women’s shoes, men's hats, l'été", ['womens', 'shoes', 'mens', 'hats', 'l', 'ete']],
    ['Fußball, KÜCHE, Vélo', ['fussball', 'kuche', 'velo']],
    ['', []],
  ])('of %j are %j', (text, expected) => {
    expect(tokens(text, noWord)).toEqual(expected);
  });

  it('keeps inner capitals together where the whole is a known word, also in the plural', () => {
    const isWord = (token: string) => ['javascript', 'iphone'].includes(token);
    expect(tokens('JavaScript for iPhones', isWord)).toEqual(['javascript', 'for', 'iphones']);
  });
});

describe('a readable path', () => {
  it.each([
    ['/a/page.html', '/a/page'],
    ['/a/page.pdf.html', '/a/page'],
    ['/html/page', '/html/page'],
    ['/node.js', '/node.js'],
    ['/web%20scraping', '/web scraping'],
    ['/k%C3%BCche', '/küche'],
    ['/k%FCche', '/k che'],
    ['/100%-wool%', '/100%-wool%'],
    ['/%E4%25', '/ '],
  ])('of %j is %j', (path, expected) => {
    expect(readablePath(path)).toBe(expected);
  });
});

it('folds case and accents, and leaves plain words as they are', () => {
  expect(['Straße', 'ÉTÉ', 'plain'].map(fold)).toEqual(['strasse', 'ete', 'plain']);
});

describe('the forms of a token', () => {
  it.each([
    ['recipes', ['recipes', 'recipe']],
    ['hobbies', ['hobbies', 'hobbie', 'hobby']],
    ['movies', ['movies', 'movie', 'movy']],
    ['dishes', ['dishes', 'dishe', 'dish']],
    ['tennis', ['tennis']],
    ['glass', ['glass']],
    ['campus', ['campus']],
    ['gas', ['gas']],
    ['dog', ['dog']],
  ])('%s are %j', (token, expected) => {
    expect(forms(token)).toEqual(expected);
  });
});
