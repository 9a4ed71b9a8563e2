import { isIP, isIPv4 } from 'node:net';
import { domainToUnicode } from 'node:url';
import { isLocal, truncate } from '../address.ts';
import { redactText } from './redact.ts';

/** Nothing of what is looked for is without one of these: digits, a long label, an address as words. */
const SUSPICIOUS = /\d|[^.]{16}|[-_]at[-_]/;
const DOTTED = /(?<!\d|\d\.)\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)/g;
const DASHED = /(?<!\d)\d{1,3}(?:-\d{1,3}){3}(?!-?\d)/g;
const GROUPS_OF_IPV6 = /^(?=.*\d)(?:[0-9a-f]{0,4}-){4,7}[0-9a-f]{0,4}$/i;

/**
 * A host name as it may be stored. It is a server's and stays, but for what names one person: an address is
 * cut to its /24 or /48 unless it is of the local network, and of the labels below a domain those that are an
 * address of a machine (`203-0-113-9.dsl.example`), a token or a number become `ip`, `token`, `phone`: words,
 * because a host can hold no bracket.
 *
 * @param host as the WHATWG URL standard writes it, without port.
 */
export function redactHost(host: string): string {
  if (!SUSPICIOUS.test(host)) return host;
  const address = host.replace(/^\[|\]$/g, '');
  if (isIP(address) !== 0) return networkOf(host, address);
  const named = host.replace(DOTTED, machine).replace(DASHED, machine);
  const labels = named.split('.');
  // The domain itself is nobody's id: the last two labels, and with them the empty one behind a final dot.
  const domain = labels.length - (named.endsWith('.') ? 3 : 2);
  return labels.map((label, at) => (at < domain ? redactLabel(label) : label)).join('.');
}

const machine = (quad: string) => (isIPv4(quad.replaceAll('-', '.')) ? 'ip' : quad);

function networkOf(host: string, address: string): string {
  if (isLocal(address) && (isIPv4(address) || address === '::1')) return host;
  const network = truncate(address).replace(/\/\d+$/, '');
  return network.includes(':') ? `[${network}]` : network;
}

function redactLabel(label: string): string {
  if (GROUPS_OF_IPV6.test(label)) return 'ip';
  const written = label.startsWith('xn--') ? domainToUnicode(label) : label;
  const found = redactText(written);
  return found === written ? label : (/\[(\w+)\]/.exec(found)?.[1] ?? 'token');
}
