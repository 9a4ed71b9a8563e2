import { once } from 'node:events';
import { connect } from 'node:net';

const BROWSER =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';
const PAGE = encodeURIComponent('https://news.example/football/cup');
const TICK_MS = 5;
/** Beyond it a load that is late is late for good, rather than a flood after a pause. */
const CATCH_UP_MS = 1_000;
/** For the answers that are due when the load ends. */
const LAST_ANSWERS_MS = 5_000;
/** A GIF. */
const BODY_BYTES = 43;

/**
 * Sends numbered hits to the pixel at a steady rate, each number once, on kept connections.
 *
 * @param {{url: string, siteKey: string, rate: number, connections: number}} options `rate`: hits a second.
 * @returns counters that grow, and `end`, which returns when the requests under way are answered, or have not
 *   been in five seconds. `refused` counts by the reason's name, and `unreadable` what is no answer of a pixel.
 */
export function steadyLoad({ url, siteKey, rate, connections }) {
  const { hostname, port } = new URL(url);
  const load = { sent: 0, unanswered: 0, acknowledged: [], refused: {}, slowestMs: 0 };
  const idle = [];
  const open = new Set();
  let running = true;

  const openOne = () => {
    const socket = connect({ port: Number(port), host: hostname, noDelay: true });
    const one = { socket, number: undefined, at: 0, text: '' };
    open.add(one);
    socket.setEncoding('latin1');
    socket.once('connect', () => idle.push(one));
    socket.on('data', (piece) => {
      one.text += piece;
      const head = one.text.indexOf('\r\n\r\n');
      if (head === -1 || one.text.length < head + 4 + BODY_BYTES) return;
      const result = /\r\nNinety-Result: ([^\r]*)/i.exec(one.text)?.[1];
      if (result === 'stored') load.acknowledged.push(one.number);
      else {
        const reason = /reason=(\w+)/.exec(result ?? '')?.[1] ?? 'unreadable';
        load.refused[reason] = (load.refused[reason] ?? 0) + 1;
      }
      load.slowestMs = Math.max(load.slowestMs, performance.now() - one.at);
      one.number = undefined;
      one.text = '';
      idle.push(one);
    });
    socket
      .on('error', () => undefined)
      .once('close', () => {
        open.delete(one);
        if (one.number !== undefined) load.unanswered += 1;
        else idle.splice(idle.indexOf(one) >>> 0, 1);
        if (running) setTimeout(openOne, 100);
      });
  };
  for (let n = 0; n < connections; n += 1) openOne();

  let began = performance.now();
  let due = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    due += ((now - began) / 1000) * rate;
    began = now;
    due = Math.min(due, (CATCH_UP_MS / 1000) * rate);
    while (due >= 1 && idle.length > 0) {
      const one = idle.shift();
      if (!one.socket.writable) continue;
      due -= 1;
      one.number = load.sent;
      one.at = now;
      load.sent += 1;
      one.socket.write(
        `GET /p.gif?s=${siteKey}&u=${PAGE}&k=n${one.number} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUser-Agent: ${BROWSER}\r\n\r\n`,
      );
    }
  }, TICK_MS);
  return {
    load,
    end: async () => {
      running = false;
      clearInterval(timer);
      const until = performance.now() + LAST_ANSWERS_MS;
      while (idle.length < open.size && performance.now() < until)
        await new Promise((done) => setTimeout(done, 20));
      const closed = [...open].map(({ socket }) => once(socket, 'close'));
      for (const { socket } of open) socket.destroy();
      // With each goes the count of a request that nobody has answered.
      await Promise.all(closed);
    },
  };
}
