import { hash } from 'node:crypto';
import type { Request } from '../collect/door.ts';
import type { SyncTarget } from './target.ts';

/** A name for each partner, so that two syncs side by side do not write over each other's. */
const CHAIN_COOKIE = 'n90c';
/** A chain of redirects that takes longer ends all the same, because the state says by then that the browser was sent. */
const CHAIN_SECONDS = 10;
const SIGN_LENGTH = 6;

type Parameter = (name: string) => string | undefined;

/**
 * The `Set-Cookie` value by which a browser that is sent to a partner is known where that sends it back in the same
 * chain of redirects: of an image neither Referer nor Origin says so. It lasts seconds and names nobody.
 *
 * What the partner wants echoed is part of it: a push with another value is a sync of its own, as of a page with
 * two places for ads, and the same value again is none.
 */
export const chainCookie = ({ partner, key }: SyncTarget, get: Parameter, secure: boolean): string =>
  `${CHAIN_COOKIE}${key}=${signOf(partner.echoParameters, get)}; Max-Age=${CHAIN_SECONDS}; HttpOnly${secure ? '; Secure; SameSite=None' : '; SameSite=Lax'}`;

/** Whether a browser comes back from a partner to whom it was sent seconds ago. */
export function isSentBack({ partner, key }: SyncTarget, request: Request, get: Parameter): boolean {
  // Once another site had a part in the chain it is "cross-site" (Fetch Metadata, 2.3); anything else came of itself.
  const site = request.header('sec-fetch-site');
  if (site !== undefined && site !== 'cross-site') return false;
  const sign = `${CHAIN_COOKIE}${key}=${signOf(partner.echoParameters, get)}`;
  return request.header('cookie')?.split(/; */).includes(sign) === true;
}

const signOf = (parameters: readonly string[], get: Parameter) =>
  hash('sha256', JSON.stringify(parameters.map(get)), 'base64url').slice(0, SIGN_LENGTH);
