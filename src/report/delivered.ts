import type { ClickHouse } from '../clickhouse/client.ts';
import { type Waterfall, waterfall } from '../delivery/waterfall.ts';
import type { Destination } from '../registry/kinds.ts';
import { type DeliveryHealth, deliveryHealth } from './deliveries.ts';

/** Destinations of one report. */
export const MAX_DESTINATIONS = 50;

export interface DeliveriesReport {
  /** How many days are looked back, the present one among them. */
  readonly days: number;
  readonly destinations: readonly (DeliveryHealth & {
    /** As `GET /v1/destinations/{id}/waterfall` answers. */
    readonly segments: readonly Waterfall[];
  })[];
}

/**
 * How each destination stands, and what of each segment came to it day by day.
 *
 * @param destinations at most {@link MAX_DESTINATIONS}.
 * @throws ClickHouseError
 */
export async function delivered(
  clickhouse: ClickHouse,
  destinations: readonly Destination[],
  days: number,
): Promise<DeliveriesReport> {
  const health = await deliveryHealth(clickhouse, destinations);
  const shown: DeliveriesReport['destinations'][number][] = [];
  for (const each of health) {
    const segments = await waterfall(clickhouse, { destination: each.destination }, days);
    shown.push({ ...each, segments });
  }
  return { days, destinations: shown };
}
