import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { rootCertificates } from 'node:tls';
import type { Outbound } from '../outbound.ts';
import { type Allow, NOTHING_ALLOWED } from './allow.ts';
import { ask } from './ask.ts';
import { connect } from './connect.ts';
import { lookupBy, type Resolve, resolveChecked, systemResolve } from './resolve.ts';

export interface GuardedOptions {
  /** @default nothing beyond the public internet */
  readonly allow?: Allow;
  /** @default the system's resolver */
  readonly resolve?: Resolve;
  /** A certificate authority, PEM, that is believed beside those that node knows. */
  readonly ca?: string;
}

/**
 * The way out as `Outbound` promises it. Make it once: it keeps connections open for the next request, and lets go of
 * them when the process has nothing else to do.
 */
export function createOutbound({
  allow = NOTHING_ALLOWED,
  resolve = systemResolve,
  ca,
}: GuardedOptions): Outbound {
  const check = (host: string) => resolveChecked(resolve, allow, host);
  const kept = { keepAlive: true, timeout: IDLE_MS, autoSelectFamilyAttemptTimeout: ADDRESS_MS };
  const agents = {
    http: new HttpAgent(kept),
    https: new HttpsAgent({ ...kept, ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }) }),
  };
  return {
    ask: (asked, abort) => ask({ check, allow, agents }, asked, abort),
    lookup: lookupBy(check),
    connect: (host, port, abort) => connect(check, host, port, abort),
  };
}

/** What the first of several addresses is given before the next is tried; a quarter of a second is not around the world. */
const ADDRESS_MS = 1000;
/** Servers close idle connections after 5 seconds and later; one closed as it is used again is a request lost. */
const IDLE_MS = 4000;
