import { STORED, type Total } from './tally.ts';

/** A value that goes up and down, read when asked. */
export interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly read: () => number;
}

/** Prometheus text format 0.0.4; aggregates only, no visitor and no address in it. */
export function metricsText(totals: readonly Total[], gauges: readonly Gauge[]): string {
  const stored = new Map<string, number>();
  const refused = new Map<string, number>();
  const matched = new Map<string, number>();
  for (const { room, site, reason, n } of totals) {
    if (room === 'sync' && (reason === 'matched' || reason === 'deleted')) add(matched, reason, n);
    else if (reason === STORED) add(stored, site, n);
    else add(refused, reason, n);
  }
  return [
    counter('ninety_hits_stored_total', 'Hits acknowledged and kept, by site.', 'site', stored),
    counter('ninety_refused_total', 'Hits, syncs and other requests refused, by reason.', 'reason', refused),
    counter('ninety_matches_total', 'Partner ids stored or deleted.', 'outcome', matched),
    ...gauges.map(
      ({ name, help, read }) => `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${read()}\n`,
    ),
  ].join('');
}

const add = (map: Map<string, number>, key: string, n: number) => map.set(key, (map.get(key) ?? 0) + n);

const counter = (name: string, help: string, label: string, values: ReadonlyMap<string, number>) =>
  `# HELP ${name} ${help}\n# TYPE ${name} counter\n${[...values].map(([value, n]) => `${name}{${label}="${escapeLabel(value)}"} ${n}\n`).join('')}`;

const escapeLabel = (value: string) => value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
