import { describe, expect, it } from 'vitest';
import { primaryLanguage } from './language.ts';

describe('primaryLanguage', () => {
  it.each([
    ['the first of equals', 'de-AT,de;q=0.9,en;q=0.5', 'de'],
    ['the heaviest, wherever it stands', 'en;q=0.5, fr;q=0.8, de;q=0.7', 'fr'],
    ['case and underscores do not matter', 'PT_br', 'pt'],
    ['a star names no language', '*,nl;q=0.5', 'nl'],
    ['a code of three letters has no short form here', 'haw,fil;q=0.9,en;q=0.1', 'en'],
    ['withdrawn codes are their successors', 'iw', 'he'],
    ['what is weighed zero is not wanted', 'en;q=0, sv;q=0.1', 'sv'],
    ['a weight that cannot be read weighs nothing', 'en;q=high, sv;q=0.1', 'sv'],
    ['spaces are allowed', ' en-GB ; q=0.8 , it ; q=0.9 ', 'it'],
    ['letters that are no code are none', 'xx', ''],
    ['garbage is none', ';;;,,,=q', ''],
    ['a key of every object is none', 'constructor', ''],
    ['an empty header is none', '', ''],
    ['no header is none', undefined, ''],
    ['a header of 16 kB is read at its head', `ja,${'x'.repeat(16_000)}`, 'ja'],
  ])('%s', (_sentence, header, language) => {
    expect(primaryLanguage(header)).toBe(language);
  });
});
