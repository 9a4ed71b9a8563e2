import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { DeliveryError } from '../destination.ts';
import type { Asked, Outbound } from '../outbound.ts';
import { readAllow } from './allow.ts';
import { CONTRACT_TEST } from './certificate.testing.ts';
import { createOutbound } from './guarded.ts';
import type { Resolve } from './resolve.ts';
import { type Answer, type Received, type Served, serve } from './server.testing.ts';

const LOOPBACK = readAllow('127.0.0.0/8').allow;
const never = new AbortController().signal;
const open: { close: () => unknown }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function served(answer: (received: Received) => Answer | Promise<Answer>): Promise<Served> {
  const server = await serve(answer);
  open.push(server);
  return server;
}

/** A server of bytes, for what no honest one would say. */
async function raw(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push({
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  return (server.address() as AddressInfo).port;
}

const told = (socket: Socket, text: string) => socket.once('data', () => socket.write(text));

/** Says the first once it was asked, and the second again and again. */
function dripped(socket: Socket, text: string, drop: string): void {
  socket.once('data', () => {
    socket.write(text);
    const drip = setInterval(() => socket.write(drop), 20);
    socket.on('close', () => clearInterval(drip));
  });
}

async function reasonOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => 'nothing was wrong',
    (thrown: unknown) => thrown,
  );
  return error instanceof DeliveryError ? error.reason : String(error);
}

const get = (outbound: Outbound, url: string, more: Partial<Asked> = {}) =>
  outbound.ask({ method: 'GET', url, ...more }, never);

const resolvedTo =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

