import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify as classifyPage, MAX_CATEGORIES } from './classify.ts';
import { CERTAIN } from './confidence.ts';
import { CATEGORY_NAMES, TOPICS } from './dictionary.ts';

const classify = (path: string, title: string) => classifyPage({ path, title }).categories;
const names = (path: string, title = '') => classify(path, title).map((id) => CATEGORY_NAMES.get(id));

describe('a page is classified', () => {
  it.each<[string, string, string, string[]]>([
    [
      'by the words of its path',
      '/articles/dynamic-dns-with-dhcp/',
      '',
      ['Computer Networking', 'Internet', 'Computing', 'Technology & Computing'],
    ],
    [
      'by the words of its title',
      '/p/1234',
      'The best chocolate cake recipe',
      ['Desserts and Baking', 'Cooking', 'Food & Drink'],
    ],
    ['in German, with umlauts', '/fussball/', 'Fußball: Bundesliga heute', ['Soccer', 'Sports']],
    ['in German, with ae for ä', '/kuehlschraenke/kuehlschrank', '', ['Home Appliances', 'Home & Garden']],
    ['in French', '/recettes/gateau-au-yaourt', '', ['Cooking', 'Desserts and Baking', 'Food & Drink']],
    ['in Spanish', '/viajes/vuelos-baratos', 'Vuelo barato', ['Air Travel', 'Travel Type', 'Travel']],
    ['in Portuguese', '/receitas', '', ['Cooking', 'Food & Drink']],
    ['in Italian', '/ricette/', '', ['Cooking', 'Food & Drink']],
    ['in the plural', '/classic-cars/', '', ['Classic Cars', 'Auto Type', 'Automotive']],
    [
      'by escaped words',
      '/tags/web%20scraping',
      '',
      ['Web Development', 'Internet', 'Computing', 'Technology & Computing'],
    ],
    ['by words run together with capitals', '/VideoGameReviews', '', ['Video Gaming']],
    ['by a possessive', '/', 'Women’s Fashion', ["Women's Fashion", 'Style & Fashion']],
  ])('%s', (_, path, title, expected) => {
    expect(names(path, title)).toEqual(expected);
  });

  it('by its longest phrase, not also by the words within', () => {
    expect(names('/machine-learning')).toEqual(['Artificial Intelligence', 'Technology & Computing']);
    expect(names('/python-snake')).toEqual(['Reptiles', 'Pets']);
    expect(names('/beach-volleyball')).toEqual(['Beach Volleyball', 'Sports']);
  });

  it('with what path and title agree on before what only one says', () => {
    expect(names('/travel/camping', 'Camping by the beach').slice(0, 2)).toEqual(['Camping', 'Beach Travel']);
  });

  it('by an ambiguous word only beside another of its field', () => {
    expect(names('/java')).toEqual([]);
    expect(names('/java-coffee')).toEqual(['Non-Alcoholic Beverages', 'Food & Drink']);
    expect(names('/debugging-java')).toContain('Programming Languages');
    expect(names('/apple', 'Apple')).toEqual([]);
    expect(names('/network/security')).toContain('Information and Network Security');
    expect(names('/cat', 'cat and mouse')).toEqual([]);
  });
});

