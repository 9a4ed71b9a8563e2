import type { Params } from '../../clickhouse/client.ts';
import { MAY_HAND_OUT } from '../../consent/purposes.ts';
import { expandRegions } from './forbidden.ts';

/** Under which ids a segment is read: our visitors, a type of device id, or a partner's ids. */
export type Source =
  | { readonly kind: 'visitor'; readonly id: 'visitor' }
  | { readonly kind: 'device'; readonly id: string }
  | { readonly kind: 'partner'; readonly id: string };

/** One build of a segment, and from where nobody is told under it. */
export interface BuiltSegment {
  readonly segment: string;
  readonly build: number;
  /** Countries and regions; none where not given. */
  readonly forbidden?: readonly string[];
}

/** By what rule rows leave: the same for a pull under somebody's ids and a push to them. */
export interface RowGate {
  readonly segments: readonly BuiltSegment[];
  /** Either our visitors alone, or ids of others. */
  readonly sources: readonly Source[];
  /** Partners whom a visitor must have allowed; where not given, those whose ids are asked for. */
  readonly vendors?: readonly string[];
  /** Only who was last seen in one of these: `EEA`, countries and regions. Everybody where not given. */
  readonly regions?: readonly string[] | undefined;
  /** A partner's id counts so many days after it was last confirmed; where not given, as long as it is kept. */
  readonly freshDays?: number | undefined;
  /** A SELECT of the only visitors that are looked at; its parameters are the caller's. */
  readonly visitors?: string;
}

/**
 * What a visitor's newest word says, as a number below eight (see the view `consent_words`), because one is held for
 * each member. 0 is that there is none; of two words of one moment the greater counts.
 */
export const SAYS = { nothing: 0, yes: 1, withdrawn: 2, no: 3, notToVendor: 4, imported: 5 } as const;

/** SQL of the parts that every statement about leaving rows is made of, and what their parameters are. */
export interface RowParts {
  readonly params: Params;
  /** `segment`, `visitor`, `seen`: each member once. */
  readonly members: string;
  /** `visitor`, `says`: of each member with a consent the number of {@link SAYS}. */
  readonly consents: string;
  /** `visitor`, `source`, `uid`, `last`: ids that are believed, of members. Of our own visitors there is none needed. */
  readonly ids: string;
  /** Whether a row of `ids` is fresh. */
  readonly isFresh: string;
  /** Whether a row with `segment` and `visitor` may leave where the visitor is. */
  readonly inPlace: string;
}

/**
 * A visitor counts who did not withdraw, whose newest observation allows handing out and allows every vendor, whose id
 * is one vendor's for good. Visitors of an imported log were reckoned from address and browser: they have no id that
 * anybody else knows, and never leave under one. A visitor has one id with a partner, and every device id seen with
 * it, unless the device itself has said no since.
 */
export function rowParts(gate: RowGate): RowParts {
  const { segments, sources } = gate;
  const partners = sources.filter(({ kind }) => kind === 'partner').map(({ id }) => id);
  const devices = sources.filter(({ kind }) => kind === 'device').map(({ id }) => id);
  const own = sources.some(({ kind }) => kind === 'visitor');
  const ruled =
    gate.regions === undefined ? segments.filter(({ forbidden = [] }) => forbidden.length > 0) : segments;
  const params: Params = {
    segments: segments.map(({ segment }) => segment),
    builds: segments.map(({ build }) => build),
    vendors: gate.vendors ?? partners,
    partners,
    devices,
    freshDays: gate.freshDays ?? 0,
    ruled: ruled.map(({ segment }) => segment),
    forbidden: ruled.map(({ forbidden = [] }) => forbidden),
    regions: expandRegions(gate.regions ?? []),
  };
  const member =
    gate.visitors === undefined ? IS_MEMBER : `${IS_MEMBER} AND visitor GLOBAL IN (${gate.visitors})`;
  // Of few visitors more is asked than of their membership, and whoever is no member of these is left out there.
  const isMember = `visitor GLOBAL IN (${gate.visitors ?? `SELECT visitor FROM kept_members WHERE ${member}`})`;
  const ids = [
    ...(partners.length > 0
      ? [
          `SELECT visitor, source, uid, last FROM kept_matches
           WHERE source IN {partners:Array(String)} AND ${isMember}`,
        ]
      : []),
    ...(devices.length > 0
      ? [
          `SELECT visitor, source, uid, last FROM kept_links
           GLOBAL LEFT JOIN withdrawn_visitors AS no ON no.visitor = kept_links.own
           WHERE source IN {devices:Array(String)} AND no.time < last AND ${isMember}`,
        ]
      : []),
  ];
  return {
    params,
    members: `
      SELECT toString(kept_members.segment) AS segment, visitor, max(kept_members.seen) AS seen
      FROM kept_members WHERE ${member} GROUP BY segment, visitor`,
    consents: `
      SELECT visitor, toUInt8(bitAnd(max(place + multiIf(
        withdrawn = 1, ${SAYS.withdrawn}, NOT (${MAY_HAND_OUT}), ${SAYS.no},
        NOT hasAll(CAST(partners, 'Array(String)'), {vendors:Array(String)}), ${SAYS.notToVendor},
        ${own ? 'false' : "origin = 'import'"}, ${SAYS.imported}, ${SAYS.yes})), 7)) AS says
      FROM consent_words WHERE ${isMember} GROUP BY visitor`,
    ids: ids.join(' UNION ALL '),
    isFresh:
      gate.freshDays === undefined
        ? 'true'
        : '(source NOT IN {partners:Array(String)} OR last > now64(3) - toIntervalDay({freshDays:UInt16}))',
    inPlace: ruled.length === 0 ? 'true' : inPlace(member, gate.regions !== undefined),
  };
}

/** The number of a build tells of its segment; several segments may be of one. */
const IS_MEMBER = `build IN {builds:Array(UInt64)} AND kept_members.segment IN {segments:Array(String)}
  AND build = transform(toString(kept_members.segment), {segments:Array(String)}, {builds:Array(UInt64)}, toUInt64(0))`;

/** What address registries write where they do not know; see src/consent/policy.ts. */
const NO_COUNTRY = "('', 'EU', 'AP', 'XX', 'ZZ')";

/**
 * Unknown is not yes: who was seen at a place whose country is not known, or in a country without its region where the
 * law is a region's, may have been where it forbids; and of whom no place is known, nothing is allowed.
 */
const inPlace = (member: string, only: boolean) => `(
  segment NOT IN {ruled:Array(String)} OR (segment, visitor) GLOBAL IN (
    SELECT arrayJoin(arrayFilter(
             (each, codes) -> NOT arrayExists(
               place -> has(codes, place.1) OR has(codes, place.2)
                 OR (notEmpty(codes) AND place.1 IN ${NO_COUNTRY})
                 OR (place.2 = '' AND arrayExists(code -> startsWith(code, concat(place.1, '-')), codes)),
               places),
             {ruled:Array(String)}, {forbidden:Array(Array(String))})) AS segment,
           visitor
    FROM (
      SELECT visitor, groupArray((toString(country), toString(region))) AS places,
             argMax((toString(country), toString(region)), last) AS newest
      FROM kept_places
      WHERE visitor GLOBAL IN (
        SELECT visitor FROM kept_members WHERE ${member} AND kept_members.segment IN {ruled:Array(String)})
      GROUP BY visitor)
    ${only ? 'WHERE has({regions:Array(String)}, newest.1) OR has({regions:Array(String)}, newest.2)' : ''}))`;
