import type { ShownLetters } from '../api/destination-history.ts';
import type { Run } from '../jobs/ledger.ts';
import { EXIT_CODES, newCommand, withServerOptions } from './command.ts';
import { ended, known, pathOf } from './destinations-one.ts';
import { finish } from './exit.ts';
import { table, thousands } from './table.ts';
import { type ServerOptions, withServer } from './with-server.ts';

const LETTERS_HELP = `
What the destination did not take, and what is not sent again by itself: lines, and whole chunks of them.

Examples:
  $ npx ninety destinations dead-letters acme

${EXIT_CODES}
`;

export const deadLetters = withServerOptions(
  newCommand('dead-letters', 'show what a destination did not take', LETTERS_HELP),
)
  .argument('<id>', 'id of the destination')
  .action((id: string, options: ServerOptions) =>
    finish(() =>
      withServer(options, async (client) => {
        const { lines, items } = await known(
          id,
          client.json<ShownLetters>('GET', `${pathOf(id)}/dead-letters`),
        );
        if (items.length === 0) return void process.stdout.write('  There are no dead letters.\n');
        const rows = items.map(({ run, chunk, number, lines, reason, detail, time }) => [
          String(run),
          number === null ? `chunk ${chunk}` : `chunk ${chunk}, line ${number}`,
          lines,
          reason,
          time,
          detail.split('\n')[0]!.slice(0, 80),
        ]);
        process.stdout.write(
          `${table(rows, ['run', 'what', 'lines', 'reason', 'since', ''])}\n  ${thousands(lines)} lines in all; ninety destinations replay ${id} sends them again.\n`,
        );
      }),
    ),
  );

/** What is no number goes as it is: the server says what the field takes. */
const number = (value: string) => (/^\d+$/.test(value) ? Number(value) : value);

const REPLAY_HELP = `
Sends what the destination did not take once more, without what a later run has told it otherwise.

Examples:
  $ npx ninety destinations replay acme
  $ npx ninety destinations replay acme --run 21564325889

${EXIT_CODES}
`;

export const replay = withServerOptions(newCommand('replay', 'send dead letters again', REPLAY_HELP))
  .argument('<id>', 'id of the destination')
  .option('--run <n>', 'only those of this run', number)
  .action((id: string, options: ServerOptions & { readonly run?: number | string }) =>
    finish(() =>
      withServer(options, (client) => {
        const of = options.run === undefined ? {} : { run: options.run };
        return ended(id, client.json<Run>('POST', `${pathOf(id)}/dead-letters/replay?wait=1`, of));
      }),
    ),
  );
