import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPublic, parseAddress } from './address.ts';

const publicOrNot = (text: string) => {
  const address = parseAddress(text);
  return address === undefined ? 'no address' : isPublic(address) ? 'public' : 'refused';
};

describe('an address', () => {
  it.each([
    ['8.8.8.8', 'public'],
    ['2606:4700:4700::1111', 'public'],
    ['::ffff:8.8.8.8', 'public'],
    ['64:ff9b::808:808', 'public'],
    ['127.0.0.1', 'refused'],
    ['127.255.255.254', 'refused'],
    ['0.0.0.0', 'refused'],
    ['10.0.0.1', 'refused'],
    ['172.16.0.1', 'refused'],
    ['172.32.0.1', 'public'],
    ['192.168.1.1', 'refused'],
    ['169.254.169.254', 'refused'],
    ['100.64.0.1', 'refused'],
    ['192.0.0.1', 'refused'],
    ['198.18.0.1', 'refused'],
    ['203.0.113.7', 'refused'],
    ['224.0.0.1', 'refused'],
    ['240.0.0.1', 'refused'],
    ['255.255.255.255', 'refused'],
    ['::', 'refused'],
    ['::1', 'refused'],
    ['::7f00:1', 'refused'],
    ['::8.8.8.8', 'no address'],
    ['::ffff:127.0.0.1', 'refused'],
    ['::ffff:0:7f00:1', 'refused'],
    ['64:ff9b::7f00:1', 'refused'],
    ['64:ff9b::a9fe:a9fe', 'refused'],
    ['64:ff9b:1::808:808', 'refused'],
    ['2002:7f00:1::', 'refused'],
    ['2002:808:808::', 'refused'],
    ['2001:0:808:808::1', 'refused'],
    ['2001:db8::1', 'refused'],
    ['fc00::1', 'refused'],
    ['fd12:3456::1', 'refused'],
    ['fe80::1', 'refused'],
    ['fec0::1', 'refused'],
    ['ff02::1', 'refused'],
    ['4000::1', 'refused'],
    ['fe80::1%eth0', 'no address'],
    ['2606:4700::1%eth0', 'no address'],
    ['127.1', 'no address'],
    ['0x7f.1', 'no address'],
    ['2130706433', 'no address'],
    ['0177.0.0.1', 'no address'],
    ['localhost', 'no address'],
    ['', 'no address'],
  ])('%s is %s', (text, expected) => {
    expect(publicOrNot(text)).toBe(expected);
  });

  it('is no way around to one of IPv4 that is refused, however it is wrapped', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(fc.tuple(byte, byte, byte, byte), ([a, b, c, d]) => {
        const plain = `${a}.${b}.${c}.${d}`;
        const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
        const expected = publicOrNot(plain);
        expect(publicOrNot(`::ffff:${hex}`)).toBe(expected);
        expect(publicOrNot(`64:ff9b::${hex}`)).toBe(expected);
        expect(publicOrNot(`2002:${hex}::1`)).toBe('refused');
        expect(publicOrNot(`::${hex}`)).toBe('refused');
      }),
    );
  });
});
