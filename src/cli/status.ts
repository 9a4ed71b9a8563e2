import type { ShownAlerts } from '../api/alerts.ts';
import type { ShownIdentity } from '../api/identity.ts';
import type { ShownJournal } from '../api/journal.ts';
import type { Summary } from '../dashboard/summary.ts';
import { type DeliveryHealth, TROUBLES } from '../report/deliveries.ts';
import { type ShownSegment, segmentTable } from './build.ts';
import type { Client } from './client.ts';
import { EXIT_CODES, newCommand, withServerOptions } from './command.ts';
import { deliveryTable } from './destinations.ts';
import { CommandError, finish } from './exit.ts';
import { table, thousands } from './table.ts';
import { type Found, type ServerOptions, withServer } from './with-server.ts';

interface Run {
  readonly job: string;
  readonly state: string;
  readonly started: string;
  readonly ended: string | null;
  readonly rowsRead: number;
  /** Bytes. */
  readonly peakMemory: number;
  readonly error: string;
}

const HELP = `
Shows whether the server takes hits, what waits in its journal, the last minutes, what needs attention, the
segments, the destinations and the last runs of the jobs. It fails (exit code 1) when the server does not take
hits, so that a script can ask.

Examples:
  $ npx ninety status
  $ npx ninety status --url https://audience.example.com --key KEY

${EXIT_CODES}
`;

const MINUTES = 5;
const RUNS = 10;
const ALERTS = 20;

export const statusCommand = withServerOptions(
  newCommand('status', 'show how the server, its segments and its jobs are', HELP),
).action((options: ServerOptions) =>
  finish(() =>
    withServer(options, async (client, _, found) => {
      const ready = await readiness(client);
      const [summary, journal, identity, segments, deliveries, runs, alerts] = await Promise.all([
        client.json<Summary>('GET', '/v1/overview'),
        client.json<ShownJournal>('GET', '/v1/journal'),
        client.json<ShownIdentity>('GET', '/v1/identity'),
        client.list<ShownSegment>('/v1/segments'),
        client.json<{ items: DeliveryHealth[] }>('GET', '/v1/deliveries'),
        client.json<{ items: Run[] }>('GET', `/v1/jobs?limit=${RUNS}`),
        client.json<ShownAlerts>('GET', `/v1/alerts?limit=${ALERTS}`),
      ]);
      process.stdout.write(
        [
          table([
            ...serverRows(client.url, found, ready, summary, journal, identity),
            ...deliveryRows(deliveries.items),
            ...alertRows(alerts),
          ]),
          segments.length === 0 ? '  No segment yet; POST /v1/segments makes one.\n' : segmentTable(segments),
          ...(deliveries.items.length === 0 ? [] : [deliveryTable(deliveries.items)]),
          runs.items.length === 0 ? '  No job has run yet.\n' : runTable(runs.items),
        ].join('\n'),
      );
      if (ready !== 'ready') throw new CommandError('not_finished', `The server takes no hits: ${ready}.`);
    }),
  ),
);

/** `ready`, or the reason why hits cannot be taken. */
async function readiness(client: Client): Promise<string> {
  const answer = await client.send('GET', '/readyz');
  let said = '';
  for await (const chunk of answer.body) said += String(chunk);
  return said.trim();
}

const HOW: Readonly<Record<Found, string>> = {
  named: '',
  running: '',
  started: ' (none runs; started for this command)',
};

