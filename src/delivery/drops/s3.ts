import { createReadStream } from 'node:fs';
import { AbortMultipartUploadCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { type Context, DeliveryError, type DeliveryReason } from '../destination.ts';
import { retryAfterMs } from '../outbound/refusal.ts';
import { outboundAgents } from './agents.ts';
import { below, checkDropName, type Drop } from './drop.ts';
import type { DropSettings } from './settings.ts';

/** Of one part of a large file. With at most 10,000 parts (S3's limit) a file may have 160 GB; memory holds two parts. */
const PART_BYTES = 16 * 1024 * 1024;
const PARTS_AT_ONCE = 2;

// A library's own word on which Node it will want from 2027 on is nothing that an operator of this can act upon; AWS tells
// this way to turn it off (announcement "End of Support for Node.js 20.x in AWS SDK for JavaScript").
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

/** A part out of hundreds that meets a busy moment is tried again at once; the whole chunk's tries are the caller's. */
const TRIES_OF_A_PART = 3;

const CONNECT_MS = 10_000;
const SILENCE_MS = 60_000;
/** Who gives up does not wait long for what is left behind to be tidied. */
const TIDY_MS = 5_000;

/**
 * An S3-compatible bucket. An object appears whole when the last part is in, so no other name is needed before.
 * Only the keys in the settings are used: no file, environment or metadata service of this machine is asked for any.
 */
export function openS3({ settings, outbound, abort }: Context<DropSettings>): Drop {
  const agents = outboundAgents(outbound);
  const client = new S3Client({
    region: settings.region!,
    ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint, forcePathStyle: true }),
    credentials: { accessKeyId: settings.accessKeyId!, secretAccessKey: settings.secretAccessKey! },
    maxAttempts: TRIES_OF_A_PART,
    // Newer checksums travel as trailers, which many compatible services refuse; the signature covers the body.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    followRegionRedirects: false,
    requestHandler: {
      httpAgent: agents.http,
      httpsAgent: agents.https,
      connectionTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
    },
  });
  return {
    async put(name, file) {
      checkDropName(name);
      abort.throwIfAborted();
      const body = createReadStream(file, { highWaterMark: 1024 * 1024 });
      const place = { Bucket: settings.bucket!, Key: below(settings.path, name) };
      const upload = new Upload({
        client,
        params: { ...place, Body: body },
        partSize: PART_BYTES,
        queueSize: PARTS_AT_ONCE,
        leavePartsOnError: false,
      });
      const stop = () => void upload.abort();
      abort.addEventListener('abort', stop, { once: true });
      try {
        await upload.done();
      } catch (error) {
        if (!abort.aborted) throw asDelivery(error);
        // The library leaves an upload that was cut off to itself; its parts would be kept and paid for.
        if (upload.uploadId !== undefined) {
          const forget = new AbortMultipartUploadCommand({ ...place, UploadId: upload.uploadId });
          await client.send(forget, { abortSignal: AbortSignal.timeout(TIDY_MS) }).catch(() => {});
        }
        throw abort.reason;
      } finally {
        abort.removeEventListener('abort', stop);
        body.destroy();
      }
    },
    async close() {
      client.destroy();
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/** What S3 calls it when the keys are none that it knows, or the secret is not that of the key. */
const WRONG_KEYS: ReadonlySet<string> = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidSecurity',
]);

/** By the status that the service answered with; without one there was no answer. */
function asDelivery(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error;
  if (error instanceof S3ServiceException) {
    const status = error.$metadata.httpStatusCode ?? 0;
    // Its code alone, such as NoSuchBucket: the message names keys and requests.
    const code = /^[A-Za-z]{1,60}$/.test(error.name) ? ` ${error.name}` : '';
    const detail = `the bucket answered ${status}${code}`;
    const once = (reason: DeliveryReason) => new DeliveryError(reason, detail, { retry: false });
    const again = (reason: DeliveryReason) => {
      const afterMs = retryAfterMs(error.$response?.headers ?? {}, new Date());
      return new DeliveryError(reason, detail, { retry: true, afterMs });
    };
    if (status === 401 || WRONG_KEYS.has(error.name)) return once('unauthorized');
    if (status === 403) return once('forbidden');
    if (status === 413) return once('too_large');
    if (status === 429) return again('rate_limited');
    if (status >= 500) return again('unavailable');
    if (status >= 300) return once('rejected');
    return again('bad_answer');
  }
  const name = error instanceof Error ? error.name : '';
  if (name === 'TimeoutError')
    return new DeliveryError('timed_out', 'the bucket did not answer', { retry: true });
  return new DeliveryError('unreachable', 'no connection to the bucket held', { retry: true });
}
