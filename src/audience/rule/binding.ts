import { STATEMENT } from './limits.ts';

/**
 * Values on their way into a statement, each as a ClickHouse query parameter: the SQL holds only names.
 * A port takes few parameters, so single values share arrays and are named by their place in one
 * (`{s0:Array(String)}[3]`, which ClickHouse folds to a constant before it chooses an index), and what is
 * bound twice is sent once.
 */
export class Binding {
  readonly params: Record<string, readonly (string | number | bigint)[]> = {};
  readonly #only: string | undefined;
  readonly #known = new Map<string, string>();
  #shared: { readonly [T in Scalar]: Shared } = {
    String: { name: '', values: [] },
    Int64: { name: '', values: [] },
    Float64: { name: '', values: [] },
  };

  /** @param only the visitors that the statement is about; everybody where not given. */
  constructor(only?: readonly bigint[]) {
    this.#only = only && `{${this.#add(only)}:Array(UInt64)}`;
  }

  /** Whether the statement is about a few visitors, so that what it reads is little anyhow. */
  get isOfFew(): boolean {
    return this.#only !== undefined;
  }

  /**
   * What stands behind FROM for a view of visitors' rows. Where the statement is about a few, no more than theirs
   * are read: their hits lie together.
   */
  from(view: VisitorsView): string {
    return this.#only === undefined ? view : `(SELECT * FROM ${view} WHERE visitor IN ${this.#only})`;
  }

  /** @returns SQL of one value. */
  one(type: Scalar, value: string | number): string {
    return this.#once(`${type} ${value}`, () => {
      const shared = this.#shared[type];
      if (shared.values.length % SHARED_BY === 0) {
        const values: (string | number)[] = [];
        this.#shared = { ...this.#shared, [type]: { name: this.#add(values), values } };
      }
      const { name, values } = this.#shared[type];
      values.push(value);
      return `{${name}:Array(${type})}[${values.length}]`;
    });
  }

  /** @returns SQL of arrays that together hold the values; more than one where they are too long for one. */
  many(type: 'String' | 'UInt8' | 'UInt32', values: readonly (string | number)[]): string[] {
    const parts: (string | number)[][] = [];
    let room = 0;
    for (const value of values) {
      const size = sizeOf(value);
      if (parts.length === 0 || size > room) {
        parts.push([]);
        room = STATEMENT.maxParamBytes;
      }
      parts.at(-1)!.push(value);
      room -= size;
    }
    return parts.map((part) =>
      this.#once(JSON.stringify([type, part]), () => `{${this.#add(part)}:Array(${type})}`),
    );
  }

  #once(key: string, bind: () => string): string {
    const known = this.#known.get(key) ?? bind();
    this.#known.set(key, known);
    return known;
  }

  #add(values: readonly (string | number | bigint)[]): string {
    const name = `p${Object.keys(this.params).length}`;
    this.params[name] = values;
    return name;
  }
}

type Scalar = 'String' | 'Int64' | 'Float64';
type VisitorsView =
  | 'kept_hits'
  | 'kept_features'
  | 'kept_traits'
  | 'kept_interests'
  | 'kept_demographics'
  | 'kept_lookalikes'
  | 'kept_clusters'
  | 'kept_households';
interface Shared {
  readonly name: string;
  readonly values: (string | number)[];
}

/**
 * Each mention of a shared array repeats all of it in what ClickHouse parses: 1,000 LIKE patterns over
 * 500,000 rows took 158 ms shared by 32, 170 ms by 64, 1,037 ms all in one array.
 */
const SHARED_BY = 32;

/** Bytes of a value inside an array parameter at most: quotes, comma, and every character escaped. */
const sizeOf = (value: string | number) => 2 * Buffer.byteLength(String(value)) + 3;

/** @returns about how many bytes the parameters are in a request line. */
export function encodedLength(params: Readonly<Record<string, unknown>>): number {
  let length = 0;
  for (const [name, value] of Object.entries(params)) {
    // The quote of a ClickHouse string is escaped where JSON's is not.
    const text = JSON.stringify(value).replaceAll("'", "\\'");
    length += new URLSearchParams([[`param_${name}`, text]]).toString().length + 1;
  }
  return length;
}
