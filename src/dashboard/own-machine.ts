import type { IncomingHttpHeaders } from 'node:http';
import type { Config } from '../config.ts';

/** What of a request tells whether it was made on this machine. */
export interface Asker {
  readonly httpVersion: string;
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

const LOOPBACK_HOSTS = new Set(['127.0.0.1', '::1', 'localhost']);
const LOOPBACK_PEER = /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$|^::1$/i;
const LOOPBACK_NAME = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;
const LOOPBACK_URL = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;
/** What a proxy adds; a browser adds none of them. */
const PROXY_HEADER = /^(forwarded|via|x-real-ip|x-client-ip|true-client-ip|cf-.*|x-forwarded.*)$/;

/**
 * Whether the numbers may be shown without a key: the one who asks sits at the machine that a newcomer's
 * server runs on, and nobody else can have asked through them or through a proxy.
 *
 * @param config only a server that listens on loopback, is published under no other address and trusts no
 *   proxy shows anything; one that is published has strangers behind every loopback connection.
 */
export function isOwnMachine(
  config: Pick<Config, 'host' | 'publicUrl' | 'trustProxy'>,
  { httpVersion, headers, socket }: Asker,
): boolean {
  if (!LOOPBACK_HOSTS.has(config.host) || config.trustProxy.length > 0) return false;
  if (config.publicUrl !== undefined && !LOOPBACK_URL.test(config.publicUrl)) return false;
  if (!LOOPBACK_PEER.test(socket.remoteAddress ?? '')) return false;
  // A site whose name resolves to 127.0.0.1 (DNS rebinding) is of one origin with what it reads here.
  if (!LOOPBACK_NAME.test(headers.host ?? '')) return false;
  // nginx as it comes passes on neither name nor address of the caller, but speaks HTTP/1.0.
  if (httpVersion === '1.0' || Object.keys(headers).some((name) => PROXY_HEADER.test(name))) return false;
  // Another site's page cannot read the answer; it need not make the server count either.
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
}
