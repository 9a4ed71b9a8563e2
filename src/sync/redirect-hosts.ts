import { isIPv4 } from 'node:net';

/** Longer ones hold no redirect that somebody means, and each is parsed. */
const MAX_LENGTH = 4096;
/** Control characters and spaces are cut out by some readers of a Location, and a backslash is a slash to browsers. */
const AMBIGUOUS = /[^!-~]|\\/;

/**
 * Where a browser that comes with `?redir=` may be sent: https, or plain http on this machine, to one of a
 * partner's registered hosts on whatever port, and nowhere else. What lies below a host is another host.
 *
 * @param redir as it came, percent-decoded once.
 * @param hosts host names in lower case.
 * @returns the URL as it was understood, because what was checked must be what is followed; undefined = not
 *   allowed.
 */
export function allowedRedirect(redir: string, hosts: readonly string[]): string | undefined {
  if (redir.length > MAX_LENGTH || AMBIGUOUS.test(redir) || !/^https?:\/\//i.test(redir)) return undefined;
  if (!URL.canParse(redir)) return undefined;
  const { protocol, hostname, username, password, href } = new URL(redir);
  if (username !== '' || password !== '') return undefined;
  const host = withoutBrackets(hostname);
  if (protocol !== 'https:' && !isLoopback(host)) return undefined;
  return hosts.some((registered) => withoutBrackets(registered) === host) ? href : undefined;
}

const withoutBrackets = (host: string) => host.replace(/^\[(.*)\]$/, '$1');

const isLoopback = (host: string) =>
  host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
