import { z } from 'zod';
import { destinationInput } from '../api/destination.ts';
import { CAUSES } from '../delivery/run/runs.ts';
import { idSchema } from '../registry/kinds.ts';
import { count, moment, stored } from './answers.ts';

/** What is answered of destinations and of what they are told. */
export const destination = destinationInput.extend({
  ...stored,
  secrets: z.array(z.string()).describe('Names of the settings that are kept encrypted'),
  settings: z.record(z.string(), z.unknown()),
});

export const destinationType = z.strictObject({
  type: z.string(),
  title: z.string(),
  summary: z.string(),
  takes: z.strictObject({ partner: z.boolean(), devices: z.array(z.string()) }),
  gvlId: z.int().nullable(),
  tells: z.enum(['changes', 'all']),
  bySegment: z.boolean(),
  removes: z.boolean().describe('Whether it can be told that somebody is no member any more'),
  forgets: z.boolean().describe('Whether it is asked to delete who was erased, and told of who opted out'),
  expiryDays: z.strictObject({ usual: z.number(), most: z.number() }),
  secrets: z.array(z.string()).describe('Settings that are kept encrypted'),
  places: z.array(z.string()).describe('Settings that say where it is'),
  settings: z.looseObject({}).describe('A JSON Schema'),
});

const segmentsTold = z.array(z.looseObject({}));
export const dryRun = z.strictObject({
  destination: idSchema,
  mode: z.enum(['full', 'delta']),
  segments: segmentsTold,
  counts: z.array(z.strictObject({ segment: z.string(), stage: z.string(), reason: z.string(), n: count })),
  preview: z.string().describe('The first lines as they would go'),
});

const byReason = z.record(z.string(), count);
export const pastRun = z.strictObject({
  run: z.int(),
  state: z.enum(['planned', 'done']),
  cause: z.enum(CAUSES),
  mode: z.enum(['full', 'delta']),
  planned: moment,
  lines: count,
  adds: count,
  removes: count,
  refreshes: count,
  chunks: byReason.describe('By state'),
  accepted: count,
  dead: byReason,
  acknowledged: moment.nullable(),
});

export const runInFull = pastRun.extend({
  segments: segmentsTold,
  parts: z.array(
    z.strictObject({
      chunk: z.int(),
      key: z.string(),
      code: z.string(),
      state: z.string(),
      lines: count,
      tries: count,
      reason: z.string(),
      detail: z.string(),
      accepted: count,
      failed: count,
      counted: z.boolean(),
      next: moment.nullable(),
    }),
  ),
});

export const deadLetters = z.strictObject({
  lines: count.describe('In all dead letters, also in those that are not shown'),
  items: z.array(
    z.strictObject({
      run: z.int(),
      chunk: z.int(),
      number: z.int().nullable().describe('Place of the line; null = all of the chunk'),
      lines: count,
      reason: z.string(),
      detail: z.string(),
      time: moment,
    }),
  ),
});

const manifest = {
  since: z.string().nullable(),
  cursor: z.string(),
  format: z.string(),
  count,
  bytes: count.nullable().describe('Null of Parquet, which need not have the same bytes twice'),
  sha256: z.string().nullable(),
};
export const membersManifest = z.strictObject({
  segment: idSchema,
  as: z.string(),
  asOf: moment.nullable(),
  ...manifest,
});
export const exportManifest = z.strictObject({ destination: idSchema, ...manifest });
