import { isIPv4, isIPv6 } from 'node:net';

const IPV4_LIKE = /(?<!\d|\d\.)\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)/g;
/** As the machines of a network are named: `ip-203-0-113-9`. */
const NAMED_BY_IPV4 = /(?<![a-z0-9])ip[-_]?\d{1,3}(?:[-_]\d{1,3}){3}(?![-_]?\d)/gi;
const IPV6_LIKE = /(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}/gi;
const MAC_ADDRESS = /(?<![0-9a-f])[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}(?![0-9a-f])/gi;

/** Replaces full addresses of machines: IPv4 and IPv6 by `[ip]`, a network card's by `[token]`. */
export function redactAddresses(text: string): string {
  let s = text;
  // Before IPv6, because an IPv4 address can be the tail of one.
  if (s.includes('.')) s = s.replace(IPV4_LIKE, (quad) => (isIPv4(quad) ? '[ip]' : quad));
  if (/ip[-_\d]/i.test(s)) s = s.replace(NAMED_BY_IPV4, '[ip]');
  if (s.includes(':')) s = s.replace(IPV6_LIKE, (run) => (isFullIPv6(run) ? '[ip]' : run));
  if (!/[:-]/.test(s)) return s;
  return s.replace(MAC_ADDRESS, (mac) => (/[a-f:]/i.test(mac) ? '[token]' : mac));
}

/** Times (`12:30:00`) and names (`std::vector`, `A::B`) hold colons too: an address has groups that tell. */
function isFullIPv6(run: string): boolean {
  const address = run.replace(/^:(?!:)|(?<!:):$/g, '');
  const groups = address.split(':').filter((group) => group !== '');
  return isIPv6(address) && /\d/.test(address) && (groups.length >= 3 || groups[0]?.length === 4);
}
