import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: string | Buffer | object;
}

export interface Served {
  /** Without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** The most that were under way at the same moment. */
  readonly atOnce: () => number;
  readonly close: () => Promise<void>;
}

/**
 * A server on loopback that stands for somebody else's. What `answer` throws is told with status 500, so that the
 * test that caused it sees it.
 */
export async function serve(answer: (received: Received) => Answer | Promise<Answer>): Promise<Served> {
  let underWay = 0;
  let most = 0;
  const server = createServer(async (request, response) => {
    most = Math.max(most, ++underWay);
    const parts: Buffer[] = [];
    try {
      for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    } catch {
      underWay--;
      return response.destroy();
    }
    const url = new URL(request.url ?? '/', 'http://localhost');
    const told = await Promise.resolve({
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(parts),
    })
      .then(answer)
      .catch((error: unknown): Answer => ({ status: 500, body: String(error) }));
    underWay--;
    const isJson = typeof told.body === 'object' && !Buffer.isBuffer(told.body);
    response.writeHead(told.status, {
      ...(isJson ? { 'content-type': 'application/json' } : {}),
      ...told.headers,
    });
    response.end(isJson ? JSON.stringify(told.body) : told.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    atOnce: () => most,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
