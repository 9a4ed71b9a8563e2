import { connect } from 'node:net';

const BROWSER =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';
const PAGE = encodeURIComponent('https://news.example/football/cup');
const TICK_MS = 5;
/** Beyond it a load that is late is late for good, rather than a flood after a pause. */
const CATCH_UP_MS = 1_000;

/**
 * Sends numbered hits to the pixel at a steady rate, each number once, on kept connections.
 *
 * @param {{url: string, siteKey: string, rate: number, connections: number}} options `rate`: hits a second.
 * @returns counters that grow, and `end`, which returns when the requests under way are answered.
 */
export function steadyLoad({ url, siteKey, rate, connections }) {
  const { hostname, port } = new URL(url);
  const load = { sent: 0, unanswered: 0, acknowledged: [], refused: {}, slowestMs: 0 };
  const idle = [];
  let open = 0;
  let running = true;

  const openOne = () => {
    open += 1;
    const socket = connect({ port: Number(port), host: hostname, noDelay: true });
    const one = { socket, number: undefined, at: 0, text: '' };
    socket.setEncoding('latin1');
    socket.once('connect', () => idle.push(one));
    socket.on('data', (piece) => {
      one.text += piece;
      // A GIF of 43 bytes behind the empty line.
      const head = one.text.indexOf('\r\n\r\n');
      if (head === -1 || one.text.length < head + 4 + 43) return;
      const result = /\r\nNinety-Result: ([^\r]*)/i.exec(one.text)?.[1] ?? one.text.slice(0, 40);
      if (result === 'stored') load.acknowledged.push(one.number);
      else load.refused[result] = (load.refused[result] ?? 0) + 1;
      load.slowestMs = Math.max(load.slowestMs, performance.now() - one.at);
      one.number = undefined;
      one.text = '';
      idle.push(one);
    });
    socket
      .on('error', () => undefined)
      .once('close', () => {
        open -= 1;
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
      const until = performance.now() + 5_000;
      while (idle.length < open && performance.now() < until)
        await new Promise((done) => setTimeout(done, 20));
      for (const { socket } of idle) socket.destroy();
    },
  };
}
