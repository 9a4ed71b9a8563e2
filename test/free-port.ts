import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems give to whoever asks for any: Linux begins at 32,768. */
const FIRST = 12_000;
const LAST = 32_000;

/**
 * A port for a server that is started later. It is none of those that connections and other servers are given by
 * themselves, of which one would be taken meanwhile every now and then.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer();
    const port = randomInt(FIRST, LAST);
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
