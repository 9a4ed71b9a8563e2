import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SPECIAL_CATEGORIES, TOPICS } from '../../collect/topics/dictionary.ts';
import { NODE_BY_ID, NODES, ROOTS, readNodes, SPECIAL_NODES } from './audience.ts';
import { signsOf } from './lookup.ts';
import { type Entry, readOfficial } from './official.ts';

describe('a table of nodes', () => {
  it('reads indent as parenthood, and a plus as both on one page', () => {
    expect(readNodes('1 A: 483 X1\n  2 B: 325+324\n    3 C:\n', 'interest')).toEqual([
      {
        id: '1',
        name: 'A',
        branch: 'interest',
        ancestors: [],
        sources: [
          { content: '483', beside: undefined },
          { content: 'X1', beside: undefined },
        ],
      },
      {
        id: '2',
        name: 'B',
        branch: 'interest',
        ancestors: ['1'],
        sources: [{ content: '325', beside: '324' }],
      },
      { id: '3', name: 'C', branch: 'interest', ancestors: ['2', '1'], sources: [] },
    ]);
  });

  it.each([
    ['a child without a parent', '1 A: 5\n    2 B: 6'],
    ['an odd indent', '1 A: 5\n 2 B: 6'],
    ['a line without a colon', '1 A 5'],
    ['two pluses', '1 A: 5+6+7'],
  ])('refuses %s', (_, table) => {
    expect(() => readNodes(table, 'interest')).toThrow('Not a line of a table of nodes');
  });
});

describe('the nodes', () => {
  it('are each there once, and each has something that speaks for it', () => {
    expect(NODE_BY_ID.size).toBe(NODES.length);
    const spokenFor = new Set(
      NODES.filter(({ sources }) => sources.length > 0).flatMap(({ id, ancestors }) => [id, ...ancestors]),
    );
    expect(NODES.filter(({ id }) => !spokenFor.has(id))).toEqual([]);
  });

  it('are reached by nothing special', () => {
    const used = NODES.flatMap(({ sources }) => sources.flatMap(({ content, beside }) => [content, beside]));
    expect(used.filter((content) => content !== undefined && SPECIAL_CATEGORIES.has(content))).toEqual([]);
    expect(NODES.filter(({ id }) => SPECIAL_NODES.has(id))).toEqual([]);
  });

  it('are looked up with all above them, also by a child of what speaks for them', () => {
    const interests = NODES.filter(({ branch }) => branch === 'interest');
    const signs = signsOf(interests);
    const by = (content: string, beside = '') =>
      signs
        .filter((sign) => sign.content === content && sign.beside === beside)
        .map(({ place }) => interests[place - 1]!.name)
        .sort();
    expect(by('539')).toEqual(['Sports', 'Tennis']);
    // Men's Business Wear is two tiers below Men's Fashion.
    expect(by('583')).toEqual(["Men's Fashion", 'Style & Fashion']);
    expect(by('325')).toEqual([]);
    expect(by('325', '324')).toEqual(['Action and Adventure Movies', 'Movies']);
  });
});

/** Where the taxonomies lie beside the project; they are not part of the repository. */
const FOLDER = new URL('../../../../shared/data/iab/', import.meta.url);
const official = (file: string): ReadonlyMap<string, Entry> =>
  new Map(
    readOfficial(readFileSync(new URL(file, FOLDER), 'utf8')).entries.map((entry) => [entry.id, entry]),
  );

describe.skipIf(!existsSync(FOLDER))('against the official files', () => {
  const audience = existsSync(FOLDER) ? official('audience-taxonomy-1.1.tsv') : new Map<string, Entry>();
  const content = existsSync(FOLDER) ? official('content-taxonomy-3.1.tsv') : new Map<string, Entry>();
  const idOf = new Map([...audience.values()].map(({ id, tiers }) => [tiers.join('\n'), id]));
  const withAncestors = (id: string): string[] => {
    const { tiers } = audience.get(id)!;
    return tiers.map((_, last) => idOf.get(tiers.slice(0, last + 1).join('\n'))!);
  };

  it('each node has its official name, and stands below what its tier columns say', () => {
    expect(audience.size).toBe(1558);
    for (const { id, name, branch, ancestors } of NODES) {
      expect({ id, name }).toEqual({ id, name: audience.get(id)?.name });
      expect([ROOTS[branch].id, ...ancestors.toReversed(), id], name).toEqual(withAncestors(id));
    }
    for (const { id, name } of Object.values(ROOTS))
      expect(audience.get(id)?.name.replace('*', '')).toBe(name);
  });

  it('every content that speaks for a node exists, and nothing special is above it', () => {
    for (const { id, sources } of NODES) {
      for (const each of sources.flatMap(({ content: of, beside }) =>
        beside === undefined ? [of] : [of, beside],
      )) {
        for (let at: string = each; at !== ''; at = content.get(at)!.parent) {
          expect(content.has(at), `${each} of ${id}`).toBe(true);
          expect(SPECIAL_CATEGORIES.has(at), `${each} of ${id}`).toBe(false);
        }
      }
    }
  });

  it('every special node exists, and none of those is above a node that is scored', () => {
    for (const id of SPECIAL_NODES) expect(audience.has(id), id).toBe(true);
    for (const { id } of NODES)
      expect(
        withAncestors(id).filter((each) => SPECIAL_NODES.has(each)),
        id,
      ).toEqual([]);
  });

  it('every tier-1 interest is reached that is not special, and all but four tiers below', () => {
    const below = (id: string) => [...audience.values()].filter(({ parent }) => parent === id);
    const tier1 = below(ROOTS.interest.id);
    expect(tier1).toHaveLength(29);
    const missing = (of: readonly Entry[]) =>
      of.filter(
        ({ id }) => !NODE_BY_ID.has(id) && !withAncestors(id).some((each) => SPECIAL_NODES.has(each)),
      );
    expect(missing(tier1)).toEqual([]);
    // No content of 3.1 says where news are from, or which country's films it speaks of.
    expect(missing(tier1.flatMap(({ id }) => below(id))).map(({ name }) => name)).toEqual([
      'World Movies',
      'International News',
      'Local News',
      'National News',
    ]);
  });

  it('every tier-1 field of the dictionary leads to an interest, but for what is no subject of one', () => {
    const signs = signsOf(NODES.filter(({ branch }) => branch === 'interest'));
    const leading = new Set(signs.map(({ content }) => content));
    const leadNowhere = TOPICS.filter(({ id, ancestors }) => ancestors.length === 0 && !leading.has(id));
    expect(leadNowhere.map(({ name }) => name).sort()).toEqual([
      'Attractions',
      'Communication',
      'Entertainment',
      'Events',
      'Genres',
      'Holidays',
      'Personal Celebrations & Life Events',
    ]);
  });
});
