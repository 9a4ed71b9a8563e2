import { z } from 'zod';
import { ALERTS } from '../alerts/kinds.ts';
import { keyInput, partnerInput, siteInput } from '../api/collections.ts';
import { said } from '../api/segments.ts';
import { idSchema, KINDS } from '../registry/kinds.ts';
import { DELIVERY_STATES } from '../report/deliveries.ts';
import { RATE_SPLITS } from '../report/match-rates.ts';
import { STEPS } from '../report/range.ts';
import { SIGNALS } from '../report/used-signals.ts';

/**
 * What answers hold. They are of strict objects, and a test holds real answers against them: a field that is added to
 * an answer is added here.
 */
export const count = z.int().min(0);
export const moment = z.iso.datetime().describe('ISO 8601, UTC');

export const day = z.iso.date().describe('A day in UTC');

/** What every stored thing has beside. */
export const stored = { id: idSchema, version: z.int().min(1), updatedAt: moment };

export const page = (item: z.ZodType) =>
  z.strictObject({ items: z.array(item), next: z.string().nullable().describe('What to give as `after`') });
export const items = (item: z.ZodType) => z.strictObject({ items: z.array(item) });

/** Any object: its fields are told in the operation's description. */
export const anything = z.looseObject({});

export const site = siteInput.extend({
  ...stored,
  key: z.string().describe('Stands in the tag for all to see; no secret'),
});

export const partner = partnerInput.extend({
  ...stored,
  catalogue: KINDS.partner.shape.catalogue,
  settings: KINDS.partner.shape.settings,
  matchKeptBy: z
    .enum(['us', 'partner', 'both'])
    .nullable()
    .describe('Who keeps a match when the partner’s URLs are followed'),
});

export const key = keyInput.extend({
  ...stored,
  lastUsed: moment.nullable().describe('To the minute; null = not within the retention'),
});
export const newKey = key.extend({ key: z.string().describe('Shown this once') });

const via = z.record(z.string(), count);
export const segment = said.extend({
  ...stored,
  size: count.nullable().describe('Visitors in the build that readers see'),
  sizeByVia: via.nullable().describe('Of these, how many by which merge rule'),
  asOf: moment.nullable(),
  state: z.enum(['fresh', 'building', 'stale', 'failed']),
  reason: z.string().optional().describe('Why it is stale or failed'),
});

export const estimate = z.strictObject({ size: count, sizeByVia: via, asOf: moment, tookMs: count });

export const pastBuild = z.strictObject({
  asOf: moment,
  size: count,
  version: z.int(),
  added: count.nullable(),
  removed: count.nullable(),
});

export const overlap = z.strictObject({
  segments: z.array(z.strictObject({ id: idSchema, size: count.nullable(), asOf: moment.nullable() })),
  pairs: z.array(z.strictObject({ a: idSchema, b: idSchema, size: count })),
});

export const run = z.strictObject({
  run: z.string(),
  job: z.string(),
  state: z.enum(['running', 'done', 'failed', 'died']),
  started: moment,
  ended: moment.nullable(),
  rowsRead: count,
  bytesRead: count,
  peakMemory: count,
  retries: count,
  result: z.unknown(),
  error: z.string(),
});

export const jobs = z.strictObject({
  jobs: z
    .array(
      z.strictObject({
        name: z.string(),
        schedule: z.string().describe('Cron, in UTC'),
        next: moment.nullable().describe('When it is next due'),
      }),
    )
    .describe('Every job there is, also one that has never run'),
  items: z.array(run).describe('The newest runs first'),
});

/** What `?wait=1` is not given. */
export const begun = z.looseObject({ state: z.literal('running') });

export const receivedHits = z.strictObject({
  accepted: count,
  refused: z.array(z.strictObject({ index: count, reason: z.string() })),
});

const usual = z.strictObject({ low: z.number(), median: z.number(), high: z.number() });
const alert = z.strictObject({
  kind: z.enum(Object.keys(ALERTS) as [string, ...string[]]),
  subject: z.string().describe('Id of what it is wrong with'),
  name: z.string().describe('What that is called; the id, where it has no other name'),
  sentence: z.string(),
  detail: z.string(),
  value: z.number().nullable(),
  usual: usual.nullable(),
  since: moment,
  cleared: moment.nullable().describe('When it cleared or ended'),
});
export const alerts = z.strictObject({
  items: z.array(
    alert.extend({
      state: z
        .enum(['open', 'cleared', 'ended'])
        .describe('`ended`: there is nothing any more that it could be of; nobody is told'),
    }),
  ),
  checkedAt: moment.nullable().describe('When somebody last looked'),
  kinds: z.record(z.string(), z.string()),
});

/** What a webhook is told. */
export const alertNotice = z.strictObject({
  type: z.enum(['alert.opened', 'alert.cleared']),
  timestamp: moment.describe('When it opened or cleared'),
  data: alert,
});

