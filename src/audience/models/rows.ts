/**
 * Labelled visitors as sparse rows in typed arrays: of 50,000 with a hundred features each they are some 40 MB, as
 * objects ten times that. They are shared with the threads that learn from them.
 */
export interface Rows {
  readonly count: number;
  /** Where the features of row i begin; those of the last end at `starts[count]`. */
  readonly starts: Uint32Array;
  readonly features: Uint32Array;
  readonly values: Float32Array;
  /** Number of the row's class. */
  readonly labels: Uint8Array;
  /** Number from 0 to {@link BUCKETS} - 1 by the visitor's hash. */
  readonly buckets: Uint8Array;
}

export const BUCKETS = 20;
/** Of the buckets: a fifth is never trained on. */
export const HELD_OUT_BUCKETS = 4;
export const FOLDS = 4;

export const isHeldOut = (bucket: number) => bucket < HELD_OUT_BUCKETS;
/** Of those trained on: in which fold of the cross-validation they are. */
export const foldOf = (bucket: number) => bucket % FOLDS;

/** Numbers of the rows whose bucket is wanted. */
export function rowsWhere(rows: Rows, wanted: (bucket: number) => boolean): Uint32Array {
  const found = new Uint32Array(rows.count);
  let n = 0;
  for (let row = 0; row < rows.count; row++) if (wanted(rows.buckets[row]!)) found[n++] = row;
  return found.slice(0, n);
}

/** Takes rows as they come, without knowing how many there will be. */
export class RowsBuilder {
  #starts = shared(Uint32Array, 1025);
  #labels = shared(Uint8Array, 1024);
  #buckets = shared(Uint8Array, 1024);
  #features = shared(Uint32Array, 65_536);
  #values = shared(Float32Array, 65_536);
  #count = 0;

  add(label: number, bucket: number, features: readonly number[], values: readonly number[]): void {
    const start = this.#starts[this.#count]!;
    const end = start + features.length;
    if (this.#count + 1 === this.#starts.length - 1) this.#growRows();
    while (end > this.#features.length) this.#growValues();
    this.#features.set(features, start);
    this.#values.set(values, start);
    this.#labels[this.#count] = label;
    this.#buckets[this.#count] = bucket;
    this.#count += 1;
    this.#starts[this.#count] = end;
  }

  done(): Rows {
    const end = this.#starts[this.#count]!;
    return {
      count: this.#count,
      starts: this.#starts.subarray(0, this.#count + 1),
      features: this.#features.subarray(0, end),
      values: this.#values.subarray(0, end),
      labels: this.#labels.subarray(0, this.#count),
      buckets: this.#buckets.subarray(0, this.#count),
    };
  }

  #growRows(): void {
    this.#starts = grown(Uint32Array, this.#starts, 2 * this.#starts.length);
    this.#labels = grown(Uint8Array, this.#labels, 2 * this.#labels.length + 1);
    this.#buckets = grown(Uint8Array, this.#buckets, 2 * this.#buckets.length + 1);
  }

  #growValues(): void {
    this.#features = grown(Uint32Array, this.#features, 2 * this.#features.length);
    this.#values = grown(Float32Array, this.#values, 2 * this.#values.length);
  }
}

type Numbers = Uint8Array | Uint32Array | Float32Array;

interface NumbersType<T extends Numbers> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: SharedArrayBuffer): T;
}

const shared = <T extends Numbers>(Type: NumbersType<T>, length: number): T =>
  new Type(new SharedArrayBuffer(length * Type.BYTES_PER_ELEMENT));

function grown<T extends Numbers>(Type: NumbersType<T>, from: T, length: number): T {
  const to = shared(Type, length);
  to.set(from);
  return to;
}
