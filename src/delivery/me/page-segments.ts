import type { Registry } from '../../registry/registry.ts';
import { gateSegment } from '../gate/segment.ts';
import { originsOf } from '../plan/plans.ts';

/** A segment that pages may be told of. */
export interface PageSegment {
  /** Countries and regions from which nobody is told to be in it; none as a rule. */
  readonly forbidden: readonly string[];
  /** In the IAB Audience Taxonomy 1.1, where it has a place there. */
  readonly iabAudienceId: string | undefined;
}

/** By id. */
export type PageSegments = ReadonlyMap<string, PageSegment>;

/** Ids of the IAB Audience Taxonomy 1.1, as bidders and ad servers take them; an operator may write anything. */
const AUDIENCE_ID = /^[1-9]\d{0,3}$/;

/** A page hands what it is told to bidders and to an ad server, and no label allows that. */
export const PAGE_ALLOWS: readonly string[] = [];

/** Which segments may leave for pages, by the gate that holds for destinations. */
export function pageSegments(registry: Registry): PageSegments {
  const origins = originsOf(registry);
  return new Map(
    registry.list('segment').flatMap(({ id, iabAudienceId }) => {
      const { refused, forbidden } = gateSegment(id, PAGE_ALLOWS, origins);
      if (refused.length > 0) return [];
      const isOne = iabAudienceId !== undefined && AUDIENCE_ID.test(iabAudienceId);
      return [[id, { forbidden, iabAudienceId: isOne ? iabAudienceId : undefined }]];
    }),
  );
}

/** The same, read again only after something was changed. */
export function rememberedPageSegments(registry: Registry): () => PageSegments {
  let known: PageSegments | undefined;
  registry.on('change', () => {
    known = undefined;
  });
  return () => {
    known ??= pageSegments(registry);
    return known;
  };
}
