import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A collector as browsers reach it where TLS ends in front of it. */
export interface TlsFront {
  /** Under a name that makes it another site than the pages', `http://collect.localhost:…`. */
  readonly origin: string;
  readonly close: () => void;
}

/**
 * Stands where TLS would end; Chromium takes Secure cookies of localhost without it. The collector has to trust
 * 127.0.0.1 as a proxy.
 *
 * @param collector its own origin.
 */
export async function openTlsFront(collector: string): Promise<TlsFront> {
  const server = createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers, 'x-forwarded-proto': 'https' };
    const options = { method: incoming.method, headers };
    incoming.pipe(
      request(collector + incoming.url, options, (answer) => {
        outgoing.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(outgoing);
      }),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://collect.localhost:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
