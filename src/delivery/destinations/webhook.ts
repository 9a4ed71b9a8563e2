import { z } from 'zod';
import { DEVICE_TYPES } from '../../collect/device-id.ts';
import { isObject, parseJson } from '../../json-object.ts';
import {
  type Chunk,
  type Context,
  DELIVERY_REASONS,
  type DeliveryReason,
  type DestinationType,
  type FailedLine,
  type Line,
  type Taken,
} from '../destination.ts';
import { hmacBase64 } from '../outbound/hmac.ts';
import { refusedBy } from '../outbound/refusal.ts';
import { type Batch, batched } from './batched.ts';
import { httpUrl } from './http-url.ts';

/** Of the lines in a request, before the line that describes their segments. */
const REQUEST_BYTES = 4_000_000;
/** "Somewhere between 15 and 30s" (Standard Webhooks). */
const TIMEOUT_MS = 30_000;

/** With what a webhook is signed. */
export const signingSecret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/, 'must be whsec_ and base64')
  .refine((text) => {
    const { length } = keyOf(text);
    return length >= 24 && length <= 64;
  }, 'must have 24 to 64 bytes');

const settings = z.object({
  url: httpUrl.describe('Where to; plain http only to where the configuration allows'),
  secret: signingSecret.describe('Signing secret: whsec_ and 24 to 64 bytes in base64'),
  previousSecret: signingSecret
    .optional()
    .describe('The secret before, while receivers change over: both sign'),
  linesPerRequest: z.number().int().min(1).max(50_000).default(5000).describe('Ids in a request at most'),
  concurrency: z.number().int().min(1).max(16).default(2).describe('Requests under way at once'),
});

type Settings = z.output<typeof settings>;

/**
 * A webhook of one's own, signed after Standard Webhooks 1.0.0: `webhook-id`, `webhook-timestamp` (seconds, of the
 * attempt) and `webhook-signature` (`v1,` and HMAC-SHA256 of `id.timestamp.body` in base64, one for each secret). The
 * id is the same for every try, and sent as `idempotency-key` too.
 *
 * The body is NDJSON. Its first line describes the delivery: `{mode, planned, segments: {code: {name, ttlMinutes}}}`
 * of the segments in this request; each other is of an id: `{id, source, add: [codes], remove: [codes]}`.
 *
 * Any 2xx takes all lines, but for those that an answer of JSON names by their place, from 0 the first id:
 * `{refused: [{index, reason, retry?}]}`.
 */
export const webhook: DestinationType<typeof settings> = {
  type: 'webhook',
  title: 'Webhook',
  summary: 'Changes as signed NDJSON requests to a server of your own.',
  settings,
  secrets: ['secret', 'previousSecret'],
  places: ['url'],
  takes: { partner: true, devices: DEVICE_TYPES },
  tells: 'changes',
  bySegment: false,
  removes: true,
  expiryDays: { usual: 90, most: 90 },
  limits: ({ linesPerRequest, concurrency }) => ({ lines: linesPerRequest, concurrency }),
  send,
  preview: async (chunk) => {
    const shown: string[] = [];
    for await (const batch of requests(chunk)) shown.push(bodyOf(chunk, batch));
    return shown.join('\n');
  },
};

async function send(chunk: Chunk, context: Context<Settings>): Promise<Taken> {
  const failed: FailedLine[] = [];
  let request = 0;
  for await (const batch of requests(chunk)) {
    const body = bodyOf(chunk, batch);
    const id = request === 0 ? chunk.key : `${chunk.key}_${request}`;
    request++;
    const reply = await context.outbound.ask(
      {
        method: 'POST',
        url: context.settings.url,
        headers: {
          'content-type': 'application/x-ndjson',
          'idempotency-key': id,
          ...signed(context.settings, id, Math.floor(context.now().getTime() / 1000), body),
        },
        body,
        timeoutMs: TIMEOUT_MS,
      },
      context.abort,
    );
    if (reply.status < 200 || reply.status > 299) throw refusedBy(reply, context.now());
    failed.push(...refusedLines(parseJson(reply.body.toString('utf8')), batch.numbers));
  }
  return { accepted: chunk.count - failed.length, failed };
}

/**
 * The headers of Standard Webhooks.
 *
 * @param id of the message, without a full stop. @param timestamp seconds since 1970.
 */
export function signed(
  { secret, previousSecret }: Pick<Settings, 'secret'> & { readonly previousSecret?: string | undefined },
  id: string,
  timestamp: number,
  body: string,
): Record<string, string> {
  const secrets = previousSecret === undefined ? [secret] : [secret, previousSecret];
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': secrets
      .map((each) => `v1,${hmacBase64('sha256', keyOf(each), `${id}.${timestamp}.${body}`)}`)
      .join(' '),
  };
}

interface Member extends Pick<Line, 'add' | 'remove' | 'number'> {
  readonly text: string;
}

interface Request extends Batch {
  readonly codes: ReadonlySet<string>;
}

async function* requests(chunk: Chunk): AsyncGenerator<Request> {
  let codes = new Set<string>();
  const told: Member[] = [];
  async function* pieces() {
    for await (const { uid, source, add, remove, number } of chunk.lines()) {
      const piece = { number, add, remove, text: `${JSON.stringify({ id: uid, source, add, remove })}\n` };
      told.push(piece);
      yield piece;
    }
  }
  for await (const batch of batched(pieces(), REQUEST_BYTES)) {
    for (const { add, remove } of told.splice(0, batch.texts.length)) {
      for (const code of [...add, ...remove]) codes.add(code);
    }
    yield { ...batch, codes };
    codes = new Set();
  }
}

function bodyOf(chunk: Chunk, { texts, codes }: Request): string {
  const segments = Object.fromEntries(
    [...codes].map((code) => {
      const told = chunk.segments.get(code);
      return [code, { name: told?.name ?? code, ...(told && { ttlMinutes: told.ttlMinutes }) }];
    }),
  );
  const head = { mode: chunk.mode, planned: chunk.planned.toISOString(), segments };
  return `${JSON.stringify(head)}\n${texts.join('')}`;
}

function refusedLines(answer: unknown, numbers: readonly number[]): FailedLine[] {
  const told = isObject(answer) && Array.isArray(answer['refused']) ? answer['refused'].filter(isObject) : [];
  const failed = new Map<number, FailedLine>();
  for (const { index, reason, retry } of told) {
    const number = numbers[Number(index)];
    if (number === undefined) continue;
    const named = DELIVERY_REASONS.find((each) => each === reason);
    const known: DeliveryReason = named ?? 'line_rejected';
    failed.set(number, { number, reason: known, detail: named ?? 'refused', retry: retry === true });
  }
  return [...failed.values()];
}

const keyOf = (text: string) => Buffer.from(text.slice('whsec_'.length), 'base64');
