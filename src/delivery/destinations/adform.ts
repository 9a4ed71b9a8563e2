import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { type Context, DeliveryError, type DestinationType, type Line } from '../destination.ts';
import type { WrittenFile } from '../files/line-file.ts';
import { refusePlainCode } from '../files/text.ts';
import { unwritable } from '../files/unwritable.ts';
import { type Encoded, previewLines, writeLines } from '../files/write-lines.ts';
import { refusedBy } from '../outbound/refusal.ts';
import { httpUrl } from './http-url.ts';

const settings = z.strictObject({
  clientId: z.string().trim().min(1).max(200).describe('OAuth client that Adform gave.'),
  clientSecret: z.string().min(1).max(500).describe('Its secret.'),
  uploadUrl: httpUrl.describe('Where Adform takes files of ids for the DMP account.'),
  tokenUrl: httpUrl.default('https://id.adform.com/sts/connect/token').describe('Where it gives tokens.'),
});
type Settings = z.output<typeof settings>;

const SCOPE = 'https://api.adform.com/scope/dmp.segments';
/** "We recommend that the file size doesn't exceed 100 MB", "you can upload 4 files at a time". */
const FILE_BYTES = 100_000_000;
const FILES_AT_ONCE = 4;
/** At some 60 bytes a line about one file. */
const CHUNK_LINES = 1_500_000;
const UPLOAD_MS = 15 * 60_000;
const DEVICES = ['idfa', 'gaid'];
const token = z.object({ access_token: z.string().min(1).max(10_000) });

/**
 * Adform's data management platform: files of `ID⇥segment,segment` at most 100 MB large, ids of each kind in files of
 * their own, four at a time, sent with a token of OAuth's client credentials and the scope `dmp.segments`. A segment
 * with `--` before it is one that the id leaves, and `--DeleteAll` takes the id out of all that the data provider has.
 *
 * Source: Adform's help, "Onboard Audience Data With API" and "Remove Users after Opt-Out". The first does not tell the
 * address of the upload, which is why it is a setting, nor its form: a file is sent as the part `file` of
 * `multipart/form-data`. The second tells of removals in files uploaded by hand and from server to server; that those
 * sent by the API are read alike is taken from both being the same files.
 */
export const adform = {
  type: 'adform',
  title: 'Adform',
  summary: "Uploads ids with their segments to Adform's data management platform.",
  settings,
  secrets: ['clientSecret'],
  places: ['uploadUrl', 'tokenUrl'],
  takes: { partner: true, devices: DEVICES },
  gvlId: 50,
  tells: 'changes',
  bySegment: false,
  removes: true,
  forgets: true,
  // The life of a member is a setting of each segment there and not told by us; a month is the cautious guess.
  expiryDays: { usual: 30, most: 30 },
  limits: ({ uploadUrl }) => ({ lines: CHUNK_LINES, concurrency: FILES_AT_ONCE, endpoints: [uploadUrl] }),
  refuseCode: (code) =>
    code.toLowerCase() === 'deleteall'
      ? 'means all segments where somebody leaves it'
      : refusePlainCode(code),
  async send(chunk, context) {
    const { folder, abort } = context;
    const { files, taken } = await writeLines(
      chunk.lines(),
      { folder, prefix: 'ids', gzip: false, newline: '\n', maxBytes: FILE_BYTES, always: [], abort },
      encode,
    );
    const parts = [...files.values()].flat();
    // What an earlier try uploaded is not uploaded again: the same chunk makes the same files.
    const sent = Number(context.remembered || 0);
    for (const [place, part] of parts.entries()) {
      if (place < sent) continue;
      // A token lives for an hour, which several files may take longer than.
      await upload(`${chunk.key}_${place + 1}.txt`, part, await askForToken(context), context);
      await context.remember(String(place + 1));
    }
    return taken;
  },
  preview: (chunk) => previewLines(chunk.lines(), undefined, encode),
} satisfies DestinationType<typeof settings>;

const LEAVES = '--';
const LEAVES_ALL = '--DeleteAll';

function encode(line: Line): Encoded {
  const { uid, add, remove } = line;
  const refused = unwritable(line, '\t', [...add, ...remove]);
  if (refused !== undefined) return refused;
  const file = DEVICES.includes(line.source) ? line.source : 'partner';
  // Nobody says in which order a file's rows are taken, so that beside it there is no other of the id.
  const isForgotten = (line.erased === true || line.optedOut === true) && add.length === 0;
  if (isForgotten) return { file, rows: [`${uid}\t${LEAVES_ALL}`] };
  const row = (codes: readonly string[]) => (codes.length === 0 ? [] : [`${uid}\t${codes.join(',')}`]);
  return { file, rows: [...row(remove.map((code) => LEAVES + code)), ...row(add)] };
}

/** RFC 6749, 4.4. */
async function askForToken({ settings, outbound, abort, now }: Context<Settings>): Promise<string> {
  const reply = await outbound.ask(
    {
      method: 'POST',
      url: settings.tokenUrl,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: settings.clientId,
        client_secret: settings.clientSecret,
        scope: SCOPE,
      }).toString(),
    },
    abort,
  );
  // RFC 6749, 5.2: a client that is not known is told with 401 or with 400.
  if (reply.status === 400) {
    throw new DeliveryError('unauthorized', 'no token for this client', { retry: false });
  }
  if (reply.status !== 200) throw refusedBy(reply, now(), 'asking for a token');
  try {
    return token.parse(JSON.parse(reply.body.toString())).access_token;
  } catch {
    throw new DeliveryError('bad_answer', 'the token cannot be read', { retry: true });
  }
}

async function upload(
  name: string,
  file: WrittenFile,
  bearer: string,
  { settings, outbound, abort, now }: Context<Settings>,
): Promise<void> {
  // Made of the file's own sum: no file can hold it.
  const boundary = `ninety-${file.sha256}`;
  const head = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: text/plain\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const reply = await outbound.ask(
    {
      method: 'POST',
      url: settings.uploadUrl,
      headers: {
        authorization: `Bearer ${bearer}`,
        'content-type': `multipart/form-data; boundary=${boundary}`,
      },
      body: {
        bytes: head.length + file.bytes + tail.length,
        stream: () =>
          Readable.from(
            (async function* () {
              yield head;
              yield* createReadStream(file.path);
              yield tail;
            })(),
          ),
      },
      timeoutMs: UPLOAD_MS,
    },
    abort,
  );
  if (reply.status < 200 || reply.status > 299) throw refusedBy(reply, now());
}
