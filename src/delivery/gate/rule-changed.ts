import type { Build } from '../../audience/builds.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Verdict } from './segment.ts';

/**
 * Whether a build was made by another rule than the one in force: by another version of its segment, or of one that
 * its rule uses. A verdict speaks of the rule in force, so it says nothing of who was made a member by the other.
 *
 * @param uses as `gateSegment` found them.
 */
export function ruleChangedSince(
  { segment: id, version, asOf }: Pick<Build, 'segment' | 'version' | 'asOf'>,
  { uses }: Pick<Verdict, 'uses'>,
  registry: Pick<Registry, 'get'>,
): boolean {
  return uses.some((each) => {
    const segment = registry.get('segment', each);
    if (segment === undefined) return true;
    if (each === id) return segment.version !== version;
    // What is referred to is asked with the rest and has no version of its own in the build.
    return asOf === null || Date.parse(segment.updatedAt) >= Date.parse(asOf);
  });
}
