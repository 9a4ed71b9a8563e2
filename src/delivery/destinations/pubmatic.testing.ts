import { gunzipSync } from 'node:zlib';
import { gunzipped, md5, membersOf, Names, type Receiver } from './receiving.testing.ts';

/** PubMatic as its description of files has it: a name with its time and sum, and rows whose list replaces the one before. */
export class PubMatic implements Receiver {
  readonly #names = new Names();
  readonly #held = new Map<string, Set<string>>();
  readonly #partner: string;
  #newest = 0;

  constructor(partner: string) {
    this.#partner = partner;
  }

  take(name: string, body: Buffer): void {
    const [, partner, time, sum] = /^(\d+)_(\d{13})_([0-9a-f]{32})\.tsv\.gz$/.exec(name) ?? [];
    if (partner !== this.#partner) throw new Error(`${name} is no file of ${this.#partner}`);
    this.#names.add(name);
    if (sum !== md5(gunzipSync(body))) throw new Error('its sum is another');
    if (Number(time) < this.#newest) throw new Error('it is older than one that came before');
    this.#newest = Number(time);
    for (const row of gunzipped(body)) {
      const [dpid, uid, list, ip, country, type, ...more] = row.split('\t');
      if (more.length > 0 || type === undefined || !/^\d{1,4}$/.test(type)) throw new Error('no six columns');
      if (dpid !== partner || uid === '' || ip !== '') throw new Error('a wrong column');
      if (!/^([A-Z]{2})?$/.test(country!) || !/^([\w.-]+(,[\w.-]+)*)?$/.test(list!))
        throw new Error('a wrong country or list');
      if (list === '') this.#held.delete(`${type}:${uid}`);
      else this.#held.set(`${type}:${uid}`, new Set(list!.split(',')));
    }
  }

  members = (code: string): string[] => membersOf(this.#held, code);
}
