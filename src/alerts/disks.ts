import type { ClickHouse } from '../clickhouse/client.ts';
import type { Disk } from '../report/disk.ts';
import { reportedDisks } from './disk-reports.ts';
import type { Finding, Judgement, Open } from './kinds.ts';

const GIB = 2 ** 30;
/** Less free than both is little; less than the last is little on any disk. */
const LITTLE_SHARE = 0.1;
const LITTLE_BYTES = 50 * GIB;
const LEAST_BYTES = GIB;
const JOURNAL_SHARE = 0.5;
const CLEARING = 1.2;

/** @param isOpen it is told of already, and clears with a little more. */
export function isFilling({ free, total }: Disk, isOpen: boolean): boolean {
  const margin = isOpen ? CLEARING : 1;
  return free < Math.max(LEAST_BYTES, Math.min(LITTLE_SHARE * total, LITTLE_BYTES)) * margin;
}

/** Who has said nothing for so long is gone: its subjects with it. Less, and nobody can tell of them. */
const GONE_S = 3600;
/** A server says how its disk stands each minute. */
const CURRENT_S = 300;

/**
 * Looks at the disk of each server's data folder and the journal on it, as the servers themselves say, and at the disks
 * of a ClickHouse of its own; the embedded engine's is that of the data folder.
 *
 * @throws ClickHouseError
 */
export async function judgeDisks(
  clickhouse: ClickHouse,
  isEmbedded: boolean,
  open: Open,
): Promise<Judgement> {
  const findings: Finding[] = [];
  const judged = new Set<string>();
  const look = (subject: string, disk: Disk) => {
    judged.add(subject);
    if (isFilling(disk, open.has(subject)))
      findings.push({
        subject,
        value: disk.free,
        detail: `${gib(disk.free)} of ${gib(disk.total)} GiB are free`,
      });
  };
  const silent = new Set<string>();
  for (const { server, disk, journal, ageS } of await reportedDisks(clickhouse, GONE_S)) {
    const waiting = `${server}/journal`;
    if (ageS > CURRENT_S) silent.add(server).add(waiting);
    else {
      look(server, disk);
      if (journal.quota > 0) judged.add(waiting);
      const most = JOURNAL_SHARE * journal.quota;
      if (journal.quota > 0 && journal.bytes > (open.has(waiting) ? most / CLEARING : most))
        findings.push({
          subject: waiting,
          value: journal.bytes,
          detail: `${gib(journal.bytes)} GiB wait for ClickHouse, of ${gib(journal.quota)} that may; then hits are refused`,
        });
    }
  }
  if (!isEmbedded)
    for (const disk of await engineDisks(clickhouse)) look(`clickhouse/${disk.host}/${disk.name}`, disk);
  const verdictOf = (subject: string) =>
    judged.has(subject) ? 'usual' : silent.has(subject) ? 'unknown' : 'gone';
  return { kind: 'disk_filling', verdictOf, findings };
}

async function engineDisks(clickhouse: ClickHouse) {
  const disks: (Disk & { readonly host: string; readonly name: string })[] = [];
  await clickhouse.onEachHost(async (host) => {
    // An object store has no end, and says so by none or by the greatest number.
    const rows = await host.query<{ host: string; name: string; free: string; total: string }>(
      `SELECT hostName() AS host, name, free_space AS free, total_space AS total FROM system.disks
       WHERE total_space > 0 AND total_space < 9000000000000000000`,
    );
    for (const { host: at, name, free, total } of rows)
      disks.push({ host: at, name, free: Number(free), total: Number(total) });
  });
  return disks;
}

const gib = (bytes: number) => (bytes / GIB).toFixed(1);
