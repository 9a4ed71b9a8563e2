import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Chunk, Context, DestinationType, Line, Told } from '../destination.ts';
import { putFiles } from '../drops/open.ts';
import { DROP_PLACES, DROP_SECRETS, WHOLE_LIST, withDrop } from '../drops/settings.ts';
import type { WrittenFile } from '../files/line-file.ts';
import { refusePlainCode } from '../files/text.ts';
import { unwritable } from '../files/unwritable.ts';
import { type Encoded, previewLines, writeLines } from '../files/write-lines.ts';

const account = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 of A-Z, a-z, 0-9, _ and -')
  .describe('Account at Index Exchange.');
const settings = withDrop({
  indexAccountId: account,
  advertiserAccountId: account
    .optional()
    .describe('Advertiser for whom the segments are; without: the account.'),
});
type Settings = z.output<typeof settings>;

type Action = 'append' | 'delete' | 'replace';
/** The files of a segment that are put, in this order. */
const ACTIONS = ['delete', 'append', 'replace'] as const;
/** "15 to 20 minutes" until a pair is worked off, and half as much again; the next pair has the same name. */
const REST_MINUTES = 30;

/**
 * Index Exchange, segments by files: of each segment a pair, `<audienceID>.gz` with an id a line, and
 * `<audienceID>.json`, its description in version 1.2, put behind it. A pair holds ids of one kind only, so that it
 * takes a partner's ids and no devices'. A pair is worked off in 15 to 20 minutes, and the next has the same name: so long
 * no other run sends any, and a try leaves alone what one before it has put.
 *
 * Source: Index Exchange, "Sending segment files to Index using SFTP", not read to its end:
 * that the description has the version, name, id, source id, advertiser and account, time and action is from there, the
 * spelling of all but the first three and the words of the action are to be agreed with Index. Removals are a pair of
 * their own, `<audienceID>_delete`, so that neither pair is written over before it is read.
 */
export const indexExchange = {
  type: 'index-exchange',
  title: 'Index Exchange',
  summary: 'A pair of files for each segment: its ids, and a description.',
  settings,
  secrets: [...DROP_SECRETS],
  places: [...DROP_PLACES],
  takes: { partner: true, devices: [] },
  gvlId: 10,
  tells: 'changes',
  bySegment: true,
  removes: true,
  // Nothing is published of how long a segment's ids live; a month is what others keep.
  expiryDays: { usual: 30, most: 30 },
  limits: () => ({ ...WHOLE_LIST, restMinutes: REST_MINUTES }),
  refuseCode: (code) => (code.endsWith(DELETED) ? `must not end with ${DELETED}` : refusePlainCode(code)),
  async send(chunk, context) {
    const told = onlySegment(chunk);
    const { files, taken } = await writeLines(
      chunk.lines(),
      {
        folder: context.folder,
        prefix: 'ids',
        gzip: true,
        newline: '\n',
        maxBytes: Number.POSITIVE_INFINITY,
        // Whoever left a segment that has nobody any more is told only by an empty list.
        always: chunk.mode === 'full' ? ['replace'] : [],
        abort: context.abort,
      },
      encoder(chunk),
    );
    // A pair that an earlier try put may be under work, or worked off: put again it would be written over or come twice.
    const there = new Set((context.remembered ?? '').split(','));
    for (const action of ACTIONS) {
      if (there.has(action)) continue;
      for (const file of files.get(action) ?? []) {
        await putPair(told, chunk, action, file, context);
        await context.remember([...there.add(action)].filter(Boolean).join(','));
      }
    }
    return taken;
  },
  preview: (chunk) => previewLines(chunk.lines(), undefined, encoder(chunk)),
} satisfies DestinationType<typeof settings>;

const DELETED = '_delete';

function onlySegment(chunk: Chunk): Told {
  const [told, ...others] = chunk.segments.values();
  if (told === undefined || others.length > 0)
    throw new RangeError('a chunk of this destination has one segment');
  return told;
}

async function putPair(
  told: Told,
  chunk: Chunk,
  action: Action,
  file: WrittenFile,
  context: Context<Settings>,
): Promise<void> {
  const { indexAccountId, advertiserAccountId = indexAccountId } = context.settings;
  const path = join(context.folder, `${action}.json`);
  const description = {
    meta_version: '1.2',
    audienceName: told.name,
    audienceID: told.code,
    sourceAudienceID: told.code,
    advertiserAccountID: advertiserAccountId,
    indexAccountID: indexAccountId,
    exportTimestamp: chunk.planned.toISOString(),
    action,
  };
  await writeFile(path, `${JSON.stringify(description, null, 2)}\n`, { mode: 0o600 });
  const name = action === 'delete' ? told.code + DELETED : told.code;
  await putFiles(context, [
    { name: `${name}.gz`, path: file.path },
    { name: `${name}.json`, path },
  ]);
}

const encoder =
  ({ mode }: Chunk) =>
  (line: Line): Encoded => {
    const refused = unwritable(line, '', line.add);
    if (refused !== undefined) return refused;
    // A whole list tells who left by leaving him out.
    if (mode === 'full') return { file: 'replace', rows: line.add.length > 0 ? [line.uid] : [] };
    if (line.add.length > 0) return { file: 'append', rows: [line.uid] };
    return { file: 'delete', rows: line.remove.length > 0 ? [line.uid] : [] };
  };
