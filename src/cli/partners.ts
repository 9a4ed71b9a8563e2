import type { catalogueItem, matchKeptBy } from '../api/partner.ts';
import type { ShownWhy } from '../api/why.ts';
import type { Partner } from '../registry/kinds.ts';
import { type Client, RefusedError } from './client.ts';
import { EXIT_CODES, group, newCommand, withServerOptions } from './command.ts';
import { CommandError, finish } from './exit.ts';
import { table } from './table.ts';
import { type ServerOptions, withServer } from './with-server.ts';

type Entry = ReturnType<typeof catalogueItem>;
type ShownPartner = Partner & { readonly matchKeptBy: ReturnType<typeof matchKeptBy> };

const KEPT_BY = { us: 'us', partner: 'the partner', both: 'both' } as const;
const keptBy = (by: ShownPartner['matchKeptBy']) => (by === null ? '-' : KEPT_BY[by]);

const entries = async (client: Client): Promise<Entry[]> =>
  (await client.json<{ items: Entry[] }>('GET', '/v1/partners/catalogue')).items;

const CATALOGUE_HELP = `
The ready partners: their URLs, vendor ids and macros are known, and only what they gave you is missing.
With the name of one, all that is known of it.

Examples:
  $ npx ninety partners catalogue
  $ npx ninety partners catalogue google

${EXIT_CODES}
`;

const catalogue = withServerOptions(
  newCommand('catalogue', 'show the partners that are ready to be added', CATALOGUE_HELP),
)
  .argument('[entry]', 'one of them')
  .action((id: string | undefined, options: ServerOptions) =>
    finish(() =>
      withServer(options, async (client) => {
        const all = await entries(client);
        if (id === undefined) return void process.stdout.write(catalogueTable(all));
        const entry = all.find((each) => each.id === id);
        if (entry === undefined)
          throw new CommandError('not_found', `There is no entry ${id}. There are ${idsOf(all)}.`);
        process.stdout.write(entryText(entry));
      }),
    ),
  );

const idsOf = (all: readonly Entry[]) => all.map(({ id }) => id).join(', ');

const catalogueTable = (all: readonly Entry[]): string =>
  table(
    all.map(({ id, name, gvlId, settings }) => [
      id,
      name,
      gvlId === undefined ? '-' : String(gvlId),
      settings.length === 0
        ? 'nothing'
        : settings.map((setting) => (setting.optional ? `[${setting.name}]` : setting.name)).join(', '),
    ]),
    ['entry', 'name', 'vendor id', 'needs'],
  );

function entryText({ id, name, gvlId, gvlSource, source, settings, partner, notes }: Entry): string {
  const rows = [
    ['entry', id],
    ['name', name],
    ...(gvlId === undefined ? [] : [['vendor id', `${gvlId}, from the ${gvlSource}`]]),
    ...Object.entries(partner).map(([field, value]) => [field, valueText(value)]),
    ['source', source],
    ...notes.map((note) => ['note', note]),
  ];
  const needed = settings.map((setting) => [
    `--set ${setting.name}=${setting.example}`,
    setting.optional ? 'may be' : 'needed',
    setting.description,
  ]);
  return [table(rows), ...(needed.length === 0 ? [] : [table(needed, ['setting', '', 'what it is'])])].join(
    '\n',
  );
}

const valueText = (value: unknown): string =>
  Array.isArray(value)
    ? value.length === 0
      ? '-'
      : value.join(' ')
    : typeof value === 'object' && value !== null
      ? Object.entries(value)
          .map(([key, each]) => `${key}=${String(each)}`)
          .join(' ')
      : value === ''
        ? '(empty)'
        : String(value);

const ADD_HELP = `
Of the catalogue, with what the partner gave you; or one of your own, with --name and its URLs. The macros of
a URL are checked: an unknown one, another vendor's number or a URL by which nobody can be matched is refused
with what to write. PATCH /v1/partners/{id} changes one later.

Examples:
  $ npx ninety partners add google --set nid=abc
  $ npx ninety partners add xandr --priority 1
  $ npx ninety partners add prebid-server --set host=prebid.example.com --set bidder=ninety --gvl-id 52
  $ npx ninety partners add --id acme --name Acme --gvl-id 10 \\
      --sync-url 'https://sync.acme.example/s?gdpr={{.GDPR}}&c={{.GDPRConsent}}&r={{.RedirectURL}}'

${EXIT_CODES}
`;

interface AddOptions extends ServerOptions {
  readonly set?: readonly string[];
  readonly id?: string;
  readonly name?: string;
  readonly gvlId?: number;
  readonly gppId?: number;
  readonly syncUrl?: string;
  readonly iframeUrl?: string;
  readonly uidMacro?: string;
  readonly redirectHost?: readonly string[];
  readonly freshDays?: number;
  readonly priority?: number;
}

