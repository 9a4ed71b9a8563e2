// What the whole collector is held against: a server that answers each request with the same GIF, or a request
// for syncs or for a page's segments with the same JSON, and does nothing else, on node:http or on hono. `node bare.mjs node|hono`; says its port when it listens.
import { createServer } from 'node:http';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const GIF = Buffer.from('R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');
const HEADERS = { 'Content-Type': 'image/gif', 'Cache-Control': 'no-store' };

const say = (port) => process.stdout.write(`${port}\n`);

if (process.argv[2] === 'node') {
  const headers = { ...HEADERS, 'Content-Length': String(GIF.length) };
  const server = createServer((_, answer) => {
    answer.writeHead(200, headers);
    answer.end(GIF);
  });
  server.listen(0, '127.0.0.1', () => say(server.address().port));
} else {
  const app = new Hono();
  const gif = (c) => c.body(GIF, 200, HEADERS);
  app.get('/p.gif', gif);
  app.get('/setuid', gif);
  app.get('/v1/me', (c) => c.json({ segments: [] }));
  app.post('/cookie_sync', async (c) => {
    await c.req.json();
    return c.json({ status: 'ok', bidder_status: [] });
  });
  serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => say(port));
}
