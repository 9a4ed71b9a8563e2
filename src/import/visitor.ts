import { createHmac, randomBytes } from 'node:crypto';

/**
 * Makes the function that tells a log's visitors apart: a keyed hash of address and browser, 32 characters
 * of hexadecimal. The key is random, lives in this closure only and ends with it, so nobody can find a
 * person's lines again, and another import of the same log has other visitors.
 */
export function newVisitors(): (address: string, userAgent: string) => string {
  const key = randomBytes(32);
  return (address, userAgent) =>
    createHmac('sha256', key).update(`${address}\n${userAgent}`).digest('hex').slice(0, 32);
}
