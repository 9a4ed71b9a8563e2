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

/** What is stored of each kind, beside its id; the same schemas validate what comes in. */
export const KINDS = {
  site: z.strictObject({ name, domains: z.array(domain).max(1000).default([]), key: z.string() }),
  partner: z.strictObject({
    name,
    gvlId: z.int().min(1).max(65_535).optional(),
    gppId: z.int().min(1).max(65_535).optional(),
    syncUrl: partnerUrl.optional(),
    iframeUrl: partnerUrl.optional(),
    redirectHosts: z.array(domain).max(100).default([]),
    freshDays: z.int().min(1).max(90).default(14),
    idEncoding: z.enum(['plain', 'base64url', 'hex']).default('plain'),
  }),
  segment: z.strictObject({
    name,
    rule: z.unknown(),
    iabAudienceId: z.string().max(20).optional(),
    ttlDays: z.int().min(1).max(180).optional(),
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
