import { z } from 'zod';
import { isObject, parseJson } from '../../json-object.ts';
import {
  type Chunk,
  type Context,
  DeliveryError,
  type DeliveryReason,
  type DestinationType,
  type FailedLine,
  type Line,
} from '../destination.ts';
import { hmacBase64 } from '../outbound/hmac.ts';
import { refusedBy } from '../outbound/refusal.ts';
import type { Reply } from '../outbound.ts';
import { batched, type Piece } from './batched.ts';
import { FailedLines } from './failed-lines.ts';
import { httpUrl } from './http-url.ts';
import { MOST_TTL_MINUTES, ttlMinutesOf } from './ttl.ts';

/** "Keep a request under 2.5 MB": of whole bytes, whichever megabyte is meant. */
const REQUEST_BYTES = 2_500_000;
/** Names of an item: an id with more of them gets several items, so that none outgrows a request. */
const ITEM_NAMES = 1000;
const NAME_CHARACTERS = 256;
const CALLERS = 4;
/** About a request full of ids that are in one segment each. */
const CHUNK_LINES = 15_000;
/** A request at its limit is long on the way, and the answer waits for every item of it. */
const TIMEOUT_MS = 120_000;

/** What an item may call its id; the others of theirs are for data with names and addresses, which we have not. */
const ID_TYPES = [
  'TDID',
  'UID2',
  'EUID',
  'ID5',
  'RampID',
  'NetID',
  'FirstID',
  'UtiqID',
  'CoreID',
  'MerkuryID',
  'RealID',
  'IqviaPPID',
] as const;

/** What people ask of it, each in requests of its own. */
const REQUEST_TYPES = ['Deletion', 'OptOut'] as const;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const key = z
  .string()
  .min(1)
  .max(1000)
  .regex(/^[\x21-\x7e]+$/, 'must be printable characters without spaces');

const common = {
  token: key.optional().describe('Token of the Data API, sent as TTD-Auth'),
  signingKey: key
    .optional()
    .describe('Secret key of the legacy signature TtdSignature, where there is no token'),
  idType: z.enum(ID_TYPES).default('TDID').describe('What the ids of the partner are; device ids go as DAID'),
  optOutRequest: z
    .enum(REQUEST_TYPES)
    .default('OptOut')
    .describe(
      'What is asked for who opted out here. OptOut is for good: The Trade Desk has no request that takes it back, also of who opts in again here. After Deletion such people can be told of again',
    ),
};

const firstPartySettings = z.object({
  endpoint: httpUrl.default('https://usw-data.adsrvr.org').describe('Data server of the region'),
  advertiserId: key.describe('Advertiser whose data it is'),
  dataProviderId: key.optional().describe('Where a data provider sends for the advertiser'),
  ...common,
  providerSigningKey: key.optional().describe('Secret key of the data provider, sent as TtdSignature-dp'),
});

const thirdPartySettings = z.object({
  endpoint: httpUrl.default('https://bulk-data.adsrvr.org').describe('Data server'),
  deletionEndpoint: httpUrl
    .default('https://usw-data.adsrvr.org')
    .describe('Data server that takes requests of people: deletions and opt-outs of their ids'),
  dataProviderId: key.describe('Data provider whose data it is'),
  ...common,
});

type Settings = z.output<typeof firstPartySettings> | z.output<typeof thirdPartySettings>;

const hasOneKey = ({ token, signingKey }: { token?: string | undefined; signingKey?: string | undefined }) =>
  (token === undefined) !== (signingKey === undefined);
const ONE_KEY = { error: 'either a token or, as the legacy, a signing key', path: ['token'] };

const shared = {
  takes: { partner: true, devices: ['idfa', 'gaid'] },
  gvlId: 21,
  tells: 'changes',
  bySegment: false,
  removes: true,
  forgets: true,
  keepsOptOuts: ({ optOutRequest = 'OptOut' }: Readonly<Record<string, unknown>>) =>
    optOutRequest === 'OptOut',
  expiryDays: { usual: 90, most: MOST_TTL_MINUTES / 60 / 24 },
  refuseCode: (code: string) =>
    code === '' || code.length > NAME_CHARACTERS ? `must have 1 to ${NAME_CHARACTERS} characters` : undefined,
} as const;

/**
 * The Trade Desk, first-party data of an advertiser: `POST /data/advertiser` of its Data API (OpenAPI description
 * "TTD Data API" v0.1). Sending a chunk again changes nothing: items of the same time say the same.
 *
 * Of an id whose person was erased or opted out first its segments are taken back, which counts at once, and then `POST
 * /data/deletion-optout/advertiser` asks for what the person did: `Deletion` of all that was sent of it, or `OptOut`, after
 * which it is targeted no more whoever sends data of it for the advertiser. `RequestType` has these two values and no
 * other, so that nothing takes an opt-out back there; who must be able to come back is given `Deletion` instead
 * (`optOutRequest`).
 */
