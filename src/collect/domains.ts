import { isIP } from 'node:net';

/** Domains of a site, or of several, laid out for looking up. A name with `www.` stands for the one without. */
export type Domains = ReadonlySet<string>;

/** By the list itself, which a site's version keeps; one may name a thousand. */
const laidOut = new WeakMap<readonly string[], Domains>();

/**
 * @param names as sites have them: host names in lower case, and addresses, IPv6 with or without brackets. What is made
 *   of a list is remembered with it.
 */
export function domainsOf(names: readonly string[]): Domains {
  let domains = laidOut.get(names);
  if (domains === undefined) {
    domains = new Set(names.map((name) => bare(name).replace(/^www\./, '')));
    laidOut.set(names, domains);
  }
  return domains;
}

/** Deeper names than any site has are of no use, and would take quadratic memory. */
const MAX_LABELS = 10;

/**
 * @param host as the WHATWG URL standard writes one, without port.
 * @returns the host and the hosts above it, without the topmost, which is nobody's; a name of one label and an
 *   address alone.
 */
export function namesOf(host: string): readonly string[] {
  const name = bare(host);
  const labels = name.split('.').slice(-MAX_LABELS);
  if (labels.length === 1 || isIP(name) !== 0) return [name];
  return labels.slice(0, -1).map((_, at) => labels.slice(at).join('.'));
}

/**
 * Whether a host is one of the domains, or lies below one.
 *
 * @param names of {@link namesOf}.
 */
export function liesWithin(names: readonly string[], domains: Domains): boolean {
  for (const name of names) if (domains.has(name)) return true;
  return false;
}

/**
 * Whether a page of one of the domains says an `Origin` header. Not so `null`, a file or a browser's extension.
 */
export function isOriginWithin(origin: string, domains: Domains): boolean {
  if (!/^https?:\/\//.test(origin) || !URL.canParse(origin)) return false;
  return liesWithin(namesOf(new URL(origin).hostname), domains);
}

const bare = (host: string) => host.replace(/^\[|\]$/g, '');
