import { isIP } from 'node:net';
import { totalmem } from 'node:os';
import { resolve } from 'node:path';
import { validate as validateCron } from 'node-cron';
import { z } from 'zod';
import { signingSecret } from './delivery/destinations/webhook.ts';
import { type Allow, readAllow } from './delivery/outbound/allow.ts';

export const ROLES = ['collect', 'api', 'jobs'] as const;
export type Role = (typeof ROLES)[number];

/** A reading of the environment that cannot be used, with every problem at once and how to mend each. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((p) => `  - ${p}`).join('\n')}`,
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const whole = (from: number, to: number, unit?: string) => {
  const must = `must be a whole number${unit === undefined ? '' : ` of ${unit}`} from ${from} to ${to}`;
  return z.coerce.number(must).int(must).min(from, must).max(to, must);
};

const list = (value: string) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

const cron = z
  .string()
  .refine((expression) => validateCron(expression), 'must be a cron expression such as */10 * * * *');

const isCidr = (text: string) => {
  const [address = '', bits] = text.split('/');
  const family = isIP(address);
  return (
    family !== 0 &&
    (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)))
  );
};

/** The tables of this many days are the ceiling the product promises; see "Ninety days" in the README. */
export const RETENTION_CEILING_DAYS = 90;

const environment = z.object({
  PORT: whole(0, 65_535).default(8090),
  HOST: z.string().default('127.0.0.1'),
  NINETY_DATA: z
    .string()
    .default('./data')
    .transform((folder) => resolve(folder)),
  NINETY_ROLES: z
    .string()
    .default(ROLES.join(','))
    .transform(list)
    .pipe(
      z
        .array(z.enum(ROLES, `must be a comma separated list of ${ROLES.join(', ')}`))
        .min(1, `must name at least one of ${ROLES.join(', ')}`),
    ),
  NINETY_PUBLIC_URL: z
    .url({
      protocol: /^https?$/,
      error: 'must be an http or https URL, such as https://audience.example.com',
    })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  NINETY_RETENTION_DAYS: whole(1, RETENTION_CEILING_DAYS, 'days').default(RETENTION_CEILING_DAYS),
  NINETY_MIN_AUDIENCE: whole(0, 1_000_000_000, 'visitors').default(50),
  NINETY_ADMIN_KEY: z
    .string()
    .min(24, 'must have at least 24 characters')
    .max(200, 'must have at most 200 characters')
    .optional(),
  NINETY_API_RATE: whole(0, 10_000_000, 'requests a minute').default(6000),
  // Each holds one of a process's sixteen connections to ClickHouse; two at least are for all else.
  NINETY_BULK_STREAMS: whole(1, 14, 'streams').default(8),
  NINETY_SECRET: z
    .string()
    .min(24, 'must have at least 24 characters; make one with: openssl rand -base64 32')
    .optional(),
  NINETY_LOCAL_REGION: z
    .string()
    .transform((region) => region.toUpperCase())
    .pipe(
      z
        .string()
        .regex(
          /^(EEA|[A-Z]{2}(-[A-Z0-9]{1,3})?)$/,
          'must be EEA or a country such as DE, or a region such as US-CA',
        ),
    )
    .optional(),
  NINETY_CONSENT_REGIONS: z
    .string()
    .transform((codes) => list(codes.toUpperCase()))
    .pipe(
      z.array(
        z
          .string()
          .regex(
            /^(EEA|[A-Z]{2})$/,
            'must be a comma separated list of EEA and countries, such as EEA,GB,CH,BR',
          ),
      ),
    )
    .optional(),
  NINETY_WORKERS: whole(1, 256, 'processes').default(1),
  NINETY_TRUST_PROXY: z
    .string()
    .transform(list)
    .pipe(
      z.array(
        z.string().refine(isCidr, 'must be a comma separated list of addresses or CIDRs, such as 10.0.0.0/8'),
      ),
    )
    .default([]),
  NINETY_GVL_ID: whole(1, 65_535).optional(),
  NINETY_JOURNAL_QUOTA_MB: whole(16, 10_000_000, 'megabytes').default(4096),
  NINETY_JOURNAL_FSYNC: z
    .enum(['0', '1'], 'must be 0 or 1')
    .default('0')
    .transform((flag) => flag === '1'),
  NINETY_ENGINE_MEMORY_MB: whole(512, 10_000_000, 'megabytes').default(() =>
    Math.max(1024, Math.min(8192, Math.floor(totalmem() / 2 ** 21))),
  ),
  NINETY_SEGMENTS_CRON: cron.default('*/10 * * * *'),
  NINETY_EXPIRE_CRON: cron.default('7 * * * *'),
  NINETY_FEATURES_CRON: cron.default('52 * * * *'),
  NINETY_INTERESTS_CRON: cron.default('12 * * * *'),
  NINETY_INTEREST_HALF_LIFE_DAYS: whole(1, RETENTION_CEILING_DAYS, 'days').default(14),
  NINETY_IDENTITY_CRON: cron.default('37 * * * *'),
  NINETY_LOOKALIKES_CRON: cron.default('23 */6 * * *'),
  NINETY_DEMOGRAPHICS_CRON: cron.default('43 */6 * * *'),
  NINETY_DEMOGRAPHICS_PRECISION: z.coerce
    .number('must be a number from 0.5 to 0.99')
    .min(0.5, 'must be a number from 0.5 to 0.99')
    .max(0.99, 'must be a number from 0.5 to 0.99')
    .default(0.8),
  NINETY_HOUSEHOLD: z
    .enum(['0', '1'], 'must be 0 or 1')
    .default('0')
    .transform((flag) => flag === '1'),
  NINETY_HOUSEHOLD_KEY_DAYS: whole(1, 30, 'days').default(7),
  NINETY_OUTBOUND_ALLOW: z
    .string()
    .default('')
    .transform(readAllow)
    .refine(
      ({ wrong }) => wrong.length === 0,
      'must be a comma separated list of addresses, CIDRs and hosts, such as 10.1.0.0/16,sftp.internal',
    )
    .transform(({ allow }) => allow),
  NINETY_ALERTS_CRON: cron.default('*/5 * * * *'),
  NINETY_ALERT_WEBHOOKS: z
    .string()
    .transform(list)
    .pipe(
      z.array(
        z.url({ protocol: /^https?$/, error: 'must be one http or https URL, or several, comma separated' }),
      ),
    )
    .default([]),
  NINETY_ALERT_WEBHOOK_SECRET: signingSecret.optional(),
  NINETY_DRAIN_SECONDS: whole(0, 300, 'seconds').default(0),
  NINETY_LOG_LEVEL: z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'must be one of fatal, error, warn, info, debug, trace, silent',
    )
    .default('info'),
  CLICKHOUSE_URL: z
    .string()
    .transform(list)
    .pipe(
      z
        .array(
          z.url({
            protocol: /^https?$/,
            error: 'must be one http or https URL, or several, comma separated',
          }),
        )
        .min(1, 'must be one http or https URL, or several, comma separated'),
    )
    .optional(),
  CLICKHOUSE_USER: z.string().default('default'),
  CLICKHOUSE_PASSWORD: z.string().default(''),
  CLICKHOUSE_DATABASE: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'must be a plain name: letters, digits, underscore')
    .default('ninety'),
  CLICKHOUSE_CLUSTER: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/, 'must be the name of a cluster')
    .optional(),
  GEOIP_MMDB: z.string().optional(),
});

