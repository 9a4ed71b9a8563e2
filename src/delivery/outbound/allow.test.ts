import { describe, expect, it } from 'vitest';
import { parseAddress } from './address.ts';
import { isAllowed, readAllow } from './allow.ts';

describe('what the configuration allows', () => {
  it.each<[string, string, string, boolean]>([
    ['', 'a.test', '10.0.0.1', false],
    ['10.0.0.0/8', 'a.test', '10.9.9.9', true],
    ['10.0.0.0/8', 'a.test', '11.0.0.1', false],
    ['10.0.0.1', 'a.test', '10.0.0.2', false],
    ['127.0.0.0/8', 'a.test', '::ffff:127.0.0.1', true],
    ['127.0.0.0/8', 'a.test', '::1', false],
    [' fd00::/8 , ::1', 'a.test', 'fd12::1', true],
    ['sftp.internal', 'sftp.internal', '10.0.0.1', true],
    ['SFTP.Internal.', 'sftp.internal', '10.0.0.1', true],
    ['sftp.internal', 'SFTP.internal.', '10.0.0.1', true],
    ['sftp.internal', 'other.internal', '10.0.0.1', false],
    ['internal', 'sftp.internal', '10.0.0.1', false],
    ['bücher.internal', 'xn--bcher-kva.internal', '10.0.0.1', true],
  ])('of %j: %s at %s is %s', (text, host, address, expected) => {
    const { allow, wrong } = readAllow(text);
    expect(wrong).toEqual([]);
    expect(isAllowed(allow, host, parseAddress(address)!)).toBe(expected);
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0.0/8/8',
    '::/129',
    '0x7f.1',
    '127.1',
    '10.0.0.0/',
    'a b',
    'http://a.test',
    '*',
    'a..b',
  ])('is not %s, and says so', (part) => {
    expect(readAllow(`10.0.0.0/8, ${part}`).wrong).toEqual([part]);
  });
});
