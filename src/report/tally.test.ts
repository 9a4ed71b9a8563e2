import { describe, expect, it } from 'vitest';
import { Tally } from './tally.ts';

const MINUTE = 60_000;

describe('a tally', () => {
  it('counts since the start, by room, site and reason', () => {
    const tally = new Tally();
    tally.count('collect', 'shop', 'stored', 0);
    tally.count('collect', 'shop', 'stored', 5 * MINUTE);
    tally.count('collect', 'blog', 'stored', 0);
    tally.count('collect', '', 'bot', 0, 7);
    tally.count('sync', '', 'bot', 0);
    expect(tally.totals()).toEqual([
      { room: 'collect', site: 'shop', reason: 'stored', n: 2 },
      { room: 'collect', site: 'blog', reason: 'stored', n: 1 },
      { room: 'collect', site: '', reason: 'bot', n: 7 },
      { room: 'sync', site: '', reason: 'bot', n: 1 },
    ]);
  });

  it('gives what was counted by minute, once', () => {
    const tally = new Tally();
    tally.count('collect', 'shop', 'stored', MINUTE);
    tally.count('collect', 'shop', 'stored', 2 * MINUTE - 1);
    tally.count('collect', 'shop', 'stored', 2 * MINUTE);
    expect(tally.take()).toEqual([
      { minute: MINUTE, room: 'collect', site: 'shop', reason: 'stored', n: 2 },
      { minute: 2 * MINUTE, room: 'collect', site: 'shop', reason: 'stored', n: 1 },
    ]);
    expect(tally.take()).toEqual([]);
  });

  it('takes back what could not be written, without counting it again since the start', () => {
    const tally = new Tally();
    tally.count('collect', 'shop', 'bot', MINUTE, 3);
    for (const { room, site, reason, minute, n } of tally.take()) tally.put(room, site, reason, minute, n);
    tally.count('collect', 'shop', 'bot', MINUTE + 1);
    expect(tally.take()).toEqual([{ minute: MINUTE, room: 'collect', site: 'shop', reason: 'bot', n: 4 }]);
    expect(tally.totals()).toEqual([{ room: 'collect', site: 'shop', reason: 'bot', n: 4 }]);
  });
});
