import { currentBuilds } from '../../audience/builds.ts';
import type { ClickHouse } from '../../clickhouse/client.ts';
import type { Destination } from '../../registry/kinds.ts';
import type { Registry } from '../../registry/registry.ts';
import type { DestinationType, Line } from '../destination.ts';
import type { Source } from '../exported-set.ts';
import { gateBuild } from '../gate/build.ts';
import { readPast } from '../gate/past.ts';
import type { Origins } from '../gate/segment.ts';
import type { Planned, Planning, Plans, Types } from '../run/courier.ts';
import type { ToldSegment } from '../run/runs.ts';
import { type DryRun, dryRun } from './dry-run.ts';
import { readLines } from './lines.ts';
import { plan } from './plan.ts';
import type { AskedSegment, PlanRequest, Recipient } from './planning.ts';
import { recheck } from './recheck.ts';

/** What plans are made from. */
export interface PlanSources {
  readonly clickhouse: ClickHouse;
  readonly registry: Registry;
  readonly minAudience: number;
  readonly retentionDays: number;
}

const DAY_MINUTES = 1440;
/** A member is told again when a quarter of its life at the destination is left: a day's outage then loses nobody. */
const REFRESH_AT = 0.75;

/** Plans of destinations as the registry has them. */
export function plansOf(from: PlanSources): Plans & {
  /** What a run would tell, and plans nothing. */
  readonly dryRun: (
    planning: Planning,
    first?: number,
  ) => Promise<DryRun & { readonly segments: ToldSegment[] }>;
} {
  const { clickhouse } = from;
  const requestOf = async (planning: Planning): Promise<PlanRequest> => ({
    ...(await recipientOf(from, planning.destination, planning.type)),
    run: planning.run,
    mode: planning.mode,
    tells: planning.type.tells,
    bySegment: planning.type.bySegment,
    forgets: planning.type.forgets === true,
    lines: planning.lines,
    minAudience: from.minAudience,
    retentionDays: from.retentionDays,
  });
  return {
    plan: async (planning): Promise<Planned> => {
      const request = await requestOf(planning);
      const { said, whole: _, ...planned } = await plan(clickhouse, request);
      return { ...planned, segments: toldSegments(from.registry, planning, request, said) };
    },
    dryRun: async (planning, first) => {
      const request = await requestOf(planning);
      const dry = await dryRun(clickhouse, request, first);
      return { ...dry, segments: toldSegments(from.registry, planning, request, dry.said) };
    },
    lines: (of): AsyncIterable<Line> => readLines(clickhouse, of),
    recheck: async ({ destination, type, run, chunks }) =>
      recheck(clickhouse, {
        recipient: {
          ...(await recipientOf(from, destination, type)),
          tells: type.tells,
          minAudience: from.minAudience,
        },
        run,
        chunks,
      }),
  };
}

/**
 * Whom a destination is to be told of, with the builds that readers see now. Nobody where its partner is gone, or it
 * names nobody whose consent could be asked for.
 *
 * @throws ClickHouseError
 */
export async function recipientOf(
  { clickhouse, registry }: Pick<PlanSources, 'clickhouse' | 'registry'>,
  destination: Destination,
  type: DestinationType,
): Promise<Recipient> {
  const partner =
    destination.partner === undefined ? undefined : registry.get('partner', destination.partner);
  const builds = await currentBuilds(clickhouse);
  const past = await readPast(clickhouse, registry, builds.values());
  const wanted: readonly { readonly id: string; readonly code?: string | undefined }[] =
    destination.segments === 'all' ? registry.list('segment') : destination.segments;
  const vendors = vendorsOf(registry, destination, type);
  const isGone = destination.partner !== undefined && partner === undefined;
  return {
    destination: destination.id,
    sources: isGone || vendors.length === 0 ? [] : sourcesOf(destination, type),
    vendors,
    regions: destination.regions,
    freshDays: partner?.freshDays,
    segments: wanted.flatMap(({ id, code = id }): AskedSegment[] => {
      const segment = registry.get('segment', id);
      if (segment === undefined) return [];
      const build = builds.get(id);
      const { refused, forbidden, ruleChanged } = gateBuild(
        id,
        build,
        destination.allows,
        originsOf(registry),
        registry,
        past,
      );
      return [
        {
          id,
          code: destination.segments === 'all' ? id : code,
          build: build?.build ?? 0,
          size: build?.size ?? 0,
          refreshDays: Math.max(1, Math.floor(ttlDays(segment.ttlDays, type) * REFRESH_AT)),
          refused:
            refused.length > 0
              ? 'label_not_allowed'
              : type.refuseCode?.(code) === undefined
                ? undefined
                : 'code_not_taken',
          forbidden,
          ruleChanged,
        },
      ];
    }),
  };
}

