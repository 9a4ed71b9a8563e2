import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { DeliveryError } from '../destination.ts';
import { isPublic, parseAddress } from './address.ts';
import { type Allow, isAllowed } from './allow.ts';

/** An address that may be connected to. */
export interface Resolved {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Every address of a host, in the order to be tried. */
export type Resolve = (
  host: string,
) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/** By the system's resolver, so that `/etc/hosts` and the system's search list count. */
export const systemResolve: Resolve = (host) => lookup(host, { all: true, verbatim: true });

/**
 * Resolves a host and checks every address it has. One that may not be reached refuses the host altogether: a name
 * that has public and private addresses at once is how a check is led astray.
 *
 * @param host a name or a literal address in whatever spelling the resolver understands.
 * @throws DeliveryError `unreachable` for a name that nobody knows, `address_refused`.
 */
export async function resolveChecked(
  resolve: Resolve,
  allow: Allow,
  host: string,
): Promise<readonly [Resolved, ...Resolved[]]> {
  const found = await resolve(host).catch((error: unknown) => {
    throw new DeliveryError('unreachable', `the name does not resolve (${codeOf(error)})`, { retry: true });
  });
  const checked = found.map(({ address: text }): Resolved => {
    const address = parseAddress(text);
    if (address === undefined || !(isPublic(address) || isAllowed(allow, host, address))) {
      throw new DeliveryError('address_refused', 'an address that is not of the public internet', {
        retry: false,
      });
    }
    return { address: address.toString(), family: address.kind() === 'ipv4' ? 4 : 6 };
  });
  const [first, ...rest] = checked;
  if (first === undefined) throw new DeliveryError('unreachable', 'the name has no address', { retry: true });
  return [first, ...rest];
}

/**
 * The same as node's sockets and agents ask for it. They do not ask for a literal address; who hands a host on to
 * them calls this once before.
 */
export function lookupBy(check: (host: string) => Promise<readonly Resolved[]>): LookupFunction {
  return (host, options, callback) => {
    const wanted = options.family === 4 || options.family === 'IPv4' ? 4 : options.family ? 6 : undefined;
    check(host).then(
      (all) => {
        const fitting = all.filter(({ family }) => wanted === undefined || family === wanted);
        const [first] = fitting;
        if (first === undefined) callback(noAddress(), '', 0);
        else if (options.all === true) callback(null, [...fitting]);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}

const noAddress = () => new DeliveryError('unreachable', 'the name has no such address', { retry: true });

/** The system's name of a fault, such as `ECONNREFUSED`. Its message may hold addresses and is not told. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'unknown fault';
}
