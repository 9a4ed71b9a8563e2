import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Option } from 'commander';
import type { Answer } from './client.ts';
import { EXIT_CODES, newCommand, withServerOptions } from './command.ts';
import { CommandError, finish } from './exit.ts';
import { type ServerOptions, withServer } from './with-server.ts';

interface ExportOptions extends ServerOptions {
  readonly as: string;
  readonly since?: string;
  readonly format: string;
  readonly out?: string;
}

const HELP = `
Rows ({"id","op"}) go to standard output or a file, the cursor to standard error once all rows are through.
Give the cursor of the last export with --since and only what changed after it comes, removals included.
Visitors of an imported log never leave under a partner's or a device's ids, and below NINETY_MIN_AUDIENCE
no adds leave at all.

Examples:
  $ npx ninety export network-readers --as visitor
  $ npx ninety export network-readers --as somedsp --format csv --out readers.csv
  $ npx ninety export network-readers --as idfa --since CURSOR

${EXIT_CODES}
`;

export const exportCommand = withServerOptions(
  newCommand('export', 'write the members of a segment, whole or as changes', HELP),
)
  .argument('<segment>', 'id of the segment')
  .option('--as <ids>', 'visitor, a device id type (idfa, gaid, ...) or the id of a partner', 'visitor')
  .option('--since <cursor>', 'only what changed since the export that gave this cursor')
  .addOption(
    new Option('--format <format>', 'form of the rows').choices(['ndjson', 'csv', 'tsv']).default('ndjson'),
  )
  .option('--out <file>', 'file to write (default: standard output)')
  .action((segment: string, options: ExportOptions) =>
    finish(() =>
      withServer(options, async (client, signal) => {
        const query = new URLSearchParams({ as: options.as, format: options.format });
        if (options.since !== undefined) query.set('since', options.since);
        const path = `/v1/segments/${encodeURIComponent(segment)}/members?${query}`;
        const answer = await client.stream(path);
        if (options.out === undefined) await toStandardOutput(answer, signal);
        else await toFile(answer, options.out, signal);
        process.stderr.write(
          `  as of   ${answer.header('ninety-as-of')}\n  cursor  ${answer.header('ninety-cursor')}\n`,
        );
      }),
    ),
  );

async function toStandardOutput(answer: Answer, signal: AbortSignal): Promise<void> {
  try {
    await pipeline(answer.body, process.stdout, { end: false, signal });
  } catch (error) {
    throw brokenOff(error, 'Standard output');
  }
}

/** Under its name once it is whole, so that half an answer is never taken for the segment. */
async function toFile(answer: Answer, out: string, signal: AbortSignal): Promise<void> {
  const draft = `${out}.part`;
  try {
    await pipeline(answer.body, createWriteStream(draft), { signal });
    await rename(draft, out);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw brokenOff(error, out);
  }
}

function brokenOff(error: unknown, out: string): CommandError {
  const { syscall, code } = error as NodeJS.ErrnoException;
  return syscall !== undefined && code !== 'ECONNRESET'
    ? new CommandError(
        'not_written',
        `${out} cannot be written (${code}). What is there is not the whole segment.`,
      )
    : new CommandError(
        'not_finished',
        'The server broke off in the middle: what was written is not the whole segment, and there is no cursor. Export again.',
      );
}