/** Days after which the destination forgets a member of a segment. */
const ttlDays = (own: number | undefined, { expiryDays }: DestinationType): number =>
  Math.min(own ?? expiryDays.usual, expiryDays.most);

function sourcesOf({ partner, devices }: Destination, { takes }: DestinationType): Source[] {
  return [
    ...(takes.partner && partner !== undefined ? [{ kind: 'partner', id: partner } as const] : []),
    ...devices.filter((id) => takes.devices.includes(id)).map((id) => ({ kind: 'device', id }) as const),
  ];
}

/**
 * Whose consent is needed: the partner's whose ids they are and, where a vendor is named beside, that vendor's. Bits
 * of vendors are stored for partners alone, so of a vendor that is no partner nobody's consent is known.
 */
function vendorsOf(registry: Registry, { partner, gvlId }: Destination, type: DestinationType): string[] {
  const vendor = gvlId ?? (partner === undefined ? type.gvlId : undefined);
  const named = registry.list('partner').find((each) => each.gvlId === vendor)?.id ?? `gvl/${vendor}`;
  const vendors = [...(partner === undefined ? [] : [partner]), ...(vendor === undefined ? [] : [named])];
  return [...new Set(vendors)];
}

/** Destinations that could be told of nobody without a partner: they take its ids, or ask for consent to it. */
export const destinationsOf = (registry: Registry, types: Types, partner: string): Destination[] =>
  registry.list('destination').filter((destination) => {
    const type = types.get(destination.type);
    return (
      destination.partner === partner ||
      (type !== undefined && vendorsOf(registry, destination, type).includes(partner))
    );
  });

/** The registry as the gate looks at it. */
export const originsOf = (registry: Registry): Origins => ({
  segment: (id) => registry.get('segment', id),
  labelsOfProvider: (id) =>
    registry.isDeleted('partner', id) ? undefined : (registry.get('partner', id)?.labels ?? []),
});

/** Also of codes that it is told no more of than that somebody left. */
function toldSegments(
  registry: Registry,
  { type }: Planning,
  request: PlanRequest,
  said: DryRun['said'],
): ToldSegment[] {
  const sent = new Map(said.map((each) => [each.code, each.sent]));
  const asked = request.segments.map(({ id, code }): ToldSegment => {
    const segment = registry.get('segment', id);
    return {
      id,
      code,
      name: segment?.name ?? code,
      ttlMinutes: ttlDays(segment?.ttlDays, type) * DAY_MINUTES,
      size: sent.get(code) ?? 0,
      ...(segment?.iabAudienceId === undefined ? {} : { iabAudienceId: segment.iabAudienceId }),
    };
  });
  const codes = new Set(asked.map(({ code }) => code));
  const left = said
    .filter(({ code }) => !codes.has(code))
    .map(({ code, sent }) => ({
      // Of which segment it was is not known any more.
      id: '',
      code,
      name: code,
      ttlMinutes: ttlDays(undefined, type) * DAY_MINUTES,
      size: sent,
    }));
  return [...asked, ...left];
}
