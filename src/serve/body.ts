import type { IncomingMessage } from 'node:http';
import { type Duplex, PassThrough, type Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Why a body cannot be read to its end. */
export type BodyFault = 'body_too_large' | 'bad_encoding' | 'stalled' | 'aborted';

/** A body that broke off. `stalled`: nothing came for too long; `aborted`: the caller went away. */
export class BodyError extends Error {
  readonly fault: BodyFault;

  constructor(fault: BodyFault) {
    super(`the body of a request cannot be read: ${fault}`);
    this.name = 'BodyError';
    this.fault = fault;
  }
}

/** How bodies are packed that are read. */
export type Encoding = 'identity' | 'gzip';

/** @returns undefined for one that is not read. */
export function encodingOf({ headers }: IncomingMessage): Encoding | undefined {
  const name = (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  // RFC 9110, 8.4.1.3: x-gzip is the same.
  if (name === 'gzip' || name === 'x-gzip') return 'gzip';
  return name === 'identity' || name === '' ? 'identity' : undefined;
}

/**
 * Reads a small body whole.
 *
 * @param limit bytes of the text, unpacked.
 * @param done called once; not at all when the caller went away.
 */
export function readBody(
  incoming: IncomingMessage,
  encoding: Encoding,
  limit: number,
  done: (body: string | BodyError) => void,
): void {
  const source = encoding === 'gzip' ? unpacked(incoming, encoding) : incoming;
  const chunks: Buffer[] = [];
  let size = 0;
  const stop = (fault: BodyFault) => {
    source.off('data', take).off('end', end);
    if (source !== incoming) source.destroy();
    incoming.pause();
    done(new BodyError(fault));
  };
  const take = (chunk: Buffer) => {
    size += chunk.length;
    if (size > limit) return stop('body_too_large');
    chunks.push(chunk);
  };
  const end = () => done(Buffer.concat(chunks).toString('utf8'));
  source.on('data', take).on('end', end);
  if (source !== incoming)
    source.once('error', (error) => {
      if (faultOf(error) === 'bad_encoding') stop('bad_encoding');
    });
}

/** A sender from whom nothing comes for so long is gone or stuck. */
const IDLE_MS = 30_000;
/** The silence is looked for so often in that time. By looks and not by the clock, which may be set. */
const LOOKS = 6;

const lasting = new WeakSet<Duplex>();

/**
 * Whether a request on this connection may take longer than a whole request otherwise may: its body is one
 * that is read by {@link longBody}, which looks by itself after those who send nothing any more. Also when the
 * reader ends before the body does: its answer may still have to wait for what was taken.
 */
export const mayLast = (socket: Duplex): boolean => lasting.has(socket);

/**
 * A body of any size as it comes, unpacked, piece by piece; the sender is held back while the reader works.
 *
 * @param idleMs after so many milliseconds without a byte the body is given up, the time in which the
 *   reader works not counted.
 * @returns pieces of text. Ending the generator early leaves the request open, so that it can be answered.
 * @throws BodyError
 */
export async function* longBody(
  incoming: IncomingMessage,
  encoding: Encoding,
  idleMs = IDLE_MS,
): AsyncGenerator<string, void, undefined> {
  const { socket } = incoming;
  const source = unpacked(incoming, encoding);
  let isAsked = true;
  let seen = socket.bytesRead;
  let quiet = 0;
  const watch = setInterval(() => {
    quiet = isAsked && socket.bytesRead === seen ? quiet + 1 : 0;
    seen = socket.bytesRead;
    if (quiet >= LOOKS) source.destroy(new BodyError('stalled'));
  }, idleMs / LOOKS);
  lasting.add(socket);
  incoming.once('close', () => lasting.delete(socket));
  try {
    for await (const piece of source.setEncoding('utf8') as AsyncIterable<string>) {
      isAsked = false;
      yield piece;
      isAsked = true;
    }
  } catch (error) {
    const fault = faultOf(error);
    throw fault === undefined ? error : new BodyError(fault);
  } finally {
    clearInterval(watch);
    source.destroy();
  }
}

/** As large as what a socket gives at once. */
const CHUNK_BYTES = 65_536;

/**
 * What the request holds, in a stream of its own: destroying it, which a failure does, must leave the
 * connection to the answer.
 */
function unpacked(incoming: IncomingMessage, encoding: Encoding): Transform {
  const source =
    encoding === 'gzip'
      ? createGunzip({ chunkSize: CHUNK_BYTES })
      : new PassThrough({ highWaterMark: CHUNK_BYTES });
  incoming.once('close', () => {
    if (!incoming.complete) source.destroy(new BodyError('aborted'));
  });
  return incoming.pipe(source);
}

function faultOf(error: unknown): BodyFault | undefined {
  if (error instanceof BodyError) return error.fault;
  const { code } = error as NodeJS.ErrnoException;
  return code?.startsWith('Z_') ? 'bad_encoding' : undefined;
}
