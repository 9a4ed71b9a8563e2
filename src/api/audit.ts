import { Hono } from 'hono';
import { z } from 'zod';
import { type AuditPlace, placeAt, readAudit } from '../report/audit.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope, readParams } from './http.ts';

const PAGE_MAX = 500;

const moment = z.iso.datetime();
const place = z.tuple([
  moment,
  z.string(),
  z.string(),
  z.int().min(0).max(0xffff_ffff),
  z.string(),
  z.string(),
]);

/** `next` of an answer: no secret, and nothing that anybody should read. */
const textOf = ({ time, kind, subject, version, actor, action }: AuditPlace): string =>
  Buffer.from(JSON.stringify([time, kind, subject, version, actor, action])).toString('base64url');

function readPlace(text: string): AuditPlace | undefined {
  if (moment.safeParse(text).success) return placeAt(new Date(text).toISOString());
  try {
    const [time, kind, subject, version, actor, action] = place.parse(
      JSON.parse(Buffer.from(text, 'base64url').toString()),
    );
    return { time, kind, subject, version, actor, action };
  } catch {
    return undefined;
  }
}

export const auditPaged = z.object({
  before: z
    .string()
    .max(1_000)
    .transform((text, context) => {
      const read = readPlace(text);
      if (read !== undefined) return read;
      context.addIssue({ code: 'custom', message: 'must be `next` of an answer, or an ISO 8601 time' });
      return z.NEVER;
    })
    .optional()
    .describe('`next` of the answer before, or an ISO 8601 time'),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(100),
});

/** `GET /v1/audit?before=&limit=`: who changed or did what, and who looked at whom; `next` is what to give as `before`. */
export function auditRoutes({ clickhouse, config }: Backend): Hono<Env> {
  const app = new Hono<Env>();
  app.get('/', async (c) => {
    expectScope(c, 'admin');
    const { before, limit } = readParams(c, auditPaged);
    const { items, next } = await readAudit(clickhouse, {
      before,
      limit,
      retentionDays: config.retentionDays,
    });
    c.header('Cache-Control', 'no-store');
    return c.json({ items, next: next === undefined ? null : textOf(next) });
  });
  return app;
}
