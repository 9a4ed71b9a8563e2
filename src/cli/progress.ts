import cliProgress from 'cli-progress';

/** Often enough to move, seldom enough to cost nothing. */
const DRAW_MS = 200;
/** Where nobody looks on, a line in a log of its own is enough. */
const LINE_MS = 10_000;

/** Work on a file, as far as it has come. */
export interface Work {
  /** Of the file; undefined = not known. Any other measure of how much it is will do, where `total` says it. */
  readonly bytes: number | undefined;
  /** What it is of in all, where that is not so many megabytes. */
  readonly total?: string | undefined;
  /** So far, of the same bytes. */
  readonly bytesRead: () => number;
  /** What is done now, such as `importing`. */
  readonly what: () => string;
  /** How far that is in its own units, such as `1,000 lines`. */
  readonly howFar: () => string;
}

/**
 * Shows on standard error how far work on a file is: a bar on a terminal, now and then a line elsewhere and
 * where the size is not known.
 *
 * @returns ends it.
 */
export function showProgress({ bytes, total, bytesRead, what, howFar }: Work): () => void {
  if (!process.stderr.isTTY || bytes === undefined) {
    const timer = setInterval(() => process.stderr.write(`  ${what()}: ${howFar()}\n`), LINE_MS).unref();
    return () => clearInterval(timer);
  }
  const bar = new cliProgress.SingleBar({
    format: '  {what} [{bar}] {percentage}% of {size}  {howFar}',
    barCompleteChar: '=',
    barIncompleteChar: ' ',
    // With all that stands beside it within 80 columns.
    barsize: 24,
    hideCursor: true,
    clearOnComplete: false,
    stream: process.stderr,
  });
  const payload = () => ({ what: what(), size: total ?? megabytes(bytes), howFar: howFar() });
  bar.start(Math.max(1, bytes), 0, payload());
  const draw = () => bar.update(bytesRead(), payload());
  const timer = setInterval(draw, DRAW_MS);
  return () => {
    clearInterval(timer);
    draw();
    bar.stop();
  };
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
