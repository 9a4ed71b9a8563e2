import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { parseJson } from '../json-object.ts';
import { derivedKey } from './derived-key.ts';

/** A secret cannot be read: it was encrypted under another NINETY_SECRET, for another destination, or was changed. */
export class SecretUnreadableError extends Error {
  readonly reason = 'secret_unreadable';
  /** Name of the setting. */
  readonly setting: string;

  constructor(destination: string, setting: string) {
    super(
      `The setting ${setting} of destination ${destination} cannot be read: was NINETY_SECRET changed? Give it again.`,
    );
    this.name = 'SecretUnreadableError';
    this.setting = setting;
  }
}

const CIPHER = 'aes-256-gcm';
/** What every envelope of this kind begins with; another way of encrypting will have another. */
const VERSION = 'v1';
/** NIST SP 800-38D: 96 bits, at random; with one key no more than 2^32 times, which no operator types. */
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Settings of destinations that nobody is to read where they are kept: AES-256-GCM under a key of their own
 * ({@link derivedKey}). An envelope is bound to its destination and setting, so that copied to
 * another it cannot be read there.
 */
export class Vault {
  readonly #key: Buffer;

  /** @param secret NINETY_SECRET, or the one in the data folder. */
  constructor(secret: string) {
    this.#key = derivedKey(secret, 'destination-secrets/v1');
  }

  /**
   * @param value of a setting, anything that JSON holds.
   * @returns `v1.` and, as base64url, the nonce, the ciphertext and its tag.
   */
  seal(destination: string, setting: string, value: unknown): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, iv).setAAD(boundTo(destination, setting));
    const text = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
    return `${VERSION}.${Buffer.concat([iv, text, cipher.getAuthTag()]).toString('base64url')}`;
  }

  /** @throws SecretUnreadableError */
  open(destination: string, setting: string, sealed: string): unknown {
    const [version, text = ''] = sealed.split('.');
    const bytes = Buffer.from(text, 'base64url');
    if (version !== VERSION || bytes.length <= IV_BYTES + TAG_BYTES)
      throw new SecretUnreadableError(destination, setting);
    const decipher = createDecipheriv(CIPHER, this.#key, bytes.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    })
      .setAAD(boundTo(destination, setting))
      .setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      const clear = [decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()];
      return parseJson(Buffer.concat(clear).toString('utf8'));
    } catch {
      throw new SecretUnreadableError(destination, setting);
    }
  }
}

/** Ids and names of settings hold no slash. */
const boundTo = (destination: string, setting: string) => Buffer.from(`${VERSION}/${destination}/${setting}`);
