import { expect, it } from 'vitest';
import { Cursors } from '../delivery/cursor.ts';
import { cursorsOf } from './members-query.ts';

const DAY_MS = 86_400_000;
const cursors = new Cursors('a secret of at least 24 characters');
const of = { segment: 'shoes', source: 'acme' };

it.each<[retentionDays: number, oldDays: number, isGood: boolean]>([
  [90, 28.9, true],
  [90, 29.1, false],
  [20, 18.9, true],
  [20, 19.1, false],
  [2, 0.9, true],
  [2, 1.1, false],
  [1, 0.1, false],
])('of a retention of %d days a cursor that is %d days old is good: %s', (retentionDays, oldDays, isGood) => {
  const since = cursors.write({ ...of, seq: 1, asOf: 0, issued: Date.now() - oldDays * DAY_MS });
  const read = () => cursorsOf(cursors, { since, at: undefined }, of, 'this segment', retentionDays);
  if (isGood) expect(read().since?.seq).toBe(1);
  else expect(read).toThrow(expect.objectContaining({ reason: 'cursor_expired' }));
});
