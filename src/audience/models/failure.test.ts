import { describe, expect, it } from 'vitest';
import { ClickHouseError } from '../../clickhouse/errors.ts';
import { failureOf } from './failure.ts';

describe('a failure', () => {
  it.each<[string, unknown, RegExp]>([
    [
      'of memory',
      new ClickHouseError('unavailable', 'INSERT', 241, 'row'),
      /error 241\. .*NINETY_ENGINE_MEMORY_MB/,
    ],
    ['of time', new ClickHouseError('unavailable', 'INSERT', 159, 'row'), /error 159\. .*longer/],
    [
      'without an answer',
      new ClickHouseError('unavailable', 'INSERT', undefined, 'row'),
      /no answer\. .*next run tries again/,
    ],
    ['that comes again', new ClickHouseError('refused', 'INSERT', 47, 'row'), /error 47\. .*report/],
    ['of another kind', new TypeError('x is y'), /^x is y\. The next run/],
  ])('%s says what happened and what to do, and nothing of anybody', (_, error, expected) => {
    expect(failureOf(error)).toMatch(expected);
    expect(failureOf(error)).not.toContain('row');
    expect(failureOf(error)).toMatch(/What was known before is still shown\.$/);
  });
});
