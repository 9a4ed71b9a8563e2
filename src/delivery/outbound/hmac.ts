import { createHmac } from 'node:crypto';

/** @returns HMAC (RFC 2104) of the exact bytes, in base64, as partners put it into a header. */
export function hmacBase64(
  hash: 'md5' | 'sha1' | 'sha256',
  key: string | Uint8Array,
  body: string | Uint8Array,
): string {
  return createHmac(hash, key).update(body).digest('base64');
}
