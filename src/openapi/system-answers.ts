import { z } from 'zod';
import { STREAMS } from '../journal/name.ts';
import { count, moment, run, segment, stored } from './answers.ts';

/** What is answered of the server itself, of uploads, of versions and of names. */
export const overview = z.strictObject({
  asOf: moment,
  hitsByMinute: z.array(z.strictObject({ minute: moment, hits: count })).describe('The last sixty minutes'),
  refusals: z
    .array(
      z.strictObject({
        room: z.string(),
        reason: z.string(),
        sentence: z.string(),
        n: count.describe('Within the retention'),
        lastHour: count,
      }),
    )
    .describe('The dozen most frequent'),
  otherRefusals: z
    .strictObject({ reasons: count, n: count, lastHour: count })
    .describe('Of the reasons that are not among them'),
  freshness: z.strictObject({
    oldest: moment.nullable(),
    failing: count.describe('Segments of which the newest build failed'),
  }),
  countedAt: moment.describe('When hits and visitors were counted'),
  hits: count,
  visitors: count,
  retentionDays: z.int(),
  segments: z
    .array(
      z.strictObject({
        id: stored.id,
        name: z.string(),
        size: count.nullable(),
        asOf: moment.nullable(),
        state: segment.shape.state,
        reason: z.string().optional(),
      }),
    )
    .describe('A dozen: failed and stale ones first, then the largest'),
  segmentCount: count,
  segmentStates: z
    .strictObject({ fresh: count, stale: count, building: count, failed: count })
    .describe('How many of all are in each state'),
  siteCount: count,
  partnerCount: count,
  runs: z.array(
    run.pick({
      run: true,
      job: true,
      state: true,
      started: true,
      ended: true,
      result: true,
      error: true,
    }),
  ),
  tellsDataCentres: z
    .boolean()
    .nullable()
    .describe('Whether crawlers are told by their data centres too; null where it takes no hits'),
  disk: z.strictObject({ free: count, total: count }).nullable().describe('Of the data folder, in bytes'),
  journalBytes: count.nullable().describe('Acknowledged, and not yet in ClickHouse'),
});
export const overviewSites = z.strictObject({
  countedAt: moment.describe('When hits and visitors were counted'),
  items: z.array(
    z.strictObject({
      id: stored.id,
      name: z.string(),
      tag: z.string().describe('HTML, to be pasted into pages as it is'),
      hits: count,
      visitors: count,
    }),
  ),
  next: z.string().nullable(),
});

const stream = z.enum(STREAMS);
const setAside = {
  stream,
  file: z.string(),
  bytes: count,
  rows: count,
  since: moment,
  reason: z.string(),
};
export const journal = z.strictObject({
  waiting: z.array(z.strictObject({ stream, files: count, bytes: count, oldest: moment.nullable() })),
  setAside: z.array(z.strictObject(setAside)),
});
export const journalFile = z.strictObject({
  ...setAside,
  columns: z.array(z.string()),
  stored: count.nullable().describe('Rows that ClickHouse holds already; null = not known'),
});
export const replay = z.strictObject({
  stream,
  file: z.string(),
  state: z.enum(['shipped', 'set_aside', 'waiting']),
});

export const counted = z.strictObject({ site: z.string(), counted: z.record(z.string(), count) });

const receipt = z.strictObject({
  id: z.string(),
  state: z.string(),
  reason: z.string().optional().describe('Why it failed'),
  received: count,
  malformed: z.strictObject({
    count,
    lines: z.array(z.strictObject({ line: z.int(), reason: z.string() })),
  }),
  reasons: z.record(z.string(), count).describe('Of the malformed lines, how many for each reason'),
  refused: z.record(z.string(), count).describe('Good lines that were not stored, by reason'),
  unknownIds: count,
  stored: count,
  startedAt: moment,
  endedAt: moment.nullable(),
});
/** Of each kind of upload, what its receipts say. */
export const receipts = {
  traits: receipt.extend({
    expired: count,
    traits: z.array(z.string()),
    segments: z.looseObject({ count }).describe('Those that ask for them, which are built again'),
  }),
  matches: receipt.extend({ deleted: count, partners: z.array(z.string()) }),
  labels: receipt.extend({
    source: z.string(),
    conflicts: z.array(z.unknown()),
    takenBack: count,
    attributes: z.array(z.string()),
  }),
};

