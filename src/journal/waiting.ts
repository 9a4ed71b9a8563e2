import type { Gauge } from '../report/metrics.ts';
import { closedFiles } from './closed-files.ts';
import { STREAMS, type Stream } from './name.ts';
import { listSetAside } from './set-aside.ts';

/** What of a stream is closed and not yet in ClickHouse. */
export interface WaitingFiles {
  readonly stream: Stream;
  readonly files: number;
  readonly bytes: number;
  /** ISO 8601: when the oldest was last written to; null where none waits. */
  readonly oldest: string | null;
}

/**
 * Looks what waits for shipping, stream by stream.
 *
 * @param folder the journal's; need not exist.
 * @throws what the file system says, but for files that vanish meanwhile.
 */
export async function waitingFiles(folder: string): Promise<WaitingFiles[]> {
  const all: WaitingFiles[] = [];
  for (const stream of STREAMS) {
    const files = await closedFiles(folder, stream);
    const [oldest] = files;
    all.push({
      stream,
      files: files.length,
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      oldest: oldest ? new Date(oldest.written).toISOString() : null,
    });
  }
  return all;
}

/**
 * The journal's values for `/metrics`, read now.
 *
 * @param now milliseconds since 1970.
 * @throws as {@link waitingFiles}.
 */
export async function journalGauges(folder: string, now = Date.now()): Promise<Gauge[]> {
  const [waiting, aside] = [await waitingFiles(folder), await listSetAside(folder)];
  const times = waiting.flatMap(({ oldest }) => (oldest === null ? [] : [Date.parse(oldest)]));
  const gauge = (name: string, help: string, value: number): Gauge => ({ name, help, read: () => value });
  return [
    gauge(
      'ninety_journal_files',
      'Closed journal files that wait for ClickHouse.',
      waiting.reduce((sum, { files }) => sum + files, 0),
    ),
    gauge(
      'ninety_journal_oldest_seconds',
      'Age of the oldest journal file that waits for ClickHouse; 0 = none waits.',
      // A file from before the clock was set back is not younger than now.
      times.length === 0 ? 0 : Math.max(0, Math.round((now - Math.min(...times)) / 1000)),
    ),
    gauge(
      'ninety_journal_set_aside_files',
      'Journal files that ClickHouse refused for their content; see ninety journal.',
      aside.length,
    ),
    gauge(
      'ninety_journal_set_aside_rows',
      'Rows in those files.',
      aside.reduce((sum, { rows }) => sum + rows, 0),
    ),
  ];
}
