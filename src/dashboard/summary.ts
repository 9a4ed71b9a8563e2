import { join } from 'node:path';
import type { Backend } from '../api/backend.ts';
import { type PageQuery, page } from '../api/http.ts';
import { lateAfterMs, standingOf } from '../api/segments.ts';
import { currentBuilds } from '../audience/builds.ts';
import type { Run } from '../jobs/ledger.ts';
import { Usage } from '../journal/usage.ts';
import { type Disk, diskOf } from '../report/disk.ts';
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

/** A registered site with its tag and what came from it within the retention. */
export interface SiteLine {
  readonly id: string;
  readonly name: string;
  /** HTML, to be pasted into pages as it is. */
  readonly tag: string;
  readonly hits: number;
  readonly visitors: number;
}

/** What `GET /v1/overview/sites` answers. */
export interface SiteLines extends Pick<Kept, 'countedAt'> {
  readonly items: readonly SiteLine[];
  /** What to ask for `after`; null = these were the last. */
  readonly next: string | null;
}

/** What `GET /v1/overview` answers, and all that the console's page shows of what it asks for again and again. */
export interface Summary extends Recent, Omit<Kept, 'sites'> {
  readonly retentionDays: number;
  /** At most {@link SHOWN}: failed and stale ones first, then the largest. */
  readonly segments: readonly SegmentLine[];
  readonly segmentCount: number;
  /** Of all segments. */
  readonly segmentStates: Readonly<Record<SegmentLine['state'], number>>;
  readonly siteCount: number;
  readonly partnerCount: number;
  /** Newest first; of what each did, of lists and of what is by name, how many. */
  readonly runs: readonly Pick<Run, 'run' | 'job' | 'state' | 'started' | 'ended' | 'result' | 'error'>[];
  /** Whether crawlers are told by their data centres too; null where this server takes no hits. */
  readonly tellsDataCentres: boolean | null;
  /** That the data folder lies on; null where the system does not tell. */
  readonly disk: Disk | null;
  /** Of this machine's journal: what is acknowledged and not yet in ClickHouse; null where it takes no hits. */
  readonly journalBytes: number | null;
}

/** Sent every other second to each console that is open: what a person sees at a glance. */
export const SHOWN = 12;
const RUNS = 8;
/** To count reads every hit there is, for numbers of ninety days that hardly move: a twentieth of the time is enough. */
const COUNTING = 0.05;

/** The live numbers, each of which many may ask often. */
export interface Summarizer {
  readonly summary: () => Promise<Summary>;
  /** @param asked which page of the sites, by id. */
  readonly sites: (asked: PageQuery) => Promise<SiteLines>;
}

export function summarizer(backend: Backend): Summarizer {
  const { clickhouse, config, ledger, registry, publicUrl } = backend;
  const journal = new Usage(join(config.data, 'journal'));
  const counts = remembered(() => kept(clickhouse), { share: COUNTING });
  const segments = remembered(() => segmentsOf(backend));
  const summary = remembered(async () => {
    const [numbers, { sites: _, ...all }, ofSegments, runs, storage] = await Promise.all([
      recent(clickhouse),
      counts(),
      segments(),
      ledger.list(RUNS),
      diskOf(config.data).catch(() => null),
      journal.scan(),
    ]);
    return {
      ...numbers,
      ...all,
      ...ofSegments,
      retentionDays: config.retentionDays,
      siteCount: registry.list('site').length,
      partnerCount: registry.list('partner').length,
      runs: runs.map(({ run, job, state, started, ended, result, error }) => ({
        run,
        job,
        state,
        started,
        ended,
        result: inCounts(result),
        error,
      })),
      tellsDataCentres: config.roles.has('collect') ? backend.tellsDataCentres : null,
      disk: storage,
      journalBytes: config.roles.has('collect') ? journal.bytes : null,
    };
  });
  const sites = async (asked: PageQuery) => {
    const { countedAt, sites: bySite } = await counts();
    const { items, next } = page(registry.list('site'), asked);
    return {
      countedAt,
      items: items.map(({ id, name, key }) => ({
        id,
        name,
        tag: `<script async src="${publicUrl()}/tag.js" data-site="${key}"></script>`,
        ...(bySite.get(id) ?? { hits: 0, visitors: 0 }),
      })),
      next,
    };
  };
  return { summary, sites };
}

/** A run that built a thousand segments names each, which is twenty kilobytes; here it is told how many. */
function inCounts(result: unknown): unknown {
  if (typeof result !== 'object' || result === null) return result;
  return Object.fromEntries(
    Object.entries(result).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'object' && value !== null ? Object.keys(value).length : value,
    ]),
  );
}

/** What somebody must look after comes first. */
const RANKS: Readonly<Record<SegmentLine['state'], number>> = { failed: 0, stale: 1, building: 2, fresh: 2 };

/** Looks at every segment, so that none that needs somebody is left out because of its id. */
async function segmentsOf(
  backend: Backend,
): Promise<Pick<Summary, 'segments' | 'segmentCount' | 'segmentStates'>> {
  const builds = await currentBuilds(backend.clickhouse);
  const lateMs = lateAfterMs(backend);
  const all = backend.registry.list('segment').map(
    (segment): SegmentLine => ({
      id: segment.id,
      name: segment.name,
      ...standingOf(segment, builds.get(segment.id), lateMs),
    }),
  );
  const segmentStates = { fresh: 0, stale: 0, building: 0, failed: 0 };
  for (const { state } of all) segmentStates[state] += 1;
  return {
    segments: all
      .sort((a, b) => RANKS[a.state] - RANKS[b.state] || (b.size ?? 0) - (a.size ?? 0))
      .slice(0, SHOWN),
    segmentCount: all.length,
    segmentStates,
  };
}
