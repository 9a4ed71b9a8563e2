import { domainToASCII } from 'node:url';
import { type Address, isWithin, parseAddress } from './address.ts';

/** Where the configuration allows to go beyond the public internet. */
export interface Allow {
  readonly networks: readonly (readonly [Address, number])[];
  /** In the form of {@link hostName}; whatever they resolve to is allowed. */
  readonly hosts: ReadonlySet<string>;
}

export const NOTHING_ALLOWED: Allow = { networks: [], hosts: new Set() };

const HOST = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
/** What a resolver would take for an address: `0x7f.1`, `127.1`, `2130706433`. Only plain addresses are allowed. */
const ODD_ADDRESS = /(^|\.)(\d+|0x[0-9a-f]*)$/;

/**
 * Reads `NINETY_OUTBOUND_ALLOW`.
 *
 * @param text a comma separated list of addresses, CIDRs and names of hosts, such as
 *   `10.1.0.0/16,fd00::/8,sftp.internal`.
 * @returns what is allowed, and the parts of the list that are none of these, as they were written.
 */
export function readAllow(text: string): { readonly allow: Allow; readonly wrong: readonly string[] } {
  const networks: (readonly [Address, number])[] = [];
  const hosts = new Set<string>();
  const wrong: string[] = [];
  for (const part of text.split(',').map((each) => each.trim())) {
    if (part === '') continue;
    const network = readNetwork(part);
    const host = hostName(part);
    if (network !== undefined) networks.push(network);
    else if (HOST.test(host) && !ODD_ADDRESS.test(host)) hosts.add(host);
    else wrong.push(part);
  }
  return { allow: { networks, hosts }, wrong };
}

/** @returns whether the name itself is allowed, or the address it resolved to. */
export function isAllowed(allow: Allow, host: string, address: Address): boolean {
  return allow.hosts.has(hostName(host)) || allow.networks.some((network) => isWithin(address, network));
}

/** One name for every spelling: lower case, IDNA, without the dot of the root. */
export function hostName(host: string): string {
  return domainToASCII(host).toLowerCase().replace(/\.$/, '');
}

function readNetwork(part: string): readonly [Address, number] | undefined {
  const [text = '', bits, ...more] = part.split('/');
  const address = parseAddress(text);
  if (address === undefined || more.length > 0) return undefined;
  const most = address.kind() === 'ipv4' ? 32 : 128;
  if (bits === undefined) return [address, most];
  return /^\d{1,3}$/.test(bits) && Number(bits) <= most ? [address, Number(bits)] : undefined;
}
