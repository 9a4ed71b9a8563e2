import { Hono } from 'hono';
import { published } from '../identity/builds.ts';
import { LIMITS } from '../identity/limits.ts';
import { SET_ASIDE_REASONS } from '../identity/set-aside.ts';
import type { ClusterSummary, LinkSummary } from '../identity/summary.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope } from './http.ts';

/** What `GET /v1/identity` answers; null is what was never built. Counts as of the last run of the job, nobody's id. */
export interface ShownIdentity {
  readonly links:
    | (Omit<LinkSummary, 'setAside'> & {
        readonly asOf: string;
        readonly builtAt: string;
        readonly setAside: readonly (LinkSummary['setAside'][number] & { readonly sentence: string })[];
      })
    | null;
  readonly clusters:
    | (ClusterSummary & { readonly asOf: string; readonly builtAt: string; readonly tookMs: number })
    | null;
  readonly limits: typeof LIMITS;
  /** Whether this server makes households, and how long a key of theirs lives. */
  readonly householdKeyDays: number | null;
}

/** `GET /v1/identity`: links by source, what is set aside and why, clusters by size. */
export function identityRoutes({ clickhouse, config }: Backend): Hono<Env> {
  const app = new Hono<Env>();
  app.get('/', async (c) => {
    expectScope(c, 'read');
    const builds = await published(clickhouse);
    const links = builds.get('links');
    const clusters = builds.get('clusters');
    return c.json({
      links: links === undefined ? null : shownLinks(links.summary as LinkSummary, links.asOf, links.builtAt),
      clusters:
        clusters === undefined
          ? null
          : {
              asOf: clusters.asOf,
              builtAt: clusters.builtAt,
              tookMs: clusters.tookMs,
              ...(clusters.summary as ClusterSummary),
            },
      limits: LIMITS,
      householdKeyDays: config.householdKeyDays ?? null,
    } satisfies ShownIdentity);
  });
  return app;
}

const shownLinks = ({ setAside, ...links }: LinkSummary, asOf: string, builtAt: string) => ({
  asOf,
  builtAt,
  ...links,
  setAside: setAside.map((each) => ({ ...each, sentence: SET_ASIDE_REASONS[each.reason] })),
});
