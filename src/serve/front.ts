import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeApp } from '../api/app.ts';
import { trustedProxies } from '../collect/address.ts';
import { Collector } from '../collect/collector.ts';
import {
  CONSENT_COLUMNS,
  encodeTally,
  HIT_COLUMNS,
  MATCH_COLUMNS,
  OPTOUT_COLUMNS,
  TALLY_COLUMNS,
} from '../collect/encode.ts';
import { openGeo } from '../collect/geo.ts';
import { HitIds } from '../collect/ids.ts';
import { Optouts } from '../collect/optouts.ts';
import { rememberedPageSegments } from '../delivery/me/page-segments.ts';
import { Profiles } from '../delivery/me/profiles.ts';
import { VisitorCookie } from '../identity/cookie.ts';
import { Households, isSignalledYes } from '../identity/household.ts';
import { removeKeys } from '../identity/household-key.ts';
import { Journal } from '../journal/journal.ts';
import { faultOf } from '../log.ts';
import { Suppressions } from '../privacy/suppressions.ts';
import type { Gauge } from '../report/metrics.ts';
import type { SyncDoor } from '../sync/door.ts';
import { StateCookie } from '../sync/state.ts';
import type { Core } from './core.ts';
import { type HttpOptions, incomingRequest } from './exchange.ts';
import { httpServer } from './http.ts';
import { Readiness } from './readiness.ts';
import { frontRules } from './rules.ts';

/** What the front door needs of the rest of the product, in this process or in its parent. */
export interface Behind {
  /** Returns when every hit acknowledged before the call can be queried. */
  readonly flush: () => Promise<void>;
  /** Prometheus text over all processes of this server. */
  readonly metrics: () => Promise<string>;
  /** A journal file is ready to be shipped. */
  readonly wake: () => void;
}

/** The listening part of a process: HTTP, collector, journal. */
export interface Front {
  readonly journal: Journal;
  readonly gauges: readonly Gauge[];
  readonly url: () => string;
  /** Stops taking requests, lets those under way end, writes and closes the journal. */
  readonly close: () => Promise<void>;
}

export const journalFolder = (data: string) => join(data, 'journal');

const TALLY_MS = 2_000;
const REGISTRY_MS = 2_000;
const SUPPRESSIONS_MS = 2_000;
const PROFILES_MS = 2_000;
/** How late a household key may be thrown away, and its successor had. */
const HOUSEHOLD_KEY_MS = 5_000;
/** Requests under way at the end get so long; the whole shutdown has ten seconds. */
const DRAIN_MS = 2_000;

