import { z } from 'zod';
import { ACTS, LOOKS } from '../report/audit.ts';
import { count, day, moment } from './answers.ts';

/** What is answered of single people, of the visitors of a site or a segment, and of what is kept of them. */
const visitor = z.string().describe('A visitor’s 11 characters');
const probability = z.number().min(0).max(1);

const consent = z
  .strictObject({
    time: moment,
    withdrawn: z.boolean(),
    purposes: z.array(z.int()).describe('Of the TCF'),
    partners: z.array(z.string()),
  })
  .nullable()
  .describe('The newest word');

const hit = {
  time: moment,
  event: z.string(),
  path: z.string(),
  title: z.string(),
  categories: z.array(z.string()),
  country: z.string(),
  device: z.string(),
};

export const visitorProfile = z.strictObject({
  visitor,
  others: z.array(visitor).describe('Under the same id were seen besides'),
  hits: count,
  firstSeen: moment.nullable(),
  lastSeen: moment.nullable(),
  expires: day.nullable().describe('When nothing is left of the visitor unless seen again'),
  countries: z.array(z.string()),
  categories: z.array(z.string()),
  segments: z.array(z.string()).describe('Ids of those whose current build has the visitor'),
  links: z.array(z.string()).describe('Partners and device types under which the visitor is known elsewhere'),
  traits: z.array(z.string()),
  interests: z.array(z.strictObject({ id: z.string(), name: z.string(), score: z.number() })),
  demographics: z.array(
    z.strictObject({
      attribute: z.string(),
      value: z.string(),
      probability,
      declared: z.boolean(),
      decided: z.boolean().describe('What the visitor counts as'),
    }),
  ),
  consent,
  recent: z.array(z.strictObject({ ...hit, site: z.string() })).describe('Newest first'),
});

export const explanation = z.strictObject({
  segment: z.string(),
  version: z.int(),
  merge: z.string(),
  asOf: moment,
  tookMs: count,
  visitor,
  member: z.boolean(),
  via: z.string().nullable().describe('Which merge rule makes a member of the visitor'),
  barred: z.unknown().describe('What keeps a visitor out who meets the rule; null = nothing'),
  rule: z.looseObject({ path: z.string(), holds: z.boolean() }).describe('Part by part, with the evidence'),
  device: z.array(visitor),
  household: z.array(z.strictObject({ visitor, member: z.boolean() })),
  consent,
  lastSeen: moment.nullable(),
  expires: day.nullable(),
  others: z.array(visitor),
});

const state = z.enum(['waiting', 'done']);
export const erasure = z.strictObject({
  id: z.string(),
  state,
  origin: z.enum(['api', 'optout']),
  requestedAt: moment,
  visitors: count,
  steps: z.array(
    z.looseObject({ step: z.string(), state: z.string(), at: moment.nullable(), detail: z.string() }),
  ),
});

export const siteCheck = z.strictObject({
  site: z.string(),
  since: moment,
  stored: count.describe('Distinct hits'),
  last: z
    .strictObject({ ...hit, browser: z.string() })
    .nullable()
    .describe('The newest of them'),
  refused: z.array(
    z.strictObject({ reason: z.string(), sentence: z.string(), advice: z.string(), n: count }),
  ),
});

const line = z.strictObject({
  value: z.string(),
  members: count,
  everyone: count,
  share: probability.describe('Of the members'),
  shareOfEveryone: probability,
  index: z.number().describe('100 = as common as among everyone'),
});
export const segmentProfile = z.strictObject({
  segment: z.string(),
  asOf: moment.describe('Of the build whose members are told of'),
  countedAt: moment,
  members: count,
  everyone: count,
  kinds: z.strictObject({
    country: z.array(line),
    device: z.array(line),
    browser: z.array(line),
    hour: z.array(line),
    category: z.array(line),
    demographic: z.array(line),
  }),
});

export const retention = z.strictObject({
  retentionDays: z.int(),
  tables: z.array(
    z.strictObject({
      table: z.string(),
      rows: count,
      oldest: day.nullable(),
      dies: day.nullable().describe('When the oldest row is gone'),
    }),
  ),
  suppressed: count.describe('Who opted out, kept as keyed hashes'),
  erasures: z.array(
    z.strictObject({ id: z.string(), time: moment, origin: z.enum(['api', 'optout']), visitors: count }),
  ),
});

export const audit = z.strictObject({
  items: z.array(
    z.strictObject({
      time: moment,
      by: z.strictObject({ id: z.string(), name: z.string().nullable() }),
      action: z.enum(['made', 'changed', 'deleted', ...LOOKS, ...ACTS]),
      kind: z.string(),
      subject: z.string().describe('An id, or of a visitor a keyed hash'),
      version: z.int().nullable(),
    }),
  ),
  next: z.string().nullable().describe('What to give as `before`'),
});

export const why = z.strictObject({
  partner: z.string(),
  outcome: z.string(),
  detail: z.string(),
  country: z.string(),
  lastDay: z.array(z.strictObject({ outcome: z.string(), detail: z.string(), n: count })),
  stored: z
    .strictObject({
      optedOut: z.boolean(),
      consent: z.enum(['none', 'withdrawn', 'without_partner', 'given']),
      matched: z.boolean(),
      setAside: z.array(z.strictObject({ reason: z.string(), detail: z.string() })),
    })
    .optional()
    .describe('Of the visitor who was asked about'),
  returned: z
    .strictObject({ outcome: z.string(), detail: z.string() })
    .optional()
    .describe(
      'What the partner said last of the visitor, where that is the browser that asks and no id came',
    ),
});

/** What a page is told of its browser. */
export const told = z.strictObject({
  segments: z.array(z.string()).describe('Ids'),
  ortb2: z
    .strictObject({
      user: z.strictObject({
        data: z.array(
          z.strictObject({
            name: z.string(),
            ext: z.strictObject({ segtax: z.int() }),
            segment: z.array(z.strictObject({ id: z.string() })),
          }),
        ),
      }),
    })
    .describe('For Prebid.js and whoever else speaks OpenRTB'),
  keyValues: z.record(z.string(), z.array(z.string())).describe('For Google’s tags'),
  pps: z
    .strictObject({ taxonomies: z.record(z.string(), z.strictObject({ values: z.array(z.string()) })) })
    .describe('What `googletag.setConfig({pps})` takes'),
  ppsj: z.string().describe('The same for ad tags that are URLs'),
});
