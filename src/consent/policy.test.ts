import { describe, expect, it } from 'vitest';
import { type Law, lawOf, regionsNeedingYes } from './policy.ts';

const publicIn = (country: string) => ({ country, region: '', local: false });
const local = { country: '', region: '', local: true };

describe('the law of a place', () => {
  const rows: [string, string[], Law][] = [
    ['members of the EU need a yes', ['AT', 'DE', 'FR', 'IE', 'GR', 'HR', 'SE'], 'needs_yes'],
    ['the EFTA states of the EEA need a yes', ['IS', 'LI', 'NO'], 'needs_yes'],
    ['parts of the Union with a code of their own need a yes', ['GP', 'RE', 'AX'], 'needs_yes'],
    ['the United Kingdom, Switzerland and Brazil need a yes', ['GB', 'CH', 'BR'], 'needs_yes'],
    ['elsewhere the absence of a no allows', ['US', 'CA', 'JP', 'IN', 'ZA', 'AU', 'TR'], 'absence_allows'],
    ['no country is not a country', ['', 'EU', 'AP', 'XX', 'ZZ', 'T1', 'de', 'DEU'], 'country_unknown'],
  ];
  it.each(rows)('%s', (_, countries, law) => {
    for (const country of countries)
      expect([country, lawOf(publicIn(country), undefined)]).toEqual([country, law]);
  });

  it('counts 30 states of the EEA', () => {
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
    const needing = letters
      .flatMap((a) => letters.map((b) => a + b))
      .filter((country) => lawOf(publicIn(country), undefined) === 'needs_yes');
    const apart = ['AX', 'GF', 'GP', 'MQ', 'RE', 'YT', 'MF', 'GB', 'UK', 'CH', 'BR'];
    expect(needing.filter((country) => !apart.includes(country))).toHaveLength(30);
  });

  const locals: [string, string | undefined, Law][] = [
    ['no local region: no law for local addresses', undefined, 'absence_allows'],
    ['EEA: a yes is needed', 'EEA', 'needs_yes'],
    ['a country: its law', 'DE', 'needs_yes'],
    ['a region: the law of its country', 'US-CA', 'absence_allows'],
    ['a region of a country that needs a yes', 'DE-BY', 'needs_yes'],
  ];
  it.each(locals)('%s', (_, localRegion, law) => {
    expect(lawOf(local, localRegion)).toBe(law);
  });

  const choices: [string, string[], Record<string, Law>][] = [
    [
      'an operator may add a country',
      ['EEA', 'CA'],
      { CA: 'needs_yes', DE: 'needs_yes', GB: 'absence_allows' },
    ],
    ['and leave all but one out', ['BR'], { BR: 'needs_yes', DE: 'absence_allows', '': 'country_unknown' }],
    ['UK is written for GB', ['GB'], { UK: 'needs_yes' }],
  ];
  it.each(choices)('%s', (_, regions, laws) => {
    const needing = regionsNeedingYes(regions);
    for (const [country, law] of Object.entries(laws))
      expect([country, lawOf(publicIn(country), undefined, needing)]).toEqual([country, law]);
  });

  it('the local region EEA asks for a yes only where the EEA does', () => {
    expect(lawOf(local, 'EEA', regionsNeedingYes(['BR']))).toBe('absence_allows');
  });

  it('the local region is not the law of public addresses', () => {
    expect(lawOf(publicIn('US'), 'EEA')).toBe('absence_allows');
    expect(lawOf(publicIn(''), 'US')).toBe('country_unknown');
  });
});
