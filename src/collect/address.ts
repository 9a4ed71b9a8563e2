import { BlockList, isIP } from 'node:net';
import { Recent } from '../recent.ts';
import { detached } from './detached.ts';

/** Peers whose `X-Forwarded-For` is believed. */
export interface TrustedProxies {
  /** Whether an address, as {@link clientAddress} writes it, is one of them. */
  has(address: string): boolean;
}

/**
 * The set of addresses and CIDRs whose `X-Forwarded-For` is believed.
 *
 * @param cidrs such as `10.0.0.0/8`, `2001:db8::/32` or `192.0.2.1`; checked by the configuration.
 * @throws the platform's RangeError or TypeError for what is neither address nor CIDR.
 */
export function trustedProxies(cidrs: readonly string[]): TrustedProxies {
  // Without this an installation with no proxy would pay for a look-up in an empty list with every hit.
  if (cidrs.length === 0) return { has: () => false };
  const list = blockList(cidrs);
  const known = new Recent<string, boolean>(10_000);
  return {
    has(address) {
      let trusted = known.get(address);
      if (trusted === undefined) {
        trusted = isIP(address) !== 0 && list.check(address, familyOf(address));
        known.set(detached(address), trusted);
      }
      return trusted;
    },
  };
}

function blockList(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [text = '', bits] = cidr.split('/');
    const address = folded(text);
    const family = familyOf(address);
    // An IPv4-mapped range is written with IPv6's bits: ::ffff:10.0.0.0/104 is 10.0.0.0/8.
    const mapped = family === 'ipv4' && text.includes(':') ? 96 : 0;
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits) - mapped, family);
  }
  return list;
}

const familyOf = (address: string) => (address.includes(':') ? 'ipv6' : 'ipv4');
/** Nobody stands behind more proxies than this; a longer header is a forgery, and costs no more than this. */
const MAX_HOPS = 32;

/**
 * The address of the one who asks: the rightmost hop of `X-Forwarded-For` that is no trusted proxy, because
 * whatever stands further left was written by whoever asks. Believed only when the peer itself is trusted.
 * Where an entry cannot be read, the last good address, so the proxy that handed it on.
 *
 * @param remote the address of the socket's other end.
 * @param forwardedFor the header as it came, several joined by commas.
 * @returns an address without port, brackets or zone, IPv4-mapped IPv6 as IPv4; empty if `remote` is none.
 */
export function clientAddress(
  remote: string,
  forwardedFor: string | undefined,
  trusted: TrustedProxies,
): string {
  let address = readAddress(remote);
  if (forwardedFor === undefined || forwardedFor === '') return address;
  let end = forwardedFor.length;
  for (let hop = 0; hop < MAX_HOPS && end >= 0 && trusted.has(address); hop++) {
    const comma = end === 0 ? -1 : forwardedFor.lastIndexOf(',', end - 1);
    const next = readAddress(forwardedFor.slice(comma + 1, end));
    if (next === '') return address;
    address = next;
    end = comma;
  }
  return address;
}

/** The longest is a bracketed IPv6 address with zone and port; what is longer is not read. */
const MAX_ENTRY = 100;

function readAddress(entry: string): string {
  if (isIP(entry) === 4) return entry;
  if (entry.length > MAX_ENTRY) return '';
  let text = entry.trim().replace(/^"(.*)"$/, '$1');
  const bracketed = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text);
  if (bracketed !== null) text = bracketed[1]!;
  else if (text.includes('.')) text = text.replace(/^([\d.]+):\d{1,5}$/, '$1');
  text = text.replace(/%.*$/, '').toLowerCase();
  return isIP(text) === 0 ? '' : folded(text);
}

/** IPv4-mapped IPv6 (RFC 4291, 2.5.5.2) as IPv4, in its dotted and in its hexadecimal form. */
function folded(address: string): string {
  if (!/^[0:]+:ffff:/i.test(address)) return address;
  const groups = groupsOf(address);
  const [high, low] = groups.slice(6) as [number, number];
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return mapped ? `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}` : address;
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(address: string): number[] {
  const hexadecimal = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    return `${(Number(a) * 256 + Number(b)).toString(16)}:${(Number(c) * 256 + Number(d)).toString(16)}`;
  });
  const [head = '', tail] = hexadecimal.split('::');
  const left = numbersOf(head);
  const right = numbersOf(tail ?? '');
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

const numbersOf = (text: string) =>
  text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));

/**
 * The network of an address, the only part of it that is ever stored.
 *
 * @param address as {@link clientAddress} returns it.
 * @returns the /24 of an IPv4 address (`203.0.113.0/24`), the /48 of an IPv6 one (`2001:db8:1::/48`, written
 *   as RFC 5952 wants); empty for what is no address.
 */
export function truncate(address: string): string {
  const family = isIP(address);
  if (family === 0) return '';
  const plain = family === 6 ? folded(address.replace(/%.*$/, '')) : address;
  if (!plain.includes(':')) return `${plain.slice(0, plain.lastIndexOf('.'))}.0/24`;
  const groups = groupsOf(plain).slice(0, 3);
  while (groups.at(-1) === 0) groups.pop();
  return `${groups.map((group) => group.toString(16)).join(':')}::/48`;
}

/**
 * Whether an address is of this machine or network, so that NINETY_LOCAL_REGION tells the law: loopback,
 * private (RFC 1918), link-local and unique local (RFC 4193) ones. A carrier's shared space (100.64.0.0/10,
 * RFC 6598) is not: behind it are strangers of an unknown country, and unknown is not yes.
 *
 * @param address as {@link clientAddress} returns it.
 */
export function isLocal(address: string): boolean {
  // By hand: every hit asks, and a look-up in a BlockList costs a native object.
  const colon = address.indexOf(':');
  if (colon === -1) return LOCAL_IPV4.test(address);
  if (address.startsWith(':') || address.startsWith('0')) return isLoopback6(address);
  const first = Number.parseInt(address.slice(0, colon), 16);
  return (first & 0xffc0) === 0xfe80 || (first & 0xfe00) === 0xfc00;
}

const LOCAL_IPV4 = /^(?:127|10|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01]))\./;

const isLoopback6 = (address: string) =>
  isIP(address) === 6 && groupsOf(address).every((group, place) => group === (place === 7 ? 1 : 0));
