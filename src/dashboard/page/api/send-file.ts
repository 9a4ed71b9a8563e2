import { Problem, problemOf, UNREACHABLE } from './call.ts';

/** How far a file has gone. */
export interface Sent {
  /** Of the file, from 0 to 1; 1 = all of it is sent, and the server has yet to say what became of it. */
  readonly share: number;
}

export interface FileToSend {
  readonly file: File;
  readonly contentType: string;
  /** By which the server knows a repeat, such as after an answer that was lost on its way. */
  readonly idempotencyKey: string;
}

/** A name that ends so is of a file that is packed, which the server unpacks as it comes. */
const PACKED = /\.gz$/i;

/**
 * Sends a file to the API, by the session's cookie. By the older of a browser's two ways of asking: `fetch` does not
 * tell how much of a body is sent.
 *
 * @param sent told now and then. @param signal ends it.
 * @returns the answer's JSON.
 * @throws Problem, also where `signal` ended it (`stopped`).
 */
export function sendFile<T>(
  path: string,
  { file, contentType, idempotencyKey }: FileToSend,
  sent: (now: Sent) => void,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', path);
    request.setRequestHeader('Content-Type', contentType);
    request.setRequestHeader('Ninety-Console', '1');
    request.setRequestHeader('Idempotency-Key', `"${idempotencyKey}"`);
    if (PACKED.test(file.name)) request.setRequestHeader('Content-Encoding', 'gzip');
    request.upload.addEventListener('progress', ({ loaded, total }) =>
      sent({ share: total === 0 ? 1 : loaded / total }),
    );
    request.upload.addEventListener('load', () => sent({ share: 1 }));
    request.addEventListener('load', () => {
      const answer = new Response(request.responseText, { status: request.status });
      if (answer.ok) resolve(answer.json() as Promise<T>);
      else void problemOf(answer, path).then(reject);
    });
    request.addEventListener('error', () => reject(new Problem(0, 'unreachable', UNREACHABLE)));
    request.addEventListener('abort', () =>
      reject(new Problem(0, 'stopped', 'The upload was stopped before its end. Nothing of it is stored.')),
    );
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}
