import { join } from 'node:path';
import { Hono } from 'hono';
import type { Backend } from '../api/backend.ts';
import type { Env } from '../api/http.ts';
import { segmentRoutes } from '../api/segments.ts';
import type { Run } from '../jobs/ledger.ts';
import { Usage } from '../journal/usage.ts';
import { type Kept, kept, type Recent, recent } from '../report/overview.ts';
import { remembered } from './remembered.ts';

/** Of a segment, what `GET /v1/segments` says of it. */
export interface SegmentLine {
  readonly id: string;
  readonly name: string;
  /** Visitors in the build that readers see; null = none yet. */
  readonly size: number | null;
  /** ISO 8601. */
  readonly asOf: string | null;
  readonly state: 'fresh' | 'stale' | 'building' | 'failed';
  readonly reason?: string;
}

/** A registered site with its tag and what came from it. */
export interface SiteLine {
  readonly id: string;
  readonly name: string;
  /** HTML, to be pasted into pages as it is. */
  readonly tag: string;
  readonly hits: number;
  readonly visitors: number;
}

/** What `GET /v1/overview` answers, and all that the console's page shows. */
export interface Summary extends Recent, Omit<Kept, 'sites'> {
  readonly retentionDays: number;
  /** By id, at most {@link SHOWN}. */
  readonly segments: readonly SegmentLine[];
  readonly segmentCount: number;
  /** By id, at most {@link SHOWN}. */
  readonly sites: readonly SiteLine[];
  readonly siteCount: number;
  readonly partnerCount: number;
  /** Newest first. */
  readonly runs: readonly Pick<Run, 'run' | 'job' | 'state' | 'started' | 'ended' | 'result' | 'error'>[];
  /** Whether crawlers are told by their data centres too; null where this server takes no hits. */
  readonly tellsDataCentres: boolean | null;
  /** Of this machine's journal: what is acknowledged and not yet in ClickHouse; null where it takes no hits. */
  readonly journalBytes: number | null;
}

/** More lines than a person reads on one page, sent every few seconds, would be for nobody. */
export const SHOWN = 100;
const RUNS = 8;

/** @returns a reader of the live numbers, which many may ask often. */
export function summarizer(backend: Backend): () => Promise<Summary> {
  const { clickhouse, config, ledger, registry, publicUrl } = backend;
  const segments = segmentReader(backend);
  const journal = new Usage(join(config.data, 'journal'));
  const counts = remembered(() => kept(clickhouse));
  return remembered(async () => {
    const [numbers, { sites: bySite, ...all }, segmentLines, runs] = await Promise.all([
      recent(clickhouse),
      counts(),
      segments(),
      ledger.list(RUNS),
      journal.scan(),
    ]);
    const sites = registry.list('site');
    return {
      ...numbers,
      ...all,
      retentionDays: config.retentionDays,
      segments: segmentLines,
      segmentCount: registry.list('segment').length,
      sites: sites.slice(0, SHOWN).map(({ id, name, key }) => ({
        id,
        name,
        tag: `<script async src="${publicUrl()}/tag.js" data-site="${key}"></script>`,
        ...(bySite.get(id) ?? { hits: 0, visitors: 0 }),
      })),
      siteCount: sites.length,
      partnerCount: registry.list('partner').length,
      runs: runs.map(({ run, job, state, started, ended, result, error }) => ({
        run,
        job,
        state,
        started,
        ended,
        result,
        error,
      })),
      tellsDataCentres: config.roles.has('collect') ? backend.tellsDataCentres : null,
      journalBytes: config.roles.has('collect') ? journal.bytes : null,
    };
  });
}

/** Asks the API's own route, so that a size or a state here cannot differ from the one there. */
function segmentReader(backend: Backend): () => Promise<SegmentLine[]> {
  const api = new Hono<Env>();
  api.use((c, next) => {
    c.set('caller', { id: 'console', scopes: ['read'] });
    return next();
  });
  api.route('/', segmentRoutes(backend));
  api.onError((error) => {
    throw error;
  });
  return async () => {
    const answer = await api.request(`/?limit=${SHOWN}`);
    const { items } = (await answer.json()) as { items: SegmentLine[] };
    return items.map(({ id, name, size, asOf, state, reason }) => ({
      id,
      name,
      size,
      asOf,
      state,
      ...(reason === undefined ? {} : { reason }),
    }));
  };
}
