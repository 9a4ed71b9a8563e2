import {
  type ClientRequest,
  type Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { type Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { pipeline } from 'node:stream';
import { DeliveryError } from '../destination.ts';
import type { Asked, Reply } from '../outbound.ts';
import { parseAddress } from './address.ts';
import { type Allow, isAllowed } from './allow.ts';
import { codeOf, lookupBy, type Resolved } from './resolve.ts';
import { within } from './within.ts';

export interface Way {
  readonly check: (host: string) => Promise<readonly Resolved[]>;
  readonly allow: Allow;
  readonly agents: { readonly http: HttpAgent; readonly https: HttpsAgent };
}

const TIMEOUT_MS = 60_000;
const MAX_BYTES = 1_000_000;

/**
 * One request and its answer, as `Outbound.ask` promises it. Plain http goes only where the configuration allows
 * more than the public internet: what is sent are ids, and keys beside them.
 */
export function ask(way: Way, asked: Asked, abort: AbortSignal): Promise<Reply> {
  return within(asked.timeoutMs ?? TIMEOUT_MS, abort, 'answer', async (signal) => {
    const url = readUrl(asked.url);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const addresses = await way.check(host);
    if (url.protocol === 'http:' && !addresses.every(({ address }) => isLocal(way.allow, host, address))) {
      throw new DeliveryError('address_refused', 'plain http to a server outside', { retry: false });
    }
    const exchange = new Exchange(way, url, host, addresses, asked, signal);
    try {
      return await exchange.run();
    } catch (error) {
      // The server closed the kept connection as it was used again: the request never reached it.
      if (!exchange.lostOnReuse) throw error;
      return await new Exchange(way, url, host, addresses, asked, signal).run();
    }
  });
}

class Exchange {
  readonly #request: ClientRequest;
  readonly #asked: Asked;
  lostOnReuse = false;

  constructor(
    { agents }: Way,
    url: URL,
    host: string,
    addresses: readonly Resolved[],
    asked: Asked,
    signal: AbortSignal,
  ) {
    const { body } = asked;
    const isTls = url.protocol === 'https:';
    this.#asked = asked;
    this.#request = (isTls ? httpsRequest : httpRequest)({
      hostname: host,
      port: url.port === '' ? (isTls ? 443 : 80) : url.port,
      path: `${url.pathname}${url.search}`,
      method: asked.method,
      agent: isTls ? agents.https : agents.http,
      lookup: lookupBy(() => Promise.resolve(addresses)),
      signal,
      headers: {
        'user-agent': 'ninety',
        ...(asked.method === 'GET' && body === undefined ? {} : { 'content-length': bytesOf(body) }),
        ...asked.headers,
      },
      ...(isTls && isIP(host) === 0 ? { servername: host.replace(/\.$/, '') } : {}),
    });
  }

  run(): Promise<Reply> {
    const request = this.#request;
    return new Promise((resolve, reject) => {
      let source: Error | undefined;
      request.on('error', (error) => {
        this.lostOnReuse = request.reusedSocket && codeOf(error) === 'ECONNRESET' && source === undefined;
        reject(source ?? faultOf(error));
      });
      request.on('response', (response) => {
        readBody(response, this.#asked.maxBytes ?? MAX_BYTES)
          .then(
            (body) => resolve({ status: response.statusCode ?? 0, headers: headersOf(response), body }),
            reject,
          )
          // Answered before all was sent: the rest of it is of no use.
          .finally(() => request.writableFinished || request.destroy());
      });
      const { body } = this.#asked;
      if (body === undefined) request.end();
      else if (typeof body === 'string' || body instanceof Uint8Array) request.end(body);
      else {
        const stream = body.stream();
        stream.once('error', (error) => {
          source = error;
        });
        pipeline(stream, request, () => {});
      }
    });
  }
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > maxBytes)
        throw new DeliveryError('bad_answer', `more than ${maxBytes} bytes`, { retry: true });
      parts.push(part);
    }
  } catch (error) {
    response.destroy();
    if (error instanceof DeliveryError) throw error;
    throw new DeliveryError('bad_answer', 'cut off', { retry: true });
  }
  return Buffer.concat(parts);
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new DeliveryError('address_refused', 'not a URL of http or https', { retry: false });
  }
  return url;
}

function isLocal(allow: Allow, host: string, text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && isAllowed(allow, host, address);
}

function bytesOf(body: Asked['body']): number {
  if (body === undefined) return 0;
  if (typeof body === 'string') return Buffer.byteLength(body);
  return body instanceof Uint8Array ? body.byteLength : body.bytes;
}

const headersOf = (response: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
  );

/** llhttp names what it cannot parse HPE_…; everything else is a fault of name, network or certificate. */
function faultOf(error: Error): DeliveryError {
  const code = codeOf(error);
  return new DeliveryError(code.startsWith('HPE_') ? 'bad_answer' : 'unreachable', code, { retry: true });
}
