import { describe, expect, it } from 'vitest';
import { checkColumns, hitOfRow, rowOfCells, rowOfValues, UnknownColumnError } from './row.ts';

describe('a row', () => {
  it.each<[string, string, unknown]>([
    ['url', 'https://a.test/', 'https://a.test/'],
    ['title', '5', '5'],
    ['dwellMs', '1500', 1500],
    ['tz', '-300', -300],
    ['scroll', 'half', 'half'],
    ['keywords', 'a,b', 'a,b'],
    ['gdpr', '1', '1'],
    ['time', '1700000000000', 1_700_000_000_000],
    ['time', '2026-11-20T11:00:00Z', '2026-11-20T11:00:00Z'],
    ['time', '2026-11-20 11:00:00.5', '2026-11-20T11:00:00.5'],
    ['props', '{"a":1}', '{"a":1}'],
  ])('has in a column %s for the cell %s what a hit has', (column, cell, value) => {
    expect(rowOfCells([column], [cell])).toEqual({ [column]: value });
  });

  it.each<[string, unknown, unknown]>([
    ['title', 'a', 'a'],
    ['deviceId', 7n, '7'],
    ['hitId', 2n ** 63n, '9223372036854775808'],
    ['dwellMs', 1500n, 1500],
    ['time', new Date(1_700_000_000_000), 1_700_000_000_000],
    ['keywords', ['a', null, 'b'], ['a', 'b']],
    ['gppSid', [7n, 8n], [7, 8]],
    ['props', { a: 1n, b: null }, { a: 1, b: null }],
  ])('has in a column %s for the value %s what a hit has', (column, given, value) => {
    expect(rowOfValues([column], [given])).toEqual({ [column]: value });
  });

  it('has nothing where a cell is empty or a value is null', () => {
    expect(rowOfCells(['url', 'title'], ['', 'a'])).toEqual({ title: 'a' });
    expect(rowOfValues(['url', 'title', 'tz'], [null, undefined, 0])).toEqual({ tz: 0 });
  });

  it('has only columns that a hit has', () => {
    expect(() => checkColumns('a.csv', ['url', 'colour'])).toThrow(UnknownColumnError);
    expect(() => checkColumns('a.csv', ['url', '__proto__'])).toThrow(UnknownColumnError);
    expect(() => checkColumns('a.csv', ['url', 'time', 'ip'])).not.toThrow();
  });
});

describe('the hit of a row', () => {
  const idOf = (row: object, number: number, run: string) =>
    (JSON.parse(hitOfRow({ ...row }, number, 'SITE', run)) as { hitId: string }).hitId;

  it('is of the site that was named, unless it names one itself', () => {
    expect(JSON.parse(hitOfRow({ url: 'u', site: '' }, 1, 'SITE', 'run'))).toMatchObject({ site: 'SITE' });
    expect(JSON.parse(hitOfRow({ url: 'u', site: 'OTHER' }, 1, 'SITE', 'run'))).toMatchObject({
      site: 'OTHER',
    });
  });

  it('has its own id, else one by which a repeat is known: of a timed row by any import', () => {
    expect(idOf({ hitId: 'own', time: 1 }, 1, 'run')).toBe('own');
    const timed = { url: 'u', time: 1 };
    expect(idOf(timed, 1, 'run')).toBe(idOf(timed, 1, 'another run'));
    expect(idOf(timed, 1, 'run')).not.toBe(idOf(timed, 2, 'run'));
    expect(idOf(timed, 1, 'run')).not.toBe(idOf({ ...timed, time: 2 }, 1, 'run'));
    expect(idOf({ url: 'u' }, 1, 'run')).not.toBe(idOf({ url: 'u' }, 1, 'another run'));
    expect(idOf({ url: 'u' }, 1, 'run')).not.toBe(idOf({ url: 'u' }, 2, 'run'));
  });
});
