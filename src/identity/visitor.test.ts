import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { isVisitorId, keyed64, random64, visitorId, visitorIdSql, visitorNumber } from './visitor.ts';

const clickhouse = new ClickHouse(await freshDatabase());
afterAll(() => clickhouse.close());

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

describe('a visitor’s id', () => {
  it.each([
    [0n, 'AAAAAAAAAAA'],
    [1n, 'AAAAAAAAAAE'],
    [2n ** 64n - 1n, '__________8'],
    [2n ** 63n, 'gAAAAAAAAAA'],
  ])('%d is %s', (number, id) => {
    expect(visitorId(number)).toBe(id);
  });

  it('is eleven url-safe characters that lead back to the number', () => {
    fc.assert(
      fc.property(uint64, (number) => {
        const id = visitorId(number);
        expect(id).toMatch(/^[A-Za-z0-9_-]{11}$/);
        expect(isVisitorId(id)).toBe(true);
        expect(visitorNumber(id)).toBe(number);
      }),
    );
  });

  it('has one spelling: what reads as an id is written as it was read', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{11}$/), (text) => {
        if (isVisitorId(text)) expect(visitorId(visitorNumber(text))).toBe(text);
      }),
    );
  });

  it.each([
    '',
    'AAAAAAAAAA',
    'AAAAAAAAAAAA',
    'AAAAAAAAAAB',
    'AAAAAAAAA A',
    'AAAAAAAAAA=',
    'AAAAAAAAA+A',
    'AAAAAAAAAAA\n',
  ])('“%s” is none', (text) => {
    expect(isVisitorId(text)).toBe(false);
  });

  it('comes out of ClickHouse as it is here', async () => {
    const numbers = [0n, 1n, 2n ** 64n - 1n, ...fc.sample(uint64, 500)];
    const rows = await clickhouse.query<{ id: string }>(
      `SELECT ${visitorIdSql('visitor')} AS id FROM (SELECT arrayJoin({numbers:Array(UInt64)}) AS visitor)`,
      { numbers },
    );
    expect(rows.map(({ id }) => id)).toEqual(numbers.map(visitorId));
  });
});

describe('new ids', () => {
  it('do not repeat over several fills of the pool', () => {
    expect(new Set(Array.from({ length: 5_000 }, random64)).size).toBe(5_000);
  });

  it('keyed ones are the same for the same text and secret, and for nothing else', () => {
    expect(keyed64('a', 'x')).toBe(keyed64('a', 'x'));
    expect(new Set([keyed64('a', 'x'), keyed64('a', 'y'), keyed64('b', 'x')]).size).toBe(3);
  });
});
