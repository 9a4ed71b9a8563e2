import type { Waterfall } from '../delivery/waterfall.ts';
import { EXIT_CODES, newCommand, withServerOptions } from './command.ts';
import { known, pathOf } from './destinations-one.ts';
import { finish } from './exit.ts';
import { table, thousands } from './table.ts';
import { type ServerOptions, withServer } from './with-server.ts';

const HELP = `
How many members of each segment came how far on their way to a destination, what was lost before each stage, and
how that has changed since the oldest of the days. Up to "allowed" visitors are counted, from "sent" on ids.

Examples:
  $ npx ninety destinations waterfall acme
  $ npx ninety destinations waterfall acme --segment news --days 7

${EXIT_CODES}
`;

interface Options extends ServerOptions {
  readonly segment?: string;
  readonly days?: string;
}

export const waterfallOf = withServerOptions(
  newCommand('waterfall', 'show how far the members of segments came, and why no further', HELP),
)
  .argument('<id>', 'id of the destination')
  .option('--segment <id>', 'only this one')
  .option('--days <n>', 'how many days to look back (default: 30)')
  .action((id: string, { segment, days, ...server }: Options) =>
    finish(() =>
      withServer(server, async (client) => {
        const asked = new URLSearchParams({
          ...(segment === undefined ? {} : { segment }),
          ...(days === undefined ? {} : { days }),
        });
        const { items } = await known(
          id,
          client.json<{ items: Waterfall[] }>('GET', `${pathOf(id)}/waterfall?${asked}`),
        );
        process.stdout.write(
          items.length === 0 ? '  Nothing was planned for it yet.\n' : items.map(segmentTable).join('\n'),
        );
      }),
    ),
  );

const segmentTable = ({ segment, day, stages, trend, days }: Waterfall): string =>
  table(
    stages.map(({ stage, n, losses }, at) => [
      at === 0 ? segment : '',
      at === 0 ? day : '',
      stage,
      n,
      trendText(trend[stage]),
      losses.map(({ reason, n }) => `${thousands(n)} ${reason}`).join(', '),
    ]),
    ['segment', 'day', 'came to', '', days.length === 0 ? '' : `since ${days[0]!.day}`, 'lost before'],
  );

const trendText = (change: number | null): string =>
  change === null ? '' : change > 0 ? `+${thousands(change)}` : thousands(change);
