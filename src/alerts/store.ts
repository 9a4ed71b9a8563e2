import type { ClickHouse } from '../clickhouse/client.ts';
import { iso } from '../clickhouse/time.ts';
import { ALERTS, type AlertKind, type Finding, type Judgement, type Usual } from './kinds.ts';

/** An alert that is open, as it is stored. */
export interface OpenAlert {
  readonly kind: AlertKind;
  readonly subject: string;
  /** Number of the lease under which it opened. */
  readonly episode: number;
  /** ISO 8601. */
  readonly since: string;
  /** Milliseconds since 1970: when it was last written down. */
  readonly written: number;
  readonly finding: Finding;
}

/** `cleared`: it is as usual again. `ended`: there is nothing any more that it could be of, and nobody is told. */
export type AlertState = 'open' | 'cleared' | 'ended';

/** What is to be written down: it opens, goes on, clears or ends. */
export interface Change {
  readonly kind: AlertKind;
  readonly state: AlertState;
  readonly isNew: boolean;
  readonly finding: Finding;
  readonly before: OpenAlert | undefined;
}

/** One that goes on is written again after so long: a row is kept until a midnight, two days at least. */
const AGAIN_MS = 43_200_000;

interface Row {
  kind: string;
  subject: string;
  episode: string;
  state: AlertState;
  since: string;
  detail: string;
  value: number | null;
  low: number | null;
  median: number | null;
  high: number | null;
  written: string;
}

const NEWEST = `
  max(alerts.step) AS newest, argMax(alerts.state, alerts.step) AS state, min(alerts.since) AS since,
  argMax(alerts.detail, alerts.step) AS detail, argMax(alerts.value, alerts.step) AS value,
  argMax(alerts.low, alerts.step) AS low, argMax(alerts.median, alerts.step) AS median,
  argMax(alerts.high, alerts.step) AS high, argMax(alerts.time, alerts.step) AS written`;

const isKnown = (kind: string): kind is AlertKind => Object.hasOwn(ALERTS, kind);

/** Every alert that is open. @throws ClickHouseError */
export async function openAlerts(clickhouse: ClickHouse): Promise<OpenAlert[]> {
  const rows = await clickhouse.query<Row>(
    `SELECT kind, subject, episode, ${NEWEST} FROM alerts GROUP BY kind, subject, episode
     HAVING state = 'open' ORDER BY since DESC, kind, subject`,
  );
  return rows.flatMap((row) => {
    const { kind, subject, since, written } = row;
    if (!isKnown(kind)) return [];
    return [
      {
        kind,
        subject,
        episode: Number(row.episode),
        since: iso(since),
        written: Date.parse(iso(written)),
        finding: findingOf(row),
      },
    ];
  });
}

const ENDS = { usual: 'cleared', gone: 'ended' } as const;

/**
 * What the judgements change of what is open.
 *
 * @param now milliseconds since 1970.
 */
export function changesOf(
  open: readonly OpenAlert[],
  judgements: readonly Judgement[],
  now: number,
): Change[] {
  const changes: Change[] = [];
  for (const { kind, findings, verdictOf } of judgements) {
    const known = new Map(open.filter((each) => each.kind === kind).map((each) => [each.subject, each]));
    const found = new Set(findings.map(({ subject }) => subject));
    for (const finding of findings) {
      const before = known.get(finding.subject);
      if (before === undefined || now - before.written > AGAIN_MS)
        changes.push({ kind, state: 'open', isNew: before === undefined, finding, before });
    }
    for (const before of known.values()) {
      if (found.has(before.subject)) continue;
      const verdict = verdictOf(before.subject);
      if (verdict !== 'unknown')
        changes.push({ kind, state: ENDS[verdict], isNew: true, finding: before.finding, before });
      // Nobody can tell of it now: it goes on as it was found.
      else if (now - before.written > AGAIN_MS)
        changes.push({ kind, state: 'open', isNew: false, finding: before.finding, before });
    }
  }
  return changes;
}

/**
 * Writes changes down.
 *
 * @param step number of the lease that is held. @param now milliseconds since 1970.
 * @throws ClickHouseError
 */
export async function writeChanges(
  clickhouse: ClickHouse,
  changes: readonly Change[],
  step: number,
  now: number,
): Promise<void> {
  if (changes.length === 0) return;
  const time = new Date(now).toISOString();
  await clickhouse.insert(
    'alerts',
    changes.map(({ kind, state, finding: { subject, detail, value, usual }, before }) => ({
      kind,
      subject,
      step,
      episode: before?.episode ?? step,
      state,
      since: before?.since ?? time,
      detail,
      value: value ?? null,
      low: usual?.low ?? null,
      median: usual?.median ?? null,
      high: usual?.high ?? null,
      time,
    })),
    `alerts/${step}`,
  );
}

/** An alert, as the API shows it. Times are ISO 8601. */
export interface ShownAlert {
  readonly kind: AlertKind;
  readonly subject: string;
  readonly state: AlertState;
  readonly sentence: string;
  readonly detail: string;
  readonly value: number | null;
  readonly usual: Usual | null;
  readonly since: string;
  /** When it cleared, or ended; null = it is open. */
  readonly cleared: string | null;
}

/**
 * Alerts, those that are open before the others, the newest of each first.
 *
 * @param state only those that are open, or all within the retention.
 * @throws ClickHouseError
 */
export async function listAlerts(
  clickhouse: ClickHouse,
  state: 'open' | 'all',
  limit: number,
): Promise<ShownAlert[]> {
  const rows = await clickhouse.query<Row>(
    `SELECT kind, subject, episode, ${NEWEST} FROM alerts GROUP BY kind, subject, episode
     HAVING {all:Bool} OR state = 'open'
     ORDER BY state = 'open' DESC, since DESC, kind, subject LIMIT {limit:UInt32}`,
    { all: state === 'all', limit },
  );
  return rows.flatMap((row) => {
    const { kind, subject, since, written } = row;
    if (!isKnown(kind)) return [];
    const { detail, value = null, usual = null } = findingOf(row);
    return [
      {
        kind,
        subject,
        state: row.state,
        sentence: ALERTS[kind],
        detail,
        value,
        usual,
        since: iso(since),
        cleared: row.state === 'open' ? null : iso(written),
      },
    ];
  });
}

function findingOf({ subject, detail, value, low, median, high }: Row): Finding {
  return {
    subject,
    detail,
    ...(value === null ? {} : { value }),
    ...(low === null || median === null || high === null ? {} : { usual: { low, median, high } }),
  };
}

/** Writes down that alerts were looked for. @throws ClickHouseError */
export const writeCheck = (clickhouse: ClickHouse, machine: string, now: number): Promise<void> =>
  clickhouse.insert('alert_checks', [{ machine, time: new Date(now).toISOString() }]);

/** When alerts were last looked for, ISO 8601; null = never. @throws ClickHouseError */
export async function lastCheck(clickhouse: ClickHouse): Promise<string | null> {
  const [row] = await clickhouse.query<{ n: string; last: string }>(
    'SELECT count() AS n, max(alert_checks.time) AS last FROM alert_checks',
  );
  return row === undefined || row.n === '0' ? null : iso(row.last);
}
