import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { parseJson } from '../json-object.ts';
import type { Caller, Keys } from './keys.ts';

/** Somebody who signed in with a key. */
export interface Session {
  readonly caller: Caller;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** `key`: its id; `of`: by which secret of it; `until`: milliseconds since 1970. */
const claims = z.strictObject({ key: z.string(), of: z.string(), until: z.int() });
const TOKEN = /^v1\.([\w-]{1,400})\.([\w-]{43})$/;

/**
 * Sessions of the console, kept by the browser alone: signed under a key that HKDF (RFC 5869) makes of the
 * installation's secret, so that every process knows them, also after a restart. A session has nothing of its own: it
 * is its key, with that key's scopes as they are now, and ends with it.
 */
export class Sessions {
  readonly #keys: Keys;
  readonly #secret: Buffer;

  constructor(keys: Keys, secret: string) {
    this.#keys = keys;
    this.#secret = Buffer.from(hkdfSync('sha256', secret, '', 'ninety/console-session/v1', 32));
  }

  /**
   * @param until milliseconds since 1970.
   * @returns what the browser keeps; undefined where the key has ended meanwhile.
   */
  seal(caller: Caller, until: number): string | undefined {
    const key = this.#keys.standing(caller.id);
    if (key === undefined) return undefined;
    const body = JSON.stringify({ key: key.id, of: this.#sign(`key ${key.hash}`), until });
    const text = Buffer.from(body).toString('base64url');
    return `v1.${text}.${this.#sign(text)}`;
  }

  /** @returns undefined for what we did not seal, for what is over, and where the key has ended or is another now. */
  open(token: string, now: number): Session | undefined {
    const [, text, signature] = TOKEN.exec(token) ?? [];
    if (text === undefined || signature === undefined || !same(signature, this.#sign(text))) return undefined;
    const said = claims.safeParse(parseJson(Buffer.from(text, 'base64url').toString('utf8')));
    if (!said.success || said.data.until <= now) return undefined;
    const key = this.#keys.standing(said.data.key);
    if (key === undefined || !same(said.data.of, this.#sign(`key ${key.hash}`))) return undefined;
    return { caller: { id: key.id, scopes: key.scopes }, expires: said.data.until };
  }

  readonly #sign = (text: string) => createHmac('sha256', this.#secret).update(text).digest('base64url');
}

const same = (a: string, b: string) =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
