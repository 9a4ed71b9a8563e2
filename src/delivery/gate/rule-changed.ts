import type { Build } from '../../audience/builds.ts';
import type { Segment } from '../../registry/kinds.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Past, PastVersion } from './past.ts';
import type { Verdict } from './segment.ts';

/** What of a build tells by which rule its members were made. */
export type MadeBy = Pick<Build, 'segment' | 'version' | 'asOf'>;

/**
 * Whether a build was made by another rule than the one in force: that of its segment, or of one that its rule uses. A
 * verdict speaks of the rule in force, so it says nothing of who was made a member by the other. Another name, folder
 * or label is no other rule.
 *
 * @param uses as `gateSegment` found them.
 * @param past where it is not given, any other version counts as another rule.
 */
export const ruleChangedSince = (
  build: MadeBy,
  { uses }: Pick<Verdict, 'uses'>,
  registry: Pick<Registry, 'get'>,
  past: Past = new Map(),
): boolean => usedBy(build, uses, registry, past) === undefined;

/**
 * The versions by which a build was made, of those of its segments that have another by now.
 *
 * @returns by segment; undefined where one of them had another rule, or it is not known.
 */
export function usedBy(
  build: MadeBy,
  uses: readonly string[],
  registry: Pick<Registry, 'get'>,
  past: Past,
): ReadonlyMap<string, PastVersion> | undefined {
  const used = new Map<string, PastVersion>();
  for (const id of uses) {
    const segment = registry.get('segment', id);
    if (segment === undefined) return undefined;
    const since = versionsSince(build, segment);
    if (since === undefined) continue;
    const versions = (past.get(id) ?? []).filter(({ version }) => version <= segment.version);
    const now = versions.at(-1);
    const then = since(versions);
    const [was] = then;
    // What was written between may have been asked, where it was another segment's rule that referred to it.
    if (was === undefined || now?.version !== segment.version) return undefined;
    if (then.some(({ rule }) => rule !== now.rule)) return undefined;
    used.set(id, was);
  }
  return used;
}

/** @returns undefined where the segment has the version by which the build was made; else how those are found. */
function versionsSince(
  build: MadeBy,
  { id, version, updatedAt }: Segment,
): ((versions: readonly PastVersion[]) => readonly PastVersion[]) | undefined {
  if (id === build.segment)
    return version === build.version
      ? undefined
      : (versions) => versions.filter((each) => each.version === build.version);
  // What is referred to is asked with the rest and has no version of its own in the build.
  const asOf = build.asOf === null ? Number.NaN : Date.parse(build.asOf);
  if (Date.parse(updatedAt) < asOf) return undefined;
  return (versions) => {
    const first = versions.findLastIndex(({ time }) => time < asOf);
    return first === -1 ? [] : versions.slice(first);
  };
}
