import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** RFC 6052: an address of IPv4 behind a translator. A network without IPv4 knows every host by such a one. */
const NAT64: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('64:ff9b::'), 96];
/** RFC 4291, 2.5.5.1: `::a.b.c.d`, long deprecated; the library calls it unicast. */
const IPV4_COMPATIBLE: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('::'), 96];
/** The same written with dots, which the library takes for an IPv4 address mapped into IPv6; the system does not. */
const OLD_SPELLING = /^::\d+\./;
/** IANA gives out global unicast addresses from here alone. */
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/**
 * @param text as a resolver gives it: of IPv4 four decimal numbers, IPv6 without a zone.
 * @returns the address, of an IPv4 one mapped into IPv6 (`::ffff:10.0.0.1`) the IPv4 one, because that is what the
 *   system connects to; undefined for what is no address, and for every other spelling of one (`0x7f.1`).
 */
export function parseAddress(text: string): Address | undefined {
  const family = isIP(text);
  if (family === 4) return ipaddr.IPv4.parse(text);
  if (family === 0 || text.includes('%') || OLD_SPELLING.test(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/**
 * Whether an address is one of the public internet: by IANA's registries of special-purpose addresses (RFC 6890)
 * neither loopback, link-local, private, shared, multicast, for documentation nor reserved, nor a way around to such
 * a one: 6to4, Teredo and local translators are refused, and an address of a public translator is what it stands for.
 */
export function isPublic(address: Address): boolean {
  if (isIpv4(address)) return address.range() === 'unicast';
  if (address.match(NAT64)) return isPublic(ipv4Within(address));
  return address.range() === 'unicast' && address.match(GLOBAL_UNICAST) && !address.match(IPV4_COMPATIBLE);
}

/** Whether an address lies in a network; never where one is of IPv4 and the other of IPv6. */
export function isWithin(address: Address, [network, bits]: readonly [Address, number]): boolean {
  if (isIpv4(address)) return isIpv4(network) && address.match(network, bits);
  return !isIpv4(network) && address.match(network, bits);
}

const isIpv4 = (address: Address): address is ipaddr.IPv4 => address.kind() === 'ipv4';

const ipv4Within = (address: ipaddr.IPv6) => new ipaddr.IPv4(address.toByteArray().slice(12));

export type { Address };
