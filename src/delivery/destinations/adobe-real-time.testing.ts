import { createHmac } from 'node:crypto';
import type { Answer, Received } from '../outbound/server.testing.ts';
import { ContractServer } from './contract-server.testing.ts';

const DATE =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d\d \d\d:\d\d:\d\d UTC \d{4}$/;
const FIELDS = 'ProcessTime,User_DPID,Client_ID,AAM_Destination_Id,User_count,Users';

type Json = Record<string, unknown>;

export interface PlatformOptions {
  readonly key?: string;
  readonly hash?: string;
  readonly header?: string;
  /** Of the ids in its own cookies. */
  readonly dpid?: string;
  /** Messages that it takes before it is to be let rest. */
  readonly most?: number;
  /** Milliseconds it takes for an answer. */
  readonly delayMs?: number;
  /** Segments whose messages it refuses. */
  readonly refuses?: readonly string[];
}

/** A platform that takes Audience Manager's real-time messages as Adobe documents them, and nothing else. */
export class Platform extends ContractServer {
  readonly #options: PlatformOptions;
  protected override readonly at = '/segments';
  readonly #held = new Map<string, Set<string>>();
  #sinceRest = 0;
  /** Users of each message that was taken. */
  readonly messages: number[] = [];
  readonly dates = new Set<string>();

  constructor(options: PlatformOptions = {}) {
    super();
    this.#options = options;
  }

  rest(): void {
    this.#sinceRest = 0;
  }

  members(segment: string): string[] {
    return [...this.#held].flatMap(([user, segments]) => (segments.has(segment) ? [user] : [])).sort();
  }

  protected override async answer({ method, headers, body }: Received): Promise<Answer> {
    this.#sinceRest += 1;
    if (this.#sinceRest > (this.#options.most ?? Number.POSITIVE_INFINITY))
      return { status: 429, headers: { 'retry-after': '30' } };
    const { key = 'key', hash = 'sha1', header = 'x-signature', delayMs } = this.#options;
    if (delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (method !== 'POST' || headers['content-type'] !== 'application/json') return { status: 415 };
    if (headers[header] !== createHmac(hash, key).update(body).digest('base64')) return { status: 401 };
    return { status: this.#take(JSON.parse(String(body)) as Json) ? 200 : 400 };
  }

  #take(message: Json): boolean {
    const { dpid = '12345', refuses = [] } = this.#options;
    const users = message['Users'] as Json[];
    if (Object.keys(message).join() !== FIELDS || !DATE.test(String(message['ProcessTime']))) return false;
    if (![dpid, '20914', '20915'].includes(String(message['User_DPID']))) return false;
    if (users.length < 1 || users.length > 10 || message['User_count'] !== String(users.length)) return false;
    const told = users.flatMap(({ DataPartner_UUID: uid, Segments }) =>
      (Segments as Json[]).map((each) => ({ uid, ...each })),
    );
    const isForm = told.every(
      ({ uid, Segment_ID, Status, DateTime }: Json) =>
        uid !== '' && Segment_ID !== '' && /^[01]$/.test(String(Status)) && DATE.test(String(DateTime)),
    );
    if (!isForm || told.some(({ Segment_ID }: Json) => refuses.includes(String(Segment_ID)))) return false;
    this.messages.push(users.length);
    this.dates.add(String(message['ProcessTime']));
    for (const { uid, Segment_ID, Status } of told as Json[]) {
      const user = `${message['User_DPID']}:${uid}`;
      const held = this.#held.get(user) ?? new Set<string>();
      this.#held.set(user, held);
      if (Status === '1') held.add(String(Segment_ID));
      else held.delete(String(Segment_ID));
    }
    return true;
  }
}
