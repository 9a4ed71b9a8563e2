import { createHmac } from 'node:crypto';
import type { Answer, Received } from '../outbound/server.testing.ts';
import { ContractServer } from './contract-server.testing.ts';

type Json = Record<string, unknown>;

const ID_FIELDS = new Set(
  'TDID DAID UID2 UID2Token RampID CoreID EUID EUIDToken ID5 NetID FirstID UtiqID MerkuryID RealID IqviaPPID'.split(
    ' ',
  ),
);
const DATA_FIELDS = new Set(['Name', 'TimestampUtc', 'TtlInMinutes']);
const REQUEST_FIELDS: Readonly<Record<string, readonly string[]>> = {
  '/data/advertiser': ['AdvertiserId', 'DataProviderId', 'Items', 'DataLoadTraceId', 'DataOrigins'],
  '/data/thirdparty': ['DataProviderId', 'Items', 'DataLoadTraceId', 'DataOrigins', 'IsUserIdAlreadyHashed'],
  '/data/deletion-optout/advertiser': [
    'AdvertiserId',
    'DataProviderId',
    'Items',
    'DataLoadTraceId',
    'RequestType',
  ],
  '/data/deletion-optout/thirdparty': [
    'DataProviderId',
    'BrandId',
    'Items',
    'DataLoadTraceId',
    'RequestType',
  ],
};
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/;

export interface TradeDeskOptions {
  readonly token?: string;
  /** Of the legacy signature. */
  readonly signingKey?: string;
  readonly providerSigningKey?: string;
  readonly advertiserId?: string;
  readonly dataProviderId?: string;
  /** Ids that it never met: `UserNotMapped`. */
  readonly unmapped?: readonly string[];
}

/**
 * The Trade Desk's Data API after its OpenAPI description ("TTD Data API" v0.1) and the limits in its guides: two
 * doors, `TTD-Auth` or `TtdSignature`, requests under 2.5 MB, four callers at once, `FailedLines` with status 200.
 */
export class TradeDesk extends ContractServer {
  readonly #options: TradeDeskOptions;
  /** By kind and id, the names that it is in, each with its life in minutes. */
  readonly #held = new Map<string, Map<string, number>>();
  #underWay = 0;
  #heldUp: Promise<void> = Promise.resolve();
  /** Bytes of each request that was taken, in order. */
  readonly requests: number[] = [];
  refused = 0;
  /** Ids that were to be deleted, as `TDID:…`, in order, with the names that they were in still. */
  readonly deleted: { readonly id: string; readonly names: readonly string[] }[] = [];
  /** Ids that are targeted no more, as `TDID:…`, in order. */
  readonly optedOut: string[] = [];

  constructor(options: TradeDeskOptions = {}) {
    super();
    this.#options = options;
  }