describe('the way out', () => {
  const outbound = createOutbound({ allow: LOOPBACK });

  it('sends what it is given and brings back the answer', async () => {
    let seen: Received | undefined;
    const server = await served((received) => {
      seen = received;
      return { status: 201, headers: { 'X-Told': 'yes', 'set-cookie': 'a=1' }, body: 'done' };
    });
    const reply = await outbound.ask(
      { method: 'POST', url: `${server.url}/in?q=1`, headers: { 'x-key': 'k' }, body: 'bödy' },
      never,
    );
    expect({ status: reply.status, told: reply.headers['x-told'], body: String(reply.body) }).toEqual({
      status: 201,
      told: 'yes',
      body: 'done',
    });
    expect(seen).toMatchObject({
      method: 'POST',
      path: '/in',
      headers: { 'x-key': 'k', 'content-length': '5' },
    });
    expect(String(seen?.body)).toBe('bödy');
  });

  it('streams a body of which it knows the length', async () => {
    let seen: Received | undefined;
    const server = await served((received) => {
      seen = received;
      return { status: 200 };
    });
    const stream = () => Readable.from([Buffer.alloc(70_000, 'a'), Buffer.alloc(30_000, 'b')]);
    await outbound.ask({ method: 'PUT', url: server.url, body: { stream, bytes: 100_000 } }, never);
    expect(seen?.headers['content-length']).toBe('100000');
    expect(seen?.body.length).toBe(100_000);
  });

  it('tells what was wrong with a body that could not be read', async () => {
    const server = await served(() => ({ status: 200 }));
    const stream = () =>
      new Readable({
        read() {
          this.destroy(new Error('the disk is gone'));
        },
      });
    const sent = outbound.ask({ method: 'PUT', url: server.url, body: { stream, bytes: 10 } }, never);
    await expect(sent).rejects.toThrow('the disk is gone');
  });

  it('follows no redirect', async () => {
    let asked = 0;
    const server = await served(() => {
      asked++;
      return { status: 302, headers: { location: 'http://169.254.169.254/' } };
    });
    expect((await get(outbound, server.url)).status).toBe(302);
    expect(asked).toBe(1);
  });

  it.each([
    'http://127.0.0.1/',
    'https://127.0.0.1/',
    'https://0x7f.1/',
    'https://2130706433/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://127.0.0.1./',
    'https://①②⑦.⓪.⓪.①/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[64:ff9b::169.254.169.254]/',
    'https://[2002:7f00:1::]/',
    'https://localhost/',
    'https://LOCALHOST/',
    'https://169.254.169.254/latest/meta-data/',
    'https://user:pass@example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'no url',
  ])('does not go to %s', async (url) => {
    expect(await reasonOf(get(createOutbound({}), url))).toBe('address_refused');
  });

  it.each<[string, string[], string]>([
    ['one private address among public ones', ['8.8.8.8', '10.0.0.1'], 'address_refused'],
    ['an address in an odd spelling', ['0x7f.1'], 'address_refused'],
    ['a zone', ['fe80::1%lo'], 'address_refused'],
    ['no address', [], 'unreachable'],
  ])('refuses a name that resolves to %s', async (_, addresses, reason) => {
    expect(
      await reasonOf(get(createOutbound({ resolve: resolvedTo(...addresses) }), 'https://partner.test/')),
    ).toBe(reason);
  });

  it('sends nothing in clear to a server outside', async () => {
    const refused = get(createOutbound({ resolve: resolvedTo('8.8.8.8') }), 'http://partner.test/');
    expect(await reasonOf(refused)).toBe('address_refused');
  });

  it('connects to the address that was checked, and resolves no second time', async () => {
    const server = await served((received) => ({ status: 200, body: String(received.headers.host) }));
    const asked: string[] = [];
    const resolve: Resolve = async (host) => {
      asked.push(host);
      // What a name that is rebound would say: first what passes, then the metadata of a cloud.
      return [{ address: asked.length === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }];
    };
    const reply = await get(
      createOutbound({ allow: LOOPBACK, resolve }),
      `http://partner.test:${server.port}/`,
    );
    expect(String(reply.body)).toBe(`partner.test:${server.port}`);
    expect(asked).toEqual(['partner.test']);
  });

  it('speaks TLS with the name, and believes no certificate of another', async () => {
    const server = createTlsServer(CONTRACT_TEST, (request, response) => {
      response.end((request.socket as unknown as { servername: string }).servername);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    open.push(server);
    const { port } = server.address() as AddressInfo;
    const given = { allow: LOOPBACK, resolve: resolvedTo('127.0.0.1') };
    const trusting = createOutbound({ ...given, ca: CONTRACT_TEST.cert });
    expect(String((await get(trusting, `https://contract.test:${port}/`)).body)).toBe('contract.test');
    expect(await reasonOf(get(trusting, `https://other.test:${port}/`))).toBe('unreachable');
    expect(await reasonOf(get(createOutbound(given), `https://contract.test:${port}/`))).toBe('unreachable');
  });

  it('takes no more of an answer than it was told', async () => {
    const server = await served(() => ({ status: 200, body: Buffer.alloc(20_000) }));
    expect(await reasonOf(get(outbound, server.url, { maxBytes: 10_000 }))).toBe('bad_answer');
    expect((await get(outbound, server.url, { maxBytes: 20_000 })).body.length).toBe(20_000);
  });

  it.each<[string, (socket: Socket) => void, string]>([
    ['says nothing', () => {}, 'timed_out'],
    [
      'says a byte at a time, for ever',
      (socket) => dripped(socket, 'HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n', '.'),
      'timed_out',
    ],
    [
      'never comes to the end of its headers',
      (socket) => dripped(socket, 'HTTP/1.1 200 OK\r\n', 'x: y\r\n'),
      'timed_out',
    ],
    [
      'has too many headers',
      (socket) => void told(socket, `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(99_999)}\r\n\r\n`),
      'bad_answer',
    ],
    ['speaks no HTTP', (socket) => void told(socket, 'SSH-2.0-OpenSSH_9.9\r\n'), 'bad_answer'],
    [
      'goes in the middle of its answer',
      (socket) => {
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'));
      },
      'bad_answer',
    ],
    ['hangs up', (socket) => void socket.once('data', () => socket.resetAndDestroy()), 'unreachable'],
  ])('is done in time with a server that %s', async (_, behave, reason) => {
    const port = await raw(behave);
    // Only of those that never end is the time awaited.
    const timeoutMs = reason === 'timed_out' ? 300 : 20_000;
    expect(await reasonOf(get(outbound, `http://127.0.0.1:${port}/`, { timeoutMs }))).toBe(reason);
  });

  it('asks once more where a kept connection was closed as it was used again', async () => {
    let connections = 0;
    const port = await raw((socket) => {
      const isFirst = ++connections === 1;
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok');
        if (isFirst) socket.once('data', () => socket.resetAndDestroy());
      });
    });
    const url = `http://127.0.0.1:${port}/`;
    expect(String((await get(outbound, url)).body)).toBe('ok');
    expect(String((await get(outbound, url)).body)).toBe('ok');
    expect(connections).toBe(2);
  });

  it('lets go when its caller does', async () => {
    const port = await raw(() => {});
    const caller = new AbortController();
    const asked = outbound.ask({ method: 'GET', url: `http://127.0.0.1:${port}/` }, caller.signal);
    caller.abort(new Error('shutting down'));
    await expect(asked).rejects.toThrow('shutting down');
  });

  it('connects for what is no HTTP, under the same rules', async () => {
    const port = await raw((socket) => void socket.write('hello'));
    const socket = await outbound.connect('127.0.0.1', port, never);
    expect(String((await once(socket, 'data'))[0])).toBe('hello');
    socket.destroy();
    expect(await reasonOf(createOutbound({}).connect('0x7f.1', port, never))).toBe('address_refused');
    expect(await reasonOf(outbound.connect('127.0.0.1', await closedPort(), never))).toBe('unreachable');
  });

  it('resolves for libraries, literal addresses as well', async () => {
    const looked = (from: Outbound, host: string) =>
      new Promise((resolve) => {
        from.lookup(host, { all: true }, (error, addresses) => resolve(error ?? addresses));
      });
    expect(await looked(outbound, '127.0.0.1')).toEqual([{ address: '127.0.0.1', family: 4 }]);
    expect(await looked(createOutbound({}), '169.254.169.254')).toMatchObject({ reason: 'address_refused' });
  });
});

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
