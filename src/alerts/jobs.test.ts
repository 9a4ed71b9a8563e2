import { describe, expect, it } from 'vitest';
import { dueTimes } from '../jobs/due-times.ts';
import type { JobHealth } from '../jobs/health.ts';
import { judgeJobs } from './jobs.ts';

const NOW = Date.parse('2026-01-31T00:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const job = (schedule: string, periodMs: number, isQuiet = false) => ({
  name: 'j',
  periodMs,
  lastDue: dueTimes(schedule),
  isQuiet,
});
const often = job('*/10 * * * *', 10 * MINUTE);
const seldom = job('0 */6 * * *', 6 * HOUR);
const quiet = job('* * * * *', MINUTE, true);
const byDay = job('0 8-18 * * *', HOUR);
const twice = job('0 6,7 * * *', HOUR);
const health = (given: Partial<JobHealth>): JobHealth => ({
  first: NOW - 100 * HOUR,
  ended: NOW - 5 * MINUTE,
  runningSince: undefined,
  isRunning: false,
  failures: 0,
  error: 'it cannot',
  ...given,
});

describe('a job', () => {
  it.each([
    ['is fine', 'that ran lately', often, health({}), []],
    ['is fine', 'that failed once and runs often', often, health({ failures: 1 }), []],
    ['fails', 'that failed twice and runs often', often, health({ failures: 2 }), ['job_failing']],
    ['fails', 'that failed once and runs seldom', seldom, health({ failures: 1 }), ['job_failing']],
    ['is fine', 'whose parts failed now and then', quiet, health({ failures: 4 }), []],
    ['fails', 'whose parts all fail', quiet, health({ failures: 5 }), ['job_failing']],
    [
      'is fine',
      'that is at it',
      often,
      health({ runningSince: NOW - 50 * MINUTE, isRunning: true, ended: NOW - 9 * HOUR }),
      [],
    ],
    [
      'is stuck',
      'that is not at it, but at a part of it that somebody asked for',
      often,
      health({ runningSince: NOW - 50 * MINUTE, ended: NOW - 9 * HOUR }),
      ['job_stuck'],
    ],
    [
      'is stuck',
      'that is at it for too long',
      often,
      health({ runningSince: NOW - 2 * HOUR }),
      ['job_stuck'],
    ],
    [
      'is fine',
      'that takes long and may',
      seldom,
      health({ runningSince: NOW - 17 * HOUR, isRunning: true }),
      [],
    ],
    ['is stuck', 'that was due, and has not run', often, health({ ended: NOW - 2 * HOUR }), ['job_stuck']],
    ['is stuck', 'that has never come to an end', often, health({ ended: undefined }), ['job_stuck']],
    ['is fine', 'that rests at night', byDay, health({ ended: NOW - 6 * HOUR + MINUTE }), []],
    [
      'is stuck',
      'whose last run of the day has not come',
      byDay,
      health({ ended: NOW - 7 * HOUR }),
      ['job_stuck'],
    ],
    ['is fine', 'that runs twice, an hour apart', twice, health({ ended: NOW - 17 * HOUR + MINUTE }), []],
    ['is fine', 'of which nothing was due', quiet, health({ ended: NOW - 50 * HOUR }), []],
    ['is fine', 'of a server that has just begun', often, undefined, []],
  ])('%s %s', (_, __, job, known, expected) => {
    const all = new Map(known === undefined ? [] : [['j', known]]);
    const judged = judgeJobs([job], all, NOW);
    expect(judged.flatMap(({ kind, findings }) => (findings.length > 0 ? [kind] : []))).toEqual(expected);
  });

  it('that never ran is stuck where others ran long ago', () => {
    const [, stuck] = judgeJobs([often], new Map([['other', health({})]]), NOW);
    expect(stuck!.findings).toMatchObject([
      { subject: 'j', detail: expect.stringMatching(/no run of it has come to an end$/) },
    ]);
  });
});
