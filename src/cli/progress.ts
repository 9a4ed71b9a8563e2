import cliProgress from 'cli-progress';
import type { Import } from '../import/import.ts';
import { thousands } from './table.ts';

/** Often enough to move, seldom enough to cost nothing. */
const DRAW_MS = 200;
/** Where nobody looks on, a line in a log of its own is enough. */
const LINE_MS = 10_000;

/**
 * Shows on standard error how far an import is: a bar on a terminal, now and then a line elsewhere and where
 * the size is not known.
 *
 * @param bytes of the file; undefined = not known.
 * @returns ends it.
 */
export function showProgress(work: Import, bytes: number | undefined): () => void {
  let started: number | undefined;
  // The first look for the newest line imports nothing.
  const rate = () => {
    if (work.report.lines === 0) return 0;
    started ??= performance.now();
    return Math.round((1000 * work.report.lines) / Math.max(DRAW_MS, performance.now() - started));
  };
  if (!process.stderr.isTTY || bytes === undefined) {
    const timer = setInterval(
      () =>
        process.stderr.write(
          `  ${thousands(work.report.lines)} lines read, ${thousands(work.report.stored)} stored, ${thousands(rate())} lines/s\n`,
        ),
      LINE_MS,
    ).unref();
    return () => clearInterval(timer);
  }
  const bar = new cliProgress.SingleBar({
    format: '  {what} [{bar}] {percentage}% of {size}  {lines} lines, {rate} lines/s',
    barCompleteChar: '=',
    barIncompleteChar: ' ',
    hideCursor: true,
    clearOnComplete: false,
    stream: process.stderr,
  });
  const payload = () => ({
    what: work.progress().pass === 'times' ? 'looking for the newest line' : 'importing',
    size: megabytes(bytes),
    lines: thousands(work.report.lines),
    rate: thousands(rate()),
  });
  bar.start(Math.max(1, bytes), 0, payload());
  const draw = () => bar.update(work.progress().bytesRead, payload());
  const timer = setInterval(draw, DRAW_MS);
  return () => {
    clearInterval(timer);
    draw();
    bar.stop();
  };
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
