import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleSync, bundleTag } from './bundle.mjs';

/** A site and a collector for browser tests, on one loopback port under two names. */
export interface PageServer {
  /** Origin of the site, `http://127.0.0.1:…`. */
  readonly site: string;
  /** Origin of the collector, another one: `http://localhost:…`. */
  readonly collector: string;
  /** Pages by path, as whole HTML; a test adds its own. */
  readonly pages: Map<string, string>;
  /** The parameters of each request for `/p.gif`, in order of arrival, with its `method`, `host`, `referer` and `length`. */
  readonly hits: Record<string, string>[];
  /** The parameters of each request for `/sync.html`. */
  readonly frames: Record<string, string>[];
  /** The same of each request for `/optout` and `/optin`, with its `path`. */
  readonly words: Record<string, string>[];
  /** Waits until so many hits have arrived since the list was last emptied. */
  arrived(count: number): Promise<void>;
  close(): Promise<void>;
}

const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

/** The IAB's own CMP libraries as page scripts: `TcfCmp.CmpApi` and `GppCmp.CmpApi`. */
async function bundleCmp(library: string, globalName: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `export { CmpApi } from '${library}';`,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    bundle: true,
    format: 'iife',
    globalName,
    write: false,
    logLevel: 'warning',
  });
  return outputFiles[0]!.text;
}

export async function servePages(): Promise<PageServer> {
  const scripts = new Map([
    ['/tag.js', await bundleTag()],
    ['/sync.js', await bundleSync()],
    ['/tcf.js', await bundleCmp('@iabtechlabtcf/cmpapi', 'TcfCmp')],
    ['/gpp.js', await bundleCmp('@iabgpp/cmpapi', 'GppCmp')],
  ]);
  const pages = new Map<string, string>();
  const hits: Record<string, string>[] = [];
  const frames: Record<string, string>[] = [];
  const words: Record<string, string>[] = [];
  let arrival = () => {};
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://any');
    const said = { ...Object.fromEntries(searchParams), method: request.method! };
    const image = () =>
      response.writeHead(200, { 'Content-Type': 'image/gif', 'Cache-Control': 'no-store' }).end(GIF);
    if (pathname === '/p.gif') {
      const { host = '', referer = '' } = request.headers;
      hits.push({ ...said, host, referer, length: `${request.url!.length}` });
      arrival();
      image();
    } else if (pathname === '/optout' || pathname === '/optin') {
      words.push({ ...said, path: pathname });
      image();
    } else if (pathname === '/sync.html') {
      frames.push(Object.fromEntries(searchParams));
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html>');
    } else if (scripts.has(pathname)) {
      response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(scripts.get(pathname));
    } else {
      const page = pages.get(pathname);
      response.writeHead(page ? 200 : 404, { 'Content-Type': 'text/html; charset=utf-8' }).end(page);
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    site: `http://127.0.0.1:${port}`,
    collector: `http://localhost:${port}`,
    pages,
    hits,
    frames,
    words,
    async arrived(count) {
      while (hits.length < count) {
        await new Promise<void>((next, fail) => {
          const late = setTimeout(() => fail(new Error(`${hits.length} of ${count} hits arrived`)), 10_000);
          arrival = () => {
            clearTimeout(late);
            next();
          };
        });
      }
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
