import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readOfficial, TaxonomyError } from './official.ts';

const AUDIENCE =
  '\tUnique ID\tParent ID\tCondensed Name (1st, 2nd, Last Tier)\tTier 1\tTier 2\tTier 3\t*Extension Notes\r\n';
const CONTENT =
  'Relational ID System\t\t\tContent Taxonomy v3.1 Tiered Categories\t\t\t\tExtension\r\nUnique ID\tParent\tName\tTier 1\tTier 2\tTier 3\tTier 4\t\r\n';

describe('an official file', () => {
  it('of Audience has a blank first column and one header line', () => {
    const text = `${AUDIENCE}\t206\t\tInterest\tInterest\t\t\t\r\n\t607\t206\tInterest | Sports\tInterest\tSports\t\t\r\n`;
    expect(readOfficial(text)).toEqual({
      taxonomy: 'audience-1.1',
      entries: [
        { id: '206', parent: '', name: 'Interest', tiers: ['Interest'] },
        { id: '607', parent: '206', name: 'Sports', tiers: ['Interest', 'Sports'] },
      ],
      left: [],
    });
  });

  it('of Content has two header lines, and ids that are no numbers', () => {
    const text = `\ufeff${CONTENT}80DV8O\t\tCommunication\tCommunication\t\t\t\t\r\n`;
    expect(readOfficial(text)).toMatchObject({
      taxonomy: 'content-3.1',
      entries: [{ id: '80DV8O', parent: '', name: 'Communication' }],
    });
  });

  it('of Content 1.0 has its parents in its ids, and may end its lines with LF', () => {
    const text = 'IAB Code\tTier\tIAB Category\nIAB1\tTier 1\tArts\nIAB1-2\tTier 2\tBooks\n';
    expect(readOfficial(text)).toMatchObject({
      taxonomy: 'content-1.0',
      entries: [
        { id: 'IAB1', parent: '', tiers: ['Arts'] },
        { id: 'IAB1-2', parent: 'IAB1', name: 'Books', tiers: ['Arts', 'Books'] },
      ],
    });
  });

  it('of Content 2.2 calls itself 2.1, and is known by what came with it', () => {
    const head = CONTENT.replace('v3.1', 'v2.1 with');
    expect(readOfficial(`${head}1\t\tA\tA\r\n`).taxonomy).toBe('content-2.1');
    expect(readOfficial(`${head}1\t\tA\tA\r\nv9i3On\t\tSensitive Topics\t\r\n`).taxonomy).toBe('content-2.2');
  });

  it('leaves out lines that cannot be read, by number and reason, and takes the rest', () => {
    const lines = [
      '1\t\tA\tA',
      '\t\tB\tB',
      '2 x\t\tB\tB',
      '3\t\t\t',
      '1\t\tAgain\tAgain',
      '4\t9\tD\tD',
      '',
      '5\t1\tE\tA\tE',
    ];
    const { entries, left } = readOfficial(CONTENT + lines.join('\r\n'));
    expect(entries.map(({ id }) => id)).toEqual(['1', '5']);
    expect(left).toEqual([
      { line: 4, reason: 'bad_id' },
      { line: 5, reason: 'bad_id' },
      { line: 6, reason: 'no_name' },
      { line: 7, reason: 'twice' },
      { line: 8, reason: 'unknown_parent' },
    ]);
  });

  it.each([
    ['another table', 'name\tsize\nA\t3\n', 'no_taxonomy'],
    ['nothing', '', 'no_taxonomy'],
    ['a version that nobody knows', CONTENT.replace('3.1', '9.9'), 'no_taxonomy'],
    ['a header alone', CONTENT, 'no_entries'],
    ['bytes of a picture', '\u0000\u0001\ufffd\ufffdPNG\r\n', 'no_taxonomy'],
  ])('is refused where it is %s', (_, text, reason) => {
    const refusal = (() => {
      try {
        return readOfficial(text);
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toBeInstanceOf(TaxonomyError);
    expect(refusal).toMatchObject({ reason });
  });
});

const FOLDER = new URL('../../../../shared/data/iab/', import.meta.url);

describe.skipIf(!existsSync(FOLDER))('the official files', () => {
  it.each([
    ['audience-taxonomy-1.1.tsv', 'audience-1.1', 1558],
    ['content-taxonomy-3.1.tsv', 'content-3.1', 704],
    ['content-taxonomy-2.2.tsv', 'content-2.2', 1196],
    ['content-taxonomy-1.0.tsv', 'content-1.0', 392],
  ])('%s is read whole', (file, taxonomy, ids) => {
    const official = readOfficial(readFileSync(new URL(file, FOLDER), 'utf8'));
    expect(official).toMatchObject({ taxonomy, left: [] });
    expect(official.entries).toHaveLength(ids);
  });

  it('content-1.0-to-2.0.tsv is a table between two, and none itself', () => {
    expect(() => readOfficial(readFileSync(new URL('content-1.0-to-2.0.tsv', FOLDER), 'utf8'))).toThrow(
      TaxonomyError,
    );
  });
});
