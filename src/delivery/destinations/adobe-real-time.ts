import { z } from 'zod';
import {
  type Chunk,
  type Context,
  DeliveryError,
  type DestinationType,
  type FailedLine,
  type Line,
  type Taken,
} from '../destination.ts';
import { hmacBase64 } from '../outbound/hmac.ts';
import { refusedBy } from '../outbound/refusal.ts';
import { httpUrl } from './http-url.ts';

/** "By default, each message will contain between 1 and 10 users." */
const MESSAGE_USERS = 10;
/** "This response is expected within 3000 milliseconds." */
const ANSWER_MS = 3000;

/** Adobe's own data providers of device ids; those of cookies differ from platform to platform. */
const DEVICE_DPIDS: ReadonlyMap<string, string> = new Map([
  ['gaid', '20914'],
  ['idfa', '20915'],
]);

const text = z.string().min(1).max(200);

const settings = z.object({
  url: httpUrl.describe('Where messages go; plain http only to where the configuration allows'),
  clientId: text.describe('Client_ID: the account at the platform'),
  destinationId: z
    .string()
    .regex(/^\d{1,18}$/, 'must be a number')
    .describe('AAM_Destination_Id'),
  dpid: z
    .string()
    .regex(/^\d{1,18}$/, 'must be a number')
    .describe("User_DPID of the partner's ids"),
  key: text.describe('Key of the signature'),
  hash: z.enum(['sha1', 'sha256', 'md5']).default('sha1').describe('Hash of the signature'),
  header: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'must be the name of a header')
    .default('X-Signature')
    .describe('Header that the signature stands in'),
});

type Settings = z.output<typeof settings>;

/**
 * A platform that takes Adobe Audience Manager's real-time outbound transfers: JSON messages of 1 to 10 users with
 * `Status` 1 or 0 for each segment, signed with HMAC in a header ("Real-Time Outbound Data Transfers", "Digitally
 * Signed HTTP(S) Requests"). Our own id of a user goes nowhere, so `AAM_UUID` is empty.
 *
 * A message that is refused takes its users with it, and no others; one that gets no answer is the fault of the
 * platform, and the chunk is tried again whole: a status said twice says the same.
 */
export const adobeRealTime: DestinationType<typeof settings> = {
  type: 'adobe-real-time',
  title: 'Real time in the manner of Adobe',
  summary:
    "Changes as signed messages, for platforms that take Adobe Audience Manager's real-time transfers.",
  settings,
  secrets: ['key'],
  places: ['url'],
  takes: { partner: true, devices: [...DEVICE_DPIDS.keys()] },
  tells: 'changes',
  bySegment: false,
  removes: true,
  expiryDays: { usual: 120, most: 120 },
  limits: () => ({ lines: 1000, concurrency: 8 }),
  send,
  preview: async (chunk, given) => {
    const shown: string[] = [];
    for await (const { body } of messages(chunk, given))
      shown.push(JSON.stringify(JSON.parse(body), undefined, 2));
    return shown.join('\n');
  },
};

async function send(chunk: Chunk, context: Context<Settings>): Promise<Taken> {
  const { url, key, hash, header } = context.settings;
  const failed: FailedLine[] = [];
  for await (const { body, numbers } of messages(chunk, context.settings)) {
    const headers = { 'content-type': 'application/json', [header]: hmacBase64(hash, key, body) };
    const reply = await context.outbound.ask(
      { method: 'POST', url, headers, body, timeoutMs: ANSWER_MS },
      context.abort,
    );
    // "Other codes will be interpreted as failures": also other codes of success.
    if (reply.status === 200) continue;
    const refused = refusedBy(reply, context.now());
    if (reply.status !== 400 && reply.status !== 422) throw refused;
    failed.push(...numbers.map((number) => failure(number, refused)));
  }
  if (failed.length > 0 && failed.length === chunk.count) {
    throw new DeliveryError('rejected', 'every message was refused', { retry: false });
  }
  return { accepted: chunk.count - failed.length, failed };
}

const failure = (number: number, { message: detail }: DeliveryError): FailedLine => ({
  number,
  reason: 'line_rejected',
  detail,
  retry: false,
});

interface Message {
  readonly body: string;
  readonly numbers: readonly number[];
}

/** A message names one kind of id, so users of each kind are gathered by themselves. */
async function* messages(chunk: Chunk, given: Settings): AsyncGenerator<Message> {
  const time = javaDate(chunk.planned);
  const gathered = new Map<string, Line[]>();
  const message = (dpid: string, lines: readonly Line[]): Message => ({
    numbers: lines.map(({ number }) => number),
    body: JSON.stringify({
      ProcessTime: time,
      User_DPID: dpid,
      Client_ID: given.clientId,
      AAM_Destination_Id: given.destinationId,
      User_count: String(lines.length),
      Users: lines.map((line) => userOf(line, time)),
    }),
  });
  for await (const line of chunk.lines()) {
    const dpid = DEVICE_DPIDS.get(line.source) ?? given.dpid;
    const lines = gathered.get(dpid) ?? [];
    lines.push(line);
    gathered.set(dpid, lines);
    if (lines.length < MESSAGE_USERS) continue;
    yield message(dpid, lines);
    gathered.delete(dpid);
  }
  for (const [dpid, lines] of gathered) yield message(dpid, lines);
}

const userOf = ({ uid, add, remove }: Line, DateTime: string) => ({
  AAM_UUID: '',
  DataPartner_UUID: uid,
  Segments: [
    ...add.map((Segment_ID) => ({ Segment_ID, Status: '1', DateTime })),
    ...remove.map((Segment_ID) => ({ Segment_ID, Status: '0', DateTime })),
  ],
});

/** `Wed Jul 27 16:17:42 UTC 2016`, as the messages in Adobe's documentation have it. */
function javaDate(date: Date): string {
  const [day, dayOfMonth, month, year, time] = date.toUTCString().replace(',', '').split(' ');
  return `${day} ${month} ${dayOfMonth} ${time} UTC ${year}`;
}