function serverRows(
  url: string,
  found: Found,
  ready: string,
  summary: Summary,
  journal: ShownJournal,
  identity: ShownIdentity,
) {
  const { hitsByMinute, journalBytes, hits, visitors, countedAt } = summary;
  const last = hitsByMinute.slice(-MINUTES).reduce((sum, minute) => sum + minute.hits, 0);
  return [
    ['server', `${url}${HOW[found]}`],
    ['hits', ready === 'ready' ? 'are taken' : `are refused: ${ready}`],
    ['journal', journalBytes === null ? 'none' : `${thousands(journalBytes)} bytes wait for ClickHouse`],
    ...journalRows(journal),
    ...(summary.tellsDataCentres === false ? [['data centres', NO_OWNERS]] : []),
    [`last ${MINUTES} minutes`, `${thousands(last)} hits`],
    ['kept', `${thousands(hits)} hits of ${thousands(visitors)} visitors, counted at ${countedAt}`],
    ...freshnessRows(summary),
    ...identityRows(identity),
  ];
}

function freshnessRows({ freshness: { oldest, failing } }: Summary) {
  if (oldest === null && failing === 0) return [];
  const age = oldest === null ? 'none is built' : `the oldest as of ${oldest}`;
  return [['segments', failing === 0 ? age : `${age}; the last build of ${thousands(failing)} failed`]];
}

/** What of the deliveries somebody should look after. */
function deliveryRows(items: readonly DeliveryHealth[]) {
  const troubled = items.filter(({ state }) => TROUBLES.has(state));
  const dead = items.reduce((sum, each) => sum + each.dead, 0);
  return [
    ...troubled.map(({ destination, state, reason, detail, until }) => [
      'delivery',
      `${destination} is ${state}${reason === '' ? '' : `: ${reason}, ${detail}`}${until === null ? '' : `; tried again at ${until}`}`,
    ]),
    ...(dead === 0
      ? []
      : [['dead letters', `${thousands(dead)} lines; see ninety destinations dead-letters`]]),
  ];
}

/** What needs attention now, but for what the rows above say already. */
function alertRows({ items, checkedAt }: ShownAlerts) {
  const others = items.filter(({ kind }) => kind !== 'delivery_failing');
  return [
    ...others.map(({ kind, subject, detail, since }) => [
      'alert',
      `${kind.replaceAll('_', ' ')}, ${subject}: ${detail} (since ${since})`,
    ]),
    ...(checkedAt === null ? [] : [['alerts', `last looked for at ${checkedAt}`]]),
  ];
}

function identityRows({ links, clusters }: ShownIdentity) {
  if (links === null || clusters === null) return [];
  const aside = links.setAside.reduce((sum, each) => sum + each.links, 0);
  const devices = `${thousands(clusters.clusters)} device clusters of ${thousands(clusters.clusteredVisitors)} visitors`;
  return [['identity', `${devices}, ${thousands(aside)} links set aside, built at ${clusters.builtAt}`]];
}

const NO_OWNERS = 'not told, as a sign of crawlers: GEOIP_MMDB names no owners of networks';

/** Lines that are there only when something is to be said. */
function journalRows({ waiting, setAside }: ShownJournal) {
  const oldest = waiting.flatMap((stream) => stream.oldest ?? []).sort()[0];
  const files = waiting.reduce((sum, stream) => sum + stream.files, 0);
  const rows = setAside.reduce((sum, file) => sum + file.rows, 0);
  return [
    ...(oldest === undefined ? [] : [['', `${thousands(files)} files, the oldest since ${oldest}`]]),
    ...(setAside.length === 0
      ? []
      : [
          [
            'set aside',
            `${thousands(setAside.length)} files with ${thousands(rows)} rows; see ninety journal list`,
          ],
        ]),
  ];
}

const runTable = (runs: readonly Run[]): string =>
  table(
    runs.map(({ job, state, started, ended, rowsRead, peakMemory, error }) => [
      job,
      state,
      started,
      ended === null ? '' : `${((Date.parse(ended) - Date.parse(started)) / 1000).toFixed(1)} s`,
      rowsRead === 0 ? '' : thousands(rowsRead),
      peakMemory === 0 ? '' : `${thousands(Math.ceil(peakMemory / 2 ** 20))} MB`,
      error.split('\n')[0]!.slice(0, 100),
    ]),
    ['job', 'state', 'started', 'took', 'rows read', 'memory', ''],
  );
