import type { ShownRun } from '../api/destination-history.ts';
import type { ShownDryRun, ShownType } from '../api/destinations.ts';
import { DELIVERY_ENDS } from '../delivery/run/ends.ts';
import type { Run } from '../jobs/ledger.ts';
import type { DeliveryHealth } from '../report/deliveries.ts';
import type { Client } from './client.ts';
import { EXIT_CODES, group, newCommand, withServerOptions } from './command.ts';
import { addDestination } from './destinations-add.ts';
import { deadLetters, replay } from './destinations-letters.ts';
import { ended, known, pathOf } from './destinations-one.ts';
import { remove, resync, switchOff, switchOn, withdraw } from './destinations-switch.ts';
import { waterfallOf } from './destinations-waterfall.ts';
import { CommandError, finish } from './exit.ts';
import { table, thousands } from './table.ts';
import { type ServerOptions, withServer } from './with-server.ts';

const TYPES_HELP = `
What can be delivered to. With the name of one, every setting that it wants; those marked secret are encrypted
where they are kept, and never shown again.

Examples:
  $ npx ninety destinations types
  $ npx ninety destinations types webhook

${EXIT_CODES}
`;

const typesOf = async (client: Client): Promise<ShownType[]> =>
  (await client.json<{ items: ShownType[] }>('GET', '/v1/destination-types')).items;

const types = withServerOptions(newCommand('types', 'show what can be delivered to', TYPES_HELP))
  .argument('[type]', 'one of them')
  .action((name: string | undefined, options: ServerOptions) =>
    finish(() =>
      withServer(options, async (client) => {
        const all = await typesOf(client);
        if (name === undefined)
          return void process.stdout.write(
            table(
              all.map(({ type, title, summary }) => [type, title, summary]),
              ['type', 'name', ''],
            ),
          );
        const type = all.find((each) => each.type === name);
        if (type === undefined)
          throw new CommandError(
            'not_found',
            `There is no type ${name}. There are ${all.map((each) => each.type).join(', ')}.`,
          );
        process.stdout.write(typeText(type));
      }),
    ),
  );

function typeText({
  type,
  title,
  summary,
  takes,
  gvlId,
  removes,
  forgets,
  expiryDays,
  settings,
  secrets,
}: ShownType): string {
  const { properties = {}, required = [] } = settings;
  const ids = [...(takes.partner ? ["a partner's"] : []), ...takes.devices].join(', ');
  const about = table([
    ['type', type],
    ['name', title],
    ['', summary],
    ['takes ids', ids],
    ['vendor id', gvlId === null ? '-' : String(gvlId)],
    ['removals', removes ? 'are told' : 'are not understood: it forgets whom it hears no more of'],
    ['deletions', forgets ? 'are asked for, and opt-outs told' : 'are told as removals'],
    ['keeps for', `${expiryDays.usual} days, at most ${expiryDays.most}`],
  ]);
  const rows = Object.entries(properties).map(([name, property]) => [
    `--set ${name}=`,
    `${required.includes(name) ? 'needed' : 'may be'}${secrets.includes(name) ? ', secret' : ''}`,
    `${property.description ?? ''}${choicesText(property)}`,
  ]);
  return rows.length === 0 ? about : `${about}\n${table(rows, ['setting', '', 'what it is'])}`;
}

type Property = NonNullable<ShownType['settings']['properties']>[string];

function choicesText({ enum: choices, default: usual }: Property): string {
  const known = [
    ...(choices === undefined ? [] : [`one of ${choices.join(', ')}`]),
    ...(usual === undefined || usual === '' ? [] : [`usually ${String(usual)}`]),
  ];
  return known.length === 0 ? '' : ` (${known.join('; ')})`;
}

const LIST_HELP = `
Examples:
  $ npx ninety destinations list

${EXIT_CODES}
`;

const list = withServerOptions(
  newCommand('list', 'show the destinations and how each stands', LIST_HELP),
).action((options: ServerOptions) =>
  finish(() =>
    withServer(options, async (client) => {
      const { items } = await client.json<{ items: DeliveryHealth[] }>('GET', '/v1/deliveries');
      process.stdout.write(
        items.length === 0
          ? '  There is no destination yet; ninety destinations types shows what can be delivered to.\n'
          : deliveryTable(items),
      );
    }),
  ),
);

/** How destinations stand, a line each. */
export const deliveryTable = (items: readonly DeliveryHealth[]): string =>
  table(
    items.map(({ destination, type, state, reason, acknowledged, waiting, dead }) => [
      destination,
      type,
      reason === '' ? state : `${state}: ${reason}`,
      acknowledged,
      waiting,
      dead,
    ]),
    ['destination', 'type', 'state', 'last taken', 'lines waiting', 'dead letters'],
  );

