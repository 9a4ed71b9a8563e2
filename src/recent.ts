interface Entry<K, V> {
  readonly key: K;
  readonly value: V;
  readonly weight: number;
}

/**
 * Remembers what was asked for lately, up to a bound, in two generations: when the young one is full it becomes
 * the old one, and what is asked for again comes back from there. So all that is in use stays, what is not goes
 * after one to two bounds of newer entries, and to find an entry is to look into a Map, no more.
 *
 * lru-cache, which keeps the exact order of use, moves each entry it finds: of the collector's own work a tenth
 * went there, because the memories of a busy server do not fit a processor's cache.
 */
export class Recent<K, V> {
  readonly #most: number;
  #young = new Map<K, Entry<K, V>>();
  #old: ReadonlyMap<K, Entry<K, V>> = new Map();
  #weight = 0;

  /** @param most weight of one generation; at most two are held. */
  constructor(most: number) {
    this.#most = most;
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young.value;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    // Under the key it was kept by: the one asked with may hold a whole request in memory.
    this.#put(old);
    return old.value;
  }

  /**
   * @param key kept as it is; a text cut out of a larger one keeps that alive.
   * @param weight of the entry, where entries differ much in size.
   */
  set(key: K, value: V, weight = 1): void {
    this.#put({ key, value, weight });
  }

  #put(entry: Entry<K, V>): void {
    this.#weight += entry.weight - (this.#young.get(entry.key)?.weight ?? 0);
    if (this.#weight > this.#most) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#weight = entry.weight;
    }
    this.#young.set(entry.key, entry);
  }
}
