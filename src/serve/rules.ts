import { domainsOf, isOriginWithin } from '../collect/domains.ts';
import type { Config } from '../config.ts';
import { consentDecider } from '../consent/decide.ts';
import { regionsNeedingYes } from '../consent/policy.ts';
import type { Site } from '../registry/kinds.ts';
import type { Registry } from '../registry/registry.ts';
import type { SyncRules } from '../sync/door.ts';
import { SyncTargets } from '../sync/target.ts';

/** What the front door asks of the registry, laid out for looking up; made anew when the registry changes. */
export interface FrontRules extends SyncRules {
  /** Whether the pages of an origin are a registered site's. */
  readonly isSiteOrigin: (origin: string) => boolean;
}

/** @returns a function that gives the rules as they are now. */
export function frontRules(registry: Registry, config: Config): () => FrontRules {
  let current = read(registry, config);
  registry.on('change', () => {
    current = read(registry, config);
  });
  return () => current;
}

function read(registry: Registry, config: Config): FrontRules {
  const sites = registry.list('site');
  const byKey = new Map<string, Site>(sites.map((site) => [site.key, site]));
  const domains = domainsOf(sites.flatMap((site) => site.domains));
  const partners = registry.list('partner');
  return {
    siteByKey: (key) => byKey.get(key),
    syncTargets: new SyncTargets(partners),
    isSiteOrigin: (origin) => isOriginWithin(origin, domains),
    decide: consentDecider({
      gvlId: config.gvlId,
      localRegion: config.localRegion,
      needingYes: regionsNeedingYes(config.consentRegions),
      partners: partners.map(({ id, gvlId }) => ({ id, gvlId })),
    }),
  };
}
