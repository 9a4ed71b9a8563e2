import { describe, expect, it } from 'vitest';
import { type About, changedIn } from './about.tsx';

const before: About = { name: 'Cooks', folder: 'food', labels: 'a, b', merge: 'visitor', note: '' };

describe('what the API is told of a segment', () => {
  it.each<[string, Partial<About>, About | undefined, object]>([
    ['nothing that is as it was', {}, before, {}],
    ['a name without what stands around it', { name: ' Chefs ' }, before, { name: 'Chefs' }],
    ['a folder that was emptied', { folder: ' ' }, before, { folder: null }],
    ['labels that were emptied', { labels: ', ' }, before, { labels: null }],
    ['a note', { note: 'why' }, before, { note: 'why' }],
    [
      'all that is said of a new one',
      {},
      undefined,
      { name: 'Cooks', folder: 'food', labels: ['a', 'b'], merge: 'visitor' },
    ],
    [
      'nothing that was left empty of a new one',
      { folder: '', labels: '' },
      undefined,
      { name: 'Cooks', merge: 'visitor' },
    ],
  ])('is %s', (_, change, read, told) => {
    expect(changedIn({ ...before, ...change }, read)).toEqual(told);
  });
});
