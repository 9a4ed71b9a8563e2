import { describe, expect, it } from 'vitest';
import { readUsPrivacy, type UsPrivacy } from './us-privacy.ts';

describe('a US Privacy string', () => {
  const rows: [string, string, UsPrivacy][] = [
    ['the third character Y is an opt-out of sale', '1YYN', 'opted_out'],
    ['also where nothing else is said', '1-Y-', 'opted_out'],
    ['also in small letters', '1yyn', 'opted_out'],
    ['N is no opt-out', '1YNN', 'no_opt_out'],
    ['1--- does not apply', '1---', 'no_opt_out'],
    ['a Y in another place is no opt-out', '1YNY', 'no_opt_out'],
    ['another version cannot be read', '2YNN', 'unreadable'],
    ['a letter that is none of Y, N and - cannot be read', '1YXN', 'unreadable'],
    ['three characters cannot be read', '1YN', 'unreadable'],
    ['five characters cannot be read', '1YNNN', 'unreadable'],
    ['a line break after it cannot be read', '1YN\n', 'unreadable'],
    ['a macro nobody filled in cannot be read', '{{.USPrivacy}}', 'unreadable'],
  ];
  it.each(rows)('%s', (_, text, said) => {
    expect(readUsPrivacy(text)).toBe(said);
  });
});
