import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ATTRIBUTES } from './attributes.ts';
import { demographicId } from './iab.ts';
import { knownValue } from './known.ts';

describe('the id of a demographic', () => {
  it.each([
    ['gender', 'female', '49'],
    ['gender', 'other', '51'],
    ['age', '18-20', '3'],
    ['age', '75+', '15'],
    ['household_income', '250000+', '72'],
    ['income', '0-9999', undefined],
    ['nationality', 'DE', undefined],
    ['gender', 'unknown', undefined],
    ['gender', 'F', undefined],
    ['car', 'estate', undefined],
    ['constructor', 'name', undefined],
  ])('of %s = %s is %s', (attribute, value, id) => {
    expect(demographicId(attribute, value)).toBe(id);
  });

  it('is of one value of an attribute only', () => {
    for (const { name, values } of ATTRIBUTES) {
      const ids = values.flatMap(({ iab }) => iab ?? []);
      expect(new Set(ids).size, name).toBe(ids.length);
    }
  });
});

const TAXONOMY = new URL('../../../../shared/data/iab/audience-taxonomy-1.1.tsv', import.meta.url);

describe.skipIf(!existsSync(TAXONOMY))(
  'beside the official file (skipped: there is no ../shared/data/iab)',
  () => {
    const rows = new Map(
      (existsSync(TAXONOMY) ? readFileSync(TAXONOMY, 'utf8') : '')
        .split(/\r?\n/)
        .slice(1)
        .map((line) => line.split('\t').slice(1))
        .filter(([id]) => id !== undefined && id !== '')
        .map(([id, parent, , ...tiers]) => [
          id!,
          {
            parent: parent!,
            name: tiers
              .slice(0, 6)
              .findLast((tier) => tier.trim() !== '')!
              .trim(),
          },
        ]),
    );

    it.each(ATTRIBUTES.filter(({ iab }) => iab !== undefined))(
      '$name lies in one branch, value by value',
      (attribute) => {
        for (const { value, iab } of attribute.values) {
          if (iab === undefined) continue;
          const row = rows.get(iab);
          expect(row, iab).toBeDefined();
          const ancestors = [];
          for (let id = row!.parent; id !== ''; id = rows.get(id)!.parent) ancestors.push(id);
          expect(ancestors, `${iab} ${value}`).toContain(attribute.iab);
          expect(knownValue(attribute, row!.name), row!.name).toBe(value);
        }
      },
    );

    it('has every band of age and every gender but the unknown', () => {
      const children = (parent: string) =>
        [...rows].flatMap(([id, row]) => (row.parent === parent ? [id] : []));
      const known = (name: string) =>
        ATTRIBUTES.find((each) => each.name === name)!.values.map(({ iab }) => iab);
      expect(known('age')).toEqual(children('2'));
      expect([...known('gender'), '52']).toEqual(children('48'));
    });
  },
);
