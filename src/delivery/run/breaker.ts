import type { ClickHouse } from '../../clickhouse/client.ts';
import type { DeliveryError, DeliveryReason } from '../destination.ts';
import { BELIEVED_MS } from './backoff.ts';
import { moment } from './moment.ts';

/** How a destination answers as a whole. */
export interface Breaker {
  /** Chunks that failed in a row. */
  readonly failures: number;
  /** Of the last failure; empty where there was none. */
  readonly reason: DeliveryReason | '';
  readonly detail: string;
  /** Nothing is sent before; milliseconds since 1970. */
  readonly next: number;
  /** Of the destination object that was in force. */
  readonly version: number;
  readonly step: number;
}

/** From so many failures in a row on the destination is down. */
const DOWN_AFTER = 5;
const MOST_MINUTES = 60;
const MINUTE_MS = 60_000;
/** Why nothing at all will be taken until somebody changes something: here or there. */
const OF_EVERYTHING: ReadonlySet<string> = new Set<DeliveryReason>(['unauthorized', 'address_refused']);

const CLOSED: Breaker = { failures: 0, reason: '', detail: '', next: 0, version: 0, step: 0 };

export const isDown = ({ failures }: Breaker): boolean => failures >= DOWN_AFTER;

/** Whether a failure says nothing about the chunk, so that it is no try of it. */
export const isOfEverything = ({ reason }: DeliveryError): boolean => OF_EVERYTHING.has(reason);

/**
 * After a chunk that failed. Once down, the next is tried after 1, 2, 4 … 60 minutes; before that at once, unless the
 * destination asks for a pause.
 *
 * @param version of the destination object. @param now milliseconds since 1970.
 */
export function afterFailure(before: Breaker, error: DeliveryError, version: number, now: number): Breaker {
  const failures = Math.max(before.failures + 1, isOfEverything(error) ? DOWN_AFTER : 0);
  const minutes = failures < DOWN_AFTER ? 0 : Math.min(MOST_MINUTES, 2 ** (failures - DOWN_AFTER));
  // What one chunk cannot have now is no pause for all, unless it is said of the rate or of the whole server.
  const asked = error.reason === 'rate_limited' || error.reason === 'unavailable' ? (error.afterMs ?? 0) : 0;
  const next = now + Math.max(minutes * MINUTE_MS, Math.min(asked, BELIEVED_MS));
  const { reason, message: detail } = error;
  return { failures, reason, detail, next: Math.max(next, before.next), version, step: before.step };
}

/** After a chunk that was taken. */
export const afterSuccess = ({ step, version }: Breaker): Breaker => ({ ...CLOSED, step, version });

/** The breakers of all destinations that ever failed, or of one. */
export async function readBreakers(
  clickhouse: ClickHouse,
  destination?: string,
): Promise<Map<string, Breaker>> {
  const rows = await clickhouse.query<{
    destination: string;
    newest: string;
    failures: number;
    reason: DeliveryReason | '';
    detail: string;
    next: string;
    version: number;
  }>(
    `SELECT destination, max(delivery_breakers.step) AS newest,
            argMax(delivery_breakers.failures, delivery_breakers.step) AS failures,
            argMax(delivery_breakers.reason, delivery_breakers.step) AS reason,
            argMax(delivery_breakers.detail, delivery_breakers.step) AS detail,
            toUnixTimestamp64Milli(argMax(delivery_breakers.next, delivery_breakers.step)) AS next,
            argMax(delivery_breakers.version, delivery_breakers.step) AS version
     FROM delivery_breakers ${destination === undefined ? '' : 'WHERE destination = {destination:String}'}
     GROUP BY destination`,
    destination === undefined ? {} : { destination },
  );
  return new Map(
    rows.map(({ destination, newest, next, ...rest }) => [
      destination,
      { ...rest, next: Number(next), step: Number(newest) },
    ]),
  );
}

export const readBreaker = async (clickhouse: ClickHouse, destination: string): Promise<Breaker> =>
  (await readBreakers(clickhouse, destination)).get(destination) ?? CLOSED;

/** @returns the same with its place in the order of rows. */
export async function writeBreaker(
  clickhouse: ClickHouse,
  destination: string,
  breaker: Breaker,
  step: number,
): Promise<Breaker> {
  const { failures, reason, detail, next, version } = breaker;
  const row = {
    destination,
    step,
    version,
    failures,
    reason,
    detail,
    next: moment(next),
    time: moment(Date.now()),
  };
  await clickhouse.insert('delivery_breakers', [row]);
  return { ...breaker, step };
}
