import { validate as validateCron } from 'node-cron';
import { z } from 'zod';

/** Ids of everything an operator makes. */
export const ID = /^[a-z0-9][a-z0-9_-]{0,63}$/;
export const idSchema = z
  .string()
  .regex(ID, 'must be 1 to 64 of a-z, 0-9, _ and -, beginning with a letter or digit');

const name = z.string().trim().min(1).max(200);
const LOOPBACK = /^http:\/\/(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d+)?(\/|\?|$)/;

/** https, or http to the machine itself; anything else would send ids in the clear. */
const partnerUrl = z
  .string()
  .max(2000)
  .refine(
    (url) => /^https:\/\/[^/\s]+/.test(url) || LOOPBACK.test(url),
    'must be an https URL (plain http only to loopback)',
  );

const domain = z
  .string()
  .toLowerCase()
  .max(253)
  .regex(
    /^([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$|^\[?[0-9a-f:]+\]?$/,
    'must be a host name, such as www.example.com',
  );

/** Parameters of /setuid that mean something already, so that no id can come in them. */
const OWN_PARAMETERS = ['bidder', 'gdpr', 'gdpr_consent', 'us_privacy', 'gpp', 'gpp_sid', 'f'];
const parameter = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,39}$/, 'must be the name of a parameter, such as uid')
  .refine(
    (name) => !OWN_PARAMETERS.includes(name),
    `must not be one of ${OWN_PARAMETERS.join(', ')}, which say something else already`,
  );

/** Some partners append their id to the redirect URL and replace nothing; Prebid Server writes them down as `""`. */
const uidMacro = z
  .string()
  .regex(
    /^(?:[!-%'-~]{2,40})?$/,
    'must be 2 to 40 characters without spaces and &, such as $UID; or empty where the partner appends its id',
  );

/** Lower case, and each part an id: folders of segments are folders of files too, on systems that fold case. */
const folder = z
  .string()
  .max(200)
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,63}(\/[a-z0-9][a-z0-9_-]{0,63}){0,7}$/,
    'must be at most 8 names of a-z, 0-9, _ and -, joined by /, such as news/sport',
  );

const labels = z
  .array(z.string().trim().min(1).max(64))
  .max(20)
  .refine((list) => new Set(list).size === list.length, 'must not hold a label twice');

/** For whom together the clauses of a segment's rule are asked, and whom else its members bring in. */
export const MERGES = ['visitor', 'device', 'household'] as const;
export type Merge = (typeof MERGES)[number];

/**
 * What a segment, or where its data comes from, may not be used for. A destination gets what is labelled so only
 * where it `allows` the label: `sensitive` for what people would not want told of them, `no-resale` for data that
 * was bought for our own use, `no-third-party` for data that stays with the sites it was seen on.
 */
export const POLICY_LABELS = ['sensitive', 'no-resale', 'no-third-party'] as const;
export type PolicyLabel = (typeof POLICY_LABELS)[number];

const cron = z
  .string()
  .max(100)
  .refine(
    (expression) => expression.trim().split(/\s+/).length === 5 && validateCron(expression),
    'must be a cron expression of five fields, such as 0 */6 * * *',
  );

/** When a destination is brought up to date by itself. */
const schedule = z.union(
  [z.enum(['change', 'manual']), z.strictObject({ cron })],
  'must be "change", "manual" or {"cron": "0 */6 * * *"}, in UTC',
);

/** A segment that goes to a destination, and what it is called there where that is not its id. */
const delivered = z.union([
  idSchema.transform((id): { id: string; code?: string | undefined } => ({ id })),
  z.strictObject({ id: idSchema, code: z.string().trim().min(1).max(256).optional() }),
]);

const noneTwice = (list: readonly string[]) => new Set(list).size === list.length;

