import type { MatchCounts } from '../identity/match-rate.ts';
import type { ConsentReport } from '../report/consent.ts';
import { csv } from '../report/csv.ts';
import type { DeliveriesReport } from '../report/delivered.ts';
import type { MatchRatesReport } from '../report/match-rates.ts';
import type { Overlap } from '../report/overlap.ts';
import type { SegmentProfile } from '../report/segment-profile.ts';
import type { SegmentsReport } from '../report/segment-sizes.ts';
import type { TrafficReport } from '../report/traffic.ts';
import type { SignalsReport } from '../report/unused-signals.ts';

/** A line for each point; those of all together have no value. What is left out of `value` is `(rest)`. */
export const trafficTable = ({ by, points, series }: TrafficReport): string =>
  csv(
    ['time', 'by', 'value', 'hits', 'visitors', 'refused'],
    [
      ...points.map((point) => [point.time, '', '', point.hits, point.visitors, point.refused]),
      ...series.flatMap(({ value, points: own }) =>
        own.map((point) => [point.time, by, value ?? REST, point.hits, point.visitors, point.refused]),
      ),
    ],
  );

const REST = '(rest)';

/** Lines of countries and of their refusals by signal, which are of the whole range, and of refusals, one for each point. */
export const consentTable = ({ total, countries, stored, refusals }: ConsentReport): string =>
  csv(
    [
      'time',
      'by',
      'value',
      'visitors',
      'store',
      'profile',
      'handOut',
      'withdrawn',
      'refused',
      'stored',
      'signal',
    ],
    [
      [
        '',
        '',
        '',
        total.visitors,
        total.store,
        total.profile,
        total.handOut,
        total.withdrawn,
        null,
        stored,
        '',
      ],
      ...countries.map((each) => [
        '',
        'country',
        each.country ?? REST,
        each.visitors,
        each.store,
        each.profile,
        each.handOut,
        each.withdrawn,
        each.refused,
        each.stored,
        '',
      ]),
      ...countries.flatMap(({ country, signals }) =>
        signals.map(({ signal, n }) => [
          '',
          'country',
          country ?? REST,
          null,
          null,
          null,
          null,
          null,
          n,
          null,
          signal,
        ]),
      ),
      ...refusals.flatMap(({ room, reason, signal, points }) =>
        points.map(({ time, n }) => [time, room, reason, null, null, null, null, null, n, null, signal]),
      ),
    ],
  );

/** A line for each point of each segment; the one without a version is what readers see now. */
export const segmentsTable = ({ segments }: SegmentsReport): string =>
  csv(
    ['segment', 'name', 'state', 'time', 'size', 'version', 'added', 'removed'],
    segments.flatMap(({ segment, name, state, asOf, size, points }) => [
      ...points.map((point) => [
        segment,
        name,
        state,
        point.time,
        point.size,
        point.version,
        point.added,
        point.removed,
      ]),
      [segment, name, state, asOf, size, null, null, null],
    ]),
  );

/** A line for each two segments. */
export function overlapTable({ segments, pairs }: Overlap): string {
  const sizes = new Map(segments.map(({ id, size }) => [id, size]));
  return csv(
    ['a', 'b', 'size', 'sizeOfA', 'sizeOfB'],
    pairs.map(({ a, b, size }) => [a, b, size, sizes.get(a), sizes.get(b)]),
  );
}

/** Lines of what was recorded, and of what is now. */
export const matchRatesTable = ({ days, partners }: MatchRatesReport): string =>
  csv(
    ['partner', 'time', 'days', 'by', 'value', ...MATCH_COUNTS],
    partners.flatMap(({ partner, now, points }) => [
      ...points.map((point) => [partner, point.time, days, point.by, point.value, ...matchCounts(point)]),
      ...now.windows
        .filter((window) => window.days === days)
        .map((window) => [partner, now.asOf, days, 'all', '', ...matchCounts(window)]),
    ]),
  );

/** What a line of a match rate counts, in the order of its columns. */
export const MATCH_COUNTS = [
  'visitors',
  'consented',
  'matched',
  'matchedConsented',
  'fresh',
  'matchRate',
  'consentedMatchRate',
  'freshRate',
] as const satisfies readonly (keyof MatchCounts)[];

export const matchCounts = (counts: MatchCounts): (number | null)[] =>
  MATCH_COUNTS.map((name) => counts[name]);

/** A line for each stage of each day, and one for each reason of a loss before it. */
export const deliveriesTable = ({ destinations }: DeliveriesReport): string =>
  csv(
    ['destination', 'state', 'segment', 'day', 'stage', 'reason', 'n'],
    destinations.flatMap(({ destination, state, segments }) =>
      segments.flatMap((waterfall) =>
        [...waterfall.days, waterfall].flatMap(({ day, stages }) =>
          stages.flatMap(({ stage, n, losses }) => [
            [destination, state, waterfall.segment, day, stage, '', n],
            ...losses.map((loss) => [destination, state, waterfall.segment, day, stage, loss.reason, loss.n]),
          ]),
        ),
      ),
    ),
  );

/** A line for each signal. */
export const signalsTable = ({ items }: Pick<SignalsReport, 'items'>): string =>
  csv(
    ['kind', 'value', 'hits', 'visitors'],
    items.map(({ kind, value, hits, visitors }) => [kind, value, hits, visitors]),
  );

/** A line for each value of each kind. */
export const profileTable = ({ kinds }: SegmentProfile): string =>
  csv(
    ['kind', 'value', 'members', 'everyone', 'share', 'shareOfEveryone', 'index'],
    Object.entries(kinds).flatMap(([kind, lines]) =>
      lines.map((line) => [
        kind,
        line.value,
        line.members,
        line.everyone,
        line.share,
        line.shareOfEveryone,
        line.index,
      ]),
    ),
  );