const TEST_HELP = `
Plans what the destination would be told now and sends nothing: how many come into each segment and how many
leave it, what keeps others back, and the first lines as they would go.

Examples:
  $ npx ninety destinations test acme

${EXIT_CODES}
`;

const test = withServerOptions(newCommand('test', 'show what a destination would be told now', TEST_HELP))
  .argument('<id>', 'id of the destination')
  .action((id: string, options: ServerOptions) =>
    finish(() => withServer(options, (client) => dryRun(client, id, ''))),
  );

async function dryRun(client: Client, id: string, mode: string): Promise<void> {
  const shown = await known(id, client.json<ShownDryRun>('POST', `${pathOf(id)}/deliver?dryRun=1${mode}`));
  const lost = shown.counts.filter(({ reason, n }) => reason !== '' && n > 0);
  process.stdout.write(
    [
      shown.segments.length === 0
        ? '  There is nothing to tell.\n'
        : table(
            shown.segments.map(({ code, adds, removes, refreshes }) => [code, adds, removes, refreshes]),
            ['segment there', 'adds', 'removals', 'told again'],
          ),
      ...(lost.length === 0
        ? []
        : [
            table(
              lost.map(({ segment, stage, reason, n }) => [segment, stage, reason, n]),
              ['segment', 'lost before', 'because', ''],
            ),
          ]),
      ...(shown.preview === '' ? [] : [`${shown.preview.replace(/^/gm, '  ').trimEnd()}\n`]),
    ].join('\n'),
  );
}

const DELIVER_HELP = `
Delivers now, from every hit taken before, and waits for the end. It fails (exit code 1) where something waits for
its next try, which comes by itself, or where nothing was taken. How it may end:

${Object.entries(DELIVERY_ENDS)
  .map(([state, what]) => `  ${state.padEnd(12)}${what}`)
  .join('\n')}

Examples:
  $ npx ninety destinations deliver acme
  $ npx ninety destinations deliver acme --dry-run
  $ npx ninety destinations deliver acme --full

${EXIT_CODES}
`;

interface DeliverOptions extends ServerOptions {
  readonly dryRun?: boolean;
  readonly full?: boolean;
}

const deliver = withServerOptions(newCommand('deliver', 'deliver to a destination now', DELIVER_HELP))
  .argument('<id>', 'id of the destination')
  .option('--dry-run', 'only show what it would be told')
  .option('--full', 'tell it everything, and not what changed')
  .action((id: string, options: DeliverOptions) =>
    finish(() =>
      withServer(options, async (client) => {
        const mode = options.full === true ? '&mode=full' : '';
        if (options.dryRun === true) return dryRun(client, id, mode);
        return ended(id, client.json<Run>('POST', `${pathOf(id)}/deliver?wait=1${mode}`));
      }),
    ),
  );

const RUNS_HELP = `
Examples:
  $ npx ninety destinations runs acme

${EXIT_CODES}
`;

const runs = withServerOptions(
  newCommand('runs', 'show what a destination was told, and what it took', RUNS_HELP),
)
  .argument('<id>', 'id of the destination')
  .action((id: string, options: ServerOptions) =>
    finish(() =>
      withServer(options, async (client) => {
        const { items } = await known(
          id,
          client.json<{ items: ShownRun[] }>('GET', `${pathOf(id)}/runs?limit=20`),
        );
        process.stdout.write(
          items.length === 0
            ? '  Nothing was delivered to it yet.\n'
            : table(
                items.map(
                  ({ run, planned, cause, mode, state, adds, removes, refreshes, accepted, dead }) => [
                    String(run),
                    planned,
                    cause,
                    mode,
                    state,
                    adds,
                    removes,
                    refreshes,
                    accepted,
                    reasonsText(dead),
                  ],
                ),
                [
                  'run',
                  'planned',
                  'cause',
                  'mode',
                  'state',
                  'adds',
                  'removals',
                  'again',
                  'taken',
                  'dead letters',
                ],
              ),
        );
      }),
    ),
  );

const reasonsText = (reasons: Readonly<Record<string, number>>): string =>
  Object.entries(reasons)
    .map(([reason, n]) => `${thousands(n)} ${reason}`)
    .join(', ') || '-';

export const destinationsCommand = group('destinations', 'send segments to DSPs and others', [
  types,
  list,
  addDestination,
  test,
  deliver,
  runs,
  waterfallOf,
  deadLetters,
  replay,
  resync,
  switchOff,
  switchOn,
  withdraw,
  remove,
]);
