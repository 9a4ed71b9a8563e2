import { createHmac } from 'node:crypto';
import type { Logger } from 'pino';
import type { ClickHouse } from '../clickhouse/client.ts';
import { iso } from '../clickhouse/time.ts';
import { DeliveryError } from '../delivery/destination.ts';
import { signed } from '../delivery/destinations/webhook.ts';
import type { Outbound } from '../delivery/outbound.ts';
import { ALERTS, type AlertKind } from './kinds.ts';

/** Where alerts are told of, and with what the word is signed. */
export interface Webhooks {
  /** May hold secrets: not for a log, nor for an error. */
  readonly urls: readonly string[];
  /** `whsec_` and base64; undefined only where there is no URL. */
  readonly secret: string | undefined;
}

/** What notices stand on. */
export interface Teller {
  readonly clickhouse: ClickHouse;
  readonly outbound: Outbound;
  readonly webhooks: Webhooks;
  /** What the subject of an alert is called. */
  readonly nameOf: (alert: Subject) => string;
  /** Of the product: it names webhooks, whose signing secret may change while they stay the same. */
  readonly secret: string;
  readonly log: Logger;
}

/** What was not taken within this is given up: who was away for longer asks `GET /v1/alerts`. */
const LIFE_HOURS = 24;
/** Of one look and to one webhook; the others come with the next. */
const MAX_NOTICES = 200;
/** A webhook is written down again after so long: its row is kept two days at least. */
const AGAIN_MS = 43_200_000;
const TIMEOUT_MS = 15_000;

interface Subject {
  readonly kind: AlertKind;
  readonly subject: string;
}

interface Row extends Subject {
  id: string;
  state: 'open' | 'cleared';
  since: string;
  detail: string;
  value: number | null;
  low: number | null;
  median: number | null;
  high: number | null;
  written: string;
}

/** A notice that a webhook has not taken yet. */
export interface Notice {
  /** The same for every try, by which a receiver knows a repeat. */
  readonly id: string;
  readonly url: string;
  /** Of the URL. */
  readonly webhook: string;
  readonly body: string;
}

interface Webhook {
  readonly url: string;
  readonly webhook: string;
}

const webhooksOf = ({ webhooks, secret }: Teller): Webhook[] =>
  [...new Set(webhooks.urls)].map((url) => ({ url, webhook: nameOf(url, secret) }));

/**
 * What is to be told still, of each webhook the oldest first: that an alert opened, and that it cleared, each once to
 * each webhook. One that is new is told of what is open, and of what opens and clears from then on. What one webhook
 * does not take keeps nothing from another.
 *
 * @throws ClickHouseError
 */
export async function pendingNotices(teller: Teller): Promise<Notice[]> {
  const all: Notice[] = [];
  for (const { url, webhook } of webhooksOf(teller)) {
    const rows = await teller.clickhouse.query<Row>(PENDING, { webhook });
    all.push(...rows.map((row) => ({ id: row.id, url, webhook, body: bodyOf(row, teller.nameOf(row)) })));
  }
  return all;
}

const PENDING = `
  WITH (SELECT argMax(since, time) FROM alert_webhooks WHERE webhook = {webhook:String} HAVING count() > 0) AS told,
       now64(3) - INTERVAL ${LIFE_HOURS} HOUR AS oldest
  SELECT id, kind, subject, state, since, detail, value, low, median, high, written
  FROM (
    SELECT *, time AS written,
           concat('alert_', substring(lower(hex(SHA256(concat(kind, '/', subject, '/', toString(episode), '/', toString(state))))), 1, 32)) AS id,
           argMax(state, step) OVER (PARTITION BY kind, subject, episode) = 'open' AS isOpen
    FROM alerts)
  WHERE ((step = episode OR state = 'cleared') AND written > oldest AND written >= told
         OR isOpen AND (told IS NULL OR told > oldest))
    AND id GLOBAL NOT IN (SELECT notice FROM alert_notices WHERE webhook = {webhook:String})
  ORDER BY written, kind, subject, state LIMIT 1 BY id LIMIT ${MAX_NOTICES}`;

