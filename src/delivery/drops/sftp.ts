import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import SftpClient from 'ssh2-sftp-client';
import { type Context, DeliveryError } from '../destination.ts';
import { below, checkDropName, type Drop, UPLOADING } from './drop.ts';
import type { DropSettings } from './settings.ts';

const READY_MS = 20_000;
/** A server that answers no keep-alive so many times in a row is gone. */
const ALIVE = { keepaliveInterval: 10_000, keepaliveCountMax: 6 };

/** Status codes of SFTP (draft-ietf-secsh-filexfer-02, 7). */
const PERMISSION_DENIED = 3;
/** What the library says of a folder that cannot be made. */
const BAD_PATH = 'ERR_BAD_PATH';

/**
 * A server of SFTP, reached over a socket of {@link Context.outbound}. It is spoken to only if its key has the
 * fingerprint of the settings: nobody looks at a question on a screen here, and a password told to the wrong server
 * is lost. A file is uploaded under another name and renamed when all of it is there.
 *
 * @throws DeliveryError
 */
export async function openSftp({ settings, outbound, abort }: Context<DropSettings>): Promise<Drop> {
  const socket = await outbound.connect(settings.host!, settings.port, abort);
  const ignore = () => {};
  // Without listeners of ours the library writes to the console.
  const client = new SftpClient('sftp', { error: ignore, end: ignore, close: ignore });
  let isOtherKey = false;
  let level: string | undefined;
  client.on('error', (error: { level?: string }) => {
    level = error.level;
  });
  const stop = () => socket.destroy();
  abort.addEventListener('abort', stop, { once: true });
  const hangUp = async () => {
    abort.removeEventListener('abort', stop);
    await Promise.race([client.end().catch(ignore), closed(socket)]);
    socket.destroy();
  };

  async function asDelivery<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      abort.throwIfAborted();
      if (error instanceof DeliveryError) throw error;
      if (isOtherKey) {
        throw new DeliveryError('unauthorized', 'the server has another host key', { retry: false });
      }
      if (level === 'client-authentication') {
        throw new DeliveryError('unauthorized', 'the server did not take user and secret', { retry: false });
      }
      if (level === 'client-timeout') {
        throw new DeliveryError('timed_out', 'the server did not answer', { retry: true });
      }
      const code = (error as { code?: string | number }).code;
      if (code === PERMISSION_DENIED) {
        throw new DeliveryError('forbidden', 'the server allows no writing there', { retry: false });
      }
      if (code === BAD_PATH) {
        throw new DeliveryError('rejected', 'the folder is not there and cannot be made', { retry: false });
      }
      if (typeof code === 'number') {
        throw new DeliveryError('unavailable', `the server answered status ${code}`, { retry: true });
      }
      throw new DeliveryError('unreachable', 'no connection to the server held', { retry: true });
    }
  }

  try {
    await asDelivery(async () => {
      await client.connect({
        sock: socket,
        username: settings.username!,
        readyTimeout: READY_MS,
        ...ALIVE,
        ...(settings.password === undefined ? {} : { password: settings.password }),
        ...(settings.privateKey === undefined ? {} : { privateKey: settings.privateKey }),
        ...(settings.passphrase === undefined ? {} : { passphrase: settings.passphrase }),
        hostVerifier: (key: Buffer) => {
          isOtherKey = fingerprintOf(key) !== settings.hostKey!.replace(/=$/, '');
          return !isOtherKey;
        },
      });
      if (settings.path !== '' && settings.path !== '/' && (await client.exists(settings.path)) === false) {
        await client.mkdir(settings.path, true);
      }
    });
  } catch (error) {
    await hangUp();
    throw error;
  }
  return {
    put: (name, file) => {
      checkDropName(name);
      return asDelivery(async () => {
        abort.throwIfAborted();
        const target = below(settings.path, name);
        await client.fastPut(file, target + UPLOADING);
        const [there, here] = [await client.stat(target + UPLOADING), await stat(file)];
        if (there.size !== here.size) {
          throw new DeliveryError('bad_answer', 'the server kept another number of bytes', { retry: true });
        }
        // Version 3 of the protocol, which everybody speaks, refuses to rename onto what is there.
        await client.delete(target, true);
        await client.rename(target + UPLOADING, target);
      });
    },
    close: hangUp,
  };
}

/** As OpenSSH writes it, without padding. @param key the server's, in the form it has on the wire. */
export const fingerprintOf = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=$/, '')}`;

const closed = (socket: { destroyed: boolean; once: (event: 'close', listener: () => void) => unknown }) =>
  new Promise<void>((resolve) => {
    if (socket.destroyed) resolve();
    else socket.once('close', () => resolve());
  });
