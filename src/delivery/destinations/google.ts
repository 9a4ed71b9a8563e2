import { z } from 'zod';
import {
  type Context,
  DeliveryError,
  type DeliveryReason,
  type DestinationType,
  type Line,
} from '../destination.ts';
import { isField } from '../files/text.ts';
import { refusedBy } from '../outbound/refusal.ts';
import { FailedLines } from './failed-lines.ts';
import {
  type Answered,
  bytesOf,
  decodeAnswer,
  ERROR_CODES,
  encodeRequest,
  type Operation,
  REQUEST_OVERHEAD_BYTES,
  USER_ID_TYPES,
} from './google-proto.ts';
import { httpUrl } from './http-url.ts';

const settings = z.strictObject({
  networkId: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,100}$/, 'must be 1 to 100 of A-Z, a-z, 0-9, _ and -')
    .describe('Cookie matching network id (NID).'),
  idType: z
    .enum(['GOOGLE_USER_ID', 'PARTNER_PROVIDED_ID'])
    .default('GOOGLE_USER_ID')
    .describe("Whose the partner ids are: Google's, or ours in a match table that Google hosts."),
  url: httpUrl.default('https://cm.g.doubleclick.net/upload').describe('Where the bulk uploader is.'),
});
type Settings = z.output<typeof settings>;

/** "The payload of each request is limited to 100 KB." */
const REQUEST_BYTES = 100_000;
/** With one or two lists an id about a request; lines of more are cut by what they really have. */
const CHUNK_LINES = 1000;
/** Nothing is published of how many may call at once. */
const CALLERS = 4;

const DEVICES: Readonly<Record<string, number>> = {
  idfa: USER_ID_TYPES.IDFA,
  gaid: USER_ID_TYPES.ANDROID_ADVERTISING_ID,
  rida: USER_ID_TYPES.RIDA,
  afai: USER_ID_TYPES.AFAI,
  msai: USER_ID_TYPES.MSAI,
  tifa: USER_ID_TYPES.GENERIC_DEVICE_ID,
  vida: USER_ID_TYPES.GENERIC_DEVICE_ID,
  lgudid: USER_ID_TYPES.GENERIC_DEVICE_ID,
};

/**
 * Google's bulk uploader for lists of Authorized Buyers: requests of at most 100 kB in protocol buffers, an operation
 * for each id and list, `delete` for those that left. A segment is known by the number of its list. Answers tell which
 * operations failed, in a 200 or a 400; operations are the same when told twice.
 *
 * Source: Google, "Upload ad IDs to user lists" and `cookie-bulk-upload.proto` v.24, which says of `process_consent`
 * that requests without it are not taken.
 */
export const google = {
  type: 'google',
  title: 'Google Authorized Buyers',
  summary: 'Adds ids to user lists and takes them out, by the bulk uploader.',
  settings,
  secrets: [],
  places: ['url'],
  takes: { partner: true, devices: Object.keys(DEVICES) },
  gvlId: 755,
  tells: 'changes',
  bySegment: false,
  removes: true,
  // A list's own setting there, of up to 540 days, and not told by us; a month is the cautious guess.
  expiryDays: { usual: 30, most: 30 },
  limits: () => ({ lines: CHUNK_LINES, concurrency: CALLERS }),
  refuseCode: (code) =>
    isListId(code) ? undefined : 'must be the number of a user list, digits without a leading zero',
  async send(chunk, context) {
    // A line of several lists fails once.
    const failed = new FailedLines();
    let request: Asked[] = [];
    let bytes = REQUEST_OVERHEAD_BYTES;
    const flush = async () => {
      if (request.length > 0) await ask(request, context, failed);
      [request, bytes] = [[], REQUEST_OVERHEAD_BYTES];
    };
    for await (const line of chunk.lines()) {
      const operations = operationsOf(line, context.settings);
      if (typeof operations === 'string') {
        failed.add(line.number, operations, 'the line cannot be written');
        continue;
      }
      for (const operation of operations) {
        const more = bytesOf(operation);
        if (bytes + more > REQUEST_BYTES) await flush();
        request.push({ number: line.number, operation });
        bytes += more;
      }
    }
    await flush();
    return failed.beside(chunk.count);
  },
  async preview(chunk, given) {
    const rows: string[] = [];
    for await (const line of chunk.lines()) {
      const operations = operationsOf(line, given);
      if (typeof operations === 'string') rows.push(`# line ${line.number} is left out: ${operations}`);
      else rows.push(...operations.map((operation) => JSON.stringify(operation)));
    }
    return rows.map((row) => `${row}\n`).join('');
  },
} satisfies DestinationType<typeof settings>;

