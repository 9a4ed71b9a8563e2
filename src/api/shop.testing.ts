import { CHROME, type Operator, type Person, send } from '../../test/client.ts';
import { YES } from '../collect/front.testing.ts';
import type { TestServer } from './server.testing.ts';

export type Json = Record<string, unknown>;

/** The status of an answer, and the name of the problem where it is one. */
export async function statusOf(by: Operator, method: string, path: string, body?: unknown): Promise<string> {
  const answer = await by.send(method, path, body);
  const isProblem = answer.headers['content-type'] === 'application/problem+json';
  const type = isProblem ? String((JSON.parse(answer.body) as Json)['type']) : '';
  return `${answer.status} ${type.replace('urn:ninety:', '')}`.trim();
}

/** An address in Germany, as the bundled file has it. */
export const GERMANY = { 'x-forwarded-for': '84.128.0.1' };
export const YES_SIGNAL = { gdpr: '1', gdpr_consent: YES };

/** A site, a segment of its visitors, and whoever a test sends there. */
export class Shop {
  readonly #server: TestServer;
  site = '';
  segment = '';
  key = '';

  constructor(server: TestServer) {
    this.#server = server;
  }

  async open(): Promise<this> {
    const site = await this.#server.operator.json<Json>('POST', '/v1/sites', { name: 'Shop' });
    this.site = String(site['id']);
    this.key = String(site['key']);
    const made = await this.#server.operator.json<Json>('POST', '/v1/segments', {
      name: 'Visitors',
      rule: { did: { site: this.site } },
    });
    this.segment = String(made['id']);
    return this;
  }

  see(person: Person, parameters: Record<string, string> = {}): Promise<string> {
    return person.see({ s: this.key, u: 'https://shop.test/', ...parameters });
  }

  async posted(body: unknown, headers: Record<string, string>): Promise<Json> {
    const answer = await send(
      'POST',
      `${this.#server.url}/v1/hits`,
      { 'user-agent': CHROME, ...headers },
      JSON.stringify(body),
    );
    return { status: answer.status, ...(JSON.parse(answer.body) as Json) };
  }

  build = () => this.#server.operator.build(this.segment);
  members = async (as: string, since?: string) => {
    const { lines, cursor } = await this.#server.operator.pull(this.segment, as, since);
    return { changes: lines.map(({ id, op }) => `${op === 'add' ? '+' : '-'}${id}`), cursor };
  };
}
