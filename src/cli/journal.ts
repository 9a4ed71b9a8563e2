import type { ShownFile, ShownJournal, ShownReplay } from '../api/journal.ts';
import type { Client } from './client.ts';
import { EXIT_CODES, group, newCommand, withServerOptions } from './command.ts';
import { CommandError, finish } from './exit.ts';
import { table, thousands } from './table.ts';
import { type ServerOptions, withServer } from './with-server.ts';

const LIST_HELP = `
Shows what of this server's journal waits for ClickHouse, and the files that ClickHouse has refused for their
content three times. Those lie aside with their reason and do not stand in the way of others; they stay until
they are put back, dropped or past the retention (but for opt-outs, which are kept).

Examples:
  $ npx ninety journal list
  $ npx ninety journal list --url https://collector.example.com --key KEY

${EXIT_CODES}
`;

const list = withServerOptions(newCommand('list', 'show what waits and what is set aside', LIST_HELP)).action(
  (options: ServerOptions) =>
    finish(() =>
      withServer(options, async (client) => {
        const { waiting, setAside } = await client.json<ShownJournal>('GET', '/v1/journal');
        const rows = setAside.map(({ stream, file, rows: n, bytes, since, reason }) => [
          `${stream}/${file}`,
          n,
          bytes,
          since,
          reason,
        ]);
        process.stdout.write(
          [
            table(
              waiting.map(({ stream, files, bytes, oldest }) => [stream, files, bytes, oldest]),
              ['waiting', 'files', 'bytes', 'oldest'],
            ),
            rows.length === 0
              ? '  No file is set aside.\n'
              : table(rows, ['set aside', 'rows', 'bytes', 'since', 'reason']),
          ].join('\n'),
        );
      }),
    ),
);

const SHOW_HELP = `
Shows one file that is set aside: why, what its rows hold, and how many of them ClickHouse has already.

Examples:
  $ npx ninety journal show hits/w1-0mhq3kz2xabc123-0000001f

${EXIT_CODES}
`;

const show = withServerOptions(newCommand('show', 'show one file that is set aside', SHOW_HELP))
  .argument('<file>', 'as the list names it: stream/name')
  .action((name: string, options: ServerOptions) =>
    finish(() =>
      withServer(options, async (client) => {
        const file = await client.json<ShownFile>('GET', pathOf(name));
        process.stdout.write(
          table([
            ['file', `${file.stream}/${file.file}`],
            ['since', file.since],
            ['reason', file.reason],
            ['rows', thousands(file.rows)],
            ['bytes', thousands(file.bytes)],
            ['in ClickHouse', file.stored === null ? 'not known' : `${thousands(file.stored)} rows`],
            ['columns', file.columns.join(' ')],
          ]),
        );
      }),
    ),
  );

const REPLAY_HELP = `
Puts files back among those that are shipped, once the reason is mended. Of a file of hits only those go in
that ClickHouse does not have, so a replay never doubles. It fails (exit code 1) where a file is refused
again or ClickHouse is away; in the second case the file is shipped when it is back.

Examples:
  $ npx ninety journal replay hits/w1-0mhq3kz2xabc123-0000001f
  $ npx ninety journal replay --all

${EXIT_CODES}
`;

const replay = withServerOptions(newCommand('replay', 'ship files that are set aside', REPLAY_HELP))
  .argument('[files...]', 'as the list names them: stream/name')
  .option('--all', 'every file that is set aside')
  .action((files: string[], { all = false, ...options }: ServerOptions & { all?: boolean }) =>
    finish(async () => {
      if (all === files.length > 0) throw new CommandError('usage', 'Name the files, or say --all.');
      await withServer(options, async (client) => {
        const names = all ? await setAsideNames(client) : files;
        if (names.length === 0) process.stdout.write('  No file is set aside.\n');
        let open = 0;
        for (const name of names) {
          const { state } = await client.json<ShownReplay>('POST', `${pathOf(name)}/replay?wait=1`);
          if (state !== 'shipped') open += 1;
          process.stdout.write(`  ${name}: ${STATES[state]}\n`);
        }
        if (open > 0) throw new CommandError('not_finished', `${open} of ${names.length} are not shipped.`);
      });
    }),
  );

const STATES: Readonly<Record<ShownReplay['state'], string>> = {
  shipped: 'shipped',
  set_aside: 'refused again, set aside',
  waiting: 'waits for ClickHouse',
};

const DROP_HELP = `
Deletes files that are set aside, with every row in them: those observations are gone.

Examples:
  $ npx ninety journal drop hits/w1-0mhq3kz2xabc123-0000001f

${EXIT_CODES}
`;

const drop = withServerOptions(newCommand('drop', 'delete files that are set aside', DROP_HELP))
  .argument('<files...>', 'as the list names them: stream/name')
  .action((files: string[], options: ServerOptions) =>
    finish(() =>
      withServer(options, async (client) => {
        for (const name of files) {
          await client.json('DELETE', pathOf(name));
          process.stdout.write(`  ${name} is deleted.\n`);
        }
      }),
    ),
  );

const setAsideNames = async (client: Client): Promise<string[]> =>
  (await client.json<ShownJournal>('GET', '/v1/journal')).setAside.map(
    ({ stream, file }) => `${stream}/${file}`,
  );

/** @throws CommandError where it is not stream/name. */
function pathOf(name: string): string {
  const parts = name.split('/');
  if (parts.length !== 2 || parts.includes(''))
    throw new CommandError(
      'usage',
      `A file is named stream/name, as ninety journal list shows it (not "${name}").`,
    );
  return `/v1/journal/${parts.map(encodeURIComponent).join('/')}`;
}

export const journalCommand = group(
  'journal',
  'see and mend what lies between the front door and ClickHouse',
  [list, show, replay, drop],
);
