import type { Context, Hono } from 'hono';
import type { Registry } from '../registry/registry.ts';
import { readColumns } from '../sync/matches/line.ts';
import { type Receipt, Receipts } from '../sync/matches/receipt.ts';
import { type MatchForm, MatchUpload } from '../sync/matches/upload.ts';
import type { Backend } from './backend.ts';
import type { Env } from './http.ts';
import { ApiError } from './problem.ts';
import { uploadRoutes } from './uploads.ts';

/**
 * Match tables taken in: who has which id with a partner. The lines are NDJSON, or, as
 * `text/tab-separated-values`, cells under the names of `?columns=` or of their first line; `?partner=` is the
 * partner of lines that name none.
 */
export function matchRoutes(backend: Backend): Hono<Env> {
  const { clickhouse, leases, registry } = backend;
  const receipts = new Receipts(clickhouse);
  return uploadRoutes<Receipt>(backend, {
    name: 'matches',
    receipts,
    prepare: (c) => {
      const partner = partnerOf(c, registry);
      const form = formOf(c, partner !== undefined);
      const uidMacroOf = (id: string) => registry.get('partner', id)?.uidMacro;
      return (id, incoming) =>
        new MatchUpload(clickhouse, leases, receipts, { ...incoming, id, form, partner, uidMacroOf }).run();
    },
  });
}

function partnerOf(c: Context<Env>, registry: Registry): string | undefined {
  const partner = c.req.query('partner');
  if (partner !== undefined && registry.get('partner', partner) === undefined)
    throw new ApiError(
      'invalid',
      'partner: no partner is registered under that id; GET /v1/partners lists them.',
    );
  return partner;
}

function formOf(c: Context<Env>, hasPartner: boolean): MatchForm {
  const type = (c.req.header('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  const named = c.req.query('columns');
  if (type !== 'text/tab-separated-values') {
    if (named !== undefined)
      throw new ApiError(
        'invalid',
        'columns: only lines of Content-Type text/tab-separated-values have them.',
      );
    return { form: 'ndjson' };
  }
  const columns = named === undefined ? undefined : readColumns(named.split(','), hasPartner);
  if (named !== undefined && columns === undefined)
    throw new ApiError(
      'invalid',
      'columns: names with commas between them, id, partner and uid each once; partner may be missing where ?partner= names it. Other names are passed over.',
    );
  return { form: 'tsv', columns };
}
