import { connect as connectTo, type Socket } from 'node:net';
import { DeliveryError } from '../destination.ts';
import { codeOf, type Resolved } from './resolve.ts';
import { within } from './within.ts';

/** The system itself would try for two minutes. */
const CONNECT_MS = 30_000;

/**
 * Connects to an address that was checked just before, to the next one where it does not answer.
 *
 * @throws DeliveryError `unreachable`, `timed_out`, `address_refused`; the reason of `abort` where that came first.
 */
export function connect(
  check: (host: string) => Promise<readonly Resolved[]>,
  host: string,
  port: number,
  abort: AbortSignal,
): Promise<Socket> {
  return within(CONNECT_MS, abort, 'connection', async (signal) => {
    let last: unknown;
    for (const { address, family } of await check(host)) {
      try {
        return await connected(address, family, port, signal);
      } catch (error) {
        signal.throwIfAborted();
        last = error;
      }
    }
    throw new DeliveryError('unreachable', codeOf(last), { retry: true });
  });
}

function connected(address: string, family: 4 | 6, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connectTo({ host: address, family, port });
    const cut = () => socket.destroy(new Error('cut off'));
    const fail = (error: Error) => {
      signal.removeEventListener('abort', cut);
      reject(error);
    };
    signal.addEventListener('abort', cut, { once: true });
    socket.once('error', fail);
    socket.once('connect', () => {
      signal.removeEventListener('abort', cut);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}
