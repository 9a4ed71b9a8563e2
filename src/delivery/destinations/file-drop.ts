import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DEVICE_TYPES } from '../../collect/device-id.ts';
import type { Chunk, DestinationType, Line } from '../destination.ts';
import { putFiles } from '../drops/open.ts';
import { DROP_PLACES, DROP_SECRETS, WHOLE_LIST, withDrop } from '../drops/settings.ts';
import type { WrittenFile } from '../files/line-file.ts';
import { csvField, jsonLine, refusePlainCode } from '../files/text.ts';
import { unwritable, unwritableInJson } from '../files/unwritable.ts';
import { type Encoded, previewLines, writeLines } from '../files/write-lines.ts';

const settings = withDrop({
  format: z.enum(['ndjson', 'csv', 'tsv']).default('ndjson').describe('Form of the rows.'),
  name: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
      'must be 1 to 64 of A-Z, a-z, 0-9, _ and -, and begin with a letter or digit',
    )
    .default('ninety')
    .describe('What the names of files begin with.'),
  splitMegabytes: z
    .int()
    .min(1)
    .max(100_000)
    .default(2000)
    .describe('A file is followed by another when it has so many megabytes before compression.'),
});
type Settings = z.output<typeof settings>;
type Format = Settings['format'];

/** What the files hold, told in each manifest; changes when a reader of the one before would not understand it. */
const VERSION = 1;
const COLUMNS = ['id', 'type', 'op', 'segment'];

/**
 * Files for whoever reads them: `<name>_<full|delta>_<time>_<part>.<format>.gz`, and last
 * `<name>_<full|delta>_<time>.manifest.json`, which names them with bytes, lines and sums, and the segments by code.
 * Who waits for the manifest never reads half a delivery, and applies deliveries in the order of `planned`.
 *
 * A row of CSV (RFC 4180) or TSV is one change, `id,type,op,segment` with `op` `add` or `remove`; a row of NDJSON is one
 * id with all its changes, `{id, type, add, remove}`. A full delivery replaces all earlier ones.
 */
export const fileDrop = {
  type: 'file-drop',
  title: 'Files with a manifest',
  summary: 'NDJSON, CSV or TSV files in a folder, a bucket or by SFTP, with a manifest that comes last.',
  settings,
  secrets: [...DROP_SECRETS],
  places: [...DROP_PLACES],
  takes: { partner: true, devices: DEVICE_TYPES },
  tells: 'changes',
  bySegment: false,
  removes: true,
  // Each segment's own life is told in the manifest; ninety days is as long as anything is kept here.
  expiryDays: { usual: 90, most: 90 },
  limits: () => WHOLE_LIST,
  refuseCode: refusePlainCode,
  async send(chunk, context) {
    const { folder, abort, settings: given } = context;
    const { format } = given;
    const { files, taken } = await writeLines(
      chunk.lines(),
      {
        folder,
        prefix: 'rows',
        gzip: true,
        newline: format === 'csv' ? '\r\n' : '\n',
        ...(format === 'ndjson' ? {} : { header: headerOf(format) }),
        maxBytes: given.splitMegabytes * 1_000_000,
        always: chunk.mode === 'full' ? [ROWS] : [],
        abort,
      },
      encoder(format, chunk.mode),
    );
    const parts = files.get(ROWS) ?? [];
    if (parts.length === 0) return taken;
    // 20260301T120000.000Z: what every file system and URL takes.
    const time = chunk.planned.toISOString().replaceAll(/[:-]/g, '');
    const root = `${given.name}_${chunk.mode}_${time}`;
    const named = parts.map((part, place) => ({ ...part, name: `${root}_${place + 1}.${format}.gz` }));
    const path = join(folder, 'manifest');
    await writeFile(path, `${JSON.stringify(manifest(chunk, format, named), null, 2)}\n`, { mode: 0o600 });
    await putFiles(context, [...named, { name: `${root}.manifest.json`, path }]);
    return taken;
  },
  preview: (chunk, { format }) =>
    previewLines(
      chunk.lines(),
      format === 'ndjson' ? undefined : headerOf(format),
      encoder(format, chunk.mode),
    ),
} satisfies DestinationType<typeof settings>;

const ROWS = 'rows';

const separatorOf = (format: Format): string => (format === 'csv' ? ',' : '\t');
const headerOf = (format: Format): string => COLUMNS.join(separatorOf(format));

function manifest(chunk: Chunk, format: Format, parts: readonly (WrittenFile & { name: string })[]) {
  const headers = format === 'ndjson' ? 0 : 1;
  const files = parts.map(({ name, bytes, lines, sha256, md5 }) => ({
    name,
    bytes,
    rows: lines - headers,
    sha256,
    md5,
  }));
  return {
    version: VERSION,
    key: chunk.key,
    mode: chunk.mode,
    planned: chunk.planned.toISOString(),
    format,
    compression: 'gzip',
    rows: files.reduce((sum, { rows }) => sum + rows, 0),
    files,
    segments: [...chunk.segments.values()].map(({ code, name, ttlMinutes, size, iabAudienceId }) => ({
      code,
      name,
      ttlMinutes,
      size,
      ...(iabAudienceId === undefined ? {} : { iabAudienceId }),
    })),
  };
}

const encoder =
  (format: Format, mode: Chunk['mode']) =>
  (line: Line): Encoded => {
    // A whole list tells who left by leaving him out.
    const remove = mode === 'full' ? [] : line.remove;
    const codes = [...line.add, ...remove];
    const refused =
      format === 'ndjson'
        ? unwritableInJson(line, codes)
        : unwritable(line, format === 'tsv' ? '\t' : '', codes);
    if (refused !== undefined) return refused;
    const { uid: id, source: type, add } = line;
    if (codes.length === 0) return { file: ROWS, rows: [] };
    if (format === 'ndjson') return { file: ROWS, rows: [jsonLine({ id, type, add, remove })] };
    const field = format === 'csv' ? csvField : (text: string) => text;
    const row = (op: string) => (code: string) => [field(id), type, op, code].join(separatorOf(format));
    return { file: ROWS, rows: [...remove.map(row('remove')), ...add.map(row('add'))] };
  };
