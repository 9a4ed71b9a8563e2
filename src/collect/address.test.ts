import { describe, expect, it } from 'vitest';
import { clientAddress, isLocal, truncate, trustedProxies } from './address.ts';

const proxies = trustedProxies(['10.0.0.0/8', '192.0.2.1', '2001:db8:ffff::/48', '::ffff:172.16.0.0/108']);

describe('clientAddress', () => {
  it.each([
    ['without a header it is the peer', '203.0.113.9', undefined, '203.0.113.9'],
    ['a peer that is no proxy of ours is not believed', '203.0.113.9', '198.51.100.7', '203.0.113.9'],
    ['a proxy of ours is', '10.1.2.3', '198.51.100.7', '198.51.100.7'],
    ['what the client wrote further left is not', '10.1.2.3', '1.2.3.4, 198.51.100.7', '198.51.100.7'],
    [
      'proxies in a row are stepped over',
      '10.1.2.3',
      '1.2.3.4, 198.51.100.7, 192.0.2.1,10.9.9.9',
      '198.51.100.7',
    ],
    ['where all are ours it is the leftmost', '10.1.2.3', '10.0.0.1, 10.0.0.2', '10.0.0.1'],
    ['an IPv4-mapped peer is its IPv4 address', '::ffff:10.1.2.3', '::ffff:c633:6407', '198.51.100.7'],
    ['a range written IPv4-mapped holds IPv4 addresses', '172.31.0.1', '198.51.100.7', '198.51.100.7'],
    ['an IPv6 proxy is known by its range', '2001:db8:ffff::1', '2001:DB8:1::9', '2001:db8:1::9'],
    ['a port goes', '10.1.2.3', '198.51.100.7:51234', '198.51.100.7'],
    ['brackets, port and zone go', '10.1.2.3', '"[2001:db8:1::9%eth0]:443"', '2001:db8:1::9'],
    [
      'garbage falls back to the last good address',
      '10.1.2.3',
      '198.51.100.7, unknown, 10.0.0.2',
      '10.0.0.2',
    ],
    ['an empty entry is garbage', '10.1.2.3', '198.51.100.7,', '10.1.2.3'],
    ['an empty header is none', '10.1.2.3', '', '10.1.2.3'],
    ['numbers above 255 are garbage', '10.1.2.3', '198.51.100.700', '10.1.2.3'],
    ['a peer without an address has none', '', '198.51.100.7', ''],
  ])('%s', (_sentence, remote, forwardedFor, expected) => {
    expect(clientAddress(remote, forwardedFor, proxies)).toBe(expected);
  });

  it('reads at most 32 hops of a header that names only proxies', () => {
    const hops = Array.from({ length: 4000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
    expect(clientAddress('10.1.2.3', hops.join(','), proxies)).toBe(hops.at(-32));
  });

  it('believes nobody where no proxy is configured', () => {
    expect(clientAddress('10.1.2.3', '198.51.100.7', trustedProxies([]))).toBe('10.1.2.3');
  });

  it.each([['10.0.0.0/33'], ['example.com'], ['']])('a list with “%s” in it is an error', (cidr) => {
    expect(() => trustedProxies([cidr])).toThrow();
  });
});

describe('truncate', () => {
  it.each([
    ['203.0.113.9', '203.0.113.0/24'],
    ['0.0.0.0', '0.0.0.0/24'],
    ['::ffff:203.0.113.9', '203.0.113.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['2001:db8:1::', '2001:db8:1::/48'],
    ['2001:db8::1', '2001:db8::/48'],
    ['2001:0:1::5', '2001:0:1::/48'],
    ['::1', '::/48'],
    ['64:ff9b::203.0.113.9', '64:ff9b::/48'],
    ['1:2:3:4:5:6:203.0.113.9', '1:2:3::/48'],
    ['fe80::1%eth0', 'fe80::/48'],
    ['', ''],
    ['203.0.113', ''],
    ['not an address', ''],
  ])('%s → “%s”', (address, network) => {
    expect(truncate(address)).toBe(network);
  });
});

describe('isLocal', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.255.255.254', true],
    ['::1', true],
    ['0:0:0:0:0:0:0:1', true],
    ['::2', false],
    ['fec0::1', false],
    ['fc::1', false],
    ['1270.0.0.1', false],
    ['110.0.0.1', false],
    ['172.15.0.1', false],
    ['10.255.0.1', true],
    ['172.16.0.1', true],
    ['172.31.255.255', true],
    ['192.168.1.1', true],
    ['169.254.1.1', true],
    ['fe80::1', true],
    ['febf::1', true],
    ['fd12:3456:789a::1', true],
    ['172.32.0.1', false],
    ['192.169.0.1', false],
    ['100.64.0.1', false],
    ['203.0.113.9', false],
    ['2001:db8::1', false],
    ['::', false],
    ['', false],
    ['localhost', false],
  ])('%s: %s', (address, local) => {
    expect(isLocal(address)).toBe(local);
  });
});
