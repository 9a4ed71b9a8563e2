import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { putFastPath } from './fast-path.ts';

const READ = ['host', 'cookie', 'referer', 'user-agent', 'accept-language', 'x-forwarded-for', 'sec-gpc'];

/** What a server understood of a request: the same whichever way it came. */
const understood = (method: string, url: string, header: (name: string) => unknown) =>
  JSON.stringify([method, url, READ.map((name) => header(name) ?? null)]);

const servers: Server[] = [];
/** Requests that took the short way. */
let short = 0;
/** Answers that are held back until they are let go. */
let held: (() => void)[] | undefined;

async function start(fast: boolean): Promise<number> {
  const server = createServer((incoming: IncomingMessage, outgoing) => {
    incoming.resume().on('end', () => {
      const { method, url, headers } = incoming;
      outgoing.end(understood(method!, url!, (name) => headers[name]));
    });
  });
  if (fast) {
    putFastPath(server, {
      takes: ({ url }) => url.startsWith('/p.gif'),
      answer: ({ url, header }, _, respond) => {
        short += 1;
        const answer = () =>
          respond({ status: 200, headers: ['X-Way', 'short'], body: understood('GET', url, header) });
        if (held) held.push(answer);
        else answer();
      },
      ...COMMON,
    });
  }
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const faults: unknown[] = [];
const COMMON = {
  fault: (error: unknown) => {
    faults.push(error);
    return { status: 500, headers: [], body: '' };
  },
  firstMs: 120_000,
  keepAliveMs: 5_000,
};

/** Sends the pieces, each in a turn of its own, and reads until the server ends the connection. */
async function say(port: number, pieces: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  let answer = '';
  socket.setEncoding('latin1').on('data', (text) => {
    answer += text;
  });
  socket.on('error', () => {});
  await once(socket, 'connect');
  for (const piece of pieces) {
    socket.write(piece, 'latin1');
    for (let turn = 0; turn < 3; turn++) await nextTurn();
  }
  socket.end();
  if (!socket.closed) await once(socket, 'close');
  return answer;
}

/** Status and body of each answer. */
const answers = (text: string) =>
  text
    .split(/(?=HTTP\/1\.1 \d{3} )/)
    .filter((answer) => answer !== '')
    .map((answer) => [answer.slice(9, 12), answer.slice(answer.indexOf('\r\n\r\n') + 4)]);

const get = (url: string, ...headers: string[]) =>
  `GET ${url} HTTP/1.1\r\n${['Host: a.example', ...headers].map((line) => `${line}\r\n`).join('')}\r\n`;

describe('the short way', () => {
  let fast: number;
  let plain: number;
  beforeAll(async () => {
    fast = await start(true);
    plain = await start(false);
  });
  afterAll(() => {
    for (const server of servers) server.closeAllConnections();
    for (const server of servers) server.close();
  });

  /** The same requests to both servers. @returns how many went the short way. */
  async function alike(pieces: readonly string[]): Promise<number> {
    const before = short;
    const ours = answers(await say(fast, pieces));
    expect(ours).toEqual(answers(await say(plain, pieces)));
    return short - before;
  }

  it('takes plain GETs, one after the other on one connection', async () => {
    expect(await alike([get('/p.gif?a=1', 'User-Agent: x'), get('/p.gif?a=2', 'user-agent:y ')])).toBe(2);
  });

  it.each([
    ['another path', [get('/tag.js')]],
    ['another method', ['POST /p.gif HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi']],
    ['a body', ['GET /p.gif HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi']],
    ['a chunked body', ['GET /p.gif HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n']],
    ['a connection to be closed', [get('/p.gif', 'Connection: close')]],
    ['HTTP/1.0', ['GET /p.gif HTTP/1.0\r\nHost: a\r\n\r\n']],
    ['no host', ['GET /p.gif HTTP/1.1\r\nUser-Agent: x\r\n\r\n']],
    ['a cookie twice', [get('/p.gif', 'Cookie: a=1', 'Cookie: b=2')]],
    ['bytes past ASCII', [get('/p.gif', 'Referer: https://ä.example/')]],
    ['a line without a colon', ['GET /p.gif HTTP/1.1\r\nHost a\r\n\r\n']],
    ['a folded line', ['GET /p.gif HTTP/1.1\r\nHost: a\r\n b\r\n\r\n']],
    ['line ends without a return', ['GET /p.gif HTTP/1.1\nHost: a\n\n']],
    ['a head in pieces', ['GET /p.gif HTTP/1.1\r\nHo', 'st: a\r\n\r\n']],
    ['a head cut off', ['GET /p.gif HTTP/1.1\r\nHo']],
    ['no HTTP', ['\x16\x03\x01\x02\x00\x01\x00']],
  ])('leaves to node:http what has %s, with the same answer', async (_, pieces) => {
    expect(await alike(pieces)).toBe(0);
  });

  it('leaves the rest of a connection to node:http after the first request that is not plain', async () => {
    expect(await alike([get('/p.gif?a=1'), get('/tag.js'), get('/p.gif?a=2')])).toBe(1);
  });

  it('answers requests that were sent without waiting, in their order', async () => {
    held = [];
    const socket = connect(fast, '127.0.0.1').setNoDelay(true).setEncoding('latin1');
    let answer = '';
    socket.on('data', (text) => {
      answer += text;
    });
    socket.write(get('/p.gif?a=1'));
    await expect.poll(() => held?.length).toBe(1);
    socket.write(get('/p.gif?a=2') + get('/p.gif?a=3'));
    for (let turn = 0; turn < 10; turn++) await nextTurn();
    held[0]!();
    held = undefined;
    await expect
      .poll(() => answers(answer).map(([, body]) => JSON.parse(body!)[1]))
      .toEqual(['/p.gif?a=1', '/p.gif?a=2', '/p.gif?a=3']);
    socket.destroy();
  });

  it('understands whatever comes as node:http does', async () => {
    const name = fc.constantFrom(
      'Cookie',
      'REFERER',
      'x-forwarded-for',
      'Sec-GPC',
      'Accept',
      'X',
      'User-Agent',
      'Connection',
      'Bad Name',
    );
    const value = fc.oneof(
      fc.constantFrom('', ' 1', '\t1 \t', 'close', 'keep-alive', 'a\x00b', 'a\rb', '::', 'é'),
      fc.string({ maxLength: 20 }),
    );
    const header = fc.tuple(name, value).map(([n, v]) => `${n}:${v}`);
    const url = fc.oneof(
      fc.constantFrom('/p.gif', '/p.gif?u=%zz', '/p.gif?a b', '/p.gif#f', '//p.gif', '/p.gif?\x7f'),
      fc.webQueryParameters().map((query) => `/p.gif?${query}`),
    );
    const request = fc
      .tuple(url, fc.array(header, { maxLength: 4 }))
      .map(([u, headers]) => get(u, ...headers));
    const before = short;
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 3 }), async (requests) => {
        await alike(requests);
      }),
      { numRuns: 300 },
    );
    expect(short - before).toBeGreaterThan(50);
  });

  it('ends a resting connection when the server closes, and lets the answer under way leave', async () => {
    const port = await start(true);
    const server = servers.at(-1)!;
    const resting = connect(port, '127.0.0.1');
    await once(resting, 'connect');
    held = [];
    const saying = say(port, [get('/p.gif?a=1')]);
    await expect.poll(() => held?.length).toBe(1);
    const closed = once(server, 'close');
    server.close();
    await once(resting.resume(), 'close');
    held[0]!();
    held = undefined;
    expect(await saying).toContain('Connection: close');
    await closed;
  });

  it('ends a connection that says nothing', async () => {
    const server = createServer();
    servers.push(server);
    putFastPath(server, { ...COMMON, takes: () => true, answer: () => {}, firstMs: 20, keepAliveMs: 20 });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').resume();
    await once(socket, 'close');
    expect(socket.bytesRead).toBe(0);
  });

  it('when the server closes ends a connection on which more was asked already, once the other end does', async () => {
    const port = await start(true);
    const server = servers.at(-1)!;
    held = [];
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).setNoDelay(true);
    let answer = '';
    socket.setEncoding('latin1').on('data', (text) => {
      answer += text;
    });
    socket.write(get('/p.gif?a=1'));
    await expect.poll(() => held?.length).toBe(1);
    socket.write(get('/p.gif?a=2'));
    for (let turn = 0; turn < 10; turn++) await nextTurn();
    const closed = once(server, 'close');
    server.close();
    held[0]!();
    await once(socket, 'end');
    expect(answers(answer)).toHaveLength(1);
    expect(answer).toContain('Connection: close');
    expect(held).toHaveLength(1);
    held = undefined;
    socket.end();
    await closed;
  });

  it.each(['at once', 'later'])(
    'sends no header with a line break in it, nor a second answer, %s',
    async (moment) => {
      const server = createServer();
      servers.push(server);
      faults.length = 0;
      putFastPath(server, {
        ...COMMON,
        takes: () => true,
        answer: (_head, _remote, respond) => {
          const answer = () => {
            respond({ status: 200, headers: ['X', 'a\r\nY: b'], body: '' });
            respond({ status: 200, headers: [], body: '' });
          };
          if (moment === 'later') setImmediate(answer);
          else answer();
        },
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const answer = await say((server.address() as AddressInfo).port, [get('/'), get('/')]);
      expect(answers(answer)).toEqual([
        ['500', ''],
        ['500', ''],
      ]);
      expect(faults).toHaveLength(2);
    },
  );
});
