import { z } from 'zod';
import { DEVICE_TYPES } from '../../collect/device-id.ts';
import type { DestinationType, Line } from '../destination.ts';
import { putFiles } from '../drops/open.ts';
import { DROP_PLACES, DROP_SECRETS, WHOLE_LIST, withDrop } from '../drops/settings.ts';
import { refusePlainCode } from '../files/text.ts';
import { unwritable } from '../files/unwritable.ts';
import { type Encoded, previewLines, writeLines } from '../files/write-lines.ts';

const settings = withDrop({
  dataPartnerId: z
    .string()
    .regex(/^\d{1,12}$/, 'must be a number')
    .describe('DPID that PubMatic gave.'),
  uidType: z
    .int()
    .min(0)
    .max(9999)
    .default(0)
    .describe(
      'What PubMatic calls the kind of the partner ids: 0 its cookie, or the number of an identity partner.',
    ),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be two capital letters, as US')
    .optional()
    .describe('Two letters that stand in every row; without them PubMatic takes US.'),
});
type Settings = z.output<typeof settings>;

const DEVICE = 1;
/** One file at a time is compressed and sent; no limit of a file's size is published. */
const FILE_BYTES = 2 * 1024 ** 3;

/**
 * PubMatic, audience data by file: `<DPID>_<TIMESTAMP>_<MD5>.tsv.gz` with the time in Unix milliseconds and the MD5 of
 * what the file says before compression; a row is `DPID⇥USERID⇥SEGID,SEGID⇥IP⇥COUNTRY⇥UIDTYPE`. The list of a row
 * replaces what PubMatic had of the id, and an empty one removes it from everything. Ids are forgotten after 30 days.
 * IPs are not sent: there are none.
 *
 * Source: PubMatic, "SFTP Data Transfer for Audiences". It says that a row ends with a carriage return; a newline is
 * written, which is what readers of lines are taken to mean by it.
 */
export const pubmatic = {
  type: 'pubmatic',
  title: 'PubMatic',
  summary: 'Audience files for PubMatic: of each id that changed, all its segments.',
  settings,
  secrets: [...DROP_SECRETS],
  places: [...DROP_PLACES],
  takes: { partner: true, devices: DEVICE_TYPES },
  gvlId: 76,
  tells: 'all',
  bySegment: false,
  removes: true,
  expiryDays: { usual: 30, most: 30 },
  limits: () => WHOLE_LIST,
  refuseCode: refusePlainCode,
  async send(chunk, context) {
    const encode = encoder(context.settings);
    const { files, taken } = await writeLines(
      chunk.lines(),
      {
        folder: context.folder,
        prefix: 'rows',
        gzip: true,
        newline: '\n',
        maxBytes: FILE_BYTES,
        always: [],
        abort: context.abort,
      },
      encode,
    );
    const { dataPartnerId } = context.settings;
    const named = [...files.values()].flat().map((file) => ({
      name: `${dataPartnerId}_${chunk.planned.getTime()}_${file.contentMd5}.tsv.gz`,
      path: file.path,
    }));
    await putFiles(context, named);
    return taken;
  },
  preview: (chunk, given) => previewLines(chunk.lines(), undefined, encoder(given)),
} satisfies DestinationType<typeof settings>;

const encoder =
  ({ dataPartnerId, uidType, country = '' }: Settings) =>
  (line: Line): Encoded => {
    const refused = unwritable(line, '\t', line.all);
    if (refused !== undefined) return refused;
    const kind = (DEVICE_TYPES as readonly string[]).includes(line.source) ? DEVICE : uidType;
    return {
      file: 'rows',
      rows: [[dataPartnerId, line.uid, line.all.join(','), '', country, kind].join('\t')],
    };
  };
