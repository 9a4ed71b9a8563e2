import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * A way to a server that can be shut: whoever uses it is cut off, and finds nobody until it is opened again.
 *
 * @param {string} url of the server behind.
 * @returns the gate, open. `url` is the same all the time.
 */
export async function gateBefore(url) {
  const { hostname, port } = new URL(url);
  const sockets = new Set();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
      socket.pipe(other);
    }
  });
  const open = async (at = 0) => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
    return server.address().port;
  };
  const own = await open();
  return {
    url: `http://127.0.0.1:${own}`,
    shut: async () => {
      // A gate that is shut says no further time that it has closed.
      if (!server.listening) return;
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
    open: () => open(own),
  };
}
