/**
 * Kept beside the sorted ones until there are more: merging copies all, and a thousand that came one by one held up
 * every request for seconds where a million were known.
 */
const MOST_BESIDE = 4_096;

/**
 * A set of UInt64 that never loses one, sorted in one typed array: 8 bytes each, so a million opt-outs are
 * 8 MB in each collector process (and twice that for the moment in which new ones are merged in).
 */
export class SortedHashes {
  #sorted = new BigUint64Array(0);
  readonly #beside = new Set<bigint>();

  get size(): number {
    return this.#sorted.length + this.#beside.size;
  }

  has(hash: bigint): boolean {
    return this.#beside.has(hash) || this.#sorted[placeOf(this.#sorted, hash)] === hash;
  }

  /**
   * Takes in more; those it has already make no difference.
   *
   * @returns those that were new, sorted.
   */
  add(hashes: BigUint64Array): BigUint64Array {
    const added = this.#newOf(hashes);
    if (this.#beside.size + added.length <= MOST_BESIDE) for (const hash of added) this.#beside.add(hash);
    else {
      this.#sorted = merge(this.#sorted, BigUint64Array.from([...this.#beside, ...added]).sort());
      this.#beside.clear();
    }
    return added;
  }

  #newOf(hashes: BigUint64Array): BigUint64Array {
    const sorted = hashes.slice().sort();
    let kept = 0;
    for (let at = 0; at < sorted.length; at++) {
      const hash = sorted[at]!;
      if ((kept > 0 && sorted[kept - 1] === hash) || this.has(hash)) continue;
      sorted[kept++] = hash;
    }
    return sorted.subarray(0, kept);
  }
}

/** Where the hash stands, or would stand. */
function placeOf(sorted: BigUint64Array, hash: bigint): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < hash) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Copies what stands between two new ones in one piece: of a million, ten new ones cost a copy of 8 MB
 * (5 ms of CPU) and no look at each, where sorting all again would hold up every request.
 */
function merge(sorted: BigUint64Array, added: BigUint64Array): BigUint64Array<ArrayBuffer> {
  const merged = new BigUint64Array(sorted.length + added.length);
  let from = 0;
  for (const [index, hash] of added.entries()) {
    const place = placeOf(sorted, hash);
    if (place > from) merged.set(sorted.subarray(from, place), from + index);
    merged[place + index] = hash;
    from = place;
  }
  merged.set(sorted.subarray(from), from + added.length);
  return merged;
}
