import { inspect } from 'node:util';
import { ClickHouseError as ServerError } from '@clickhouse/client';
import { describe, expect, it } from 'vitest';
import { asClickHouseError, ClickHouseError } from './errors.ts';

const answered = (code: number) =>
  new ServerError({ message: 'row (4711, secret)', code: String(code), type: 'SOME_TYPE' });

describe('asClickHouseError', () => {
  it.each([
    ['TIMEOUT_EXCEEDED', 159],
    ['TOO_MANY_SIMULTANEOUS_QUERIES', 202],
    ['SOCKET_TIMEOUT', 209],
    ['NETWORK_ERROR', 210],
    ['MEMORY_LIMIT_EXCEEDED', 241],
    ['TABLE_IS_READ_ONLY', 242],
    ['NOT_ENOUGH_SPACE', 243],
    ['TOO_MANY_PARTS', 252],
    ['ALL_CONNECTION_TRIES_FAILED', 279],
    ['KEEPER_EXCEPTION', 999],
  ])('takes %s for a state that passes', (_, code) => {
    expect(asClickHouseError(answered(code), 'query')).toMatchObject({ fault: 'unavailable', code });
  });

  it.each([
    ['CANNOT_PARSE_TEXT', 6],
    ['CANNOT_PARSE_INPUT_ASSERTION_FAILED', 27],
    ['UNKNOWN_IDENTIFIER', 47],
    ['UNKNOWN_TABLE', 60],
    ['SYNTAX_ERROR', 62],
    ['AUTHENTICATION_FAILED', 516],
    ['INCORRECT_DATA', 117],
  ])('says of %s whether the same again would help', (name, code) => {
    const expected = name === 'AUTHENTICATION_FAILED' ? 'unavailable' : 'refused';
    expect(asClickHouseError(answered(code), 'query')).toMatchObject({ fault: expected, code });
  });

  it('takes what is no answer for one that may come later', () => {
    for (const error of [new Error('connect ECONNREFUSED'), 'a string', undefined]) {
      expect(asClickHouseError(error, 'query')).toMatchObject({ fault: 'unavailable', code: undefined });
    }
  });

  it('leaves its own errors as they are', () => {
    const error = new ClickHouseError('refused', 'insert into hits', 6, '');
    expect(asClickHouseError(error, 'query')).toBe(error);
  });

  it('says what failed and the code, and keeps the server’s words out of message, JSON and logs', () => {
    const error = asClickHouseError(answered(27), 'insert into hits');
    expect(error.message).toBe('ClickHouse insert into hits failed: error 27');
    expect(error.raw).toContain('4711');
    for (const text of [JSON.stringify(error), inspect(error), String(error), error.stack]) {
      expect(text).not.toContain('4711');
    }
    expect({ ...error }).not.toHaveProperty('raw');
  });
});
