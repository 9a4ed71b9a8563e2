import { join } from 'node:path';
import type { Chunk, Line } from '../destination.ts';
import { LineFile, type WrittenFile } from '../files/line-file.ts';
import type { FailedLines } from './failed-lines.ts';
import { ttlMinutesOf } from './ttl.ts';

/** "Files are limited to at most 1800 segments on any individual line." */
const LINE_SEGMENTS = 1800;
/** What follows `^` (SEPARATOR5) behind a device id. */
const DEVICE_FIELDS: ReadonlyMap<string, string> = new Map([
  ['idfa', '^3'],
  ['gaid', '^8'],
  ['rida', '^10'],
]);
export const XANDR_DEVICES = [...DEVICE_FIELDS.keys()];

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const XANDR_ID = /^[1-9]\d{0,19}$/;
/** Printable ASCII without what separates: the file is Latin-1. */
const EXTERNAL_ID = /^[\x21-\x7e]{1,256}$/;
const SEPARATORS = /[,;:^]/;

/**
 * Lines of a segment file in the legacy format, separators `,` `;` `:` `^` and fields SEG_ID and EXPIRATION:
 * `UID,10000:1440;10002:-1`. An id with more segments than a line may have gets several lines.
 *
 * @param externalIds whether the ids of the partner are not Xandr's own but those of the member (`uses_external_uids`).
 * @param failed is given the lines whose id cannot stand in a file.
 */
export async function* segmentLines(
  chunk: Chunk,
  externalIds: boolean,
  failed: FailedLines,
): AsyncGenerator<string> {
  for await (const line of chunk.lines()) {
    const device = DEVICE_FIELDS.get(line.source);
    if (!isWellFormed(line.uid, device !== undefined, externalIds)) {
      failed.add(line.number, 'bad_id', 'no id of its kind');
      continue;
    }
    const segments = segmentsOf(line, chunk);
    for (let from = 0; from < segments.length; from += LINE_SEGMENTS) {
      yield `${line.uid},${segments.slice(from, from + LINE_SEGMENTS).join(';')}${device ?? ''}\n`;
    }
  }
}

/**
 * Writes the lines as gzipped files. The same lines make the same files, so that a later try finds out again which of
 * them were uploaded.
 *
 * @param folder that holds nothing of them yet.
 * @param maxBytes of a file before it is compressed.
 * @returns the files in their order; none where there is no line.
 */
export async function writeSegmentFiles(
  lines: AsyncIterable<string>,
  folder: string,
  maxBytes: number,
  abort: AbortSignal,
): Promise<WrittenFile[]> {
  const files: WrittenFile[] = [];
  const start = () => new LineFile(join(folder, `segments-${files.length + 1}.gz`), { gzip: true, abort });
  let file: LineFile | undefined;
  try {
    for await (const line of lines) {
      // Lines are ASCII, so that characters are bytes.
      if (file !== undefined && file.contentBytes + line.length > maxBytes) {
        files.push(await file.finish());
        file = undefined;
      }
      file ??= start();
      const behind = file.write(line);
      if (behind !== undefined) await behind;
    }
    if (file !== undefined) files.push(await file.finish());
  } catch (error) {
    file?.abandon();
    throw error;
  }
  return files;
}

function isWellFormed(uid: string, isDevice: boolean, externalIds: boolean): boolean {
  if (isDevice) return UUID.test(uid);
  return externalIds ? EXTERNAL_ID.test(uid) && !SEPARATORS.test(uid) : XANDR_ID.test(uid);
}

/** Minus one takes the user out. */
const segmentsOf = ({ add, remove }: Line, chunk: Chunk) => [
  ...add.map((code) => `${code}:${ttlMinutesOf(chunk, code)}`),
  ...remove.map((code) => `${code}:-1`),
];
