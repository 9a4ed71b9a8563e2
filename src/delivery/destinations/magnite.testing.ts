import { gunzipped, membersOf, Names, type Receiver } from './receiving.testing.ts';

const KEYS = { taxonomy: 'id,name,price,owner,description', memberships: 'uuids,updateType,segments' };
const ID_TYPES = ['cookie', 'idfa', 'aaid', 'ctvid'];

interface Membership {
  readonly uuids: readonly { readonly id: string; readonly idType: string }[];
  readonly updateType: string;
  readonly segments: readonly string[];
}

/** Magnite as its specification has it: first what segments are, then who is in them, part by part. */
export class Magnite implements Receiver {
  readonly #names = new Names();
  readonly #held = new Map<string, Set<string>>();
  readonly #described = new Set<string>();
  #part = { time: 0, number: 0 };

  take(name: string, body: Buffer): void {
    const [, kind, of, part] =
      /^(taxonomy|memberships)_(\d{13})(?:_([1-9]\d*))?\.ndjson\.gz$/.exec(name) ?? [];
    const time = Number(of);
    this.#names.add(name);
    const rows = gunzipped(body).map((row) => JSON.parse(row) as Record<string, unknown>);
    if (kind === 'taxonomy' && part === undefined) {
      if (time <= this.#part.time) throw new Error('it is older than one that came before');
      this.#part = { time, number: 0 };
      expectKeys(rows, KEYS.taxonomy);
      for (const { id } of rows) this.#described.add(String(id));
    } else if (kind === 'memberships') {
      if (time !== this.#part.time || Number(part) !== this.#part.number + 1)
        throw new Error('it comes before its taxonomy or the part before it');
      this.#part.number += 1;
      expectKeys(rows, KEYS.memberships);
      for (const row of rows as unknown as Membership[]) this.#apply(row);
    } else throw new Error(`${name} is no name`);
  }

  #apply({ uuids, updateType, segments }: Membership): void {
    if (uuids.length === 0 || segments.length === 0) throw new Error('a row of nothing');
    if (updateType !== 'partial' && updateType !== 'remove') throw new Error('no such update');
    for (const { id, idType } of uuids) {
      if (id === '' || !ID_TYPES.includes(idType)) throw new Error('no such id');
      const held = this.#held.get(`${idType}:${id}`) ?? new Set();
      this.#held.set(`${idType}:${id}`, held);
      for (const code of segments) {
        if (!this.#described.has(code)) throw new Error('nobody described the segment');
        if (updateType === 'partial') held.add(code);
        else held.delete(code);
      }
    }
  }

  members = (code: string): string[] => membersOf(this.#held, code);
}

function expectKeys(rows: readonly object[], keys: string): void {
  if (rows.some((row) => Object.keys(row).join() !== keys)) throw new Error('another form of row');
}
