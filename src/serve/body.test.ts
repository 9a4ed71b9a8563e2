import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { BodyError, encodingOf, longBody, mayLast, readBody } from './body.ts';

let server: Server | undefined;
let cut = 0;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A server that cuts off what lasts longer than a second, but for bodies that may last. */
async function listen(read: (incoming: IncomingMessage) => Promise<string>): Promise<() => Socket> {
  cut = 0;
  server = createServer({ requestTimeout: 1_000, headersTimeout: 1_000, connectionsCheckingInterval: 50 })
    .on('clientError', (error: NodeJS.ErrnoException, socket) => {
      if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && mayLast(socket)) return;
      cut++;
      socket.destroy();
    })
    .on('request', (incoming, outgoing) => {
      void read(incoming).then((text) => outgoing.setHeader('Connection', 'close').end(text));
    })
    .listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return () => connect(port, '127.0.0.1').on('error', () => undefined);
}

const head = (...more: string[]) =>
  `POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n${more.map((line) => `${line}\r\n`).join('')}\r\n`;
const chunk = (bytes: string | Buffer) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), Buffer.from(bytes), Buffer.from('\r\n')]);
const END = '0\r\n\r\n';

/** The body of the answer; empty where the connection was closed without one. */
async function answerOf(socket: Socket): Promise<string> {
  let text = '';
  for await (const piece of socket.setEncoding('latin1') as AsyncIterable<string>) text += piece;
  return text.slice(text.indexOf('\r\n\r\n') + 4);
}

const faultOf = (error: unknown) => (error instanceof BodyError ? error.fault : `no fault: ${error}`);

const whole =
  (idleMs?: number) =>
  async (incoming: IncomingMessage): Promise<string> => {
    let text = '';
    try {
      for await (const piece of longBody(incoming, encodingOf(incoming)!, idleMs)) text += piece;
      return text;
    } catch (error) {
      return `${text}|${faultOf(error)}`;
    }
  };

const small =
  (limit: number) =>
  (incoming: IncomingMessage): Promise<string> =>
    new Promise((resolve) =>
      readBody(incoming, encodingOf(incoming)!, limit, (body) =>
        resolve(body instanceof BodyError ? body.fault : body),
      ),
    );

describe('a long body', () => {
  it('is cut off by no limit of a whole request while bytes of it come', async () => {
    const open = await listen(whole());
    const socket = open();
    socket.write(head());
    for (let n = 0; n < 10; n++) {
      socket.write(chunk(`${n},`));
      await sleep(150);
    }
    socket.write(END);
    expect(await answerOf(socket)).toBe('0,1,2,3,4,5,6,7,8,9,');
    expect(cut).toBe(0);
  });

  it('that its reader gave up is not cut off before it is answered', async () => {
    const open = await listen(async (incoming) => {
      for await (const piece of longBody(incoming, 'identity')) {
        return sleep(1_500, `${piece}, no more`);
      }
      return '';
    });
    const socket = open();
    socket.write(head());
    socket.write(chunk('enough'));
    expect(await answerOf(socket)).toBe('enough, no more');
    expect(cut).toBe(0);
  });

  it('is given up when nothing comes any more', async () => {
    const open = await listen(whole(300));
    const socket = open();
    socket.write(head());
    socket.write(chunk('a line and'));
    expect(await answerOf(socket)).toBe('a line and|stalled');
  });

  it('is not given up for the time in which its reader works', async () => {
    const open = await listen(async (incoming) => {
      let text = '';
      for await (const piece of longBody(incoming, 'identity', 200)) {
        text += piece;
        await sleep(500);
      }
      return text;
    });
    const socket = open();
    socket.write(head() + chunk('worked on').toString() + END);
    expect(await answerOf(socket)).toBe('worked on');
  });

  it('ends for its reader where the caller goes away', async () => {
    const read = whole();
    let said: Promise<string> | undefined;
    const open = await listen((incoming) => {
      said = read(incoming);
      return said;
    });
    const socket = open();
    socket.write(head());
    socket.write(chunk('half a'));
    while (said === undefined) await sleep(10);
    await sleep(50);
    socket.destroy();
    expect(await said).toBe('half a|aborted');
  });

  it('is unpacked, letters whole that stand where two pieces meet', async () => {
    const text = 'é'.repeat(200_000);
    const open = await listen(async (incoming) =>
      (await whole()(incoming)) === text ? 'the same' : 'another',
    );
    const socket = open();
    socket.write(head('Content-Encoding: gzip'));
    const packed = gzipSync(text);
    for (let at = 0; at < packed.length; at += 100) socket.write(chunk(packed.subarray(at, at + 100)));
    socket.write(END);
    expect(await answerOf(socket)).toBe('the same');
  });

  it.each([
    ['is no gzip', Buffer.from('hello'), '|bad_encoding'],
    ['breaks off', gzipSync('hello').subarray(0, 12), '|bad_encoding'],
  ])('that %s is told apart', async (_, bytes, said) => {
    const open = await listen(whole());
    const socket = open();
    socket.write(head('Content-Encoding: x-gzip'));
    socket.write(chunk(bytes));
    socket.write(END);
    expect(await answerOf(socket)).toContain(said);
  });
});

describe('a small body', () => {
  it.each<[string, string, Buffer, string]>([
    ['as it is', 'identity', Buffer.from('hello'), 'hello'],
    ['unpacked', 'gzip', gzipSync('hello'), 'hello'],
    ['as large as may be', 'gzip', gzipSync('x'.repeat(1_000)), 'x'.repeat(1_000)],
    ['too large', 'identity', Buffer.alloc(1_001), 'body_too_large'],
    ['too large once unpacked', 'gzip', gzipSync(Buffer.alloc(50_000_000)), 'body_too_large'],
    ['damaged', 'gzip', Buffer.from('hello'), 'bad_encoding'],
    ['cut off', 'gzip', gzipSync('hello').subarray(0, 12), 'bad_encoding'],
  ])('is read: %s', async (_, encoding, bytes, said) => {
    const open = await listen(small(1_000));
    const socket = open();
    socket.write(head(`Content-Encoding: ${encoding}`));
    socket.write(chunk(bytes));
    socket.write(END);
    expect(await answerOf(socket)).toBe(said);
  });

  it('that takes too long is cut off', async () => {
    const open = await listen(small(1_000));
    const socket = open();
    socket.write(head());
    socket.write(chunk('a line and'));
    expect(await answerOf(socket)).toBe('');
    expect(cut).toBe(1);
  });
});
