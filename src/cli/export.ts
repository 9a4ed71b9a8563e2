import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { Option } from 'commander';
import { DEVICE_TYPES } from '../collect/device-id.ts';
import { FORMATS, type Format } from '../delivery/formats/formats.ts';
import type { Client } from './client.ts';
import { EXIT_CODES, newCommand, withServerOptions } from './command.ts';
import { CommandError, finish } from './exit.ts';
import { type Export, readExport, type Sink } from './exporting.ts';
import { megabytes, showProgress } from './progress.ts';
import { thousands } from './table.ts';
import { type ServerOptions, withServer } from './with-server.ts';

interface ExportOptions extends ServerOptions {
  readonly as: string;
  readonly destination?: string;
  readonly since?: string;
  readonly format: Format;
  readonly out?: string;
}

const HELP = `
Rows go to standard output or a file, and once all of them are through and their checksum is right, the cursor to
standard error. Where the connection breaks off, the export goes on by itself behind the last row that came whole;
Parquet, which is no text of lines, begins anew, and only in a file. A file has its name once it is whole.

Give the cursor of the last export with --since and only what changed after it comes, removals included.
With --destination, all segments that the destination may have come in one ({"segment","as","id","op"}).
Visitors of an imported log never leave under a partner's or a device's ids, and below NINETY_MIN_AUDIENCE
no adds leave at all.

Examples:
  $ npx ninety export network-readers --as visitor
  $ npx ninety export network-readers --as somedsp --format csv --out readers.csv
  $ npx ninety export network-readers --as idfa --since CURSOR
  $ npx ninety export --destination somedsp --format parquet --out all.parquet

${EXIT_CODES}
`;

export const exportCommand = withServerOptions(
  newCommand('export', 'write the members of a segment, or all that a destination may have', HELP),
)
  .argument('[segment]', 'id of the segment')
  .option('--as <ids>', 'visitor, a device id type (idfa, gaid, ...) or the id of a partner', 'visitor')
  .option('--destination <id>', 'in the place of a segment: all that this destination may have')
  .option('--since <cursor>', 'only what changed since the export that gave this cursor')
  .addOption(
    new Option('--format <format>', 'form of the rows').choices(Object.keys(FORMATS)).default('ndjson'),
  )
  .option('--out <file>', 'file to write (default: standard output)')
  .action((segment: string | undefined, options: ExportOptions) =>
    finish(() => {
      const what = exportOf(segment, options);
      return withServer(options, async (client, signal) => {
        const limit = await mostLines(client, segment, options);
        const progress = { lines: 0, bytes: 0 };
        const began = performance.now();
        const hide = showProgress({
          bytes: limit,
          total: limit === undefined ? undefined : `at most ${thousands(limit)}`,
          bytesRead: () => progress.lines,
          what: () => 'exporting',
          howFar: () =>
            `${thousands(progress.lines)} rows, ${megabytes(progress.bytes)}, ${thousands(rate(progress.lines, began))} rows/s`,
        });
        const read = (sink: Sink) => readExport(client, what, sink, signal, progress);
        const done = await (options.out === undefined
          ? intoStandardOutput(read)
          : intoFile(options.out, read)
        ).finally(hide);
        process.stderr.write(
          [
            ...(done.asOf === undefined ? [] : [`  as of   ${done.asOf}`]),
            `  rows    ${thousands(done.count)}`,
            `  sha256  ${done.sha256}`,
            ...(done.resumed === 0 ? [] : [`  resumed ${thousands(done.resumed)}`]),
            `  cursor  ${done.cursor}\n`,
          ].join('\n'),
        );
      });
    }),
  );

/** @throws CommandError `usage` */
function exportOf(segment: string | undefined, options: ExportOptions): Export {
  const { destination, format, since, as } = options;
  if ((segment === undefined) === (destination === undefined))
    throw new CommandError('usage', 'Name a segment, or a destination with --destination; not both.');
  const query = new URLSearchParams(destination === undefined ? { as, format } : { destination, format });
  if (since !== undefined) query.set('since', since);
  const path = segment === undefined ? '/v1/export' : `/v1/segments/${encodeURIComponent(segment)}/members`;
  return { path: `${path}?${query}`, manifest: `${path}/manifest?${query}`, format };
}

/** Nobody knows it of changes, nor a key that may read nothing else. */
async function mostLines(
  client: Client,
  segment: string | undefined,
  { since, as, format }: ExportOptions,
): Promise<number | undefined> {
  // A visitor has one id with us and one with a partner, but any number of devices.
  const isOneEach = !(DEVICE_TYPES as readonly string[]).includes(as);
  if (segment === undefined || since !== undefined || format === 'parquet' || !isOneEach) return undefined;
  const shown = await client
    .json<{ size: number | null }>('GET', `/v1/segments/${encodeURIComponent(segment)}`)
    .catch(() => undefined);
  return shown?.size ?? undefined;
}

/** Over less a rate says nothing. */
const SHORTEST_MS = 200;
const rate = (lines: number, began: number) =>
  Math.round((1000 * lines) / Math.max(SHORTEST_MS, performance.now() - began));

async function intoStandardOutput<T>(read: (sink: Sink) => Promise<T>): Promise<T> {
  // What is wrong with it is told to the write, and here a second time.
  process.stdout.once('error', () => undefined);
  const write = (bytes: Buffer) =>
    new Promise<void>((resolve, reject) => {
      process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  return read({ write: (bytes) => write(bytes).catch(unwritten('Standard output')), restart: undefined });
}

/** Under its name once it is whole, so that half an answer is never taken for the segment. */
async function intoFile<T>(out: string, read: (sink: Sink) => Promise<T>): Promise<T> {
  const draft = `${out}.part`;
  let file: FileHandle | undefined;
  try {
    file = await open(draft, 'w').catch(unwritten(out));
    const { write, restart } = beginning(file);
    const done = await read({
      write: (bytes) => write(bytes).catch(unwritten(out)),
      restart: () => restart().catch(unwritten(out)),
    });
    await file.close();
    await rename(draft, out).catch(unwritten(out));
    return done;
  } catch (error) {
    await file?.close().catch(() => undefined);
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Writes a file from its beginning, as often as it is begun. */
function beginning(file: FileHandle) {
  let position = 0;
  return {
    write: async (bytes: Buffer) => {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position);
        at += bytesWritten;
        position += bytesWritten;
      }
    },
    restart: async () => {
      await file.truncate(0);
      position = 0;
    },
  };
}

const unwritten =
  (out: string) =>
  (error: NodeJS.ErrnoException): never => {
    throw new CommandError(
      'not_written',
      `${out} cannot be written (${error.code}). What is there is not the whole.`,
    );
  };