  /** Who is in a segment now, as `TDID:…`, sorted. */
  members(name: string): string[] {
    return [...this.#held]
      .flatMap(([id, names]) => (names.has(name) && !this.optedOut.includes(id) ? [id] : []))
      .sort();
  }

  ttl(id: string, name: string): number | undefined {
    return this.#held.get(id)?.get(name);
  }

  /** Requests that it is at, until they are let go. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Lets requests wait from now on. @returns lets them go. */
  hold(): () => void {
    let letGo = () => {};
    this.#heldUp = new Promise((resolve) => {
      letGo = resolve;
    });
    return letGo;
  }

  protected override async answer(received: Received): Promise<Answer> {
    const isOneTooMany = this.#underWay >= 4;
    this.#underWay++;
    if (!isOneTooMany) await this.#heldUp;
    const answer = isOneTooMany
      ? { status: 429, headers: { 'retry-after': '1' }, body: {} }
      : this.#judged(received);
    this.#underWay--;
    if (answer.status === 200) this.requests.push(received.body.length);
    else this.refused++;
    return answer;
  }

  #judged({ method, path, headers, body }: Received): Answer {
    const fields = REQUEST_FIELDS[path];
    if (method !== 'POST' || fields === undefined) return { status: 404 };
    if (body.length >= 2_500_000) return { status: 413, body: 'Request Entity Too Large' };
    if (!this.#isAuthorised(headers, body)) return { status: 401, body: 'Unauthorized' };
    if (!/^application\/json(;|$)/.test(String(headers['content-type']))) return { status: 415 };
    const request = JSON.parse(body.toString('utf8')) as Json;
    if (Object.keys(request).some((field) => !fields.includes(field))) return { status: 400, body: {} };
    const { advertiserId, dataProviderId } = this.#options;
    if (path.endsWith('/advertiser') && request['AdvertiserId'] !== (advertiserId ?? 'advertiser'))
      return { status: 403 };
    if (path.endsWith('/thirdparty') && request['DataProviderId'] !== (dataProviderId ?? 'provider'))
      return { status: 403 };
    const items = request['Items'];
    if (!Array.isArray(items) || items.length === 0) return { status: 400, body: {} };
    const isRequest = path.startsWith('/data/deletion-optout/');
    const { RequestType } = request;
    if (isRequest && RequestType !== 'Deletion' && RequestType !== 'OptOut') return { status: 400, body: {} };
    const failed = items.flatMap((item: Json, at) =>
      isRequest
        ? this.#request(item, String(at + 1), RequestType === 'OptOut')
        : this.#take(item, String(at + 1)),
    );
    return { status: 200, body: failed.length === 0 ? {} : { FailedLines: failed } };
  }

  #isAuthorised(headers: Received['headers'], body: Buffer): boolean {
    const { token = 'token', signingKey, providerSigningKey } = this.#options;
    const signed = (name: string, key: string) =>
      headers[name] === createHmac('sha1', key).update(body).digest('base64');
    if (providerSigningKey !== undefined && !signed('ttdsignature-dp', providerSigningKey)) return false;
    return signingKey === undefined ? headers['ttd-auth'] === token : signed('ttdsignature', signingKey);
  }

  /** An item is one id and nothing else. */
  #request(item: Json, ItemNumber: string, isOptOut: boolean): Json[] {
    const [[type, id] = ['', ''], ...others] = Object.entries(item);
    const isOne = ID_FIELDS.has(type) && typeof id === 'string' && id !== '' && others.length === 0;
    const isUuid = (type !== 'TDID' && type !== 'DAID') || UUID.test(String(id));
    if (!isOne || !isUuid || this.#options.unmapped?.includes(String(id)) === true)
      return [{ ErrorCode: 'InvalidUserId', Message: `item #${ItemNumber}`, ItemNumber }];
    const key = `${type}:${id}`;
    if (isOptOut) {
      this.optedOut.push(key);
      return [];
    }
    this.deleted.push({ id: key, names: [...(this.#held.get(key)?.keys() ?? [])] });
    this.#held.delete(key);
    return [];
  }

  #take(item: Json, ItemNumber: string): Json[] {
    const fail = (ErrorCode: string) => [{ ErrorCode, Message: `item #${ItemNumber}`, ItemNumber }];
    const ids = Object.keys(item).filter((field) => field !== 'Data');
    const [type = ''] = ids;
    const id = item[type];
    if (ids.some((field) => !ID_FIELDS.has(field))) return fail('ItemDeserializationError');
    if (ids.length !== 1 || typeof id !== 'string' || id === '') return fail('MissingUserId');
    if ((type === 'TDID' || type === 'DAID') && !UUID.test(id)) return fail('MissingUserId');
    if (this.#options.unmapped?.includes(id) === true) return fail('UserNotMapped');
    const data = item['Data'] as Json[];
    if (!Array.isArray(data) || data.length === 0) return fail('ItemDeserializationError');
    for (const { Name, TimestampUtc, TtlInMinutes, ...more } of data) {
      if (Object.keys(more).some((field) => !DATA_FIELDS.has(field))) return fail('ItemDeserializationError');
      if (typeof Name !== 'string' || Name === '') return fail('ItemDeserializationError');
      if (Name.length > 256) return fail('DataNameTooLong');
      if (TimestampUtc !== undefined && !TIME.test(String(TimestampUtc)))
        return fail('ItemDeserializationError');
      const ttl = TtlInMinutes ?? 129_600;
      if (!Number.isInteger(ttl) || Number(ttl) < 0 || Number(ttl) > 259_200)
        return fail('InvalidTtlInMinutes');
      const held = this.#held.get(`${type}:${id}`) ?? new Map<string, number>();
      this.#held.set(`${type}:${id}`, held);
      if (ttl === 0) held.delete(Name);
      else held.set(Name, Number(ttl));
    }
    return [];
  }
}
