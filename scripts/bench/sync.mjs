// How fast the two requests of a cookie sync are beside a bare hono server: in one run, the servers on one core and
// the load on the other, rounds interleaved, medians.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SITES } from '../demo/sites.mjs';
import { atLeast, conclude, exactly } from './aims.mjs';
import { startBare } from './bare-server.mjs';
import { MACHINE, machineText, needs, pin, yieldToOthers } from './machine.mjs';
import { startNinety } from './ninety.mjs';
import { readOptions } from './options.mjs';
import { compare, LOAD_CORE, ratios, SERVER_CORE } from './rounds.mjs';
import { shipAll } from './settle.mjs';
import { cookieSyncRequests, setuidRequests } from './sync-requests.mjs';
import { ENV, REQUESTS, trafficOn, VENDOR, VISITORS, writeRequests } from './traffic.mjs';

/** More than a visitor may have of, so that a browser is asked for syncs as long as the benchmark runs. */
const PARTNERS = 20;
/** Of a page; a request of Prebid.js names them. */
const BIDDERS = 8;
/** Matches that a browser brings from before: what its second cookie holds. */
const MATCHED = 4;
const AIM_OF_HONO = 0.5;

const options = readOptions({
  name: 'bench:sync',
  about: `
Loads /setuid (partner, consent, suppression, a line in the journal before the answer, both cookies) and
/cookie_sync (${BIDDERS} bidders of ${PARTNERS} partners, as Prebid.js asks), and bare hono, which answers the first with a constant
GIF, and reads the JSON of the second and answers with a constant one, in turn: the servers on one core, the load
and the embedded ClickHouse on another. Browsers bring their cookies, with ${MATCHED} partners matched before; one of
ten brings none. Then each with a TC string. Needs wrk, and two cores.

It takes about six minutes (under one with --short). Nothing else should run on the machine meanwhile.

Aims, each missed one a sentence and exit code 1: /setuid at least ${AIM_OF_HONO} of bare hono; nothing failed; every file
of matches shipped to ClickHouse.

Progress goes to standard error, one line of JSON to standard output.`,
  numbers: {
    rounds: { usual: 5, short: 1, help: 'rounds of load on each server' },
    seconds: { usual: 8, short: 2, help: 'seconds of a round' },
  },
});
needs('wrk', 'apt-get install wrk');
needs('taskset', 'it is part of util-linux');
needs('renice', 'it is part of util-linux');

const tell = (text) => process.stderr.write(`  ${text}\n`);
const partners = Array.from({ length: PARTNERS }, (_, at) => `partner-${at}`);

async function register(ninety) {
  await ninety.api('/v1/sites', { name: 'Bench', domains: SITES.map(({ host }) => host) });
  for (const [at, id] of partners.entries())
    await ninety.api('/v1/partners', {
      id,
      name: id,
      gvlId: VENDOR,
      syncUrl: `https://sync-${at}.example/getuid?gdpr={{.GDPR}}&gdpr_consent={{.GDPRConsent}}&redir={{.RedirectURL}}`,
    });
}

/** Browsers get their cookies as others do: from the partners' answers. @returns `Cookie` headers, by visitor. */
async function cookies(ninety) {
  const all = [];
  for (let number = 0; number < VISITORS; number++) {
    const jar = new Map();
    for (let at = 0; number % 10 > 0 && at < MATCHED; at++) {
      const partner = partners[(number + at) % PARTNERS];
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await fetch(`${ninety.url}/setuid?bidder=${partner}&uid=bench-${number}`, {
        headers: cookie === '' ? {} : { cookie },
      });
      for (const set of answer.headers.getSetCookie()) jar.set(...set.split(';', 1)[0].split(/=(.*)/));
    }
    if (number % 10 > 0 && !jar.has('n90')) throw new Error('no cookie came');
    all.push(jar.size === 0 ? undefined : [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
  }
  return all;
}

/** How often a sync ended with the partner's id stored, as the server counts. */
async function matches(ninety) {
  const text = await (await fetch(`${ninety.url}/metrics`)).text();
  const lines = text.matchAll(/^ninety_syncs_total\{[^}]*outcome="(?:matched|replaced)"\} (\d+)$/gm);
  return [...lines].reduce((sum, [, n]) => sum + Number(n), 0);
}

const started = [];
const folder = await mkdtemp(join(tmpdir(), 'ninety-bench-sync-'));
try {
  tell(`\n  ${machineText()}`);
  tell(`Servers on core ${SERVER_CORE}; load and the embedded engine on core ${LOAD_CORE}.`);
  const ninety = await startNinety({ folder: join(folder, 'data'), core: SERVER_CORE, env: ENV });
  started.push(ninety.stop);
  // As in the benchmark of the collector: the server's core is the front door's alone.
  pin(ninety.enginePid(), LOAD_CORE);
  yieldToOthers(ninety.enginePid());
  await register(ninety);
  tell(`${VISITORS} visitors get their cookies, with ${MATCHED} matches each`);
  const known = await cookies(ninety);
  const traffic = { ...trafficOn('', (number) => known[number]), partners, bidders: BIDDERS };
  const hono = await startBare('hono', SERVER_CORE);
  started.push(hono.stop);

  const found = {};
  let failed = 0;
  for (const [name, make, more] of [
    ['setuid', setuidRequests, {}],
    ['setuidTcf', setuidRequests, { consent: true }],
    ['cookieSync', cookieSyncRequests, {}],
    ['cookieSyncTcf', cookieSyncRequests, { consent: true }],
  ]) {
    const { file, bytes } = await writeRequests(folder, name, make({ ...traffic, ...more }));
    tell(`${name}: ${REQUESTS} different requests of ${bytes} bytes`);
    const servers = await compare({ hono, ninety }, file, options.rounds, options.seconds, tell);
    const { ratio, ratioByCpu, cpuUs, ...rest } = ratios(servers);
    found[name] = { ...rest, hono: servers.hono.perSecond, ratio, ratioByCpu, cpuUs };
    failed += servers.ninety.failed;
    tell(`  ${ratio} of hono (by CPU ${ratioByCpu}, ${cpuUs} µs a request)`);
  }

  const matched = await matches(ninety);
  const missing = await shipAll(ninety, { stream: 'matches', told: tell });
  const aims = conclude({
    setuid: atLeast(AIM_OF_HONO, found.setuid.ratio, 'requests/s of /setuid over those of bare hono'),
    failed: exactly(0, failed, 'requests that failed'),
    shipped: exactly(0, missing.length, 'files of matches that were not shipped'),
  });
  process.stdout.write(
    `${JSON.stringify({
      bench: 'sync',
      unit: 'requests/s',
      short: options.short,
      ours: found.setuid.perSecond,
      reference: found.setuid.hono,
      ratio: found.setuid.ratio,
      cases: found,
      matched,
      missing,
      aims,
      machine: MACHINE,
    })}\n`,
  );
} finally {
  for (const stop of started.reverse()) await stop();
  await rm(folder, { recursive: true, force: true });
}
