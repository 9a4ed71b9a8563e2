import { join } from 'node:path';
import type { DeliveryReason, FailedLine, Line, Taken } from '../destination.ts';
import { LineFile, type WrittenFile } from './line-file.ts';

/** What a line becomes: rows of one of the files, none where there is nothing to tell, or why it cannot be written. */
export type Encoded =
  | { readonly file: string; readonly rows: readonly string[] }
  | {
      readonly refused: Extract<DeliveryReason, 'bad_id' | 'unknown_id' | 'bad_segment'>;
      readonly detail: string;
    };

export interface WriteOptions {
  /** Where the files are written; of this try alone. */
  readonly folder: string;
  /** What their names there begin with, so that two writings into one folder do not meet. */
  readonly prefix: string;
  readonly gzip: boolean;
  /** What ends a row. */
  readonly newline: string;
  /** First row of every file. */
  readonly header?: string;
  /** A file that has come to as many bytes (before compression) is followed by another. */
  readonly maxBytes: number;
  /** Files that are there also without a row: a full list of nobody says something. */
  readonly always: readonly string[];
  readonly abort: AbortSignal;
}

export interface WrittenLines {
  /** By name as {@link Encoded} has it, in the order of their parts. */
  readonly files: ReadonlyMap<string, readonly WrittenFile[]>;
  readonly taken: Taken;
}

/** So many lines are named one by one; of more of them only the number is kept, as memory must not grow with members. */
const NAMED_FAILURES = 10_000;

/**
 * Writes the lines of a chunk as files: streamed, in as many files side by side as `encode` names, each split where
 * it gets too large.
 *
 * @returns the files, and which lines could not be written; a line without rows counts as taken.
 * @throws what the source of the lines or the disk said.
 */
export async function writeLines(
  lines: AsyncIterable<Line>,
  options: WriteOptions,
  encode: (line: Line) => Encoded,
): Promise<WrittenLines> {
  const { folder, prefix, newline, header } = options;
  const open = new Map<string, LineFile>();
  const done = new Map<string, WrittenFile[]>();
  const start = async (name: string): Promise<LineFile> => {
    const parts = done.get(name) ?? [];
    done.set(name, parts);
    const place = [...done.keys()].indexOf(name);
    const file = new LineFile(join(folder, `${prefix}-${place}-${parts.length + 1}`), options);
    open.set(name, file);
    if (header !== undefined) await file.write(header + newline);
    return file;
  };
  const end = async (name: string, file: LineFile): Promise<void> => {
    open.delete(name);
    done.get(name)!.push(await file.finish());
  };

  const failures = new Failures();
  let accepted = 0;
  try {
    for (const name of options.always) await start(name);
    for await (const line of lines) {
      const encoded = encode(line);
      if ('refused' in encoded) {
        failures.add(line.number, encoded.refused, encoded.detail);
        continue;
      }
      accepted += 1;
      for (const row of encoded.rows) {
        const text = row + newline;
        let file = open.get(encoded.file) ?? (await start(encoded.file));
        const rows = file.lines - (header === undefined ? 0 : 1);
        if (rows > 0 && file.contentBytes + Buffer.byteLength(text) > options.maxBytes) {
          await end(encoded.file, file);
          file = await start(encoded.file);
        }
        const behind = file.write(text);
        if (behind !== undefined) await behind;
      }
    }
    for (const [name, file] of [...open]) await end(name, file);
  } finally {
    for (const file of open.values()) file.abandon();
  }
  return { files: done, taken: failures.beside(accepted) };
}

/** Lines that cannot be written, and could not be the next time: the first of them by number, the rest counted. */
class Failures {
  readonly #named: FailedLine[] = [];
  readonly #counted = new Map<DeliveryReason, number>();

  add(number: number, reason: DeliveryReason, detail: string): void {
    if (this.#named.length < NAMED_FAILURES) this.#named.push({ number, reason, detail, retry: false });
    else this.#counted.set(reason, (this.#counted.get(reason) ?? 0) + 1);
  }

  beside(accepted: number): Taken {
    return { accepted, failed: this.#named, counted: this.#counted };
  }
}

/**
 * What a dry run shows of files: their rows, the header first, and beside a line that cannot be written the reason.
 */
export async function previewLines(
  lines: AsyncIterable<Line>,
  header: string | undefined,
  encode: (line: Line) => Encoded,
): Promise<string> {
  const rows = header === undefined ? [] : [header];
  for await (const line of lines) {
    const encoded = encode(line);
    if ('refused' in encoded)
      rows.push(`# line ${line.number} is left out: ${encoded.refused}, ${encoded.detail}`);
    else rows.push(...encoded.rows);
  }
  return rows.map((row) => `${row}\n`).join('');
}
