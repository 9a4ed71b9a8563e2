import type { Rules } from '../collect/collector.ts';
import type { Config } from '../config.ts';
import { consentDecider } from '../consent/decide.ts';
import { regionsNeedingYes } from '../consent/policy.ts';
import type { Partner, Site } from '../registry/kinds.ts';
import type { Registry } from '../registry/registry.ts';

/** What the front door asks of the registry, laid out for looking up; made anew when the registry changes. */
export interface FrontRules extends Rules {
  readonly partner: (id: string) => Partner | undefined;
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
  const sites = new Map<string, Site>(registry.list('site').map((site) => [site.key, site]));
  const partners = registry.list('partner');
  return {
    siteByKey: (key) => sites.get(key),
    partner: (id) => registry.get('partner', id),
    decide: consentDecider({
      gvlId: config.gvlId,
      localRegion: config.localRegion,
      needingYes: regionsNeedingYes(config.consentRegions),
      partners: partners.map(({ id, gvlId }) => ({ id, gvlId })),
    }),
  };
}
