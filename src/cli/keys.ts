import { EXIT_CODES, group, newCommand, withServerOptions } from './command.ts';
import { finish } from './exit.ts';
import { table } from './table.ts';
import { type ServerOptions, withServer } from './with-server.ts';

interface ShownKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  /** ISO 8601. */
  readonly updatedAt: string;
  readonly lastUsed: string | null;
}

const LIST_HELP = `
Keys are kept as a hash: a list shows what a key may, never the key.

Examples:
  $ npx ninety keys list

${EXIT_CODES}
`;

const list = withServerOptions(newCommand('list', 'show the keys and what each may', LIST_HELP)).action(
  (options: ServerOptions) =>
    finish(() =>
      withServer(options, async (client) => {
        const keys = await client.list<ShownKey>('/v1/keys');
        const rows = keys.map(({ id, name, scopes, updatedAt, lastUsed }) => [
          id,
          name,
          scopes.join(' '),
          lastUsed ?? '-',
          updatedAt,
        ]);
        process.stdout.write(
          rows.length === 0
            ? '  There is no stored key; NINETY_ADMIN_KEY is the only one.\n'
            : table(rows, ['key', 'name', 'scopes', 'last used', 'changed']),
        );
      }),
    ),
);

const CREATE_HELP = `
Scopes: admin (implies every other), edit (implies read), read, collect (a server's hits), labels,
export:visitor, export:<device type> and export:<partner>. The key is shown once, on standard output.

Examples:
  $ npx ninety keys create --name "Our servers" --scope collect
  $ npx ninety keys create --name "DSP pull" --scope read export:somedsp > dsp.key

${EXIT_CODES}
`;

const create = withServerOptions(newCommand('create', 'make a key and show it, once', CREATE_HELP))
  .requiredOption('--name <name>', 'what it is for')
  .requiredOption('--scope <scope...>', 'what it may; several after each other')
  .action(({ name, scope, ...options }: ServerOptions & { name: string; scope: string[] }) =>
    finish(() =>
      withServer(options, async (client) => {
        const scopes = scope.flatMap((each) => each.split(',')).filter((each) => each !== '');
        const made = await client.json<ShownKey & { key: string }>('POST', '/v1/keys', { name, scopes });
        process.stderr.write(`  Key ${made.id} (${made.scopes.join(' ')}), shown once:\n`);
        process.stdout.write(`${made.key}\n`);
      }),
    ),
  );

const DELETE_HELP = `
Who uses the key is refused from then on. ninety keys list shows the ids.

Examples:
  $ npx ninety keys delete dsp-pull

${EXIT_CODES}
`;

const remove = withServerOptions(newCommand('delete', 'end a key', DELETE_HELP))
  .argument('<id>', 'id of the key (not the key itself)')
  .action((id: string, options: ServerOptions) =>
    finish(() =>
      withServer(options, async (client) => {
        await client.json('DELETE', `/v1/keys/${encodeURIComponent(id)}`);
        process.stdout.write(`  Key ${id} is ended.\n`);
      }),
    ),
  );

export const keysCommand = group('keys', 'list, make and end API keys', [list, create, remove]);
