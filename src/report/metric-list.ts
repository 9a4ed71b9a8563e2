interface Metric {
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly labels: readonly string[];
}

const counter = (help: string, ...labels: string[]): Metric => ({ type: 'counter', help, labels });
const gauge = (help: string, ...labels: string[]): Metric => ({ type: 'gauge', help, labels });

/**
 * Everything that `/metrics` tells: aggregates only, no visitor and no address in it. A name that is not here is not
 * told; `/docs` shows the list.
 */
export const METRICS = {
  ninety_hits_stored_total: counter('Hits acknowledged and kept, by site.', 'site'),
  ninety_refused_total: counter('Hits, syncs and other requests refused, by reason.', 'reason'),
  ninety_matches_total: counter('Partner ids stored or deleted.', 'outcome'),
  ninety_syncs_total: counter(
    'Cookie syncs by partner (none = not of one partner) and by how they ended.',
    'partner',
    'outcome',
  ),
  ninety_deliveries_total: counter(
    'Lines sent, by destination and by how they ended: accepted, or why not.',
    'destination',
    'outcome',
  ),
  ninety_journal_bytes: gauge('Bytes of hits on disk that wait for ClickHouse.'),
  ninety_journal_files: gauge('Closed journal files that wait for ClickHouse.'),
  ninety_journal_oldest_seconds: gauge(
    'Age of the oldest journal file that waits for ClickHouse; 0 = none waits.',
  ),
  ninety_journal_set_aside_files: gauge(
    'Journal files that ClickHouse refused for their content; see ninety journal.',
  ),
  ninety_journal_set_aside_rows: gauge('Rows in those files.'),
  ninety_suppressed_visitors: gauge('Visitors that have opted out, as this process knows them.'),
  ninety_segment_age_seconds: gauge(
    'Since the moment that the membership which readers see is of.',
    'segment',
  ),
  ninety_segment_stale: gauge(
    '1 where readers see an old membership, or none, because a build failed or is late.',
    'segment',
  ),
  ninety_segments: gauge('Segments by state.', 'state'),
  ninety_destination_troubled: gauge('1 where a destination is down, stuck, failing or late.', 'destination'),
  ninety_delivery_waiting_lines: gauge('Lines that are to be sent still.', 'destination'),
  ninety_delivery_dead_lines: gauge(
    'Lines that a destination did not take, and that are not sent again by themselves.',
    'destination',
  ),
  ninety_alerts_open: gauge('Alerts that are open, by what they are of; see GET /v1/alerts.', 'kind'),
  ninety_alerts_checked_age_seconds: gauge('Since somebody last looked for alerts.'),
  ninety_disk_free_bytes: gauge('Free on the disk of the data folder.'),
  ninety_disk_size_bytes: gauge('Size of the disk of the data folder.'),
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof METRICS;
