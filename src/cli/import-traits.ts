import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import cliProgress from 'cli-progress';
import { z } from 'zod';
import type { Receipt } from '../audience/traits/receipt.ts';
import { REFUSALS } from '../collect/refusal.ts';
import { readConfig } from '../config.ts';
import { openLog, type TextReading } from '../import/lines.ts';
import { UnreachableError } from '../import/post-hits.ts';
import { readOperator } from '../serve/operator.ts';
import { RefusedError, type Server } from './client.ts';
import { EXIT_CODES, newCommand, withServerOptions } from './command.ts';
import { CommandError, finish } from './exit.ts';
import { table, thousands } from './table.ts';
import { type Found, type ServerOptions, withServer } from './with-server.ts';

const HELP = `
FILE is NDJSON, also compressed (gzip); - reads standard input. A line says that somebody has a trait, a segment
of a second or third party: {"id":"type:uid","trait":"provider:name","expires":"2026-12-31T00:00:00Z"}
  id       type is the id of a registered partner, a device id type (idfa, gaid, ...) or visitor
  trait    the provider ([a-z0-9_-]), a colon and up to 128 characters; rules name it as {"trait":"provider:name"}
  expires  may be left out; a trait is kept for the retention at most. One that is past takes the trait away

Of a visitor and a trait the newest line counts. A segment has the traits at its next estimate or build.

A trait is stored for the visitors that are linked with the id at that moment. The ids of all others are not
kept: when a partner's id is matched later, upload its traits again. The server keeps the receipt that is
printed (GET /v1/traits/UPLOAD). Where the upload breaks off nothing is stored.

The key needs the scope labels.

Examples:
  $ npx ninety import traits segments.ndjson.gz
  $ npx ninety import traits segments.ndjson --url https://audience.example.com --key KEY
  $ zcat part-*.gz | npx ninety import traits -

${EXIT_CODES} An upload that came to its end is done, also where lines of it are malformed.
`;

/** `ninety import traits FILE`. */
export const importTraits = withServerOptions(
  newCommand('traits', 'take in segments of second and third parties', HELP),
)
  .argument('<file>', 'the file; - for standard input')
  .action((file: string, options: ServerOptions) =>
    finish(async () => {
      // Before a server is started for it.
      const log = await openLog(file);
      await withServer(options, async (client, signal, found) => {
        const server = { url: client.url, key: await keyOf(options, found) };
        const reading = log.readText(signal);
        const hide = showProgress(reading, log.bytes);
        const receipt = await upload(server, reading, signal).finally(hide);
        process.stdout.write(traitsSummary(receipt));
      });
    }),
  );

/** The key that the client speaks with, which it keeps to itself and takes no stream to send. */
async function keyOf(options: ServerOptions, found: Found): Promise<string> {
  const known =
    options.key ??
    (found === 'named'
      ? process.env['NINETY_ADMIN_KEY']
      : (await readOperator(readConfig(process.env).data))?.key);
  if (known === undefined) throw new CommandError('no_api', 'The server has just ended; try again.');
  return known;
}

/** @throws RefusedError, UnreachableError, UnreadableLogError, the signal's reason */
async function upload(server: Server, { pieces }: TextReading, signal: AbortSignal): Promise<Receipt> {
  const ask = server.url.startsWith('https:') ? httpsRequest : httpRequest;
  const body = Readable.from(pieces, { objectMode: false });
  const headers = { Authorization: `Bearer ${server.key}`, 'Content-Type': 'application/x-ndjson' };
  let unreadable: unknown;
  const { status, said } = await new Promise<{ status: number; said: string }>((resolve, reject) => {
    const asked = ask(`${server.url}/v1/traits`, { method: 'POST', headers, signal }, (incoming) => {
      text(incoming).then((answer) => resolve({ status: incoming.statusCode ?? 0, said: answer }), reject);
    });
    asked.once('error', reject);
    body.once('error', (error) => {
      unreadable = error;
      asked.destroy(error);
    });
    body.pipe(asked);
  }).catch((error: NodeJS.ErrnoException) => {
    if (signal.aborted) throw signal.reason;
    throw unreadable ?? new UnreachableError(server.url, error.code ?? 'the answer broke off');
  });
  if (status !== 200) throw new RefusedError(server, status, detailOf(status, said));
  return JSON.parse(said) as Receipt;
}

const problem = z.object({ detail: z.string() });

function detailOf(status: number, said: string): string {
  try {
    return problem.parse(JSON.parse(said)).detail;
  } catch {
    return `The answer was ${status}, and not one of a Ninety server with the role api. Check --url: it is the address at which the server listens, without a path.`;
  }
}

/** Often enough to move, seldom enough to cost nothing. */
const DRAW_MS = 200;

/** A bar of the bytes that are read, on a terminal and where there is a size. @returns ends it. */
function showProgress(reading: TextReading, bytes: number | undefined): () => void {
  if (!process.stderr.isTTY || bytes === undefined) return () => undefined;
  const bar = new cliProgress.SingleBar({
    format: `  uploading [{bar}] {percentage}% of ${(bytes / 1e6).toFixed(1)} MB`,
    barCompleteChar: '=',
    barIncompleteChar: ' ',
    hideCursor: true,
    stream: process.stderr,
  });
  bar.start(Math.max(1, bytes), 0);
  const timer = setInterval(() => bar.update(reading.bytesRead()), DRAW_MS);
  return () => {
    clearInterval(timer);
    bar.update(reading.bytesRead());
    bar.stop();
  };
}

/** Line numbers that are printed; the receipt has more. */
const SHOWN_LINES = 20;

/** What became of an upload's lines, for a person. */
export function traitsSummary(receipt: Receipt): string {
  const { id, received, stored, expired, malformed, refused, unknownIds } = receipt;
  const parts = [
    table([
      ['lines received', received],
      ['stored', stored],
      ['of these expired', expired],
      ['malformed', malformed.count],
    ]),
  ];
  const left = Object.entries(refused).filter(([, n]) => n > 0);
  if (left.length > 0)
    parts.push(table(left.map(([reason, n]) => [reason, n, REFUSALS[reason as keyof typeof refused]])));
  if (unknownIds > 0)
    parts.push(
      `  Unknown ids: ${thousands(unknownIds)}. They are not kept; upload their traits again once they are matched.\n`,
    );
  if (malformed.count > 0) {
    const shown = malformed.lines.slice(0, SHOWN_LINES);
    const more = malformed.count - shown.length;
    parts.push(
      `  Malformed: ${shown.map(({ line, reason }) => `line ${line} (${reason})`).join(', ')}${more > 0 ? ` and ${thousands(more)} more` : ''}.\n`,
    );
  }
  parts.push(`  Receipt: GET /v1/traits/${id}\n`);
  return `\n${parts.join('\n')}\n`;
}
