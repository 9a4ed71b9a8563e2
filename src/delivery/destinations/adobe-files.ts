import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { DestinationType, Line } from '../destination.ts';
import { putFiles } from '../drops/open.ts';
import { DROP_PLACES, DROP_SECRETS, WHOLE_LIST, withDrop } from '../drops/settings.ts';
import type { WrittenFile } from '../files/line-file.ts';
import { refusePlainCode } from '../files/text.ts';
import { unwritable } from '../files/unwritable.ts';
import { type Encoded, previewLines, writeLines } from '../files/write-lines.ts';

const number = z.string().regex(/^\d{1,12}$/, 'must be a number');
const settings = withDrop({
  destinationId: number.describe('DID: number of the destination.'),
  dataSourceId: number.describe('DPID of the partner ids.'),
  alias: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be 1 to 64 of A-Z, a-z, 0-9 and -')
    .optional()
    .describe("PID_ALIAS: the receiver's name for whose data it is."),
  splitMegabytes: z
    .int()
    .min(1)
    .max(100_000)
    .default(2000)
    .describe('A file is followed by another when it has so many megabytes before compression.'),
});
type Settings = z.output<typeof settings>;

/** Global data sources that every receiver knows: raw advertising ids of Apple and of Google. */
const DEVICE_SOURCES: Readonly<Record<string, string>> = { idfa: '20915', gaid: '20914' };

/**
 * Files as Adobe Audience Manager sends them, for receivers that take those:
 * `S3_<DID>_<DPID>_<ALIAS>_(iter|full)_<13 digits of ms>[-SPLIT].sync.gz` (`ftp_` by SFTP), a line
 * `UUID<SP>segment,segment<SP>segment left`, and last a `.info` file of the same root with bytes, lines and MD5 of each
 * file and the totals. Ids of each data source are in files of their own, as the name tells the kind of id.
 *
 * Source: Adobe, "Outbound Data File Name: Syntax and Examples" and "Transfer-Control Files for Log File Transfers".
 * The sums in the `.info` file are of the files as they lie there, compressed.
 */
export const adobeFiles = {
  type: 'adobe-files',
  title: 'Files in the manner of Adobe Audience Manager',
  summary: 'Full or incremental files with a transfer-control file, for receivers that take those of Adobe.',
  settings,
  secrets: [...DROP_SECRETS],
  places: [...DROP_PLACES],
  takes: { partner: true, devices: Object.keys(DEVICE_SOURCES) },
  tells: 'changes',
  bySegment: false,
  removes: true,
  // Adobe's own traits live so long; no file tells an expiry.
  expiryDays: { usual: 120, most: 120 },
  limits: () => WHOLE_LIST,
  refuseCode: refusePlainCode,
  async send(chunk, context) {
    const { folder, abort, settings: given } = context;
    const { files, taken } = await writeLines(
      chunk.lines(),
      {
        folder,
        prefix: 'rows',
        gzip: true,
        newline: '\n',
        maxBytes: given.splitMegabytes * 1_000_000,
        always: chunk.mode === 'full' ? [given.dataSourceId] : [],
        abort,
      },
      encoder(given),
    );
    for (const [dataSource, parts] of files) {
      const mode = chunk.mode === 'full' ? 'full' : 'iter';
      const via = given.drop === 'sftp' ? 'ftp' : 'S3';
      const root = [via, given.destinationId, dataSource, given.alias, mode, chunk.planned.getTime()]
        .filter((part) => part !== undefined)
        .join('_');
      const named = parts.map((part, place) => ({
        ...part,
        name: `${root}${parts.length === 1 ? '' : `-${place + 1}`}.sync.gz`,
      }));
      const info = join(folder, `${dataSource}.info`);
      await writeFile(info, `${JSON.stringify(transferControl(root, named), null, 2)}\n`, { mode: 0o600 });
      await putFiles(context, [...named, { name: `${root}.info`, path: info }]);
    }
    return taken;
  },
  preview: (chunk, given) => previewLines(chunk.lines(), undefined, encoder(given)),
} satisfies DestinationType<typeof settings>;

const transferControl = (root: string, parts: readonly (WrittenFile & { name: string })[]) => ({
  Files: parts.map((part, place) => ({
    FileByteSize: part.bytes,
    FileLineCount: part.lines,
    FileName: part.name,
    FileSequenceNumber: place + 1,
    md5: part.md5,
  })),
  Totals: {
    FileName: `${root}.sync`,
    TotalByteSize: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    TotalNumberFiles: parts.length,
    TotalNumberLines: parts.reduce((sum, { lines }) => sum + lines, 0),
  },
});

const encoder =
  ({ dataSourceId }: Settings) =>
  (line: Line): Encoded => {
    const refused = unwritable(line, ' ', [...line.add, ...line.remove]);
    if (refused !== undefined) return refused;
    const file = DEVICE_SOURCES[line.source] ?? dataSourceId;
    if (line.add.length === 0 && line.remove.length === 0) return { file, rows: [] };
    const removed = line.remove.length === 0 ? '' : ` ${line.remove.join(',')}`;
    return { file, rows: [`${line.uid} ${line.add.join(',')}${removed}`] };
  };
