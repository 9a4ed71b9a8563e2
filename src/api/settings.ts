import { Hono } from 'hono';
import type { Backend } from './backend.ts';
import { type Env, expectScope } from './http.ts';

/** What this server was started with. */
export interface ShownSetting {
  /** Of the environment. */
  readonly name: string;
  /** In words where it is not set; of a secret only whether it is. */
  readonly value: string;
  /** What it does, for who looks why something is so. */
  readonly meaning: string;
}

/** `GET /v1/settings`: what the environment of this process says; no secret, and no address that may hold one. */
export function settingRoutes({ config, publicUrl, tellsDataCentres }: Backend): Hono<Env> {
  const app = new Hono<Env>();
  const setting = (name: string, value: unknown, meaning: string): ShownSetting => ({
    name,
    value: String(value),
    meaning,
  });
  app.get('/', (c) => {
    expectScope(c, 'admin');
    const { schedule, clickhouse } = config;
    return c.json({
      items: [
        setting('NINETY_PUBLIC_URL', publicUrl(), 'Where browsers and partners reach this server.'),
        setting('NINETY_ROLES', [...config.roles].join(', '), 'What this process does.'),
        setting('NINETY_WORKERS', config.workers, 'Processes that take hits.'),
        setting('NINETY_RETENTION_DAYS', config.retentionDays, 'After so many days an observation is gone.'),
        setting(
          'NINETY_MIN_AUDIENCE',
          config.minAudience,
          'Of a segment with fewer members nobody is handed out.',
        ),
        setting(
          'NINETY_GVL_ID',
          config.gvlId ?? 'not set',
          'Our vendor id: without it nobody can consent under TCF.',
        ),
        setting(
          'NINETY_LOCAL_REGION',
          config.localRegion ?? 'none',
          'Whose law applies to addresses of this machine and of private networks.',
        ),
        setting(
          'NINETY_TRUST_PROXY',
          config.trustProxy.join(', ') || 'none',
          'Whose word on a visitor’s address is believed.',
        ),
        setting(
          'GEOIP_MMDB',
          config.geoipMmdb === undefined ? 'bundled file' : 'own file',
          tellsDataCentres
            ? 'Countries, and data centres by their networks’ owners.'
            : 'Countries; it names no data centres.',
        ),
        setting(
          'CLICKHOUSE_URL',
          clickhouse.urls === undefined ? 'embedded engine' : `own server, hosts: ${clickhouse.urls.length}`,
          'Where everything is stored.',
        ),
        setting('CLICKHOUSE_CLUSTER', clickhouse.cluster ?? 'none', 'Over which shards rows are spread.'),
        ...Object.entries(schedule).map(([job, cron]) =>
          setting(`job ${job}`, cron, 'When it runs, five fields of cron in UTC.'),
        ),
      ],
    });
  });
  return app;
}
