import { Agent, request } from 'node:http';

/**
 * Sends single requests to a server on loopback, over a few connections that are kept.
 *
 * @param {string} base address of the server.
 */
export function client(base) {
  const agent = new Agent({ keepAlive: true, maxSockets: 24 });
  const send = (method, path, headers, body) =>
    new Promise((resolve, reject) => {
      const sent = request(new URL(path, base), { method, headers, agent, timeout: 10_000 }, (answer) => {
        let text = '';
        answer.setEncoding('latin1').on('data', (chunk) => {
          text += chunk;
        });
        answer.once('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
        answer.once('error', reject);
      });
      sent.once('timeout', () => sent.destroy(new Error('no answer within 10 s')));
      sent.once('error', reject);
      sent.end(body);
    });
  return {
    get: (path, headers) => send('GET', path, headers),
    post: (path, headers, json) => {
      const body = JSON.stringify(json);
      return send(
        'POST',
        path,
        { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        body,
      );
    },
    close: () => agent.destroy(),
  };
}

/** @returns {string | undefined} what a browser would send back of an answer's `Set-Cookie`. */
export const cookieOf = ({ headers }) => {
  const pair = headers['set-cookie']?.[0].split(';')[0];
  return pair === undefined || pair.endsWith('=') ? undefined : pair;
};
