import { OUTCOMES } from '../sync/outcome.ts';
import { METRICS, type MetricName } from './metric-list.ts';
import { STORED, type Total } from './tally.ts';

/** A value that goes up and down, read when asked. */
export interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly read: () => number;
}

/** What is counted under some labels. */
type Series = Map<string, { readonly labels: readonly string[]; n: number }>;

/** Prometheus text format 0.0.4; aggregates only, no visitor and no address in it. */
export function metricsText(totals: readonly Total[], gauges: readonly Gauge[]): string {
  const stored: Series = new Map();
  const refused: Series = new Map();
  const matched: Series = new Map();
  const synced: Series = new Map();
  const delivered: Series = new Map();
  for (const { room, site, reason, n } of totals) {
    if (room === 'sync') {
      add(synced, [site, reason], n);
      if (STORING.has(reason)) add(matched, [reason], n);
      if (!Object.hasOwn(OUTCOMES, reason)) add(refused, [reason], n);
    } else if (room === 'keys') continue;
    else if (room === 'delivery') add(delivered, [site, reason === STORED ? 'accepted' : reason], n);
    else if (reason === STORED) add(stored, [site], n);
    else add(refused, [reason], n);
  }
  return [
    seriesText('ninety_hits_stored_total', stored),
    seriesText('ninety_refused_total', refused),
    seriesText('ninety_matches_total', matched),
    seriesText('ninety_syncs_total', synced),
    seriesText('ninety_deliveries_total', delivered),
    ...gauges.map(
      ({ name, help, read }) => `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${read()}\n`,
    ),
  ].join('');
}

/** Outcomes of a sync by which what is kept changes. */
const STORING: ReadonlySet<string> = new Set(['matched', 'replaced', 'deleted']);

function add(series: Series, labels: readonly string[], n: number): void {
  const key = labels.join('\n');
  const known = series.get(key);
  if (known === undefined) series.set(key, { labels, n });
  else known.n += n;
}

const seriesText = (name: MetricName, series: Series): string =>
  metricText(
    name,
    [...series.values()].map(({ labels, n }) => [labels, n]),
  );

/**
 * One metric of {@link METRICS} as text.
 *
 * @param samples the values of its labels, in the order in which the list names them, and the number.
 */
export function metricText(
  name: MetricName,
  samples: readonly (readonly [labels: readonly string[], value: number])[],
): string {
  const { type, help, labels: names } = METRICS[name];
  const lines = samples.map(([labels, value]) => {
    const all = names.map((label, at) => `${label}="${escapeLabel(labels[at]!)}"`);
    return `${name}${all.length === 0 ? '' : `{${all.join(',')}}`} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

/** The value of a label, as the format wants it. */
const escapeLabel = (value: string) => value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
