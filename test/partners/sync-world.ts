import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { BrowserContext } from 'playwright-core';
import { launchProfile } from '../chromium.ts';
import { CHROME, send } from '../client.ts';
import { type Home, openHome } from '../homes.ts';
import { type Adobe, adobe } from './adobe.ts';
import { looping, silent, slow } from './awkward.ts';
import { type Google, google } from './google.ts';
import { pubmatic } from './pubmatic.ts';
import type { StandIn } from './stand-in.ts';
import { type TheTradeDesk, theTradeDesk } from './the-trade-desk.ts';
import { xandr } from './xandr.ts';

/** Longer than browsers wait for a partner in these tests, so that a browser that waits for it is seen. */
const SLOW_MS = 1500;
const NID = 'example_dmp';
/** Adobe's here: TC strings of the tests consent to it beside us, and to none of the others' of the catalogue. */
const CONSENTED_VENDOR = 2;
/** A site's pages. */
const SITE = 'shop.localhost';

/** A request as it came to the collector, and what it was answered with. */
export interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly origin: string | undefined;
  readonly body: string;
  readonly status: number;
}

interface Partners {
  readonly xandr: StandIn;
  readonly adobe: Adobe;
  readonly google: Google;
  readonly thetradedesk: TheTradeDesk;
  readonly pubmatic: StandIn;
  readonly slow: StandIn;
  readonly loop: StandIn;
  readonly silent: StandIn;
}

/** Ninety under a host that is no site's, a site with pages, and partners at addresses of their own. */
export interface SyncWorld {
  readonly home: Home;
  /** The collector's origin as browsers have it. */
  readonly collector: string;
  /** The origin of the site's pages. */
  readonly site: string;
  readonly partners: Partners;
  /** What came to the collector, in order of the answers. */
  readonly asked: Asked[];
  /** The site's pages by path, as whole HTML; a script's path ends in `.js`. */
  readonly pages: Map<string, string>;
  /** A person's browser with a profile of its own. */
  browser(thirdPartyCookies?: boolean): Promise<BrowserContext>;
  /** How often syncs with a partner ended so, as `/metrics` says. */
  outcomes(partner: string): Promise<Record<string, number>>;
  /** All ids that a segment's members have at a partner. */
  idsAt(partner: string): Promise<string[]>;
  close(): Promise<void>;
}