/** What is stored of each kind, beside its id; the same schemas validate what comes in. */
export const KINDS = {
  site: z.strictObject({ name, domains: z.array(domain).max(1000).default([]), key: z.string() }),
  partner: z.strictObject({
    name,
    /** Of a partner that has one it stays the same: stored consent was given to that vendor. */
    gvlId: z.int().min(1).max(65_535).optional(),
    gppId: z.int().min(1).max(65_535).optional(),
    syncUrl: partnerUrl.optional(),
    iframeUrl: partnerUrl.optional(),
    redirectHosts: z.array(domain).max(100).default([]),
    freshDays: z.int().min(1).max(90).default(14),
    /** Those that are policy labels hold for every segment that asks for a trait of this provider. */
    labels: labels.optional(),
    /** How our visitor's id stands in the partner's URLs. */
    idEncoding: z.enum(['plain', 'base64url', 'hex']).default('plain'),
    /** What the partner replaces by its own id in the redirect URL that it is given. */
    uidMacro: uidMacro.default('$UID'),
    /** The same in the iframe's URL, where it is another. */
    iframeUidMacro: uidMacro.optional(),
    /** In which parameter of /setuid the partner's id comes back. */
    uidParameter: parameter.default('uid'),
    /** In which parameter the partner says why it has no id. */
    errorParameter: parameter.optional(),
    /** Parameters of a request to /sync/{id} that the partner wants to see again in its URL. */
    echoParameters: z.array(parameter).max(10).default([]),
    /** 1 is synced first; partners of one number are one priority group. */
    priority: z.int().min(1).max(10).default(5),
    /** The entry of the catalogue that it was made of, and with what values; for showing. */
    catalogue: z.string().max(64).optional(),
    settings: z.record(z.string().max(64), z.string().max(500)).optional(),
  }),
  segment: z.strictObject({
    name,
    rule: z.unknown(),
    merge: z.enum(MERGES).default('visitor'),
    iabAudienceId: z.string().max(20).optional(),
    ttlDays: z.int().min(1).max(180).optional(),
    folder: folder.optional(),
    labels: labels.optional(),
    /** Why this version was made; the next has one of its own, or none. */
    note: z.string().trim().min(1).max(500).optional(),
    /** This version was made of files; of the next it is said anew, or not. No caller may say it. */
    applied: z.literal(true).optional(),
  }),
  destination: z.strictObject({
    name,
    /** One of the types of destination that there are; stays the same. */
    type: z.string().max(64),
    /** Of that type, but for those that are secret. */
    settings: z.record(z.string().max(64), z.unknown()).default({}),
    /** The secret ones, each encrypted. */
    secrets: z.record(z.string().max(64), z.string()).default({}),
    /** Under whose ids it is told of people, where it takes a partner's. */
    partner: idSchema.optional(),
    /** Under which device ids. */
    devices: z.array(z.string().max(32)).max(20).refine(noneTwice, 'must not hold a type twice').default([]),
    /** In the Global Vendor List, where it is not its type's. */
    gvlId: z.int().min(1).max(65_535).optional(),
    segments: z.union([
      z.literal('all'),
      z
        .array(delivered)
        .max(10_000)
        .refine((list) => noneTwice(list.map(({ id }) => id)), 'must not hold a segment twice'),
    ]),
    schedule: schedule.default('change'),
    mode: z.enum(['delta', 'full']).default('delta'),
    /** Labels that keep nothing from it. */
    allows: z.array(z.enum(POLICY_LABELS)).refine(noneTwice, 'must not hold a label twice').default([]),
    /** Only people who were last seen in one of these; everywhere where not given. */
    regions: z
      .array(
        z
          .string()
          .toUpperCase()
          .regex(
            /^(EEA|[A-Z]{2}(-[A-Z0-9]{1,3})?)$/,
            'must be EEA, a country such as DE or a region such as US-CA',
          ),
      )
      .min(1)
      .max(300)
      .optional(),
    active: z.boolean().default(true),
    /** ISO 8601: what it was told before counts for nothing, as after it was switched off. */
    resyncAt: z.iso.datetime().optional(),
  }),
  key: z.strictObject({ name, scopes: z.array(z.string()).min(1).max(50), hash: z.string() }),
} as const;

export type Kind = keyof typeof KINDS;
export type Body<K extends Kind> = z.output<(typeof KINDS)[K]>;

/** One thing an operator made, in its newest version. */
export type Item<K extends Kind> = Body<K> & {
  readonly id: string;
  readonly version: number;
  /** ISO 8601. */
  readonly updatedAt: string;
};

export type Site = Item<'site'>;
export type Partner = Item<'partner'>;
export type Segment = Item<'segment'>;
export type Key = Item<'key'>;
export type Destination = Item<'destination'>;
