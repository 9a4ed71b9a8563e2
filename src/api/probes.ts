import { setTimeout as sleep } from 'node:timers/promises';
import { Hono } from 'hono';
import { alertsText } from '../alerts/text.ts';
import { remembered } from '../dashboard/remembered.ts';
import { deliveriesText } from '../report/deliveries.ts';
import { diskText } from '../report/disk.ts';
import { freshnessText } from '../report/freshness.ts';
import type { Backend } from './backend.ts';
import type { Env } from './http.ts';
import { lateAfterMs } from './segments.ts';

/** What the probes stand on. */
export interface Probed extends Backend {
  /** Whether hits can be taken now; else why not. */
  readonly readiness: () => { ready: boolean; reason?: string };
  readonly metrics: () => Promise<string>;
}

/** Balancers ask each second or two: what was so then is so still, and no longer. */
const REACHED_MS = 1_000;
/** Who scrapes gives up after ten seconds, and then has the counters neither. */
const PART_MS = 2_000;
/** Scrapes are seldom less than this apart. */
const PART_LIFE_MS = 10_000;

/**
 * `GET /healthz`: this process answers, so there is no reason to start it again.
 *
 * `GET /readyz`: this process does what it is there for: one that collects takes hits, also while ClickHouse is away,
 * because its journal keeps them, and does not where that cannot be written; one that only answers operators reaches
 * ClickHouse. While it ends it is not ready, and then takes no connection any more.
 *
 * `GET /metrics`: Prometheus text of what `METRICS` lists.
 */
export function probeRoutes(options: Probed): Hono<Env> {
  const { clickhouse, config, registry } = options;
  const app = new Hono<Env>();
  app.get('/healthz', (c) => c.text('ok\n'));

  const reaches = remembered(() => clickhouse.ping(), { mostMs: REACHED_MS });
  const whyNot = async (): Promise<string | undefined> => {
    const { ready, reason } = options.readiness();
    if (!ready) return reason;
    if (config.roles.has('collect') || (await reaches())) return undefined;
    return 'clickhouse_unavailable';
  };
  app.get('/readyz', async (c) => {
    const reason = await whyNot();
    c.header('Cache-Control', 'no-store');
    return c.text(reason === undefined ? 'ready\n' : `${reason}\n`, reason === undefined ? 200 : 503);
  });

  // Without ClickHouse there are still the counters, and who watches asks for those most then. A read that goes on is
  // shared with the next scrape, so that with ClickHouse away there is one of each, however often somebody asks.
  const orNothing = (read: () => Promise<string>) => {
    const shared = remembered(read, { mostMs: PART_LIFE_MS });
    return () => Promise.race([shared().catch(() => ''), sleep(PART_MS, '', { ref: false })]);
  };
  const parts = [
    orNothing(() => freshnessText(clickhouse, registry.list('segment'), lateAfterMs(options))),
    orNothing(() => deliveriesText(clickhouse, registry.list('destination'))),
    orNothing(() => alertsText(clickhouse)),
    orNothing(() => diskText(config.data)),
  ];
  app.get('/metrics', async (c) => {
    const text = await Promise.all([options.metrics(), ...parts.map((part) => part())]);
    return c.body(text.join(''), 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' });
  });
  return app;
}
