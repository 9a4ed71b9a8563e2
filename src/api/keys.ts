import { createHash, timingSafeEqual } from 'node:crypto';
import { nanoid } from 'nanoid';
import type { Registry } from '../registry/registry.ts';

/** `visitors`: to look at a single person, which is written down. */
export const SCOPES = ['admin', 'edit', 'read', 'visitors', 'collect', 'labels'] as const;
export const isScope = (text: string) =>
  (SCOPES as readonly string[]).includes(text) || /^export:[a-z0-9][a-z0-9_-]{0,63}$/.test(text);

/** Who asks. */
export interface Caller {
  /** Id of the key. */
  readonly id: string;
  readonly scopes: readonly string[];
}

/** A new secret: 32 characters of nanoid are 192 bits, so a plain hash of it needs no salt and no stretching. */
export const newKey = () => `n90_${nanoid(32)}`;

export const hashKey = (key: string) => createHash('sha256').update(key).digest('hex');

/** Knows keys by their hash only. */
export class Keys {
  readonly #registry: Registry;
  readonly #used: (id: string) => void;
  readonly #admins: ReadonlyMap<string, Buffer>;

  /**
   * @param admins keys that are valid as long as the process runs and are stored nowhere in the database, by
   *   the id they act under: the environment's, and the one of the machine's own commands.
   * @param used told the id of a key each time that it comes.
   */
  constructor(
    registry: Registry,
    admins: Readonly<Record<string, string | undefined>>,
    used: (id: string) => void = () => undefined,
  ) {
    this.#registry = registry;
    this.#used = used;
    this.#admins = new Map(
      Object.entries(admins).flatMap(([id, key]) =>
        key === undefined ? [] : [[id, Buffer.from(hashKey(key))]],
      ),
    );
  }

  /** @returns the caller of an `Authorization: Bearer KEY` header, or undefined. */
  caller(authorization: string | undefined): Caller | undefined {
    const caller = this.#knownBy(authorization);
    if (caller !== undefined) this.#used(caller.id);
    return caller;
  }

  #knownBy(authorization: string | undefined): Caller | undefined {
    const key = /^Bearer ([\x21-\x7e]{8,256})$/i.exec(authorization ?? '')?.[1];
    if (key === undefined) return undefined;
    const hash = Buffer.from(hashKey(key));
    for (const [id, known] of this.#admins) {
      if (timingSafeEqual(hash, known)) return { id, scopes: ['admin'] };
    }
    for (const known of this.#registry.list('key')) {
      if (timingSafeEqual(hash, Buffer.from(known.hash))) return { id: known.id, scopes: known.scopes };
    }
    return undefined;
  }

  /** @returns the key of an id as it stands now, its secret as a hash; undefined where it has ended. */
  standing(id: string): (Caller & { readonly hash: string }) | undefined {
    const admin = this.#admins.get(id);
    if (admin !== undefined) return { id, scopes: ['admin'], hash: admin.toString() };
    const known = this.#registry.get('key', id);
    return known && { id, scopes: known.scopes, hash: known.hash };
  }
}

/** `admin` implies every other scope, `edit` implies `read`. */
export const may = (caller: Caller, scope: string) =>
  caller.scopes.includes('admin') ||
  caller.scopes.includes(scope) ||
  (scope === 'read' && caller.scopes.includes('edit'));