const several = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** What is no number goes as it is: the server says what the field takes. */
const number = (value: string) => (/^\d+$/.test(value) ? Number(value) : value);

const add = withServerOptions(newCommand('add', 'add a partner', ADD_HELP))
  .argument('[entry]', 'entry of the catalogue')
  .option('--set <name=value>', 'a setting of the entry; again for each', several)
  .option('--id <id>', 'what it is called in URLs and rules (default: the name of the entry)')
  .option('--name <name>', 'its name, for people')
  .option('--gvl-id <n>', 'its vendor id in the TCF Global Vendor List', number)
  .option('--gpp-id <n>', 'its id in GPP macros', number)
  .option('--sync-url <url>', 'where a browser is sent, as an image')
  .option('--iframe-url <url>', 'where a browser is sent, in a frame')
  .option('--uid-macro <text>', 'what it replaces by its own id in our redirect URL (default: $UID)')
  .option('--redirect-host <host>', 'a host to which it may have browsers sent; again for each', several)
  .option('--fresh-days <n>', 'days until a match is made anew (default: 14)', number)
  .option('--priority <n>', '1, synced first, to 10 (default: 5)', number)
  .action((entry: string | undefined, options: AddOptions) =>
    finish(() => {
      const { set, redirectHost, url, key, ...fields } = options;
      if (entry === undefined && set !== undefined)
        throw new CommandError('usage', '--set is for an entry: ninety partners add ENTRY --set name=value.');
      if (entry === undefined && fields.name === undefined)
        throw new CommandError(
          'usage',
          'Name an entry of ninety partners catalogue, or a partner of your own with --name.',
        );
      const body = {
        ...fields,
        ...(entry === undefined ? {} : { catalogue: entry, settings: settingsOf(set ?? []) }),
        ...(redirectHost === undefined ? {} : { redirectHosts: redirectHost }),
      };
      const server = { ...(url === undefined ? {} : { url }), ...(key === undefined ? {} : { key }) };
      return withServer(server, async (client) => {
        const made = await client.json<ShownPartner>('POST', '/v1/partners', body);
        process.stdout.write(partnerText(made));
        const of = (await entries(client)).find(({ id }) => id === made.catalogue);
        for (const note of of?.notes ?? []) process.stdout.write(`\n  ${note.replaceAll('<id>', made.id)}\n`);
      });
    }),
  );

/** @throws CommandError where one is no `name=value`, or is there twice. */
function settingsOf(set: readonly string[]): Record<string, string> {
  const settings = new Map<string, string>();
  for (const each of set) {
    const at = each.indexOf('=');
    if (at < 1) throw new CommandError('usage', `--set takes name=value, such as nid=abc (it is "${each}").`);
    const name = each.slice(0, at);
    if (settings.has(name)) throw new CommandError('usage', `--set ${name} is there twice.`);
    settings.set(name, each.slice(at + 1));
  }
  return Object.fromEntries(settings);
}

const LIST_HELP = `
Match kept by: where the partner keeps it, it gets our visitor's id; where we keep it, it sends us its own.

Examples:
  $ npx ninety partners list

${EXIT_CODES}
`;

const list = withServerOptions(newCommand('list', 'show the partners', LIST_HELP)).action(
  (options: ServerOptions) =>
    finish(() =>
      withServer(options, async (client) => {
        const partners = await client.list<ShownPartner>('/v1/partners');
        process.stdout.write(
          partners.length === 0
            ? '  There is no partner yet; ninety partners catalogue shows those that are ready.\n'
            : table(
                partners.map((partner) => [
                  partner.id,
                  partner.name,
                  partner.gvlId === undefined ? '-' : String(partner.gvlId),
                  keptBy(partner.matchKeptBy),
                  partner.freshDays,
                  partner.priority,
                ]),
                ['partner', 'name', 'vendor id', 'match kept by', 'fresh days', 'priority'],
              ),
        );
      }),
    ),
);

const SHOW_HELP = `
Examples:
  $ npx ninety partners show google

${EXIT_CODES}
`;

const show = withServerOptions(newCommand('show', 'show all that is stored of a partner', SHOW_HELP))
  .argument('<id>', 'id of the partner')
  .action((id: string, options: ServerOptions) =>
    finish(() =>
      withServer(options, async (client) => {
        const path = `/v1/partners/${encodeURIComponent(id)}`;
        process.stdout.write(partnerText(await known(id, client.json<ShownPartner>('GET', path))));
      }),
    ),
  );

const partnerText = ({ matchKeptBy, id, ...partner }: ShownPartner): string =>
  table([
    ['partner', id],
    ...Object.entries(partner).map(([field, value]) => [field, valueText(value)]),
    ['match kept by', keptBy(matchKeptBy)],
  ]);

