import { OUTCOMES } from '../sync/outcome.ts';
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
    } else if (room === 'delivery') add(delivered, [site, reason === STORED ? 'accepted' : reason], n);
    else if (reason === STORED) add(stored, [site], n);
    else add(refused, [reason], n);
  }
  return [
    counter('ninety_hits_stored_total', 'Hits acknowledged and kept, by site.', ['site'], stored),
    counter(
      'ninety_refused_total',
      'Hits, syncs and other requests refused, by reason.',
      ['reason'],
      refused,
    ),
    counter('ninety_matches_total', 'Partner ids stored or deleted.', ['outcome'], matched),
    counter(
      'ninety_syncs_total',
      'Cookie syncs by partner (none = not of one partner) and by how they ended.',
      ['partner', 'outcome'],
      synced,
    ),
    counter(
      'ninety_deliveries_total',
      'Lines sent, by destination and by how they ended: accepted, or why not.',
      ['destination', 'outcome'],
      delivered,
    ),
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

function counter(name: string, help: string, names: readonly string[], series: Series): string {
  const lines = [...series.values()].map(({ labels, n }) => {
    const all = names.map((label, at) => `${label}="${escapeLabel(labels[at]!)}"`);
    return `${name}{${all.join(',')}} ${n}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} counter\n${lines.join('')}`;
}

/** The value of a label, as the format wants it. */
export const escapeLabel = (value: string) =>
  value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
