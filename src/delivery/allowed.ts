import type { Build } from '../audience/builds.ts';
import type { Destination } from '../registry/kinds.ts';
import type { Registry } from '../registry/registry.ts';
import type { Source } from './exported-set.ts';
import { gateBuild } from './gate/build.ts';
import type { Past } from './gate/past.ts';
import type { AskedSegment, Recipient } from './plan/planning.ts';
import { originsOf } from './plan/plans.ts';
import type { PulledSet } from './pull.ts';

/** Why nobody of a segment may be added at a reader; who was told already is still told who left. */
export type NotAllowed = 'label_not_allowed' | 'not_for_destination';

/** What a reader may have of a segment. */
export interface Allowed {
  /** Under which name its log is kept. */
  readonly name: string;
  readonly gate: PulledSet['gate'];
  readonly refused?: NotAllowed | undefined;
  /** Whether the members were made by another rule than the one judged here: no adds leave until the next build. */
  readonly ruleChanged?: boolean | undefined;
}

/**
 * What may leave of a segment under ids of a kind, whoever asks for them. Our own visitors are for the operator, and
 * consent alone decides. Ids of others are for others: the gate is that of the destinations which are told under such
 * ids. Where there are several, a segment leaves that one of them may have, with who may leave to any of those; where
 * there is none, nobody has allowed a label. A partner's id counts as long as it is fresh, as when it is pushed.
 *
 * @param build whose members are to leave, where there is one.
 * @param past of that build.
 */
export function allowedUnder(
  registry: Registry,
  segment: string,
  source: Source,
  build: Build | undefined,
  past: Past,
): Allowed {
  const name = source.id;
  if (source.kind === 'visitor') return { name, gate: {} };
  const judged = (allows: readonly string[]) =>
    gateBuild(segment, build, allows, originsOf(registry), registry, past);
  const verdicts = registry
    .list('destination')
    .filter((destination) => takes(destination, source))
    .map((destination) => ({ destination, verdict: judged(destination.allows) }));
  const open = verdicts.filter(({ verdict }) => verdict.refused.length === 0);
  const { forbidden, refused, ruleChanged } = open[0]?.verdict ?? verdicts[0]?.verdict ?? judged([]);
  const regions = open.map(({ destination }) => destination.regions);
  const gate = {
    forbidden,
    freshDays: source.kind === 'partner' ? registry.get('partner', source.id)?.freshDays : undefined,
    regions:
      regions.length > 0 && regions.every((each) => each !== undefined)
        ? [...new Set(regions.flatMap((each) => each ?? []))].sort()
        : undefined,
  };
  return { name, gate, ruleChanged, ...(refused.length > 0 ? { refused: 'label_not_allowed' } : {}) };
}

const takes = ({ partner, devices }: Destination, source: Source): boolean =>
  source.kind === 'partner' ? partner === source.id : devices.includes(source.id);

/** What one destination may have of a segment under ids of a kind, by the rule by which it is pushed to. */
export function allowedTo(recipient: Recipient, segment: string, source: Source): Allowed {
  const asked = recipient.segments.find(({ id }) => id === segment);
  const gate = {
    vendors: recipient.vendors,
    regions: recipient.regions,
    freshDays: recipient.freshDays,
    forbidden: asked?.forbidden ?? [],
  };
  const refused = asked === undefined ? 'not_for_destination' : refusedOf(asked);
  return {
    name: `${recipient.destination}/${source.id}`,
    gate,
    ruleChanged: asked?.ruleChanged,
    ...(refused === undefined ? {} : { refused }),
  };
}

/** A code that its type does not take keeps a segment from being pushed; a pull calls it by our id. */
const refusedOf = ({ refused }: AskedSegment): NotAllowed | undefined =>
  refused === 'label_not_allowed' ? refused : undefined;

/**
 * All that a destination may have, and what it may have no more of what it was told: segments, and all under ids that
 * it takes no more or whose partner is gone.
 *
 * @param logged of each kind of ids under which it was told the segments that its log knows.
 */
export function allAllowed(
  recipient: Recipient,
  logged: ReadonlyMap<string, readonly string[]>,
): PulledSet[] {
  const sources = new Map(recipient.sources.map((source) => [source.id, source]));
  const now = [...sources.values()].flatMap((source) =>
    recipient.segments.flatMap((asked): PulledSet[] => {
      const { name, gate, refused } = allowedTo(recipient, asked.id, source);
      const { id: segment, build, size, ruleChanged } = asked;
      return refused === undefined && build > 0
        ? [{ segment, name, source, build, size, ruleChanged, gate }]
        : [];
    }),
  );
  const isNow = new Set(now.map(({ segment, source }) => `${source.id}/${segment}`));
  const gone = [...logged].flatMap(([id, segments]) => {
    // Nobody is looked for under it, so of which kind it was is no matter.
    const source = sources.get(id) ?? ({ kind: 'partner', id } as const);
    const name = `${recipient.destination}/${id}`;
    return segments
      .filter((segment) => !isNow.has(`${id}/${segment}`))
      .map((segment): PulledSet => ({ segment, name, source, build: undefined, size: 0, gate: {} }));
  });
  return [...now, ...gone];
}