export const segmentVersion = z.strictObject({
  version: z.int(),
  time: moment,
  by: z.strictObject({ id: z.string(), name: z.string().nullable() }),
  note: z.string().optional(),
  applied: z.literal(true).optional().describe('By files'),
  action: z.enum(['created', 'changed', 'deleted']),
  changed: z.array(z.string()).describe('Names of fields'),
  diff: z.array(z.string()),
});
export const versionInFull = segmentVersion.extend({
  id: stored.id,
  segment: z.looseObject({ name: z.string() }).nullable().describe('As it was; null = deleted'),
});

export const taxonomyNames = z.strictObject({
  items: z.array(
    z.looseObject({
      taxonomy: z.string(),
      id: z.string(),
      name: z.string(),
      parent: z.string().nullable(),
      tiers: z.array(z.string()),
    }),
  ),
  total: count,
  next: z.string().nullable(),
});
export const taxonomyStored = z.strictObject({ taxonomy: z.string(), name: z.string(), entries: count });

export const cataloguePartner = z.looseObject({
  id: z.string(),
  name: z.string(),
  settings: z.array(
    z.looseObject({ name: z.string(), description: z.string(), example: z.string(), optional: z.boolean() }),
  ),
});

/** The answer of Prebid Server to `/cookie_sync`. */
export const cookieSync = z.looseObject({
  status: z.enum(['ok', 'no_cookie']),
  bidder_status: z.array(
    z.looseObject({
      bidder: z.string(),
      no_cookie: z.boolean(),
      usersync: z.strictObject({ url: z.string(), type: z.string(), supportCORS: z.boolean() }),
    }),
  ),
});

const planned = z.looseObject({ name: z.string() }).nullable();
export const segmentPlan = z.strictObject({
  steps: z.array(
    z.strictObject({
      id: stored.id,
      action: z.enum(['create', 'change', 'delete']),
      version: count.describe('That would be replaced; 0 = there never was one'),
      updatedAt: moment.nullable(),
      isApplied: z.boolean().describe('Whether another plan wrote it'),
      changed: z.array(z.string()).describe('Names of fields'),
      before: planned,
      after: planned,
      resized: z.boolean().describe('Whether others may be in it afterwards'),
      needs: z.array(z.string()),
    }),
  ),
  affected: z
    .array(
      z.strictObject({
        id: stored.id,
        name: z.string(),
        rule: z.unknown(),
        merge: z.string(),
        needs: z.array(z.string()),
      }),
    )
    .describe('Segments that stay as they are and rest on one that does not'),
  unchanged: count,
  others: count.describe('Stored, and not among those that are wanted'),
  mistakes: z.array(
    z.strictObject({ id: z.string(), type: z.string(), path: z.string(), message: z.string() }),
  ),
});

export const plansApplied = z.strictObject({
  applied: z.array(
    z.strictObject({
      id: stored.id,
      action: z.enum(['create', 'change', 'delete']),
      version: z.int(),
      updatedAt: moment.nullable().describe('Null where somebody has changed it again by now'),
    }),
  ),
});

export const labelCount = z.strictObject({
  attribute: z.string(),
  value: z.string(),
  source: z.string().describe('Who declares it'),
  visitors: count,
  iabAudienceId: z.string().nullable(),
});
export const labelAttribute = z.looseObject({
  attribute: z.string(),
  aliases: z.array(z.string()),
  form: z.string().describe('What values look like'),
  open: z.boolean(),
  values: z.array(z.looseObject({ value: z.string(), spellings: z.array(z.string()) })),
});
