import { gunzipped, type Receiver } from './receiving.testing.ts';

const KEYS = [
  'meta_version',
  'audienceName',
  'audienceID',
  'sourceAudienceID',
  'advertiserAccountID',
  'indexAccountID',
  'exportTimestamp',
  'action',
].join();

/**
 * Index Exchange as far as its description is known: a list and behind it what the list is, which lie there until they
 * are worked off. A pair that comes over one that nobody has read yet is refused.
 */
export class IndexExchange implements Receiver {
  readonly #lists = new Map<string, readonly string[]>();
  readonly #pairs = new Map<string, { readonly code: string; readonly action: string }>();
  readonly #held = new Map<string, Set<string>>();

  take(name: string, body: Buffer): void {
    const [, stem = '', end] = /^(.+)\.(gz|json)$/.exec(name) ?? [];
    if (end === undefined) throw new Error(`${name} is no name`);
    if (this.#pairs.has(stem)) throw new Error(`${stem} was not read yet`);
    if (end === 'gz') {
      if (this.#lists.has(stem)) throw new Error(`${stem} was not described yet`);
      this.#lists.set(stem, gunzipped(body));
      return;
    }
    if (!this.#lists.has(stem)) throw new Error(`${stem} is described before it is there`);
    const told = JSON.parse(body.toString()) as Record<string, string>;
    const { meta_version, audienceID: code = '', action = '' } = told;
    if (Object.keys(told).join() !== KEYS || meta_version !== '1.2') throw new Error('another form');
    if (!['append', 'delete', 'replace'].includes(action)) throw new Error('no such action');
    if (stem !== (action === 'delete' ? `${code}_delete` : code)) throw new Error('it is of another list');
    this.#pairs.set(stem, { code, action });
  }

  /** What it does some 15 to 20 minutes later. */
  workOff(): void {
    for (const [stem, ids] of this.#lists) {
      const pair = this.#pairs.get(stem);
      if (pair === undefined) throw new Error(`${stem} is half a pair`);
      const { code, action } = pair;
      const held = action === 'replace' ? new Set<string>() : (this.#held.get(code) ?? new Set<string>());
      for (const id of ids) {
        if (action === 'delete') held.delete(id);
        else held.add(id);
      }
      this.#held.set(code, held);
    }
    this.#lists.clear();
    this.#pairs.clear();
  }

  members = (code: string): string[] => [...(this.#held.get(code) ?? [])].sort();
}
