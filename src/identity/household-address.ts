import { isIP } from 'node:net';

/** RFC 6598: behind one address of a carrier's shared space stand thousands of homes. */
const SHARED_IPV4 = /^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./;
/** Groups of the /64 that a home has. */
const NETWORK = 4;
/** NAT64 (RFC 6052) and Teredo (RFC 4380): the /64 is a relay's, the same for all behind it. */
const RELAYS: ReadonlySet<string> = new Set(['64:ff9b', '2001:0']);

/**
 * What of an address a home has to itself.
 *
 * @param address as `clientAddress` writes it: IPv4, or lower-case IPv6 without a zone.
 * @returns the IPv4 address, or the first 64 bits of an IPv6 one (RFC 6177: a home has at least a /64, and its
 *   machines change the rest daily, RFC 8981), in one form however it was written; undefined for what is no
 *   address or is known to be shared by strangers.
 */
export function householdAddress(address: string): string | undefined {
  const family = isIP(address);
  if (family === 4) return SHARED_IPV4.test(address) ? undefined : address;
  if (family === 0) return undefined;
  const [head = '', tail] = address.split('::');
  const left = groupsOf(head);
  const right = groupsOf(tail ?? '');
  // Of those on the right the last may be two, written as an IPv4 address.
  const missing = 8 - left.length - right.length - (address.includes('.') ? 1 : 0);
  const groups = [...left, ...Array<number>(missing).fill(0), ...right].slice(0, NETWORK);
  const network = groups.map((group) => group.toString(16));
  return RELAYS.has(network.slice(0, 2).join(':')) ? undefined : `${network.join(':')}::/64`;
}

const groupsOf = (text: string) =>
  text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