export const tradeDeskFirstParty: DestinationType<typeof firstPartySettings> = {
  type: 'trade-desk-first-party',
  title: 'The Trade Desk, first-party data',
  summary: 'Segments as first-party data of an advertiser at The Trade Desk.',
  settings: firstPartySettings.refine(hasOneKey, ONE_KEY),
  secrets: ['token', 'signingKey', 'providerSigningKey'],
  places: ['endpoint'],
  ...shared,
  limits: (settings) => limitsAt(firstParty(settings).url, ofAdvertiser(settings)),
  send: (chunk, context) =>
    send(firstParty(context.settings), ofAdvertiser(context.settings), chunk, context),
  preview: (chunk, settings) => preview(firstParty(settings), chunk, settings),
};

/** The Trade Desk, third-party data of a provider: `POST /data/thirdparty` and its requests of people, of the same. */
export const tradeDeskThirdParty: DestinationType<typeof thirdPartySettings> = {
  type: 'trade-desk-third-party',
  title: 'The Trade Desk, third-party data',
  summary: 'Segments of a data provider that advertisers buy at The Trade Desk.',
  settings: thirdPartySettings.refine(hasOneKey, ONE_KEY),
  secrets: ['token', 'signingKey'],
  places: ['endpoint', 'deletionEndpoint'],
  ...shared,
  limits: (settings) => limitsAt(thirdParty(settings).url, ofProvider(settings)),
  send: (chunk, context) => send(thirdParty(context.settings), ofProvider(context.settings), chunk, context),
  preview: (chunk, settings) => preview(thirdParty(settings), chunk, settings),
};

/** Where the requests go, and what each says before its items. */
interface Door {
  readonly url: string;
  readonly head: Readonly<Record<string, string>>;
  readonly authorise: (body: string) => Record<string, string>;
}

/** Callers are counted at each endpoint, of all advertisers and providers that we send for. */
const limitsAt = (...endpoints: readonly string[]) => ({
  lines: CHUNK_LINES,
  concurrency: CALLERS,
  endpoints,
});

/** Where requests of people go. */
const ofAdvertiser = ({ endpoint }: z.output<typeof firstPartySettings>) =>
  under(endpoint, '/data/deletion-optout/advertiser');
const ofProvider = ({ deletionEndpoint }: z.output<typeof thirdPartySettings>) =>
  under(deletionEndpoint, '/data/deletion-optout/thirdparty');

type Requests = Record<(typeof REQUEST_TYPES)[number], Piece[]>;

const under = (endpoint: string, path: string) => endpoint.replace(/\/+$/, '') + path;

const firstParty = (settings: z.output<typeof firstPartySettings>): Door => ({
  url: under(settings.endpoint, '/data/advertiser'),
  head: {
    AdvertiserId: settings.advertiserId,
    ...(settings.dataProviderId === undefined ? {} : { DataProviderId: settings.dataProviderId }),
  },
  authorise: (body) => ({
    ...authorised(settings, body),
    ...(settings.providerSigningKey === undefined
      ? {}
      : { 'TtdSignature-dp': hmacBase64('sha1', settings.providerSigningKey, body) }),
  }),
});

const thirdParty = (settings: z.output<typeof thirdPartySettings>): Door => ({
  url: under(settings.endpoint, '/data/thirdparty'),
  head: { DataProviderId: settings.dataProviderId },
  authorise: (body) => authorised(settings, body),
});

function authorised({ token, signingKey }: Settings, body: string): Record<string, string> {
  if (token !== undefined) return { 'TTD-Auth': token };
  return { TtdSignature: hmacBase64('sha1', signingKey ?? '', body) };
}

/** @param requestsUrl where people's requests go, beside the data. */
async function send(data: Door, requestsUrl: string, chunk: Chunk, context: Context<Settings>) {
  const failed = new FailedLines();
  const requests: Requests = { Deletion: [], OptOut: [] };
  await post(data, items(chunk, context.settings, failed, requests), failed, context);
  for (const RequestType of REQUEST_TYPES) {
    const door = { url: requestsUrl, head: { ...data.head, RequestType }, authorise: data.authorise };
    await post(door, requests[RequestType], failed, context);
  }
  return failed.beside(chunk.count);
}

/** @param failed gets the lines that were not taken. @throws DeliveryError */
async function post(
  door: Door,
  texts: AsyncIterable<Piece> | Iterable<Piece>,
  failed: FailedLines,
  context: Context<Settings>,
): Promise<void> {
  const { start, end } = frame(door);
  const room = REQUEST_BYTES - 1 - Buffer.byteLength(start) - Buffer.byteLength(end);
  for await (const batch of batched(texts, room, ',')) {
    const body = start + batch.texts.join(',') + end;
    const reply = await context.outbound.ask(
      {
        method: 'POST',
        url: door.url,
        headers: { 'content-type': 'application/json', ...door.authorise(body) },
        body,
        timeoutMs: TIMEOUT_MS,
        // A line of the answer for each of the request, should all have failed.
        maxBytes: 4 * REQUEST_BYTES,
      },
      context.abort,
    );
    for (const { number, reason, detail, retry } of failedLines(reply, batch.numbers, context.now()))
      failed.add(number, reason, detail, retry);
  }
}