/** Everything the environment says, read once by {@link readConfig} and handed down from there. */
export interface Config {
  readonly host: string;
  /** 0 asks the system for a free port. */
  readonly port: number;
  /** Absolute path of the folder that holds journal, embedded engine, snapshot and secrets. */
  readonly data: string;
  readonly roles: ReadonlySet<Role>;
  /** Without a trailing slash; undefined = made from the address it listens on. */
  readonly publicUrl: string | undefined;
  readonly retentionDays: number;
  readonly minAudience: number;
  readonly adminKey: string | undefined;
  /** Requests that the management API answers a key in a minute; 0 = as many as there are. */
  readonly apiPerMinute: number;
  /** Bulk streams that a process has under way at once, of all keys together. */
  readonly bulkStreams: number;
  readonly secret: string | undefined;
  /** `EEA`, an ISO 3166-1 country or an ISO 3166-2 region; undefined = no consent law applies there. */
  readonly localRegion: string | undefined;
  /** `EEA` and countries where a yes is needed when nothing was signalled; undefined = the default policy. */
  readonly consentRegions: readonly string[] | undefined;
  readonly workers: number;
  readonly trustProxy: readonly string[];
  readonly gvlId: number | undefined;
  readonly geoipMmdb: string | undefined;
  /** Where deliveries may go beyond the public internet. */
  readonly outboundAllow: Allow;
  /** How long a server that ends says that it is not ready, and takes hits still, in milliseconds. */
  readonly drainMs: number;
  readonly logLevel: string;
  readonly journal: {
    /** Bytes of journal files on disk above which hits are refused as `journal_full`. */
    readonly quotaBytes: number;
    /** Also wait for the disk itself, not only for the operating system, before a hit is answered. */
    readonly fsync: boolean;
  };
  readonly schedule: {
    readonly segments: string;
    readonly expire: string;
    readonly identity: string;
    readonly features: string;
    readonly interests: string;
    readonly lookalikes: string;
    readonly demographics: string;
    readonly alerts: string;
  };
  /** Where alerts are told of; the URLs may hold secrets. */
  readonly alerts: {
    readonly urls: readonly string[];
    /** Signs what is told; there is one where there is a URL. */
    readonly secret: string | undefined;
  };
  /** Of the visitors whom a model decides to be of a class, the share that is to be of it. */
  readonly demographicsPrecision: number;
  /** Days after which a visit says half as much of what somebody cares for. */
  readonly interestHalfLifeDays: number;
  /** After how many days the key is thrown away with which addresses are hashed; undefined = no households. */
  readonly householdKeyDays: number | undefined;
  readonly clickhouse: {
    /** undefined = the embedded engine. With a cluster: one URL for each host. */
    readonly urls: readonly string[] | undefined;
    readonly user: string;
    readonly password: string;
    readonly database: string;
    readonly cluster: string | undefined;
    /** Bound of the embedded engine's memory, in bytes. */
    readonly engineMemoryBytes: number;
  };
}

