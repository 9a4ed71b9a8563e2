import { describe, expect, it } from 'vitest';
import { usedSignals } from './used-signals.ts';

const used = (...rules: unknown[]) =>
  Object.fromEntries(Object.entries(usedSignals(rules)).map(([kind, values]) => [kind, [...values].sort()]));
const none = { category: [], keyword: [], event: [], path: [] };

describe('what segments use', () => {
  it.each([
    [
      'a Match of hits',
      { did: { category: ['1', 'cars'], keyword: 'x' } },
      { category: ['1', 'cars'], keyword: ['x'] },
    ],
    [
      'steps of a sequence',
      { sequence: [{ event: 'a' }, { path: '/b/*' }] },
      { event: ['a'], path: ['/b/*'] },
    ],
    ['what attention is to', { dwell: 30, on: { path: '/x' } }, { path: ['/x'] }],
    ['what lies deep', { not: { any: [{ all: [{ did: { event: 'buy' } }] }] } }, { event: ['buy'] }],
    ['nothing, where it is any hit', { did: {} }, {}],
    ['nothing, where it cannot be understood', { did: { categry: 'x' } }, {}],
  ])('is %s', (_, rule, expected) => {
    expect(used(rule)).toEqual({ ...none, ...expected });
  });

  it.each([
    ['for it alone', '244', ['30']],
    ['not what must stand beside it', '260', ['44']],
  ])('is the categories that speak for an interest: %s', (_, interest, expected) => {
    expect(used({ interest })).toEqual({ ...none, category: expected });
  });

  it('is of a branch what speaks for any of its leaves', () => {
    const { category } = used({ interest: '243' });
    expect(category).toEqual(expect.arrayContaining(['1', '30', '36', '29']));
    expect(category).not.toContain('42');
  });
});
