import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { type Context, Hono } from 'hono';
import { openApiDocument, readSchemas } from '../openapi/document.ts';
import { DOCS_STYLE, docsPage } from '../openapi/page.ts';
import type { Backend } from './backend.ts';
import type { Env } from './http.ts';

/** Nothing but its own style, and in nobody's frame. */
const POLICY =
  "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

/** Off the thread that takes hits. At its hardest it would take thirty times as long for an eighth fewer bytes. */
const compress = promisify(brotliCompress);
const HOW = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };

interface Made {
  readonly document: Packed;
  readonly page: Packed;
}

interface Packed {
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly brotli: Uint8Array<ArrayBuffer>;
}

/**
 * `GET /openapi.json` and `GET /docs`: what can be asked, for machines and for people. Both are for whoever comes: they
 * say nothing of what is stored.
 */
export function docsRoutes({ publicUrl }: Pick<Backend, 'publicUrl'>): Hono<Env> {
  const app = new Hono<Env>();
  let made: { readonly url: string; readonly of: Promise<Made> } | undefined;
  // Once an address, when somebody asks for it: most servers are never asked.
  const make = (): Promise<Made> => {
    const url = publicUrl();
    if (made?.url !== url) made = { url, of: madeFor(url) };
    return made.of;
  };
  app.get('/openapi.json', async (c) => sent(c, (await make()).document, 'application/json'));
  app.get('/docs', async (c) => {
    c.header('Content-Security-Policy', POLICY);
    return sent(c, (await make()).page, 'text/html; charset=utf-8');
  });
  let style: Promise<Packed> | undefined;
  app.get('/docs/style.css', async (c) => {
    style ??= pack(DOCS_STYLE);
    return sent(c, await style, 'text/css; charset=utf-8');
  });
  return app;
}

async function madeFor(url: string): Promise<Made> {
  await readSchemas();
  return {
    document: await pack(JSON.stringify(openApiDocument(url))),
    page: await pack(docsPage(url)),
  };
}

async function pack(text: string): Promise<Packed> {
  const plain = new Uint8Array(Buffer.from(text));
  return { plain, brotli: new Uint8Array(await compress(plain, HOW)) };
}

function sent(c: Context<Env>, { plain, brotli }: Packed, type: string): Response {
  const isPacked = /\bbr\b/.test(c.req.header('accept-encoding') ?? '');
  return c.body(isPacked ? brotli : plain, 200, {
    'Content-Type': type,
    ...(isPacked ? { 'Content-Encoding': 'br' } : {}),
    Vary: 'Accept-Encoding',
    'Cache-Control': 'no-cache',
    'Cross-Origin-Resource-Policy': 'same-origin',
  });
}
