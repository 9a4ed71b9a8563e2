import { describe, expect, it } from 'vitest';
import { isFilling } from './disks.ts';
import { verdictBy } from './kinds.ts';
import { changesOf, type OpenAlert } from './store.ts';

const NOW = Date.parse('2026-01-31T00:00:00Z');
const HALF_A_DAY = 43_200_000;
const open = (subject: string, writtenAgo = 0): OpenAlert => ({
  kind: 'disk_filling',
  subject,
  episode: 7,
  since: '2026-01-01T00:00:00.000Z',
  written: NOW - writtenAgo,
  finding: { subject, detail: 'then' },
});
const judged = (...found: string[]) => [
  {
    kind: 'disk_filling' as const,
    verdictOf: verdictBy(['here', 'elsewhere'], new Set(['here'])),
    findings: found.map((subject) => ({ subject, detail: 'now' })),
  },
];

describe('of what is open', () => {
  it.each([
    ['what is found opens', [], judged('here'), ['open here new']],
    ['what is found again changes nothing', [open('here')], judged('here'), []],
    [
      'what goes on for half a day is written again',
      [open('here', HALF_A_DAY + 1)],
      judged('here'),
      ['open here again'],
    ],
    ['what is not found any more clears', [open('here')], judged(), ['cleared here new']],
    ['what nobody could judge stays', [open('elsewhere')], judged(), []],
    [
      'what nobody can judge for half a day stays, and is written again',
      [open('elsewhere', HALF_A_DAY + 1)],
      judged(),
      ['open elsewhere again'],
    ],
    ['what is of nothing any more ends', [open('deleted')], judged(), ['ended deleted new']],
    ['what was not looked at stays', [open('here')], [], []],
  ])('%s', (_, before, judgements, expected) => {
    const changes = changesOf(before, judgements, NOW);
    expect(
      changes.map(({ state, isNew, finding }) => `${state} ${finding.subject} ${isNew ? 'new' : 'again'}`),
    ).toEqual(expected);
  });
});

const GIB = 2 ** 30;
describe('a disk', () => {
  it.each([
    ['is filling with a twentieth free', { free: 5 * GIB, total: 100 * GIB }, false, true],
    ['is not with a fifth free', { free: 20 * GIB, total: 100 * GIB }, false, false],
    ['is not with much free, however small the share', { free: 60 * GIB, total: 4000 * GIB }, false, false],
    ['is with next to nothing free', { free: GIB / 2, total: 4 * GIB }, false, true],
    ['opens nothing a little above', { free: 11 * GIB, total: 100 * GIB }, false, false],
    ['clears nothing a little above', { free: 11 * GIB, total: 100 * GIB }, true, true],
  ])('%s', (_, disk, isOpen, expected) => {
    expect(isFilling(disk, isOpen)).toBe(expected);
  });
});
