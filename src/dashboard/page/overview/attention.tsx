import type { AlertKind } from '../../../alerts/kinds.ts';
import type { NamedAlert } from '../../../api/alerts.ts';
import type { DeliveryHealth } from '../../../report/deliveries.ts';
import type { SegmentLine, Summary } from '../../summary.ts';
import { counted } from '../format.ts';
import { Card, Moment } from '../ui/parts.tsx';

interface Matter {
  /** Of whom nothing more is said where an alert says it. */
  readonly key: string;
  readonly text: string;
  readonly href: string;
  readonly since: string | null;
}

/** Where one does something about it. */
const PLACES: Readonly<Record<AlertKind, (subject: string) => string>> = {
  segment_size: (id) => `/console/segments/${id}`,
  site_traffic: (id) => `/console/sites/${id}`,
  segment_stale: (id) => `/console/segments/${id}`,
  job_failing: () => '/console/jobs',
  job_stuck: () => '/console/jobs',
  delivery_failing: (id) => `/console/destinations/${id}`,
  match_rate_fell: (id) => `/console/partners/${id}`,
  model_drift: (attribute) => `/console/models/${attribute}`,
  disk_filling: () => '/console/privacy',
};

/** What a subject is, where its name alone does not tell. */
const NOUNS: Readonly<Partial<Record<AlertKind, string>>> = {
  job_failing: 'The job ',
  job_stuck: 'The job ',
  model_drift: 'The model of ',
  disk_filling: 'The machine ',
};

/** What needs somebody now: the alerts, and what has just gone wrong and is none yet. Nothing where nothing does. */
export function Attention({
  alerts,
  summary,
  deliveries,
}: {
  alerts: readonly NamedAlert[] | undefined;
  summary: Summary;
  deliveries: readonly DeliveryHealth[];
}) {
  const alerted = (alerts ?? []).map(
    ({ kind, subject, name, sentence, detail, since }): Matter => ({
      key: `${kind} ${subject}`,
      text: `${NOUNS[kind] ?? ''}${name}: ${detail === '' ? sentence : detail}`,
      href: PLACES[kind](subject),
      since,
    }),
  );
  const known = new Set(alerted.map(({ key }) => key));
  const matters = [...alerted, ...justNow(summary, deliveries).filter(({ key }) => !known.has(key))];
  if (matters.length === 0) return null;
  return (
    <Card title="Needs attention">
      <ul class="list matters">
        {matters.map(({ key, text, href, since }) => (
          <li key={key}>
            <a href={href}>{text}</a>
            {since !== null && (
              <span class="muted small">
                {' '}
                since <Moment at={since} now={summary.asOf} />
              </span>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}

const isTroubled = ({ state }: Pick<SegmentLine, 'state'>) => state === 'failed' || state === 'stale';

function justNow(
  { segments, segmentStates, runs }: Summary,
  deliveries: readonly DeliveryHealth[],
): Matter[] {
  const unshown = segmentStates.failed + segmentStates.stale - segments.filter(isTroubled).length;
  const newest = new Map(runs.toReversed().map((run) => [run.job, run]));
  return [
    ...segments.filter(isTroubled).map(({ id, name, state, reason }) => ({
      key: `segment_stale ${id}`,
      text: `${name}: ${state}${reason === undefined ? '' : `, ${reason}`}`,
      href: PLACES.segment_stale(id),
      since: null,
    })),
    ...(unshown === 0
      ? []
      : [
          {
            key: 'segments',
            text: `${counted(unshown, 'segment')} more failed or stale`,
            href: '/console/segments',
            since: null,
          },
        ]),
    ...deliveries
      .filter(({ state }) => state === 'down' || state === 'stuck' || state === 'late')
      .map(({ destination, name, state, detail }) => ({
        key: `delivery_failing ${destination}`,
        text: `${name}: ${state}${detail === '' ? '' : `, ${detail}`}`,
        href: PLACES.delivery_failing(destination),
        since: null,
      })),
    ...deliveries
      .filter(({ dead }) => dead > 0)
      .map(({ destination, name, dead }) => ({
        key: `dead ${destination}`,
        text: `${name}: ${dead} lines were not taken, and wait to be sent again`,
        href: PLACES.delivery_failing(destination),
        since: null,
      })),
    ...[...newest.values()]
      .filter(({ state }) => state === 'failed' || state === 'died')
      .map(({ job, state, error, ended }) => ({
        key: `job_failing ${job}`,
        text: `${NOUNS.job_failing}${job} ${state}${error === '' ? '' : `: ${error}`}`,
        href: PLACES.job_failing(job),
        since: ended,
      })),
  ];
}
