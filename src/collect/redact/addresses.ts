import { isIPv4, isIPv6 } from 'node:net';

const IPV4_LIKE = /(?<!\d|\d\.)\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)/g;
/** As the machines of a network are named: `ip-203-0-113-9`. */
const NAMED_BY_IPV4 = /(?<![a-z0-9])ip[-_]?\d{1,3}(?:[-_]\d{1,3}){3}(?![-_]?\d)/gi;
const IPV6_LIKE = /(?:[0-9a-f]{0,4}:){2,11}[0-9a-f]{0,4}(?![0-9a-f])/gi;
/** Groups of a run that are none of the address in it: a word's end before a colon (`node:2001:db8:…`), a port. */
const MOST_BESIDE = 3;
const MAC_ADDRESS = /(?<![0-9a-f])[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}(?![0-9a-f])/gi;

/** Replaces full addresses of machines: IPv4 and IPv6 by `[ip]`, a network card's by `[token]`. */
export function redactAddresses(text: string): string {
  let s = text;
  // Before IPv6, because an IPv4 address can be the tail of one.
  if (s.includes('.')) s = s.replace(IPV4_LIKE, (quad) => (isIPv4(quad) ? '[ip]' : quad));
  if (/ip[-_\d]/i.test(s)) s = s.replace(NAMED_BY_IPV4, '[ip]');
  if (s.includes(':')) s = s.replace(IPV6_LIKE, redactRun);
  if (!/[:-]/.test(s)) return s;
  return s.replace(MAC_ADDRESS, (mac) => (/[a-f:]/i.test(mac) ? '[token]' : mac));
}

function redactRun(run: string): string {
  const groups = run.split(':');
  for (let beside = 0; beside <= MOST_BESIDE; beside++)
    for (let from = 0; from <= beside; from++) {
      const to = groups.length - (beside - from);
      if (isFullIPv6(groups.slice(from, to).join(':')))
        return [...groups.slice(0, from), '[ip]', ...groups.slice(to)].join(':');
    }
  return run;
}

/** Times (`12:30:00`) and names (`std::vector`, `A::B`) hold colons too: an address has groups that tell. */
function isFullIPv6(address: string): boolean {
  const groups = address.split(':').filter((group) => group !== '');
  return isIPv6(address) && /\d/.test(address) && (groups.length >= 3 || groups[0]?.length === 4);
}
