import { describe, expect, it } from 'vitest';
import { mayBeToldAt } from './place.ts';

describe('a browser', () => {
  it.each<[string, string, string, string[], boolean]>([
    ['is told anywhere, where nothing is forbidden', '', '', [], true],
    ['is told in a country where it is not forbidden', 'FR', '', ['US-WA'], true],
    ['is told in another region of the country', 'US', 'US-CA', ['US-WA'], true],
    ['is not told where it is forbidden in its country', 'DE', 'DE-BE', ['DE'], false],
    ['is not told where it is forbidden in its region', 'US', 'US-WA', ['US-WA'], false],
    ['is not told where it may be in such a region', 'US', '', ['US-WA'], false],
    ['is not told where its country is not known', '', '', ['DE'], false],
    ['is not told where an address registry knows none', 'XX', '', ['DE'], false],
  ])('%s', (_, country, region, forbidden, told) => {
    expect(mayBeToldAt({ country, region }, forbidden)).toBe(told);
  });
});
