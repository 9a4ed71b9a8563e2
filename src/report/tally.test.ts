import { describe, expect, it } from 'vitest';
import { Tally } from './tally.ts';

const MINUTE = 60_000;

describe('a tally', () => {
  it('counts since the start, by room, site and reason, of all countries together', () => {
    const tally = new Tally();
    tally.count('collect', 'shop', 'stored', 0);
    tally.count('collect', 'shop', 'stored', 5 * MINUTE);
    tally.count('collect', 'blog', 'stored', 0, 1, 'DE');
    tally.count('collect', 'blog', 'stored', 0, 1, 'FR');
    tally.count('collect', '', 'bot', 0, 7);
    tally.count('sync', '', 'bot', 0);
    expect(tally.totals()).toEqual([
      { room: 'collect', site: 'shop', reason: 'stored', n: 2 },
      { room: 'collect', site: 'blog', reason: 'stored', n: 2 },
      { room: 'collect', site: '', reason: 'bot', n: 7 },
      { room: 'sync', site: '', reason: 'bot', n: 1 },
    ]);
  });

  it('gives what was counted by minute and country, once', () => {
    const tally = new Tally();
    tally.count('collect', 'shop', 'stored', MINUTE);
    tally.count('collect', 'shop', 'stored', 2 * MINUTE - 1);
    tally.count('collect', 'shop', 'stored', 2 * MINUTE);
    tally.count('collect', 'shop', 'stored', 2 * MINUTE, 1, 'DE');
    expect(tally.take()).toEqual([
      { minute: MINUTE, room: 'collect', site: 'shop', reason: 'stored', country: '', n: 2 },
      { minute: 2 * MINUTE, room: 'collect', site: 'shop', reason: 'stored', country: '', n: 1 },
      { minute: 2 * MINUTE, room: 'collect', site: 'shop', reason: 'stored', country: 'DE', n: 1 },
    ]);
    expect(tally.take()).toEqual([]);
  });

  it('takes back what could not be written, without counting it again since the start', () => {
    const tally = new Tally();
    tally.count('collect', 'shop', 'bot', MINUTE, 3, 'DE');
    for (const { room, site, reason, country, minute, n } of tally.take())
      tally.put(room, site, reason, country, minute, n);
    tally.count('collect', 'shop', 'bot', MINUTE + 1, 1, 'DE');
    expect(tally.take()).toEqual([
      { minute: MINUTE, room: 'collect', site: 'shop', reason: 'bot', country: 'DE', n: 4 },
    ]);
    expect(tally.totals()).toEqual([{ room: 'collect', site: 'shop', reason: 'bot', n: 4 }]);
  });
});