async function preview(door: Door, chunk: Chunk, settings: Settings): Promise<string> {
  const texts: string[] = [];
  for await (const { text } of items(chunk, settings, new FailedLines(), { Deletion: [], OptOut: [] }))
    texts.push(text);
  const { start, end } = frame(door);
  return JSON.stringify(JSON.parse(start + texts.join(',') + end), undefined, 2);
}

const frame = ({ head }: Door) => ({ start: `${JSON.stringify(head).slice(0, -1)},"Items":[`, end: ']}' });

/**
 * @param failed gets the lines whose ids are none. @param requests gets the ids of which something is asked: at most
 * those of a chunk.
 */
async function* items(
  chunk: Chunk,
  { idType, optOutRequest }: Settings,
  failed: FailedLines,
  requests: Requests,
): AsyncGenerator<Piece> {
  const time = chunk.planned.toISOString();
  for await (const line of chunk.lines()) {
    const type = line.source === 'idfa' || line.source === 'gaid' ? 'DAID' : idType;
    if (!isWellFormed(type, line.uid)) {
      failed.add(line.number, 'bad_id', `no ${type}`);
      continue;
    }
    const asked = new Set([
      ...(line.erased === true ? (['Deletion'] as const) : []),
      ...(line.optedOut === true ? [optOutRequest] : []),
    ]);
    for (const each of asked) requests[each].push(requestOf(line, type));
    const data = dataOf(line, chunk, time);
    for (let from = 0; from < data.length; from += ITEM_NAMES) {
      yield {
        number: line.number,
        text: JSON.stringify({ [type]: line.uid, Data: data.slice(from, from + ITEM_NAMES) }),
      };
    }
  }
}

const requestOf = ({ number, uid }: Line, type: string): Piece => ({
  number,
  text: JSON.stringify({ [type]: uid }),
});

const isWellFormed = (type: string, uid: string) =>
  type === 'TDID' || type === 'DAID' ? UUID.test(uid) : /^[\x21-\x7e]{1,2048}$/.test(uid);

/** Life of 0 minutes takes the id out of the segment, so a member is given at least one. */
const dataOf = ({ add, remove }: Line, chunk: Chunk, TimestampUtc: string) => [
  ...add.map((Name) => ({ Name, TimestampUtc, TtlInMinutes: ttlMinutesOf(chunk, Name) })),
  ...remove.map((Name) => ({ Name, TimestampUtc, TtlInMinutes: 0 })),
];

/** What each of their error codes says of a line, and whether the same may be taken later. */
const REASONS: ReadonlyMap<string, readonly [DeliveryReason, boolean]> = new Map([
  ['MissingUserId', ['bad_id', false]],
  ['InvalidUserId', ['bad_id', false]],
  ['Uid2Error', ['bad_id', false]],
  ['UserNotMapped', ['unknown_id', false]],
  ['DataNameTooLong', ['bad_segment', false]],
  ['TargetingDataDisabled', ['bad_segment', false]],
  ['TargetingDataCreationLimitExceeded', ['bad_segment', true]],
  ['TargetingDataCountLimitExceeded', ['bad_segment', true]],
  ['InvalidTtlInMinutes', ['line_rejected', false]],
  ['Unknown', ['line_rejected', true]],
]);

/**
 * Reads an answer. Status 200 is no success until the body says so: `FailedLines` names each item that was not taken,
 * counted from 1 (so does their own client); one without a number stands for all that have none of their own.
 *
 * @param numbers the line of each item of the request.
 * @throws DeliveryError where nothing was taken.
 */
function failedLines(reply: Reply, numbers: readonly number[], now: Date): FailedLine[] {
  const answer = parseJson(reply.body.toString('utf8'));
  const told =
    isObject(answer) && Array.isArray(answer['FailedLines']) ? answer['FailedLines'].filter(isObject) : [];
  if (reply.status < 200 || reply.status > 299) {
    // Its second version has one code for the whole, the first only those of lines.
    const one = isObject(answer) && 'ErrorCode' in answer ? answer : told[0];
    throw refusedBy(reply, now, one && codeIn(one));
  }
  if (!isObject(answer)) throw new DeliveryError('bad_answer', 'no JSON object', { retry: true });
  const failed = told.map((one) => ({ item: Number(one['ItemNumber'] ?? Number.NaN), code: codeIn(one) }));
  const byLine = new Map<number, FailedLine>();
  for (const { item, code } of failed) {
    const number = numbers[item - 1];
    if (number !== undefined && !byLine.has(number)) byLine.set(number, failure(number, code));
  }
  const unnumbered = failed.find(({ item }) => numbers[item - 1] === undefined);
  if (unnumbered !== undefined) {
    for (const number of numbers)
      if (!byLine.has(number)) byLine.set(number, failure(number, unnumbered.code));
  }
  return [...byLine.values()];
}

function failure(number: number, code: string): FailedLine {
  const [reason, retry] = REASONS.get(code) ?? ['line_rejected', false];
  return { number, reason, detail: code, retry };
}

/** The code alone: their message may hold the id. */
function codeIn(line: Record<string, unknown>): string {
  const code = line['ErrorCode'];
  return typeof code === 'string' && /^[A-Za-z0-9_]{1,80}$/.test(code) ? code : 'no error code';
}
