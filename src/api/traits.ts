import type { Hono } from 'hono';
import { segmentsNaming } from '../audience/traits/named.ts';
import { type Receipt, Receipts } from '../audience/traits/receipt.ts';
import { TraitUpload } from '../audience/traits/upload.ts';
import type { Backend } from './backend.ts';
import type { Env } from './http.ts';
import { buildables } from './segments.ts';
import { uploadRoutes } from './uploads.ts';

/**
 * Second- and third-party segments taken in. An estimate has a trait at once; segments that name it are built
 * anew within a minute, by whichever process runs the jobs.
 */
export function traitRoutes(backend: Backend): Hono<Env> {
  const { clickhouse, registry } = backend;
  const receipts = new Receipts(clickhouse);
  return uploadRoutes<Receipt>(backend, {
    name: 'traits',
    receipts,
    prepare: () => (id, incoming) =>
      new TraitUpload(clickhouse, receipts, {
        ...incoming,
        id,
        isPartner: (partner) => registry.get('partner', partner) !== undefined,
        segmentsNaming: (traits) => segmentsNaming(buildables(registry), traits).map((segment) => segment.id),
      }).run(),
  });
}
