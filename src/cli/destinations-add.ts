import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { ShownDestination, ShownType } from '../api/destinations.ts';
import { parseJson } from '../json-object.ts';
import { EXIT_CODES, newCommand, withServerOptions } from './command.ts';
import { CommandError, finish } from './exit.ts';
import { type ServerOptions, withServer } from './with-server.ts';

const ADD_HELP = `
Settings are given with --set name=value; ninety destinations types TYPE tells which there are. A secret is better
given with --set-from name=FILE, or name=- to read it from standard input, because a command line is seen by others.

Examples:
  $ npx ninety destinations add webhook --id acme --name Acme --partner acme --segments news,sport \\
      --set url=https://acme.example/audiences --set-from secret=acme.secret
  $ npx ninety destinations add file-drop --name Files --partner acme --segments all --cron '0 4 * * *' \\
      --set drop=folder --set path=acme --set format=csv

${EXIT_CODES}
`;

interface AddOptions extends ServerOptions {
  readonly id?: string;
  readonly name: string;
  readonly partner?: string;
  readonly devices?: string;
  readonly gvlId?: number | string;
  readonly segments: string;
  readonly cron?: string;
  readonly manual?: boolean;
  readonly full?: boolean;
  readonly allow?: string;
  readonly regions?: string;
  readonly set?: readonly string[];
  readonly setFrom?: readonly string[];
}

const several = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
const listed = (text: string) => text.split(',').map((part) => part.trim());
/** What is no number goes as it is: the server says what the field takes. */
const number = (value: string) => (/^\d+$/.test(value) ? Number(value) : value);

/** `ninety destinations add` */
export const addDestination = withServerOptions(newCommand('add', 'add a destination', ADD_HELP))
  .argument('<type>', 'what it is; see ninety destinations types')
  .requiredOption('--name <name>', 'its name, for people')
  .requiredOption('--segments <ids>', 'all, or ids; id=code where it is called otherwise there')
  .option('--id <id>', 'what it is called in URLs (default: one is made)')
  .option('--partner <id>', 'the partner under whose ids it is told of people')
  .option('--devices <types>', 'device ids under which it is told of people')
  .option('--gvl-id <n>', 'its vendor id in the TCF Global Vendor List', number)
  .option('--cron <expression>', 'when it is delivered to, in UTC (default: when something changes)')
  .option('--manual', 'it is delivered to only when asked')
  .option('--full', 'it is told everything each time, and not what changed')
  .option('--allow <labels>', 'policy labels that keep nothing from it')
  .option('--regions <codes>', 'only people last seen there')
  .option('--set <name=value>', 'a setting of the type; again for each', several)
  .option(
    '--set-from <name=file>',
    'a setting that is read from a file, or with - from standard input',
    several,
  )
  .action((type: string, options: AddOptions) =>
    finish(async () => {
      const {
        set = [],
        setFrom = [],
        url,
        key,
        cron,
        manual,
        full,
        allow,
        regions,
        devices,
        segments,
        ...fields
      } = options;
      if (cron !== undefined && manual === true)
        throw new CommandError('usage', '--cron and --manual do not go together.');
      const body = {
        ...fields,
        type,
        segments: segments === 'all' ? 'all' : listed(segments).map(asSegment),
        ...(devices === undefined ? {} : { devices: listed(devices) }),
        ...(cron === undefined ? {} : { schedule: { cron } }),
        ...(manual === true ? { schedule: 'manual' } : {}),
        ...(full === true ? { mode: 'full' } : {}),
        ...(allow === undefined ? {} : { allows: listed(allow) }),
        ...(regions === undefined ? {} : { regions: listed(regions) }),
      };
      const given = await settingsOf(set, setFrom);
      const server = { ...(url === undefined ? {} : { url }), ...(key === undefined ? {} : { key }) };
      return withServer(server, async (client) => {
        const { items } = await client.json<{ items: ShownType[] }>('GET', '/v1/destination-types');
        const declared = items.find((each) => each.type === type)?.settings.properties ?? {};
        const settings = Object.fromEntries(
          [...given].map(([name, value]) => [name, asDeclared(value, declared[name]?.type)]),
        );
        const made = await client.json<ShownDestination>('POST', '/v1/destinations', { ...body, settings });
        process.stdout.write(
          `  Destination ${made.id} is added. ninety destinations test ${made.id} shows what it would be told.\n`,
        );
      });
    }),
  );

function asSegment(text: string): { id: string; code?: string } {
  const at = text.indexOf('=');
  return at < 0 ? { id: text } : { id: text.slice(0, at), code: text.slice(at + 1) };
}

/** @throws CommandError where one is no `name=value`, is there twice, or its file cannot be read. */
async function settingsOf(
  set: readonly string[],
  from: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const settings = new Map<string, string>();
  const put = (name: string, value: string) => {
    if (settings.has(name)) throw new CommandError('usage', `The setting ${name} is there twice.`);
    settings.set(name, value);
  };
  for (const each of set) {
    put(...pairOf(each, '--set'));
  }
  for (const each of from) {
    const [name, file] = pairOf(each, '--set-from');
    put(name, (await readSecret(file)).trim());
  }
  return settings;
}

/**
 * A token of digits is a text, and a file of a key may be JSON: what a value is, the type of destination says.
 *
 * @param type of its JSON Schema; undefined = several, or the setting is none, and the server says so.
 */
function asDeclared(value: string, type: string | undefined): unknown {
  if (type === 'string') return value;
  const json = parseJson(value);
  if (type === 'integer' || type === 'number') return typeof json === 'number' ? json : value;
  return typeof json === 'object' || typeof json === 'boolean' ? json : value;
}

function pairOf(text: string, option: string): [string, string] {
  const at = text.indexOf('=');
  // What was given may be a secret: it is not said again.
  if (at < 1) throw new CommandError('usage', `${option} takes name=value.`);
  return [text.slice(0, at), text.slice(at + 1)];
}

async function readSecret(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  return readFile(file, 'utf8').catch(() => {
    throw new CommandError('not_found', `${file} cannot be read.`);
  });
}
