import { hkdfSync } from 'node:crypto';

/**
 * A key for one purpose alone, by HKDF-SHA256 (RFC 5869): who learns it learns neither the secret nor another key.
 *
 * @param secret NINETY_SECRET, or the one in the data folder.
 * @param purpose fixed, with a version; what is made under one key is not read under another.
 * @returns 256 bits.
 */
export const derivedKey = (secret: string, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', `ninety/${purpose}`, 32));
