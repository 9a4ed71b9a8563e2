import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config.ts';
import { NOTHING_ALLOWED } from './delivery/outbound/allow.ts';

function problemsOf(env: Readonly<Record<string, string>>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const SECRET = 'a secret of 24 characters or more';

const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32).toString('base64')}`;

describe('readConfig', () => {
  it('gives every default for an empty environment', () => {
    const { clickhouse, ...config } = readConfig({});
    expect(config).toEqual({
      host: '127.0.0.1',
      port: 8090,
      data: resolve('data'),
      roles: new Set(['collect', 'api', 'jobs']),
      publicUrl: undefined,
      retentionDays: 90,
      minAudience: 50,
      apiPerMinute: 6000,
      bulkStreams: 8,
      adminKey: undefined,
      secret: undefined,
      localRegion: undefined,
      consentRegions: undefined,
      workers: 1,
      trustProxy: [],
      gvlId: undefined,
      geoipMmdb: undefined,
      outboundAllow: NOTHING_ALLOWED,
      drainMs: 0,
      logLevel: 'info',
      journal: { quotaBytes: 4096 * 2 ** 20, fsync: false },
      schedule: {
        segments: '*/10 * * * *',
        expire: '7 * * * *',
        identity: '37 * * * *',
        features: '52 * * * *',
        interests: '12 * * * *',
        lookalikes: '23 */6 * * *',
        demographics: '43 */6 * * *',
        alerts: '*/5 * * * *',
      },
      alerts: { urls: [], secret: undefined },
      demographicsPrecision: 0.8,
      interestHalfLifeDays: 14,
      householdKeyDays: undefined,
    });
    const { engineMemoryBytes, ...connection } = clickhouse;
    expect(connection).toEqual({
      urls: undefined,
      user: 'default',
      password: '',
      database: 'ninety',
      cluster: undefined,
    });
    expect(engineMemoryBytes).toBeGreaterThanOrEqual(2 ** 30);
    expect(engineMemoryBytes).toBeLessThanOrEqual(8 * 2 ** 30);
  });

  it('takes a variable that is empty or blank for one that is not set', () => {
    const names = [
      'PORT',
      'HOST',
      'NINETY_DATA',
      'NINETY_ROLES',
      'NINETY_PUBLIC_URL',
      'NINETY_RETENTION_DAYS',
      'NINETY_SECRET',
      'NINETY_ADMIN_KEY',
      'NINETY_LOCAL_REGION',
      'NINETY_TRUST_PROXY',
      'NINETY_GVL_ID',
      'CLICKHOUSE_URL',
      'CLICKHOUSE_CLUSTER',
      'GEOIP_MMDB',
    ];
    for (const blank of ['', '  ']) {
      expect(readConfig(Object.fromEntries(names.map((name) => [name, blank])))).toEqual(readConfig({}));
    }
  });

  it('reads every variable', () => {
    expect(
      readConfig({
        PORT: '0',
        HOST: '::1',
        NINETY_DATA: '/var/lib/ninety',
        NINETY_ROLES: 'api, jobs',
        NINETY_PUBLIC_URL: 'https://audience.example.com/base//',
        NINETY_RETENTION_DAYS: '30',
        NINETY_MIN_AUDIENCE: '0',
        NINETY_API_RATE: '0',
        NINETY_BULK_STREAMS: '14',
        NINETY_ADMIN_KEY: 'k'.repeat(24),
        NINETY_SECRET: SECRET,
        NINETY_LOCAL_REGION: 'us-ca',
        NINETY_CONSENT_REGIONS: 'eea, ca',
        NINETY_WORKERS: '4',
        NINETY_TRUST_PROXY: '10.0.0.0/8, ::1,192.0.2.7',
        NINETY_GVL_ID: '755',
        NINETY_JOURNAL_QUOTA_MB: '16',
        NINETY_JOURNAL_FSYNC: '1',
        NINETY_ENGINE_MEMORY_MB: '700',
        NINETY_SEGMENTS_CRON: '0 4 * * *',
        NINETY_EXPIRE_CRON: '30 3 * * 0',
        NINETY_IDENTITY_CRON: '45 * * * *',
        NINETY_FEATURES_CRON: '5 5 * * *',
        NINETY_INTERESTS_CRON: '6 6 * * *',
        NINETY_LOOKALIKES_CRON: '7 7 * * *',
        NINETY_DEMOGRAPHICS_CRON: '8 8 * * *',
        NINETY_ALERTS_CRON: '9 9 * * *',
        NINETY_ALERT_WEBHOOKS: 'https://a.example.com/x, https://b.example.com',
        NINETY_ALERT_WEBHOOK_SECRET: WEBHOOK_SECRET,
        NINETY_DEMOGRAPHICS_PRECISION: '0.9',
        NINETY_INTEREST_HALF_LIFE_DAYS: '30',
        NINETY_HOUSEHOLD: '1',
        NINETY_HOUSEHOLD_KEY_DAYS: '30',
        NINETY_LOG_LEVEL: 'warn',
        CLICKHOUSE_URL: 'http://one:8123,https://two:8443',
        CLICKHOUSE_USER: 'writer',
        CLICKHOUSE_PASSWORD: 'hush',
        CLICKHOUSE_DATABASE: 'audience_1',
        CLICKHOUSE_CLUSTER: 'eu-1',
        GEOIP_MMDB: '/usr/share/geo.mmdb',
        NINETY_OUTBOUND_ALLOW: 'sftp.internal',
        NINETY_DRAIN_SECONDS: '20',
      }),
    ).toEqual({
      host: '::1',
      port: 0,
      data: '/var/lib/ninety',
      roles: new Set(['api', 'jobs']),
      publicUrl: 'https://audience.example.com/base',
      retentionDays: 30,
      minAudience: 0,
      apiPerMinute: 0,
      bulkStreams: 14,
      adminKey: 'k'.repeat(24),
      secret: SECRET,
      localRegion: 'US-CA',
      consentRegions: ['EEA', 'CA'],
      workers: 4,
      trustProxy: ['10.0.0.0/8', '::1', '192.0.2.7'],
      gvlId: 755,
      geoipMmdb: '/usr/share/geo.mmdb',
      outboundAllow: { networks: [], hosts: new Set(['sftp.internal']) },
      drainMs: 20_000,
      logLevel: 'warn',
      journal: { quotaBytes: 16 * 2 ** 20, fsync: true },
      schedule: {
        segments: '0 4 * * *',
        expire: '30 3 * * 0',
        identity: '45 * * * *',
        features: '5 5 * * *',
        interests: '6 6 * * *',
        lookalikes: '7 7 * * *',
        demographics: '8 8 * * *',
        alerts: '9 9 * * *',
      },
      alerts: { urls: ['https://a.example.com/x', 'https://b.example.com'], secret: WEBHOOK_SECRET },
      demographicsPrecision: 0.9,
      interestHalfLifeDays: 30,
      householdKeyDays: 30,
      clickhouse: {
        urls: ['http://one:8123', 'https://two:8443'],
        user: 'writer',
        password: 'hush',
        database: 'audience_1',
        cluster: 'eu-1',
        engineMemoryBytes: 700 * 2 ** 20,
      },
    });
  });

  it('leaves variables alone that are none of its own', () => {
    expect(readConfig({ PATH: '/bin', CLICKHOUSE_ANYTHING: 'x', N90_WORKER: 'w1' })).toEqual(readConfig({}));
  });
});

describe('a value that cannot be', () => {
  it.each([
    ['PORT', 'eighty', 'must be a whole number'],
    ['PORT', '65536', 'must be a whole number from 0 to 65535'],
    ['PORT', '-1', 'must be a whole number from 0 to 65535'],
    ['PORT', '80.5', 'must be a whole number'],
    ['PORT', '1e999', 'must be a whole number'],
    ['NINETY_ROLES', 'collect,deliver', 'must be a comma separated list of collect, api, jobs'],
    ['NINETY_ROLES', ',', 'must name at least one of collect, api, jobs'],
    ['NINETY_PUBLIC_URL', 'audience.example.com', 'must be an http or https URL, such as https://'],
    ['NINETY_PUBLIC_URL', 'ftp://example.com', 'must be an http or https URL, such as https://'],
    ['NINETY_RETENTION_DAYS', '0', 'must be a whole number of days from 1 to 90'],
    ['NINETY_RETENTION_DAYS', '91', 'must be a whole number of days from 1 to 90'],
    ['NINETY_INTEREST_HALF_LIFE_DAYS', '0', 'must be a whole number of days from 1 to 90'],
    ['NINETY_MIN_AUDIENCE', 'many', 'must be a whole number of visitors'],
    ['NINETY_API_RATE', '-1', 'must be a whole number of requests a minute from 0'],
    ['NINETY_BULK_STREAMS', '15', 'must be a whole number of streams from 1 to 14'],
    ['NINETY_ADMIN_KEY', 'x'.repeat(23), 'must have at least 24 characters'],
    ['NINETY_ADMIN_KEY', 'x'.repeat(201), 'must have at most 200 characters'],
    ['NINETY_SECRET', 'x'.repeat(23), 'make one with: openssl rand -base64 32'],
    ['NINETY_LOCAL_REGION', 'Germany', 'must be EEA or a country such as DE, or a region such as US-CA'],
    [
      'NINETY_CONSENT_REGIONS',
      'EEA,Canada',
      'must be a comma separated list of EEA and countries, such as EEA,GB,CH,BR',
    ],
    ['NINETY_WORKERS', '0', 'must be a whole number of processes from 1 to 256'],
    ['NINETY_WORKERS', '257', 'must be a whole number of processes from 1 to 256'],
    ['NINETY_TRUST_PROXY', '10.0.0.0/33', 'must be a comma separated list of addresses or CIDRs'],
    ['NINETY_TRUST_PROXY', '::1,proxy.local', 'must be a comma separated list of addresses or CIDRs'],
    ['NINETY_OUTBOUND_ALLOW', '10.0.0.0/33', 'must be a comma separated list of addresses, CIDRs and hosts'],
    ['NINETY_GVL_ID', '0', 'must be a whole number from 1 to 65535'],
    ['NINETY_JOURNAL_QUOTA_MB', '15', 'must be a whole number of megabytes from 16 to'],
    ['NINETY_JOURNAL_FSYNC', 'yes', 'must be 0 or 1'],
    ['NINETY_ENGINE_MEMORY_MB', '511', 'must be a whole number of megabytes from 512 to'],
    ['NINETY_SEGMENTS_CRON', 'hourly', 'must be a cron expression such as */10 * * * *'],
    ['NINETY_EXPIRE_CRON', '61 * * * *', 'must be a cron expression such as */10 * * * *'],
    ['NINETY_ALERT_WEBHOOKS', 'nowhere', 'must be one http or https URL'],
    ['NINETY_ALERT_WEBHOOKS', 'https://a.example.com', 'needs NINETY_ALERT_WEBHOOK_SECRET'],
    ['NINETY_ALERT_WEBHOOK_SECRET', 'secret', 'must be whsec_ and base64'],
    ['NINETY_LOG_LEVEL', 'loud', 'must be one of fatal, error, warn, info, debug, trace, silent'],
    ['CLICKHOUSE_URL', 'clickhouse:8123', 'must be one http or https URL, or several, comma separated'],
    ['CLICKHOUSE_URL', ',', 'must be one http or https URL, or several, comma separated'],
    ['CLICKHOUSE_DATABASE', 'ninety; DROP', 'must be a plain name: letters, digits, underscore'],
    ['CLICKHOUSE_CLUSTER', "c'", 'must be the name of a cluster'],
    ['CLICKHOUSE_CLUSTER', 'c', 'needs CLICKHOUSE_URL'],
  ])('%s=%s is named, with how to mend it', (name, value, mend) => {
    const problems = problemsOf({ [name]: value });
    expect(problems.some((problem) => problem.startsWith(`${name} `) && problem.includes(mend))).toBe(true);
  });

  it('is shown, unless it is a secret', () => {
    expect(problemsOf({ PORT: 'eighty' })).toEqual([expect.stringContaining('(it is "eighty")')]);
    for (const [name, value] of [
      ['NINETY_SECRET', 'hush'],
      ['NINETY_ADMIN_KEY', 'hush'],
      ['NINETY_ALERT_WEBHOOKS', 'hush'],
      ['NINETY_ALERT_WEBHOOK_SECRET', 'hush'],
      ['CLICKHOUSE_URL', 'user:hush@host'],
    ] as const) {
      expect(problemsOf({ [name]: value }).join()).not.toContain('hush');
    }
  });

  it('is told together with all others, in one message', () => {
    const wrong = { PORT: 'x', NINETY_WORKERS: '0', NINETY_ROLE: 'api', CLICKHOUSE_CLUSTER: 'c' };
    const problems = problemsOf(wrong);
    expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual(Object.keys(wrong).sort());
    expect(new ConfigError(problems).message).toBe(
      `The configuration has 4 problems:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
  });
});

it('names a NINETY_ variable that is no setting: its default would be believed to be overridden', () => {
  expect(problemsOf({ NINETY_RETENTION: '30' })).toEqual([
    'NINETY_RETENTION is not a setting of Ninety; see the README for the list',
  ]);
});