const REMOVE_HELP = `
No sync is made with it from then on, and nothing is exported under its ids. What was matched stays until it
is ninety days old. Refused while a destination needs it.

Examples:
  $ npx ninety partners remove google

${EXIT_CODES}
`;

const remove = withServerOptions(newCommand('remove', 'take a partner out', REMOVE_HELP))
  .argument('<id>', 'id of the partner')
  .action((id: string, options: ServerOptions) =>
    finish(() =>
      withServer(options, async (client) => {
        await known(id, client.json('DELETE', `/v1/partners/${encodeURIComponent(id)}`));
        process.stdout.write(`  Partner ${id} is taken out.\n`);
      }),
    ),
  );

const WHY_HELP = `
Tells how a sync with the partner would end for a browser that comes with these consent signals from this
address, by the same decision as when one comes, and how the partner's syncs ended in the last 24 hours.
With --visitor also what is stored: the visitor's newest word, and whether an id of the partner's is linked.
Without --ip the country is not known, so a yes is needed wherever no signal decides.

Examples:
  $ npx ninety partners why google --ip 84.128.0.1
  $ npx ninety partners why google --gdpr 1 --gdpr-consent CQSbk4AQ...
  $ npx ninety partners why google --us-privacy 1YNN --visitor VISITOR

${EXIT_CODES}
`;

interface WhyOptions extends ServerOptions {
  readonly visitor?: string;
  readonly ip?: string;
  readonly gdpr?: string;
  readonly gdprConsent?: string;
  readonly usPrivacy?: string;
  readonly gpp?: string;
  readonly gppSid?: string;
  readonly gpc?: boolean;
}

const why = withServerOptions(newCommand('why', 'tell why a partner is not matched', WHY_HELP))
  .argument('<id>', 'id of the partner')
  .option('--visitor <id>', 'a visitor, 11 characters; needs a key of scope visitors, and is written down')
  .option('--ip <address>', 'address of the browser')
  .option('--gdpr <0|1>', 'whether TCF applies')
  .option('--gdpr-consent <string>', 'TC string')
  .option('--us-privacy <string>', 'US Privacy string')
  .option('--gpp <string>', 'GPP string')
  .option('--gpp-sid <ids>', 'sections of it that are in force')
  .option('--gpc', 'the browser sends Sec-GPC: 1')
  .action((id: string, options: WhyOptions) =>
    finish(() =>
      withServer(options, async (client) => {
        const path = `/v1/partners/${encodeURIComponent(id)}/why?${whyQuery(options)}`;
        process.stdout.write(whyText(await client.json<ShownWhy>('GET', path)));
      }),
    ),
  );

function whyQuery({
  visitor,
  ip,
  gdpr,
  gdprConsent,
  usPrivacy,
  gpp,
  gppSid,
  gpc,
}: WhyOptions): URLSearchParams {
  const given = {
    visitor,
    ip,
    gdpr,
    gdpr_consent: gdprConsent,
    us_privacy: usPrivacy,
    gpp,
    gpp_sid: gppSid,
    gpc: gpc ? '1' : undefined,
  };
  return new URLSearchParams(
    Object.entries(given).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as [string, string]],
    ),
  );
}

function storedRows(stored: ShownWhy['stored']): string[][] {
  if (stored === undefined) return [];
  const { optedOut, consent, matched, setAside } = stored;
  return [
    ['opted out', optedOut ? 'yes' : 'no'],
    ['consent', consent],
    ['matched', matched ? 'yes' : 'no'],
    ...setAside.flatMap(({ reason, detail }) => [
      ['set aside', reason],
      ['', detail],
    ]),
  ];
}

function whyText({ partner, outcome, detail, country, lastDay, stored }: ShownWhy): string {
  const now = table([
    ['partner', partner],
    ['country', country === '' ? 'not known' : country],
    ['outcome', outcome],
    ['', detail],
    ...storedRows(stored),
  ]);
  if (lastDay.length === 0) return `${now}\n  No sync with it was tried in the last 24 hours.\n`;
  const rows = lastDay.map(({ outcome, n, detail }) => [outcome, n, detail]);
  return `${now}\n${table(rows, ['last 24 hours', 'syncs', ''])}`;
}

/** @throws CommandError where there is no such partner. */
async function known<T>(id: string, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof RefusedError && error.status === 404)
      throw new CommandError('not_found', `There is no partner ${id}; ninety partners list shows them.`);
    throw error;
  }
}

export const partnersCommand = group('partners', 'add, list and take out partners for cookie sync', [
  catalogue,
  add,
  list,
  show,
  why,
  remove,
]);
