import type { Client } from './client.ts';
import { EXIT_CODES, newCommand, withServerOptions } from './command.ts';
import { CommandError, finish } from './exit.ts';
import { table } from './table.ts';
import { type ServerOptions, withServer } from './with-server.ts';

/** A segment as the API shows it. */
export interface ShownSegment {
  readonly id: string;
  readonly name: string;
  readonly size: number | null;
  readonly state: string;
  /** ISO 8601. */
  readonly asOf: string | null;
  readonly reason?: string;
}

interface Run {
  readonly state: string;
  readonly error: string;
}

const HELP = `
Counts every hit that was acknowledged before the command. The job does the same by its schedule
(NINETY_SEGMENTS_CRON); this is for who does not want to wait for it.

Examples:
  $ npx ninety build
  $ npx ninety build network-readers
  $ npx ninety build --url https://audience.example.com --key KEY

${EXIT_CODES}
`;

export const buildCommand = withServerOptions(
  newCommand('build', 'build all segments, or one, from every hit there is now', HELP),
)
  .argument('[segment]', 'id of the segment (default: all)')
  .action((segment: string | undefined, options: ServerOptions) =>
    finish(() =>
      withServer(options, async (client) => {
        const built = segment === undefined ? await buildAll(client) : [await buildOne(client, segment)];
        if (built.length === 0) {
          process.stdout.write('  There is no segment yet; POST /v1/segments makes one.\n');
          return;
        }
        process.stdout.write(segmentTable(built));
        const failed = built.filter(({ state }) => state === 'failed' || state === 'stale');
        if (failed.length > 0)
          throw new CommandError(
            'not_finished',
            `Not built: ${failed.map(({ id, reason }) => `${id} (${reason ?? 'no reason given'})`).join(', ')}`,
          );
      }),
    ),
  );

const buildOne = (client: Client, segment: string) =>
  client.json<ShownSegment>('POST', `/v1/segments/${encodeURIComponent(segment)}/build?wait=1`);

async function buildAll(client: Client): Promise<ShownSegment[]> {
  const run = await client.json<Run>('POST', '/v1/jobs/segments/run?wait=1');
  if (run.state === 'failed')
    throw new CommandError('not_finished', `The job failed: ${run.error}. The last build stays as it was.`);
  return client.list<ShownSegment>('/v1/segments');
}

export const segmentTable = (segments: readonly ShownSegment[]): string =>
  table(
    segments.map(({ id, name, size, state, asOf, reason }) => [id, name, size, state, asOf, reason ?? '']),
    ['segment', 'name', 'size', 'state', 'as of', ''],
  );
