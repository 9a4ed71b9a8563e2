import type { Build } from '../../audience/builds.ts';
import { POLICY_LABELS } from '../../registry/kinds.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Past } from './past.ts';
import { usedBy } from './rule-changed.ts';
import { gateSegment, type Origins, type Verdict } from './segment.ts';

/** What holds for a segment and for the members that it has now. */
export interface BuildVerdict extends Verdict {
  /** Whether these were made by another rule than the one judged here: no adds leave until the next build. */
  readonly ruleChanged: boolean;
}

/**
 * Judges a segment as {@link gateSegment} does, as it is and as it was when its members were made: a label that was
 * given since counts at once, and one that was taken away counts until they are made anew.
 *
 * @param build undefined = it has no members.
 */
export function gateBuild(
  id: string,
  build: Build | undefined,
  allows: readonly string[],
  origins: Origins,
  registry: Pick<Registry, 'get'>,
  past: Past,
): BuildVerdict {
  const now = gateSegment(id, allows, origins);
  if (build === undefined) return { ...now, ruleChanged: false };
  const used = usedBy(build, now.uses, registry, past);
  if (used === undefined) return { ...now, ruleChanged: true };
  if (used.size === 0) return { ...now, ruleChanged: false };
  const then = gateSegment(id, allows, {
    ...origins,
    segment: (each) => {
      const segment = origins.segment(each);
      const was = used.get(each);
      return segment === undefined || was === undefined
        ? segment
        : { rule: segment.rule, labels: was.labels, iabAudienceId: was.iabAudienceId };
    },
  });
  const either = (name: 'labels' | 'refused') =>
    POLICY_LABELS.filter((label) => now[name].includes(label) || then[name].includes(label));
  return {
    labels: either('labels'),
    refused: either('refused'),
    forbidden: [...new Set([...now.forbidden, ...then.forbidden])].sort(),
    uses: now.uses,
    ruleChanged: false,
  };
}
