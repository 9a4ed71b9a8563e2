/** What a page is told of its browser. */
export interface Told {
  /** Ids of the segments. */
  readonly segments: readonly string[];
  /** For Prebid.js and whoever else speaks OpenRTB (2.6, 3.2.20 and 3.2.21). */
  readonly ortb2: { readonly user: { readonly data: readonly SegmentData[] } };
  /** For Google's tags: a key with its values, none where there is nothing to say. */
  readonly keyValues: Readonly<Record<string, readonly string[]>>;
  /** What `googletag.setConfig({pps})` takes: Publisher Provided Signals. */
  readonly pps: { readonly taxonomies: Readonly<Record<string, { readonly values: readonly string[] }>> };
  /** The same for the parameter `ppsj` of ad tags that are URLs; empty where there is nothing to say. */
  readonly ppsj: string;
}

interface SegmentData {
  /** Whose data it is. */
  readonly name: string;
  readonly ext: { readonly segtax: number };
  readonly segment: readonly { readonly id: string }[];
}

/** A segment that may be told. */
export interface ToldSegment {
  readonly id: string;
  /** In the IAB Audience Taxonomy 1.1. */
  readonly iabAudienceId: string | undefined;
}

/** IAB Audience Taxonomy 1.1 (IAB Tech Lab, Segment Taxonomies). */
const SEGTAX = 4;
/** The same as Google calls it. */
const TAXONOMY = 'IAB_AUDIENCE_1_1';
/** Of at most 20 characters, beginning with none of the digits (Google Ad Manager, Key-value naming). */
const KEY = 'n90';
/** A longer value is not taken (ibid.); of the characters that are not, no id holds one. */
const MOST_OF_VALUE = 40;

/**
 * @param name domain of the provider.
 * @param segments in the order in which they are told.
 */
export function toldOf(name: string, segments: readonly ToldSegment[]): Told {
  const ids = segments.map(({ id }) => id);
  const values = ids.filter((id) => id.length <= MOST_OF_VALUE);
  // Two segments may stand for the same place in the taxonomy.
  const audiences = [...new Set(segments.flatMap(({ iabAudienceId }) => iabAudienceId ?? []))];
  return {
    segments: ids,
    ortb2: {
      user: {
        data:
          audiences.length === 0
            ? []
            : [{ name, ext: { segtax: SEGTAX }, segment: audiences.map((id) => ({ id })) }],
      },
    },
    keyValues: values.length === 0 ? {} : { [KEY]: values },
    pps: { taxonomies: audiences.length === 0 ? {} : { [TAXONOMY]: { values: audiences } } },
    ppsj: audiences.length === 0 ? '' : ppsjOf(audiences),
  };
}

const ppsjOf = (values: readonly string[]): string =>
  Buffer.from(
    JSON.stringify({ PublisherProvidedTaxonomySignals: [{ taxonomy: TAXONOMY, values }] }),
  ).toString('base64');
