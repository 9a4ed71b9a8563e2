import type { Run } from '../jobs/ledger.ts';
import { EXIT_CODES, newCommand, withServerOptions } from './command.ts';
import { ended, known, pathOf } from './destinations-one.ts';
import { finish } from './exit.ts';
import { type ServerOptions, withServer } from './with-server.ts';

const OFF_HELP = `
Nothing more is sent to it, not even removals, and what waits stays where it is. What it was told it keeps: ninety
destinations withdraw takes that back.

Examples:
  $ npx ninety destinations off acme

${EXIT_CODES}
`;

const ON_HELP = `
It is told everything anew with its next delivery, because nobody knows what became of it in the meantime.

Examples:
  $ npx ninety destinations on acme

${EXIT_CODES}
`;

const switched = (name: string, description: string, help: string, active: boolean, said: string) =>
  withServerOptions(newCommand(name, description, help))
    .argument('<id>', 'id of the destination')
    .action((id: string, options: ServerOptions) =>
      finish(() =>
        withServer(options, async (client) => {
          await known(id, client.json('PATCH', pathOf(id), { active }));
          process.stdout.write(`  Destination ${id} is ${said}.\n`);
        }),
      ),
    );

export const switchOff = switched('off', 'switch a destination off', OFF_HELP, false, 'switched off');
export const switchOn = switched(
  'on',
  'switch a destination on again',
  ON_HELP,
  true,
  'switched on, and told everything anew',
);

const RESYNC_HELP = `
Tells it everything, and takes back whom it should not have, whatever it was told before: for when it has lost what
it had.

Examples:
  $ npx ninety destinations resync acme

${EXIT_CODES}
`;

const WITHDRAW_HELP = `
Takes back all that a destination was told. It must be switched off before, or it would be told everything again.

Examples:
  $ npx ninety destinations off acme
  $ npx ninety destinations withdraw acme

${EXIT_CODES}
`;

const asked = (name: string, description: string, help: string) =>
  withServerOptions(newCommand(name, description, help))
    .argument('<id>', 'id of the destination')
    .action((id: string, options: ServerOptions) =>
      finish(() =>
        withServer(options, (client) => ended(id, client.json<Run>('POST', `${pathOf(id)}/${name}?wait=1`))),
      ),
    );

export const resync = asked('resync', 'tell a destination everything anew', RESYNC_HELP);
export const withdraw = asked('withdraw', 'take back all that a destination was told', WITHDRAW_HELP);

const REMOVE_HELP = `
Deletes a destination that has nobody any more; ninety destinations withdraw sees to that. With --abandon it goes
also where it has people, who stay there until it forgets them.

Examples:
  $ npx ninety destinations remove acme
  $ npx ninety destinations remove acme --abandon

${EXIT_CODES}
`;

export const remove = withServerOptions(newCommand('remove', 'delete a destination', REMOVE_HELP))
  .argument('<id>', 'id of the destination')
  .option('--abandon', 'also where it has people of whom it was told')
  .action((id: string, options: ServerOptions & { readonly abandon?: boolean }) =>
    finish(() =>
      withServer(options, async (client) => {
        await known(
          id,
          client.json('DELETE', `${pathOf(id)}${options.abandon === true ? '?abandon=1' : ''}`),
        );
        process.stdout.write(`  Destination ${id} is removed.\n`);
      }),
    ),
  );