export async function openFront(core: Core, worker: string, behind: Behind): Promise<Front> {
  const { config, registry, tally, log } = core;
  const headers = {
    hits: HIT_COLUMNS,
    matches: MATCH_COLUMNS,
    consents: CONSENT_COLUMNS,
    optouts: OPTOUT_COLUMNS,
    tallies: TALLY_COLUMNS,
  };
  const readiness = new Readiness(() => journal.isFull('hits'));
  const journal: Journal = await Journal.open({
    folder: journalFolder(config.data),
    worker,
    headers,
    quotaBytes: config.journal.quotaBytes,
    fsync: config.journal.fsync,
    onRotate: behind.wake,
    onError: (error, stream) => {
      log.error({ stream, error: codeOf(error) }, 'the journal could not be written');
      // A look at the folder that failed keeps no row out.
      if (stream !== undefined) readiness.failed();
    },
  });
  const geo = await openGeo(config.geoipMmdb);
  // Once a server, whatever the number of its workers.
  if (config.roles.has('collect') && worker === 'w1' && !geo.namesOwners)
    log.info(
      'crawlers are not told by their data centres: the file of addresses names no owners of networks; GEOIP_MMDB takes one with AS numbers',
    );
  const cookie = new VisitorCookie(core.secret, config.retentionDays);
  const rules = frontRules(registry, config);
  const suppressions = await Suppressions.open({
    clickhouse: core.clickhouse,
    secret: core.secret,
    folder: config.data,
    worker,
  });
  const fault = (error: unknown) => log.error(faultOf(error), 'request failed');
  const optouts = new Optouts({ journal, suppressed: suppressions, secret: core.secret, fault });
  const households = await openHouseholds(core);
  const collector = new Collector({
    rules,
    journal,
    geo,
    tally,
    secret: core.secret,
    retentionDays: config.retentionDays,
    optouts,
    household:
      households &&
      ((input, address, place) => (isSignalledYes(input) ? households.hash(address, place) : 0n)),
  });
  let url = '';
  const refuse = (reason: string) => tally.count('collect', '', reason, Date.now());
  const publicUrl = () => config.publicUrl ?? url;
  const sync: SyncDoor = {
    rules,
    journal,
    places: collector.places,
    latest: collector.latest,
    tally,
    cookie,
    state: new StateCookie(config.retentionDays),
    publicUrl,
    gvlId: config.gvlId,
    isSuppressed: (visitor) => optouts.has(visitor),
  };
  const profiles = new Profiles({
    clickhouse: core.clickhouse,
    folder: config.data,
    // The workers of a server share a folder, and so a copy.
    copies: worker === 'w1',
  });
  const ids = new HitIds(core.secret);
  const app = await makeApp({
    ...core,
    publicUrl,
    tellsDataCentres: geo.namesOwners,
    privacy: {
      rules,
      ids,
      cookie,
      optouts,
      refuse,
      clickhouse: core.clickhouse,
      registry,
      retentionDays: config.retentionDays,
      publicUrl,
      fault,
      request: (incoming) => incomingRequest(incoming, http),
    },
    sync,
    flush: behind.flush,
    metrics: behind.metrics,
    readiness: () => {
      const reason = readiness.whyNot();
      return reason === undefined ? { ready: true } : { ready: false, reason };
    },
  });
  const http: HttpOptions = {
    collector: config.roles.has('collect') ? collector : undefined,
    cookie,
    sync,
    me: { sync, ids, profiles, segments: rememberedPageSegments(registry) },
    caller: (authorization) => core.keys.caller(authorization),
    app,
    trusted: trustedProxies(config.trustProxy),
    isSiteOrigin: (origin) => rules().isSiteOrigin(origin),
    publicHttps: config.publicUrl?.startsWith('https:') ?? false,
    refuse,
    fault,
  };
  const server = httpServer(http);
  const writeTallies = () => {
    // A balancer sends nothing to who is not ready: whether the disk takes writes again is seen by one of nothing.
    if (readiness.isFailing) tally.put('collect', '', 'journal_failed', '', Date.now(), 0);
    return Promise.all(
      tally.take().map(({ minute, room, site, reason, country, n }) =>
        journal
          .appendAsync('tallies', encodeTally(minute, room, site, reason, country, n))
          .then((failure) => {
            if (failure === undefined) readiness.succeeded();
            // Not lost: it is counted again with the next.
            else tally.put(room, site, reason, country, minute, n);
          }),
      ),
    );
  };
  const tallies = setInterval(() => void writeTallies(), TALLY_MS).unref();
  const refresh = setInterval(
    () =>
      registry
        .refresh()
        .catch((error: Error) => log.debug({ error: error.message }, 'the registry could not be read again')),
    REGISTRY_MS,
  ).unref();
  const refreshSuppressions = setInterval(
    () =>
      suppressions
        .refresh()
        .catch((error: Error) => log.debug({ error: error.message }, 'opt-outs could not be read again')),
    SUPPRESSIONS_MS,
  ).unref();
  const refreshHouseholds = () =>
    households
      ?.refresh()
      .catch((error: Error) => log.debug({ error: error.message }, 'the household key could not be had'));
  void refreshHouseholds();
  const householdKey = setInterval(() => void refreshHouseholds(), HOUSEHOLD_KEY_MS).unref();
  const refreshProfiles = () =>
    profiles
      .refresh()
      .catch((error: Error) => log.debug({ error: error.message }, 'the profiles could not be read again'));
  const collects = config.roles.has('collect');
  if (collects) void refreshProfiles();
  const followProfiles = collects
    ? setInterval(() => void refreshProfiles(), PROFILES_MS).unref()
    : undefined;
  url = await listen(server, config.host, config.port);
  return {
    journal,
    gauges: [
      {
        name: 'ninety_journal_bytes',
        help: 'Bytes of hits on disk that wait for ClickHouse.',
        read: () => journal.bytesWaiting(),
      },
      {
        name: 'ninety_suppressed_visitors',
        help: 'Visitors that have opted out, as this process knows them.',
        read: () => suppressions.size,
      },
    ],
    url: () => url,
    close: async () => {
      readiness.end();
      // Who asks only now and then whether this process is ready sends it hits until then.
      if (config.drainMs > 0) await sleep(config.drainMs);
      clearInterval(tallies);
      clearInterval(refresh);
      clearInterval(refreshSuppressions);
      clearInterval(householdKey);
      clearInterval(followProfiles);
      await drain(server);
      await profiles.close();
      await writeTallies();
      await journal.close();
      households?.close();
    },
  };
}

/** Where households are off, what an earlier start kept for them goes. */
async function openHouseholds({ config, clickhouse }: Core): Promise<Households | undefined> {
  if (config.householdKeyDays !== undefined)
    return Households.open({ clickhouse, folder: config.data, days: config.householdKeyDays });
  await removeKeys(config.data);
  return undefined;
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException)?.code ?? 'unknown';

/** A port or host that cannot be listened on; the message says what to do. */
export class ListenError extends Error {
  constructor(host: string, port: number, code: string) {
    super(
      code === 'EADDRINUSE'
        ? `Port ${port} on ${host} is taken by another program. Stop it, or choose another: PORT=8091 npm start`
        : `Cannot listen on ${host}:${port} (${code}). HOST must be an address of this machine; ports below 1024 need rights.`,
    );
    this.name = 'ListenError';
  }
}

function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new ListenError(host, port, error.code ?? 'unknown')),
    );
    server.listen(port, host, () => {
      const address = server.address() as AddressInfo;
      const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
      resolve(`http://${name}:${address.port}`);
    });
  });
}

async function drain(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(cut);
}
