import type { ClickHouse } from '../clickhouse/client.ts';
import { iso } from '../clickhouse/time.ts';
import { keyed64 } from '../identity/visitor.ts';
import { keyNames } from '../registry/versions.ts';

/** Ways of looking at a single person: the closed list. */
export const LOOKS = ['looked at', 'looked at own browser'] as const;
export type Look = (typeof LOOKS)[number];

/** What leaves no version of anything: the closed list. */
export const ACTS = [
  // With a destination.
  'delivered',
  'resynced',
  'withdrew',
  'replayed',
  // With a visitor.
  'erased',
  // With a segment, a job.
  'built',
  'ran',
  // With a file of the journal that lies aside.
  'put back',
  'dropped',
  // With lines, of which `subject` is the upload; with a log, of which it is the site; with a taxonomy.
  'uploaded',
  'imported',
  'named',
] as const;
export type Act = (typeof ACTS)[number];

/** Something that a key did. */
export interface AuditLine {
  /** ISO 8601. */
  readonly time: string;
  readonly by: { readonly id: string; readonly name: string | null };
  readonly action: 'made' | 'changed' | 'deleted' | Look | Act;
  /** `visitor`, a kind of what operators make, or of what an act was done with. */
  readonly kind: string;
  /** Of what was made or changed its id; of a visitor a keyed hash. */
  readonly subject: string;
  /** Of what operators make; null of a look or an act. */
  readonly version: number | null;
}

/**
 * Writes down that somebody looks at a person, before anything is shown.
 *
 * @param visitor UInt64.
 * @param actor id of the key.
 * @throws ClickHouseError; then nothing may be shown.
 */
export function writeLook(
  clickhouse: ClickHouse,
  secret: string,
  { actor, action, visitor }: { readonly actor: string; readonly action: Look; readonly visitor: bigint },
): Promise<void> {
  const time = new Date().toISOString().replace('T', ' ').replace('Z', '');
  return clickhouse.insert('looks', [{ time, actor, action, subject: lookedAt(secret, visitor) }]);
}

/**
 * Writes down that somebody does something, before it is done.
 *
 * @param subjects with each of which it is done.
 * @param actor id of the key.
 * @throws ClickHouseError; then it may not be done.
 */
export async function writeAct(
  clickhouse: ClickHouse,
  {
    actor,
    action,
    kind,
    subjects,
  }: {
    readonly actor: string;
    readonly action: Act;
    readonly kind: string;
    readonly subjects: readonly string[];
  },
): Promise<void> {
  const time = new Date().toISOString().replace('T', ' ').replace('Z', '');
  await clickhouse.insert(
    'acts',
    subjects.map((subject) => ({ time, actor, action, kind, subject })),
  );
}

/** @returns under what a look at a visitor is written down: 16 hexadecimal digits. */
export const lookedAt = (secret: string, visitor: bigint): string =>
  keyed64(secret, `ninety/audit ${visitor}`).toString(16).padStart(16, '0');

/** Where a page of the audit ended: all by which its lines are in order, for many may be of one millisecond. */
export interface AuditPlace {
  /** ISO 8601. */
  readonly time: string;
  readonly kind: string;
  readonly subject: string;
  readonly version: number;
  readonly actor: string;
  readonly action: string;
}

/** The end of time, and nothing of it: pages begin there, or at a time that a caller names. */
export const placeAt = (time = '2100-01-01T00:00:00.000Z'): AuditPlace => ({
  time,
  kind: '',
  subject: '',
  version: 0,
  actor: '',
  action: '',
});

/**
 * What keys did, newest first: every version of what operators make, every look at a person, and every act.
 *
 * @param before only what comes after this place in the order of the audit, which is what was earlier.
 * @returns the lines, and where they end; `next` is undefined where there are no more.
 * @throws ClickHouseError
 */
export async function readAudit(
  clickhouse: ClickHouse,
  {
    before = placeAt(),
    limit,
    retentionDays,
  }: { readonly before?: AuditPlace | undefined; readonly limit: number; readonly retentionDays: number },
): Promise<{ readonly items: AuditLine[]; readonly next: AuditPlace | undefined }> {
  const rows = await clickhouse.query<Omit<AuditPlace, 'time'> & { at: string; action: AuditLine['action'] }>(
    `SELECT at, actor, action, kind, subject, version FROM (
       SELECT objects.time AS at, actor, multiIf(deleted, 'deleted', version = 1, 'made', 'changed') AS action,
              toString(objects.kind) AS kind, id AS subject, version
       FROM objects WHERE objects.time <= {time:DateTime64(3, 'UTC')}
       UNION ALL
       SELECT looks.time AS at, actor, toString(looks.action) AS action, 'visitor' AS kind, subject,
              toUInt32(0) AS version
       FROM looks
       WHERE looks.time <= {time:DateTime64(3, 'UTC')} AND toDate(looks.time) > today() - {days:UInt16}
       UNION ALL
       SELECT acts.time AS at, actor, toString(acts.action) AS action, toString(acts.kind) AS kind, subject,
              toUInt32(0) AS version
       FROM acts
       WHERE acts.time <= {time:DateTime64(3, 'UTC')} AND toDate(acts.time) > today() - {days:UInt16})
     WHERE at < {time:DateTime64(3, 'UTC')}
        OR (kind, subject, version, actor, action)
           > ({kind:String}, {subject:String}, {version:UInt32}, {actor:String}, {action:String})
           AND {kind:String} != ''
     ORDER BY at DESC, kind, subject, version, actor, action LIMIT {limit:UInt16}`,
    {
      ...before,
      time: before.time.replace('T', ' ').replace('Z', ''),
      // One more than is shown tells whether there is another page.
      limit: limit + 1,
      days: retentionDays,
    },
  );
  const shown = rows.slice(0, limit);
  const names = await keyNames(
    clickhouse,
    shown.map(({ actor }) => actor),
  );
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map(({ at, actor, action, kind, subject, version }) => ({
      time: iso(at),
      by: { id: actor, name: names.get(actor) ?? null },
      action,
      kind,
      subject,
      version: version === 0 ? null : version,
    })),
    next: last && placeOf(last),
  };
}

const placeOf = ({
  at,
  kind,
  subject,
  version,
  actor,
  action,
}: Omit<AuditPlace, 'time'> & { at: string }): AuditPlace => ({
  time: iso(at),
  kind,
  subject,
  version,
  actor,
  action,
});