/**
 * Writes down since when each webhook is told. Call it before what opens now is written down.
 *
 * @param now milliseconds since 1970. @throws ClickHouseError
 */
export async function announceWebhooks(teller: Teller, now: number): Promise<void> {
  const all = webhooksOf(teller);
  if (all.length === 0) return;
  const rows = await teller.clickhouse.query<{ webhook: string; since: string; written: string }>(
    `SELECT webhook, argMax(alert_webhooks.since, alert_webhooks.time) AS since, max(alert_webhooks.time) AS written
     FROM alert_webhooks GROUP BY webhook`,
  );
  const known = new Map(rows.map((row) => [row.webhook, row]));
  const time = new Date(now).toISOString();
  const again = all.flatMap(({ webhook }) => {
    const { since, written } = known.get(webhook) ?? {};
    if (written !== undefined && now - Date.parse(iso(written)) < AGAIN_MS) return [];
    return [{ webhook, since: since === undefined ? time : iso(since), time }];
  });
  if (again.length > 0) await teller.clickhouse.insert('alert_webhooks', again);
}

/**
 * Sends what is pending, to all webhooks beside each other, signed after Standard Webhooks as the destination `webhook`
 * is. A webhook that fails is not told the rest now, so that each hears of things in their order.
 *
 * @returns how many were taken.
 * @throws ClickHouseError where it cannot be written down; the same notice is then sent again under the same id.
 */
export async function tell(teller: Teller, notices: readonly Notice[], abort: AbortSignal): Promise<number> {
  const told = await Promise.all(
    webhooksOf(teller).map(({ webhook }) => {
      const own = notices.filter((notice) => notice.webhook === webhook);
      return tellOne(teller, own, abort);
    }),
  );
  return told.reduce((sum, each) => sum + each, 0);
}

/** @param notices to one webhook. */
async function tellOne(
  { clickhouse, outbound, webhooks, log }: Teller,
  notices: readonly Notice[],
  abort: AbortSignal,
): Promise<number> {
  let told = 0;
  for (const { id, url, webhook, body } of notices) {
    const why = await refusalOf(outbound, url, signedHeaders(webhooks.secret!, id, body), body, abort);
    if (why !== undefined) {
      log.warn({ webhook, reason: why }, 'an alert could not be told of; it will be tried again');
      break;
    }
    const row = { notice: id, webhook, time: new Date().toISOString() };
    await clickhouse.insert('alert_notices', [row], `alert-notice/${id}/${webhook}`);
    told += 1;
  }
  return told;
}

const signedHeaders = (secret: string, id: string, body: string) => ({
  'content-type': 'application/json',
  ...signed({ secret }, id, Math.floor(Date.now() / 1000), body),
});

/** @returns undefined where it was taken, else why not: nothing that an URL could be read from. */
async function refusalOf(
  outbound: Outbound,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  abort: AbortSignal,
): Promise<string | undefined> {
  try {
    const { status } = await outbound.ask(
      { method: 'POST', url, headers, body, timeoutMs: TIMEOUT_MS },
      abort,
    );
    return status >= 200 && status <= 299 ? undefined : `status ${status}`;
  } catch (error) {
    if (error instanceof DeliveryError) return error.reason;
    // The time of the whole run is over; the rest is told by the next.
    if (abort.aborted) return 'timed_out';
    throw error;
  }
}

/** A name of the URL under which nobody finds it. */
const nameOf = (url: string, secret: string) =>
  createHmac('sha256', secret).update(`alert webhook ${url}`).digest('hex').slice(0, 16);

/** As Standard Webhooks has it: `type`, `timestamp` and `data`. */
function bodyOf(row: Row, name: string): string {
  const { kind, subject, state, since, detail, value, low, median, high, written } = row;
  return JSON.stringify({
    type: state === 'open' ? 'alert.opened' : 'alert.cleared',
    timestamp: iso(written),
    data: {
      kind,
      subject,
      name,
      sentence: ALERTS[kind],
      detail,
      value,
      usual: low === null ? null : { low, median, high },
      since: iso(since),
      cleared: state === 'open' ? null : iso(written),
    },
  });
}