interface Asked {
  readonly number: number;
  readonly operation: Operation;
}

const isListId = (code: string): boolean => /^[1-9]\d{0,18}$/.test(code) && BigInt(code) < 2n ** 63n;

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

function operationsOf(line: Line, { idType }: Settings): readonly Operation[] | 'bad_id' | 'bad_segment' {
  const device = DEVICES[line.source];
  if (device === undefined ? !isField(line.uid, '') : !UUID.test(line.uid)) return 'bad_id';
  if (![...line.add, ...line.remove].every(isListId)) return 'bad_segment';
  // Apple writes its ids in capitals, everybody else theirs in small letters.
  const userId = device === USER_ID_TYPES.IDFA ? line.uid.toUpperCase() : line.uid;
  const userIdType = device ?? USER_ID_TYPES[idType];
  const told = (codes: readonly string[], isDelete: boolean): Operation[] =>
    codes.map((userListId) => ({ userId, userListId, userIdType, delete: isDelete }));
  return [...told(line.remove, true), ...told(line.add, false)];
}

async function ask(
  request: readonly Asked[],
  { settings, outbound, abort, now }: Context<Settings>,
  failed: FailedLines,
): Promise<void> {
  const reply = await outbound.ask(
    {
      method: 'POST',
      url: `${settings.url}?nid=${encodeURIComponent(settings.networkId)}`,
      headers: { 'content-type': 'application/octet-stream' },
      body: encodeRequest(request.map(({ operation }) => operation)),
    },
    abort,
  );
  // "The HTTP response status is either 200 (no errors) or 400, in which case the protocol buffer will provide details."
  if (reply.status !== 200 && (reply.status !== 400 || reply.body.length === 0))
    throw refusedBy(reply, now());
  const answered = read(reply.body);
  if (answered.status === ERROR_CODES.NO_ERROR) {
    if (reply.status === 200) return;
    throw refusedBy(reply, now());
  }
  if (answered.status !== ERROR_CODES.PARTIAL_SUCCESS) throw refusedAll(answered.status);
  for (const { userId, userListId, errorCode } of answered.errors) {
    const { reason, retry } = LINE_ERRORS.get(errorCode) ?? { reason: 'line_rejected', retry: false };
    // What is left empty was not what was wrong, so it is all of them.
    const meant = request.filter(
      ({ operation }) =>
        (userId === '' || operation.userId === userId) &&
        (userListId === '0' || operation.userListId === userListId),
    );
    for (const { number } of meant) failed.add(number, reason, `error ${errorCode}`, retry);
  }
}

function read(body: Uint8Array): Answered {
  try {
    return decodeAnswer(body);
  } catch {
    throw new DeliveryError('bad_answer', 'the answer is no message of the bulk uploader', { retry: true });
  }
}

const LINE_ERRORS: ReadonlyMap<number, { reason: DeliveryReason; retry: boolean }> = new Map([
  [ERROR_CODES.BAD_COOKIE, { reason: 'bad_id', retry: false }],
  // Its match table may know the id after the next sync; the line is told again with the next refresh.
  [ERROR_CODES.UNKNOWN_ID, { reason: 'unknown_id', retry: false }],
  [ERROR_CODES.BAD_ATTRIBUTE_ID, { reason: 'unknown_segment', retry: false }],
  [ERROR_CODES.PERMISSION_DENIED, { reason: 'unknown_segment', retry: false }],
  [ERROR_CODES.INTERNAL_ERROR, { reason: 'line_rejected', retry: true }],
]);

/** "When status > PARTIAL_SUCCESS no data was imported." */
function refusedAll(status: number): DeliveryError {
  const because = (reason: DeliveryReason, retry: boolean) =>
    new DeliveryError(reason, `the bulk uploader answered error ${status}`, { retry });
  switch (status) {
    case ERROR_CODES.PERMISSION_DENIED:
      return because('forbidden', false);
    case ERROR_CODES.BAD_NETWORK_ID:
      return because('unauthorized', false);
    case ERROR_CODES.REQUEST_TOO_BIG:
      return because('too_large', false);
    case ERROR_CODES.INTERNAL_ERROR:
      return because('unavailable', true);
    default:
      return because('rejected', false);
  }
}
