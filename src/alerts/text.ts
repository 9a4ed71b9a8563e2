import type { ClickHouse } from '../clickhouse/client.ts';
import { metricText } from '../report/metrics.ts';
import { ALERTS } from './kinds.ts';
import { lastCheck, openAlerts } from './store.ts';

/**
 * Alerts as Prometheus text: how many of each kind are open, and how long ago somebody looked.
 *
 * @param now milliseconds since 1970. @throws ClickHouseError
 */
export async function alertsText(clickhouse: ClickHouse, now = Date.now()): Promise<string> {
  const [open, checked] = await Promise.all([openAlerts(clickhouse), lastCheck(clickhouse)]);
  return [
    metricText(
      'ninety_alerts_open',
      Object.keys(ALERTS).map((kind) => [[kind], open.filter((each) => each.kind === kind).length]),
    ),
    metricText(
      'ninety_alerts_checked_age_seconds',
      checked === null ? [] : [[[], Math.max(0, Math.round((now - Date.parse(checked)) / 1000))]],
    ),
  ].join('');
}