/**
 * Reads and checks the environment.
 *
 * @param env variables as in `process.env`; an empty string counts as not set.
 * @throws ConfigError naming every problem at once.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const parsed = environment.safeParse(given);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map(
        (issue) =>
          `${issue.path[0]?.toString() ?? ''} ${issue.message} (it is ${quoted(given, issue.path[0])})`,
      );
  problems.push(...unknownVariables(given));
  if (given['CLICKHOUSE_CLUSTER'] !== undefined && given['CLICKHOUSE_URL'] === undefined) {
    problems.push(
      'CLICKHOUSE_CLUSTER needs CLICKHOUSE_URL: the embedded engine is one machine; name the hosts of the cluster, comma separated',
    );
  }
  if (given['NINETY_ALERT_WEBHOOKS'] !== undefined && given['NINETY_ALERT_WEBHOOK_SECRET'] === undefined) {
    problems.push(
      'NINETY_ALERT_WEBHOOKS needs NINETY_ALERT_WEBHOOK_SECRET, with which what is told is signed; make one with: echo "whsec_$(openssl rand -base64 32)"',
    );
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  const e = parsed.data;
  return {
    host: e.HOST,
    port: e.PORT,
    data: e.NINETY_DATA,
    roles: new Set(e.NINETY_ROLES),
    publicUrl: e.NINETY_PUBLIC_URL,
    retentionDays: e.NINETY_RETENTION_DAYS,
    minAudience: e.NINETY_MIN_AUDIENCE,
    adminKey: e.NINETY_ADMIN_KEY,
    apiPerMinute: e.NINETY_API_RATE,
    bulkStreams: e.NINETY_BULK_STREAMS,
    secret: e.NINETY_SECRET,
    localRegion: e.NINETY_LOCAL_REGION,
    consentRegions: e.NINETY_CONSENT_REGIONS,
    workers: e.NINETY_WORKERS,
    trustProxy: e.NINETY_TRUST_PROXY,
    gvlId: e.NINETY_GVL_ID,
    geoipMmdb: e.GEOIP_MMDB,
    outboundAllow: e.NINETY_OUTBOUND_ALLOW,
    drainMs: e.NINETY_DRAIN_SECONDS * 1000,
    logLevel: e.NINETY_LOG_LEVEL,
    journal: { quotaBytes: e.NINETY_JOURNAL_QUOTA_MB * 2 ** 20, fsync: e.NINETY_JOURNAL_FSYNC },
    schedule: {
      segments: e.NINETY_SEGMENTS_CRON,
      expire: e.NINETY_EXPIRE_CRON,
      identity: e.NINETY_IDENTITY_CRON,
      features: e.NINETY_FEATURES_CRON,
      interests: e.NINETY_INTERESTS_CRON,
      lookalikes: e.NINETY_LOOKALIKES_CRON,
      demographics: e.NINETY_DEMOGRAPHICS_CRON,
      alerts: e.NINETY_ALERTS_CRON,
    },
    alerts: { urls: e.NINETY_ALERT_WEBHOOKS, secret: e.NINETY_ALERT_WEBHOOK_SECRET },
    demographicsPrecision: e.NINETY_DEMOGRAPHICS_PRECISION,
    interestHalfLifeDays: e.NINETY_INTEREST_HALF_LIFE_DAYS,
    householdKeyDays: e.NINETY_HOUSEHOLD ? e.NINETY_HOUSEHOLD_KEY_DAYS : undefined,
    clickhouse: {
      urls: e.CLICKHOUSE_URL,
      user: e.CLICKHOUSE_USER,
      password: e.CLICKHOUSE_PASSWORD,
      database: e.CLICKHOUSE_DATABASE,
      cluster: e.CLICKHOUSE_CLUSTER,
      engineMemoryBytes: e.NINETY_ENGINE_MEMORY_MB * 2 ** 20,
    },
  };
}

const SECRETS = new Set<PropertyKey>([
  'NINETY_SECRET',
  'NINETY_ADMIN_KEY',
  'CLICKHOUSE_PASSWORD',
  'CLICKHOUSE_URL',
  'NINETY_ALERT_WEBHOOKS',
  'NINETY_ALERT_WEBHOOK_SECRET',
]);

function quoted(given: Readonly<Record<string, unknown>>, name: PropertyKey | undefined): string {
  if (name === undefined) return 'nothing';
  return SECRETS.has(name) ? 'not shown' : JSON.stringify(given[name.toString()]);
}

/** A misspelt NINETY_ variable would otherwise be ignored, and its default believed to be the setting. */
function unknownVariables(given: Readonly<Record<string, unknown>>): string[] {
  const known = new Set(Object.keys(environment.shape));
  return Object.keys(given)
    .filter((name) => name.startsWith('NINETY_') && !known.has(name))
    .map((name) => `${name} is not a setting of Ninety; see the README for the list`);
}