/** @param env of Ninety's process. */
export async function openSyncWorld(env: Readonly<Record<string, string>> = {}): Promise<SyncWorld> {
  const undo: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const step of undo.reverse().splice(0)) await step();
  };
  const asked: Asked[] = [];
  const pages = new Map<string, string>();
  try {
    // Its own address is not the one that browsers have, and the two must know of each other.
    const port = await freePort();
    // Where TLS would end; Chromium takes Secure cookies of localhost without it.
    const proxy = await listen(
      createServer(async (incoming, outgoing) => {
        const body = await text(incoming);
        const headers = { ...incoming.headers, 'x-forwarded-proto': 'https' };
        const passed = request(`http://127.0.0.1:${port}${incoming.url}`, {
          method: incoming.method,
          headers,
        });
        passed.on('error', () => outgoing.destroy());
        passed.end(body).on('response', (answer) => {
          asked.push({
            method: incoming.method ?? '',
            url: incoming.url ?? '',
            origin: incoming.headers.origin,
            body,
            status: answer.statusCode!,
          });
          outgoing.writeHead(answer.statusCode!, answer.headers);
          answer.pipe(outgoing);
        });
      }),
      undo,
    );
    const collector = `http://localhost:${proxy}`;
    const sitePort = await listen(
      createServer(({ url = '' }, answer) => {
        const page = pages.get(url.split('?')[0]!);
        const type = url.includes('.js') ? 'text/javascript' : 'text/html; charset=utf-8';
        answer.writeHead(page === undefined ? 404 : 200, { 'Content-Type': type }).end(page);
      }),
      undo,
    );
    const partners: Partners = {
      xandr: await xandr('127.0.0.2'),
      adobe: await adobe('127.0.0.3'),
      google: await google('127.0.0.4', NID, () => `${collector}/setuid?bidder=google`),
      thetradedesk: await theTradeDesk('127.0.0.5'),
      pubmatic: await pubmatic('127.0.0.6'),
      slow: await slow('127.0.0.7', SLOW_MS),
      loop: await looping('127.0.0.8', () => `${collector}/sync/loop`),
      silent: await silent('127.0.0.9'),
    };
    undo.push(...Object.values(partners).map((partner: StandIn) => partner.close));
    const home = await openHome('embedded', {
      PORT: String(port),
      NINETY_PUBLIC_URL: collector,
      NINETY_TRUST_PROXY: '127.0.0.1',
      NINETY_MIN_AUDIENCE: '0',
      NINETY_SEGMENTS_CRON: '0 0 1 1 *',
      ...env,
    });
    undo.push(home.close);
    await register(home, partners);
    const { admin } = home;
    return {
      home,
      collector,
      site: `http://${SITE}:${sitePort}`,
      partners,
      asked,
      pages,
      browser: async (thirdPartyCookies = true) => {
        const context = await launchProfile(thirdPartyCookies, CHROME);
        undo.push(() => context.close());
        return context;
      },
      outcomes: async (partner) => {
        const { body } = await send('GET', `${admin.url}/metrics`);
        const labels = new RegExp(
          `^ninety_syncs_total\\{partner="${partner}",outcome="(\\w+)"\\} (\\d+)$`,
          'gm',
        );
        return Object.fromEntries([...body.matchAll(labels)].map(([, outcome, n]) => [outcome, Number(n)]));
      },
      idsAt: async (partner) => {
        await admin.build('everyone');
        return (await admin.pull('everyone', partner)).lines.map(({ id }) => id);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function listen(server: Server, undo: (() => Promise<unknown>)[]): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(async () => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** Partners out of the catalogue, their hosts replaced by those of the stand-ins and nothing else. */
async function register({ admin }: Home, partners: Partners): Promise<void> {
  await admin.json('POST', '/v1/segments', { id: 'everyone', name: 'Everyone', rule: { did: {} } });
  await admin.json('PATCH', '/v1/sites/main', { domains: [SITE] });
  const at = (id: keyof Partners, url: string) => url.replace(/^https:\/\/[^/]+/, () => partners[id].origin);
  for (const [id, settings, more] of [
    ['xandr', {}, {}],
    ['adobe', { dpid: '411' }, { gvlId: CONSENTED_VENDOR }],
    ['google', { nid: NID }, {}],
    ['thetradedesk', { pid: 'abc1234' }, {}],
  ] as const) {
    const { syncUrl } = await admin.json<{ syncUrl: string }>('POST', '/v1/partners', {
      catalogue: id,
      settings,
      priority: 1,
      ...more,
    });
    await admin.json('PATCH', `/v1/partners/${id}`, {
      syncUrl: at(id, syncUrl),
      redirectHosts: [partners[id].host],
    });
  }
  // Of its two ways the one in a frame.
  const { items } = await admin.json<{ items: { id: string; partner: Record<string, string> }[] }>(
    'GET',
    '/v1/partners/catalogue',
  );
  const { iframeUrl, iframeUidMacro } = items.find(({ id }) => id === 'pubmatic')!.partner;
  await admin.json('POST', '/v1/partners', {
    id: 'pubmatic',
    name: 'PubMatic',
    priority: 1,
    iframeUrl: at('pubmatic', iframeUrl!),
    iframeUidMacro,
  });
  for (const [id, priority] of [
    ['slow', 8],
    ['loop', 9],
    ['silent', 10],
  ] as const)
    await admin.json('POST', '/v1/partners', {
      id,
      name: id,
      priority,
      syncUrl: `${partners[id].origin}/sync?gdpr={{.GDPR}}&gdpr_consent={{.GDPRConsent}}&redir={{.RedirectURL}}`,
      redirectHosts: [partners[id].host],
    });
}
