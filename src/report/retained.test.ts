import { describe, expect, it } from 'vitest';
import { ttlOf } from './retained.ts';

const engine = (ttl: string) =>
  `MergeTree PARTITION BY toDate(time) ORDER BY (visitor, time) ${ttl}SETTINGS ttl_only_drop_parts = 1, index_granularity = 8192`;

describe('the TTL of a table', () => {
  it.each<[string, string, ReturnType<typeof ttlOf>]>([
    ['counts from a day', 'TTL toDate(time) + toIntervalDay(90) ', { time: 'time', days: 90 }],
    ['counts from a column that is a day', 'TTL observed + toIntervalDay(1) ', { time: 'observed', days: 1 }],
    ['is the less of two', 'TTL toDate(time) + toIntervalDay(least(30, 90)) ', { time: 'time', days: 30 }],
    [
      'is the longest that a row may have',
      "TTL observed + toIntervalDay(if(op = 'remove', least(30, 90), 90)) ",
      { time: 'observed', days: 90 },
    ],
    [
      'is the longest, and a short retention bounds it',
      "TTL observed + toIntervalDay(if(op = 'add', 7, least(30, 7))) ",
      { time: 'observed', days: 7 },
    ],
    ['is not there', '', undefined],
  ])('%s', (_, ttl, expected) => {
    expect(ttlOf(engine(ttl))).toEqual(expected);
  });
});