const range = { from: moment, to: moment, step: z.enum(STEPS) };
const traffic = {
  hits: count.describe('By their own time, each once'),
  visitors: count,
  refused: count.nullable().describe('By the moment of the refusal, repeats too; null = not known'),
};
const trafficPoint = z.strictObject({ time: moment, ...traffic });
export const trafficReport = z.strictObject({
  ...range,
  site: z.string().nullable(),
  by: z.string().nullable(),
  total: z.strictObject(traffic),
  points: z.array(trafficPoint),
  series: z.array(
    z.strictObject({
      value: z.string().nullable().describe('Null = all others together'),
      total: z.strictObject(traffic),
      points: z.array(trafficPoint),
    }),
  ),
});

const consent = { visitors: count, store: count, profile: count, handOut: count, withdrawn: count };
export const consentReport = z.strictObject({
  ...range,
  site: z.string().nullable(),
  total: z.strictObject(consent),
  countries: z.array(
    z.strictObject({
      country: z.string().nullable(),
      ...consent,
      stored: count,
      refused: count,
      signals: z.array(z.strictObject({ signal: z.string(), n: count })),
    }),
  ),
  stored: count.describe('Hits of the range by their own time, each once, as the traffic report counts them'),
  refusals: z.array(
    z.strictObject({
      room: z.string(),
      reason: z.string(),
      sentence: z.string(),
      signal: z.string(),
      n: count,
      points: z.array(z.strictObject({ time: moment, n: count })),
    }),
  ),
});

export const segmentsReport = z.strictObject({
  ...range,
  segments: z.array(
    z.strictObject({
      segment: idSchema,
      name: z.string(),
      size: count.nullable(),
      asOf: moment.nullable(),
      state: segment.shape.state,
      reason: segment.shape.reason,
      points: z.array(
        z.strictObject({
          time: moment,
          size: count,
          version: z.int(),
          added: count.nullable(),
          removed: count.nullable(),
        }),
      ),
    }),
  ),
});

const signal = z.strictObject({ kind: z.enum(SIGNALS), value: z.string(), hits: count, visitors: count });
const ofSite = { from: moment, to: moment, site: z.string().nullable() };
export const signalsReport = z.strictObject({ ...ofSite, items: z.array(signal) });
export const unusedReport = z.strictObject({
  ...ofSite,
  items: z.array(
    signal.extend({
      rule: z
        .strictObject({ did: z.record(z.string(), z.string()), within: z.string() })
        .describe('Of a segment that would use it: on the site, since `from`'),
    }),
  ),
});

const share = z.number().min(0).max(1).nullable();
const matches = {
  visitors: count,
  consented: count,
  matched: count.nullable(),
  matchedConsented: count.nullable(),
  fresh: count.nullable(),
  matchRate: share,
  consentedMatchRate: share,
  freshRate: share,
};
export const matchRate = z.strictObject({
  partner: idSchema,
  freshDays: z.int(),
  asOf: moment,
  reason: z.literal('kept_by_partner').optional().describe('Only the partner knows of its matches'),
  windows: z.array(
    z.strictObject({
      days: z.int(),
      ...matches,
      browsers: z.array(z.strictObject({ browser: z.string(), ...matches })),
      countries: z.array(z.strictObject({ country: z.string(), ...matches })),
    }),
  ),
});
export const matchRatesReport = z.strictObject({
  ...range,
  days: z.int(),
  partners: z.array(
    z.strictObject({
      partner: idSchema,
      name: z.string(),
      now: matchRate,
      points: z.array(
        z.strictObject({
          time: moment,
          by: z.enum(['all', ...RATE_SPLITS]),
          value: z.string(),
          ...matches,
        }),
      ),
    }),
  ),
});

const losses = z.array(z.strictObject({ reason: z.string(), n: count }));
const counts = {
  day: z.string(),
  stages: z.array(z.strictObject({ stage: z.string(), n: count.nullable(), losses })),
  added: count,
  removed: count,
  refreshed: count,
};
const waterfall = z.strictObject({
  segment: z.string(),
  ...counts,
  days: z.array(z.strictObject(counts)),
  trend: z.record(z.string(), z.number().nullable()),
});
export const waterfalls = z.strictObject({ destination: idSchema, items: z.array(waterfall) });

const health = {
  destination: idSchema,
  name: z.string(),
  type: z.string(),
  state: z.enum(DELIVERY_STATES),
  reason: z.string(),
  detail: z.string(),
  until: moment.nullable(),
  planned: moment.nullable(),
  acknowledged: moment.nullable(),
  waiting: count,
  dead: count,
};
export const deliveries = items(z.strictObject(health));
export const deliveriesReport = z.strictObject({
  days: z.int(),
  destinations: z.array(z.strictObject({ ...health, segments: z.array(waterfall) })),
});
