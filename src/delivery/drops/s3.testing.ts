import { createHash, createHmac, randomUUID } from 'node:crypto';
import { type Answer, type Received, type Served, serve } from '../outbound/server.testing.ts';

export interface S3Options {
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Answers before it looks at a request; undefined: it looks. */
  readonly instead?: (received: Received) => Answer | undefined;
}

export interface S3Server extends Served {
  /** By key, in the order in which they became visible. */
  readonly objects: ReadonlyMap<string, Buffer>;
  /** Uploads in parts that were neither completed nor given up. */
  readonly unfinished: () => number;
  /** Operations by name, in order. */
  readonly operations: readonly string[];
}

/** "Part sizes 5 MiB to 5 GiB, there is no minimum size limit on the last part." */
const LEAST_PART = 5 * 1024 * 1024;

/**
 * A bucket as the S3 API reference has it: signatures of version 4 and sums of bodies are checked, objects appear
 * whole, parts have their least size. Of what is not used here it says 501.
 */
export async function serveS3(options: S3Options): Promise<S3Server> {
  const objects = new Map<string, Buffer>();
  const uploads = new Map<string, { key: string; parts: Map<number, Buffer> }>();
  const operations: string[] = [];

  const served = await serve((received) => {
    const instead = options.instead?.(received);
    if (instead !== undefined) return instead;
    const wrong = checkSignature(received, options);
    if (wrong !== undefined) return refuse(403, wrong);
    const [, bucket, ...rest] = decodeURIComponent(received.path).split('/');
    if (bucket !== options.bucket) return refuse(404, 'NoSuchBucket');
    const key = rest.join('/');
    const upload = uploads.get(received.query.get('uploadId') ?? '');

    if (received.method === 'POST' && received.query.has('uploads')) {
      operations.push('CreateMultipartUpload');
      const id = randomUUID();
      uploads.set(id, { key, parts: new Map() });
      return xml(`<InitiateMultipartUploadResult><Bucket>${bucket}</Bucket><Key>${key}</Key>
        <UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
    }
    if (received.query.has('uploadId')) {
      if (upload === undefined || upload.key !== key) return refuse(404, 'NoSuchUpload');
      if (received.method === 'PUT') {
        operations.push('UploadPart');
        upload.parts.set(Number(received.query.get('partNumber')), received.body);
        return { status: 200, headers: { etag: etagOf(received.body) } };
      }
      if (received.method === 'DELETE') {
        operations.push('AbortMultipartUpload');
        uploads.delete(received.query.get('uploadId')!);
        return { status: 204 };
      }
      if (received.method === 'POST') {
        operations.push('CompleteMultipartUpload');
        const told = [...received.body.toString().matchAll(/<Part>([\s\S]*?)<\/Part>/g)].map(([, part]) => ({
          number: Number(/<PartNumber>(\d+)</.exec(part!)![1]),
          etag: /<ETag>(.*?)</.exec(part!)![1]!.replaceAll('&quot;', '"'),
        }));
        const bodies = told.map(({ number }) => upload.parts.get(number));
        if (told.some(({ etag }, place) => bodies[place] === undefined || etagOf(bodies[place]) !== etag)) {
          return refuse(400, 'InvalidPart');
        }
        if (told.some(({ number }, place) => place > 0 && number <= told[place - 1]!.number)) {
          return refuse(400, 'InvalidPartOrder');
        }
        if (bodies.slice(0, -1).some((body) => body!.length < LEAST_PART))
          return refuse(400, 'EntityTooSmall');
        uploads.delete(received.query.get('uploadId')!);
        objects.delete(key);
        objects.set(key, Buffer.concat(bodies as Buffer[]));
        return xml(`<CompleteMultipartUploadResult><Key>${key}</Key></CompleteMultipartUploadResult>`);
      }
    }
    if (received.method === 'PUT' && received.query.get('x-id') === 'PutObject') {
      operations.push('PutObject');
      objects.delete(key);
      objects.set(key, received.body);
      return { status: 200, headers: { etag: etagOf(received.body) } };
    }
    return refuse(501, 'NotImplemented');
  });
  return { ...served, objects, operations, unfinished: () => uploads.size };
}

const etagOf = (body: Buffer): string => `"${createHash('md5').update(body).digest('hex')}"`;

const xml = (body: string): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>${body}`,
});

const refuse = (status: number, code: string): Answer => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`,
});

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

/** "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)", reckoned anew. */
function checkSignature(received: Received, options: S3Options): string | undefined {
  const { headers, query } = received;
  const given =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    );
  if (given === null) return 'AccessDenied';
  const [, keyId, day, region, names, signature] = given as unknown as string[];
  if (keyId !== options.accessKeyId) return 'InvalidAccessKeyId';
  if (region !== options.region) return 'AuthorizationHeaderMalformed';
  const hash = String(headers['x-amz-content-sha256']);
  if (hash !== 'UNSIGNED-PAYLOAD' && hash !== sha256(received.body)) return 'XAmzContentSHA256Mismatch';
  const time = String(headers['x-amz-date']);
  if (!time.startsWith(day!)) return 'AccessDenied';
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  const canonical = [
    received.method,
    received.path
      .split('/')
      .map((part) => encode(decodeURIComponent(part)))
      .join('/'),
    [...query]
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join('&'),
    ...names!.split(';').map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    names,
    hash,
  ].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const key = [region!, 's3', 'aws4_request'].reduce<Buffer>(
    (secret, part) => hmac(secret, part),
    hmac(`AWS4${options.secretAccessKey}`, day!),
  );
  return hmac(key, text).toString('hex') === signature ? undefined : 'SignatureDoesNotMatch';
}
