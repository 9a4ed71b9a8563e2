import { describe, expect, it } from 'vitest';
import { metricsText } from './metrics.ts';

describe('the metrics', () => {
  it('add up rooms, sites and processes under the name of the reason, syncs by partner and lines by destination', () => {
    const text = metricsText(
      [
        { room: 'collect', site: 'shop', reason: 'stored', n: 5 },
        { room: 'import', site: 'shop', reason: 'stored', n: 2 },
        { room: 'collect', site: 'blog', reason: 'stored', n: 1 },
        { room: 'collect', site: 'shop', reason: 'bot', n: 3 },
        { room: 'import', site: '', reason: 'bot', n: 4 },
        { room: 'sync', site: '', reason: 'bad_uid', n: 1 },
        { room: 'sync', site: 'acme', reason: 'matched', n: 4 },
        { room: 'sync', site: 'other', reason: 'matched', n: 2 },
        { room: 'sync', site: 'acme', reason: 'deleted', n: 2 },
        { room: 'sync', site: 'acme', reason: 'sent', n: 9 },
        { room: 'sync', site: 'acme', reason: 'sent', n: 1 },
        { room: 'delivery', site: 'dsp', reason: 'stored', n: 8 },
        { room: 'delivery', site: 'dsp', reason: 'unknown_id', n: 3 },
      ],
      [{ name: 'ninety_journal_bytes', help: 'Bytes that wait.', read: () => 17 }],
    );
    expect(text).toBe(`# HELP ninety_hits_stored_total Hits acknowledged and kept, by site.
# TYPE ninety_hits_stored_total counter
ninety_hits_stored_total{site="shop"} 7
ninety_hits_stored_total{site="blog"} 1
# HELP ninety_refused_total Hits, syncs and other requests refused, by reason.
# TYPE ninety_refused_total counter
ninety_refused_total{reason="bot"} 7
ninety_refused_total{reason="bad_uid"} 1
# HELP ninety_matches_total Partner ids stored or deleted.
# TYPE ninety_matches_total counter
ninety_matches_total{outcome="matched"} 6
ninety_matches_total{outcome="deleted"} 2
# HELP ninety_syncs_total Cookie syncs by partner (none = not of one partner) and by how they ended.
# TYPE ninety_syncs_total counter
ninety_syncs_total{partner="",outcome="bad_uid"} 1
ninety_syncs_total{partner="acme",outcome="matched"} 4
ninety_syncs_total{partner="other",outcome="matched"} 2
ninety_syncs_total{partner="acme",outcome="deleted"} 2
ninety_syncs_total{partner="acme",outcome="sent"} 10
# HELP ninety_deliveries_total Lines sent, by destination and by how they ended: accepted, or why not.
# TYPE ninety_deliveries_total counter
ninety_deliveries_total{destination="dsp",outcome="accepted"} 8
ninety_deliveries_total{destination="dsp",outcome="unknown_id"} 3
# HELP ninety_journal_bytes Bytes that wait.
# TYPE ninety_journal_bytes gauge
ninety_journal_bytes 17
`);
  });

  it('name what they count before anything was counted', () => {
    expect(metricsText([], [])).toContain('# TYPE ninety_refused_total counter\n');
  });

  it('escape a label as the format wants', () => {
    expect(metricsText([{ room: 'collect', site: 'a"\\\nb', reason: 'stored', n: 1 }], [])).toContain(
      '{site="a\\"\\\\\\nb"} 1',
    );
  });
});
