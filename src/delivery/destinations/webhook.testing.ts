import { createHmac } from 'node:crypto';
import type { Answer, Received } from '../outbound/server.testing.ts';
import { ContractServer } from './contract-server.testing.ts';

interface Head {
  readonly mode: 'full' | 'delta';
  readonly planned: string;
  readonly segments: Record<string, { readonly name: string; readonly ttlMinutes: number }>;
}

/**
 * A receiver as Standard Webhooks 1.0.0 asks for one: it knows one secret, looks at every signature, refuses a
 * timestamp more than five minutes away, takes an id once, and reads the body only after that.
 */
export class Receiver extends ContractServer {
  readonly #secret: string;
  readonly #now: () => number;
  protected override readonly at = '/segments';
  readonly #seen = new Set<string>();
  readonly #held = new Map<string, Set<string>>();
  readonly heads: Head[] = [];
  readonly sizes: number[] = [];
  /** Ids that it has no place for. */
  readonly refused = new Map<string, { reason: string; retry?: boolean }>();
  repeats = 0;

  constructor(secret: string, now: () => number = Date.now) {
    super();
    this.#secret = secret;
    this.#now = now;
  }

  members(code: string): string[] {
    return [...this.#held].flatMap(([id, codes]) => (codes.has(code) ? [id] : [])).sort();
  }

  protected override answer({ method, headers, body }: Received): Answer {
    const id = String(headers['webhook-id']);
    const time = String(headers['webhook-timestamp']);
    if (method !== 'POST' || headers['content-type'] !== 'application/x-ndjson') return { status: 415 };
    if (id.includes('.') || !/^\d{10}$/.test(time)) return { status: 400 };
    if (Math.abs(this.#now() / 1000 - Number(time)) > 300) return { status: 400 };
    const key = Buffer.from(this.#secret.replace(/^whsec_/, ''), 'base64');
    const expected = `v1,${createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest('base64')}`;
    if (!String(headers['webhook-signature']).split(' ').includes(expected)) return { status: 401 };
    if (headers['idempotency-key'] !== id) return { status: 400 };
    if (this.#seen.has(id)) {
      this.repeats++;
      return { status: 200 };
    }
    this.#seen.add(id);
    this.sizes.push(body.length);
    return this.#take(String(body));
  }

  #take(body: string): Answer {
    const lines = body.split('\n');
    if (lines.pop() !== '') return { status: 400 };
    const [head, ...members] = lines.map((line) => JSON.parse(line));
    this.heads.push(head as Head);
    const refused = [];
    for (const [index, { id, source, add, remove }] of members.entries()) {
      const name = `${source}:${id}`;
      const wrong = this.refused.get(name);
      if (wrong !== undefined) refused.push({ index, ...wrong });
      else {
        const held = this.#held.get(name) ?? new Set<string>();
        this.#held.set(name, held);
        for (const code of add) held.add(code);
        for (const code of remove) held.delete(code);
      }
    }
    return { status: 202, body: { accepted: members.length - refused.length, refused } };
  }
}