describe('how sure a category is', () => {
  const sure = (words: Parameters<typeof classifyPage>[0]) => {
    const { categories, confidences } = classifyPage(words);
    return Object.fromEntries(categories.map((id, place) => [CATEGORY_NAMES.get(id), confidences[place]]));
  };

  it.each<[string, Parameters<typeof classifyPage>[0], Record<string, number>]>([
    ['by a word of the title', { path: '/', title: 'Tennis' }, { Tennis: 70, Sports: 70 }],
    ['less by one of the path', { path: '/tennis/', title: '' }, { Tennis: 60, Sports: 60 }],
    ['less by a keyword', { path: '/', title: '', keywords: ['tennis'] }, { Tennis: 50, Sports: 50 }],
    ['more by the site’s own name', { path: '/', title: '', names: ['Tennis'] }, { Tennis: 90, Sports: 90 }],
    [
      'more by several places together: 1 - 0.3 * 0.4 * 0.5',
      { path: '/tennis/', title: 'Tennis', keywords: ['tennis'] },
      { Tennis: 94, Sports: 94 },
    ],
    [
      'more by several words of it: 1 - 0.3 * 0.3',
      { path: '/', title: 'Wimbledon tennis' },
      { Tennis: 91, Sports: 91 },
    ],
    [
      'for a parent by the words of all its children',
      { path: '/', title: 'Tennis and golf' },
      { Tennis: 70, Golf: 70, Sports: 91 },
    ],
    [
      'half as sure by an ambiguous word beside another: 1 - 0.3 * (1 - 0.6 / 2)',
      { path: '/java/', title: 'Debugging' },
      { 'Programming Languages': 79 },
    ],
    [
      'of nothing that is special',
      { path: '/', title: '', names: ['Politics', 'Islam'], keywords: ['cancer'] },
      {},
    ],
  ])('%s', (_, words, expected) => {
    expect(sure(words)).toMatchObject(expected);
    if (Object.keys(expected).length === 0) expect(sure(words)).toEqual({});
  });

  it('is from 1 to 99, never more for a child than for its parent, and grows with what is said', () => {
    const word = fc.constantFrom(...TOPICS.flatMap(({ words }) => words.map(({ text }) => text)));
    const few = fc.array(word, { maxLength: 3 });
    fc.assert(
      fc.property(few, few, few, few, word, (path, title, keywords, names, more) => {
        const words = { path: `/${path.join('/')}`, title: title.join(', '), keywords, names };
        const { categories, confidences } = classifyPage(words);
        expect(confidences).toHaveLength(categories.length);
        const of = new Map(categories.map((id, place) => [id, confidences[place]!]));
        for (const [id, confidence] of of) {
          expect(confidence).toBeGreaterThanOrEqual(1);
          expect(confidence).toBeLessThan(CERTAIN);
          for (const above of TOPICS.find((topic) => topic.id === id)!.ancestors)
            expect(of.get(above)).toBeGreaterThanOrEqual(confidence);
        }
        const then = classifyPage({ ...words, keywords: [...keywords, more] });
        for (const [place, id] of then.categories.entries())
          expect(then.confidences[place]).toBeGreaterThanOrEqual(of.get(id) ?? 0);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a page is not classified', () => {
  it.each([
    ['/', ''],
    ['/index.html', 'Home'],
    ['/blog/2015/05/17/', 'News'],
    ['/presentations/misc/', 'About us'],
    ['/日本語/ページ', '検索'],
  ])('where it says nothing: %j %j', (path, title) => {
    expect(classify(path, title)).toEqual([]);
  });

  it.each([
    ['/diabetes/insulin-therapy', 'Living with depression and cancer'],
    ['/pregnancy/week-12', 'Schwangerschaft, grossesse, embarazo'],
    ['/islam/prayer', 'Church, synagogue, mosque: Bible and Koran'],
    ['/elections/democrats', 'Republican, socialist, Partei, syndicat, trade union'],
    ['/gay-pride', 'Lesbian and bisexual erotic'],
    ['/ethnicity/black-hispanic', 'Roma minority'],
  ])('where it speaks of a special category: %j', (path, title) => {
    expect(classify(path, title)).toEqual([]);
  });
});

describe('the categories of a page', () => {
  it('hold the ancestors of each, the most specific first, and are at most eight', () => {
    const full = classify(
      '/soccer/tennis/golf/camping/cruises/espresso/linux/firefox',
      'Mortgage, poetry, opera, jazz and chess',
    );
    expect(full.length).toBeLessThanOrEqual(MAX_CATEGORIES);
    expect(full.length).toBeGreaterThan(5);
    const depths = full.map((id) => TOPICS.find((topic) => topic.id === id)!.ancestors.length);
    expect(depths).toEqual(depths.toSorted((a, b) => b - a));
    for (const id of full) {
      expect(full).toEqual(expect.arrayContaining([...TOPICS.find((topic) => topic.id === id)!.ancestors]));
    }
  });

  it('come for every strong word of the dictionary, in a path as in a title', () => {
    for (const { id, ancestors, words } of TOPICS) {
      for (const { text } of words.filter(({ weak }) => !weak)) {
        expect(classify(`/${text.replaceAll(' ', '-')}/`, ''), text).toEqual(
          expect.arrayContaining([id, ...ancestors]),
        );
        expect(classify('/', text.toUpperCase()), text).toContain(id);
      }
    }
  });

  it('come for every weak word beside a strong one of its field', () => {
    for (const { id, field, words } of TOPICS) {
      for (const { text } of words.filter(({ weak }) => weak)) {
        const { name } = TOPICS.find((topic) => topic.id === field)!;
        const support = TOPICS.find((topic) => topic.id === field)!.words.find(({ weak }) => !weak)!.text;
        expect(classify(`/${text}/`, support), `${text} beside ${name}`).toContain(id);
      }
    }
  });

  it('are the same when asked again, and cannot be changed by who got them', () => {
    const once = classify('/tennis/', 'Wimbledon');
    expect(classify('/tennis/', 'Wimbledon')).toEqual(once);
    expect(() => (once as string[]).push('286')).toThrow(TypeError);
    expect(classify('/tennis/', 'Wimbledon')).toEqual(['539', '483']);
  });

  it('are known, distinct and few for any text at all, which never throws', () => {
    const word = fc.constantFrom(...TOPICS.flatMap(({ words }) => words.map(({ text }) => text)));
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.string().map((s) => `/%${s}%C3%${s}`),
      fc.webPath(),
      fc.array(word, { maxLength: 30 }).map((words) => words.join('/')),
    );
    fc.assert(
      fc.property(text, text, (path, title) => {
        const ids = classify(path, title);
        expect(ids.length).toBeLessThanOrEqual(MAX_CATEGORIES);
        expect(new Set(ids).size).toBe(ids.length);
        for (const id of ids) expect(CATEGORY_NAMES.has(id)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('come from the beginning of a text that is too long to be read whole', () => {
    expect(names(`/tennis/${'x/'.repeat(50_000)}chess`)).toEqual(['Tennis', 'Sports']);
  });
});

/** A programmer's weblog of 2015; it lies beside the project and is not part of the repository. */
const LOG = new URL('../../../../shared/data/logs/access.log', import.meta.url);

describe.skipIf(!existsSync(LOG))('a real access log', () => {
  it('gives six categories with more than 100 page views each, and they fit what the site is about', () => {
    const views = new Map<string | undefined, number>();
    for (const line of readFileSync(LOG, 'latin1').split('\n')) {
      const [, path, browser] =
        /"GET ([^ ?"]+)[^"]*" (?:200|304) \S+ "[^"]*" "(Mozilla[^"]*|Opera[^"]*)"/.exec(line) ?? [];
      const isPage = path !== undefined && (/\.x?html$/.test(path) || !/\.[a-z0-9]{1,5}$/i.test(path));
      if (!isPage || /bot|spider|crawl|slurp|feed/i.test(browser ?? '')) continue;
      for (const name of names(path)) views.set(name, (views.get(name) ?? 0) + 1);
    }
    const common = [...views].filter(([, count]) => count > 100).map(([name]) => name);
    expect(common).toEqual(
      expect.arrayContaining([
        'Computer Networking',
        'Computer Software and Applications',
        'Data Storage and Warehousing',
        'Information and Network Security',
        'Internet',
        'Operating Systems',
      ]),
    );
    expect(common).not.toContain('Sports');
  });
});
