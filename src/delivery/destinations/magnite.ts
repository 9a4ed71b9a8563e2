import { join } from 'node:path';
import { z } from 'zod';
import type { Chunk, DestinationType, Line } from '../destination.ts';
import { putFiles } from '../drops/open.ts';
import { DROP_PLACES, DROP_SECRETS, WHOLE_LIST, withDrop } from '../drops/settings.ts';
import { LineFile } from '../files/line-file.ts';
import { jsonLine, refusePlainCode } from '../files/text.ts';
import { unwritableInJson } from '../files/unwritable.ts';
import { type Encoded, previewLines, writeLines } from '../files/write-lines.ts';

const settings = withDrop({
  owner: z.string().trim().min(1).max(200).describe('Who owns the segments, as buyers are to see it.'),
  cpm: z
    .number()
    .min(0)
    .max(1000)
    .default(0)
    .describe("Price of each segment, for a thousand impressions, in the account's currency."),
});
type Settings = z.output<typeof settings>;

/** Its names for kinds of id: of televisions it knows one for all. */
const ID_TYPES: Readonly<Record<string, string>> = {
  idfa: 'idfa',
  gaid: 'aaid',
  rida: 'ctvid',
  tifa: 'ctvid',
  afai: 'ctvid',
  vida: 'ctvid',
  lgudid: 'ctvid',
  msai: 'ctvid',
};

const FILE_BYTES = 2 * 1024 ** 3;

/**
 * Magnite, data by files: a taxonomy, a segment a line, `{id, name, price: {default: {type, value}}, owner,
 * description}`, and memberships, `{uuids: [{id, idType}], updateType: 'partial' | 'remove', segments}`, both NDJSON
 * and gzipped. `partial` adds to what is known of an id, `remove` takes away; a membership is forgotten after 28 days.
 * The taxonomy is put first: a membership in a segment that nobody described is worth nothing.
 *
 * Source: Magnite, "Data Integration Spec", not read to its end; that `segments` is a list of ids, and the names of the
 * files, are ours. An id that is neither an advertising id of a device is told as `cookie`.
 */
export const magnite = {
  type: 'magnite',
  title: 'Magnite',
  summary: 'Taxonomy and membership files for Magnite, with additions and removals.',
  settings,
  secrets: [...DROP_SECRETS],
  places: [...DROP_PLACES],
  takes: { partner: true, devices: Object.keys(ID_TYPES) },
  gvlId: 52,
  tells: 'changes',
  bySegment: false,
  removes: true,
  expiryDays: { usual: 28, most: 28 },
  limits: () => WHOLE_LIST,
  refuseCode: refusePlainCode,
  async send(chunk, context) {
    const { folder, abort } = context;
    const { files, taken } = await writeLines(
      chunk.lines(),
      { folder, prefix: 'memberships', gzip: true, newline: '\n', maxBytes: FILE_BYTES, always: [], abort },
      encode,
    );
    const parts = files.get(MEMBERSHIPS) ?? [];
    if (parts.length === 0) return taken;
    const taxonomy = new LineFile(join(folder, 'taxonomy'), { gzip: true, abort });
    for (const row of describe(chunk, context.settings)) await taxonomy.write(`${row}\n`);
    const { path } = await taxonomy.finish();
    const time = chunk.planned.getTime();
    await putFiles(context, [
      { name: `taxonomy_${time}.ndjson.gz`, path },
      ...parts.map((part, place) => ({
        name: `${MEMBERSHIPS}_${time}_${place + 1}.ndjson.gz`,
        path: part.path,
      })),
    ]);
    return taken;
  },
  async preview(chunk, given) {
    const taxonomy = describe(chunk, given).map((row) => `${row}\n`);
    return taxonomy.join('') + (await previewLines(chunk.lines(), undefined, encode));
  },
} satisfies DestinationType<typeof settings>;

const MEMBERSHIPS = 'memberships';

const describe = (chunk: Chunk, { owner, cpm }: Settings): string[] =>
  [...chunk.segments.values()].map(({ code, name }) =>
    jsonLine({ id: code, name, price: { default: { type: 'cpm', value: cpm } }, owner, description: name }),
  );

function encode(line: Line): Encoded {
  const refused = unwritableInJson(line, [...line.add, ...line.remove]);
  if (refused !== undefined) return refused;
  const uuids = [{ id: line.uid, idType: ID_TYPES[line.source] ?? 'cookie' }];
  const row = (updateType: 'remove' | 'partial', segments: readonly string[]) =>
    segments.length === 0 ? [] : [jsonLine({ uuids, updateType, segments })];
  return { file: MEMBERSHIPS, rows: [...row('remove', line.remove), ...row('partial', line.add)] };
}
