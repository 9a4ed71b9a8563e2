import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Chunk, FailedLine, Line } from '../destination.ts';

/** "Files are limited to at most 1800 segments on any individual line." */
const LINE_SEGMENTS = 1800;
/** 180 days, which is also what 0 would mean; -1 takes the user out. */
export const MOST_TTL_MINUTES = 259_200;
/** Text is handed to the compressor in pieces of about this many characters, not line by line. */
const PIECE_CHARACTERS = 64 * 1024;

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
  failed: Map<number, FailedLine>,
): AsyncGenerator<string> {
  for await (const line of chunk.lines()) {
    const device = DEVICE_FIELDS.get(line.source);
    if (!isWellFormed(line.uid, device !== undefined, externalIds)) {
      failed.set(line.number, {
        number: line.number,
        reason: 'bad_id',
        detail: 'no id of its kind',
        retry: false,
      });
      continue;
    }
    const segments = segmentsOf(line, chunk);
    for (let from = 0; from < segments.length; from += LINE_SEGMENTS) {
      yield `${line.uid},${segments.slice(from, from + LINE_SEGMENTS).join(';')}${device ?? ''}\n`;
    }
  }
}

/**
 * Writes the file, gzipped.
 *
 * @returns its bytes and how many lines are in it.
 */
export async function writeSegmentFile(
  lines: AsyncIterable<string>,
  path: string,
  abort: AbortSignal,
): Promise<{ readonly bytes: number; readonly lines: number }> {
  const count = { lines: 0 };
  await pipeline(Readable.from(pieces(lines, count)), createGzip(), createWriteStream(path), {
    signal: abort,
  });
  return { bytes: (await stat(path)).size, lines: count.lines };
}

async function* pieces(lines: AsyncIterable<string>, count: { lines: number }): AsyncGenerator<string> {
  let piece = '';
  for await (const line of lines) {
    count.lines++;
    piece += line;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

function isWellFormed(uid: string, isDevice: boolean, externalIds: boolean): boolean {
  if (isDevice) return UUID.test(uid);
  return externalIds ? EXTERNAL_ID.test(uid) && !SEPARATORS.test(uid) : XANDR_ID.test(uid);
}

const segmentsOf = ({ add, remove }: Line, chunk: Chunk) => [
  ...add.map((code) => `${code}:${ttlOf(chunk, code)}`),
  ...remove.map((code) => `${code}:-1`),
];

const ttlOf = (chunk: Chunk, code: string) =>
  Math.min(
    Math.max(Math.floor(chunk.segments.get(code)?.ttlMinutes ?? MOST_TTL_MINUTES), 1),
    MOST_TTL_MINUTES,
  );
