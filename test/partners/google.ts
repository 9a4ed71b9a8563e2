import { randomBytes } from 'node:crypto';
import { type StandIn, standIn } from './stand-in.ts';

/** Google, and the ids of ours that it hosts, with its own for the same browser. */
export interface Google extends StandIn {
  readonly matches: ReadonlyMap<string, string>;
}

/**
 * Google's cookie matching: `google_hm` is our id in web-safe base64, kept by Google; with `google_cm` the browser
 * goes on to the cookie matching URL that was agreed, with `google_gid` and `google_cver`, or `google_error` where
 * the network is not known.
 *
 * @param nid the network that is known.
 * @param matchingUrl asked for when it is needed, because ours comes up after it.
 */
export async function google(host: string, nid: string, matchingUrl: () => string): Promise<Google> {
  const matches = new Map<string, string>();
  const server = await standIn(host, ({ query, uid }) => {
    const given = new URLSearchParams(query);
    const answer = (said: string) => `${matchingUrl()}${matchingUrl().includes('?') ? '&' : '?'}${said}`;
    if (given.get('google_nid') !== nid) return { location: answer('google_error=3') };
    const gid = uid ?? `CAESE${randomBytes(16).toString('base64url')}`;
    const hosted = given.get('google_hm');
    if (hosted !== null) matches.set(Buffer.from(hosted, 'base64url').toString('latin1'), gid);
    return {
      ...(given.has('google_cm') ? { location: answer(`google_gid=${gid}&google_cver=1`) } : {}),
      setUid: gid,
    };
  });
  return { ...server, matches };
}
