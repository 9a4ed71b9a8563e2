import { describe, expect, it } from 'vitest';
import { dueTimes } from './due-times.ts';

const at = (text: string) => Date.parse(`2026-03-${text}Z`);
const textOf = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString());

describe('a job was due last', () => {
  it.each([
    ['within the hour', '*/10 * * * *', '10T12:34:56', '2026-03-10T12:30:00.000Z'],
    ['at the minute itself', '30 * * * *', '10T12:30:00', '2026-03-10T12:30:00.000Z'],
    ['before the night, of a schedule of the day', '0 8-18 * * *', '10T03:00:00', '2026-03-09T18:00:00.000Z'],
    ['a week ago', '0 4 * * 1', '15T23:00:00', '2026-03-09T04:00:00.000Z'],
    ['some second of the minute', '30 0 4 * * *', '10T12:00:00', '2026-03-10T04:00:00.000Z'],
    ['longer ago than anybody looks', '0 4 1 * *', '20T00:00:00', undefined],
  ])('%s', (_, expression, upTo, expected) => {
    expect(textOf(dueTimes(expression)(at(upTo)))).toBe(expected);
  });

  it('at the same times, however often and in whatever order it is asked', () => {
    const asked = dueTimes('0 8-18 * * *');
    const hours = [9, 12, 22, 23, 7, 31, 30];
    const times = hours.map((hour) => at('10T00:00:00') + hour * 3_600_000);
    expect(times.map(asked)).toEqual(times.map((time) => dueTimes('0 8-18 * * *')(time)));
    expect(textOf(asked(at('11T07:00:00')))).toBe('2026-03-10T18:00:00.000Z');
  });

  it('not any more where it was too long ago', () => {
    const asked = dueTimes('0 4 1 * *');
    expect(textOf(asked(at('02T00:00:00')))).toBe('2026-03-01T04:00:00.000Z');
    expect(asked(at('20T00:00:00'))).toBeUndefined();
  });
});
