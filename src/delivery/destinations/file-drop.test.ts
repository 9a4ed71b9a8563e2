import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyUid, readDrop } from '../drops/drop.testing.ts';
import { chunkOf, contextOf, type LineOf } from './chunk.testing.ts';
import { fileDrop } from './file-drop.ts';

type Format = 'ndjson' | 'csv' | 'tsv';
const settings = (format: Format) => fileDrop.settings.parse({ drop: 'folder', path: 'in', format });

/** RFC 4180, read by hand. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    let field = '';
    if (text[at] === '"') {
      for (at++; text[at] !== '"' || text[at + 1] === '"'; at++) {
        if (text[at] === '"') at++;
        field += text[at];
      }
      at++;
    } else {
      while (text[at] !== ',' && text[at] !== '\r') field += text[at++];
    }
    row.push(field);
    if (text[at] === ',') at++;
    else {
      expect(text.slice(at, at + 2)).toBe('\r\n');
      at += 2;
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

/** What a reader of the files does: one change after the other, by kind and id and segment. */
async function apply(held: Set<string>, context: { drops: string }, format: Format): Promise<void> {
  const files = await readDrop(context, 'in');
  const manifest = JSON.parse(files.find(({ name }) => name.endsWith('.manifest.json'))!.text);
  if (manifest.mode === 'full') held.clear();
  const change = (type: string, id: string, op: string, segment: string) =>
    op === 'add' ? held.add(`${type}|${id}|${segment}`) : held.delete(`${type}|${id}|${segment}`);
  let rows = 0;
  for (const { name, bytes, sha256, md5, rows: told } of manifest.files) {
    const file = files.find((one) => one.name === name)!;
    expect({ bytes, sha256, md5 }).toEqual({ bytes: file.bytes, sha256: file.sha256, md5: file.md5 });
    rows += told;
    if (format === 'ndjson') {
      for (const line of file.text.split('\n').slice(0, -1)) {
        const { id, type, add, remove } = JSON.parse(line);
        for (const code of remove) change(type, id, 'remove', code);
        for (const code of add) change(type, id, 'add', code);
        rows -= 1;
      }
      continue;
    }
    const [header, ...changes] =
      format === 'csv'
        ? readCsv(file.text)
        : file.text
            .split('\n')
            .slice(0, -1)
            .map((row) => row.split('\t'));
    expect(header).toEqual(['id', 'type', 'op', 'segment']);
    for (const row of changes) {
      expect(row).toHaveLength(4);
      change(row[1]!, row[0]!, row[2]!, row[3]!);
    }
    rows -= changes.length;
  }
  expect(rows).toBe(0);
}

const lines = fc.uniqueArray(
  fc.record({
    uid: anyUid,
    source: fc.constantFrom('partner', 'idfa'),
    add: fc.subarray(['a', 'b']),
    remove: fc.subarray(['c', 'd']),
  }),
  { selector: ({ uid, source }) => `${source}|${uid}`, maxLength: 15 },
);

describe('files with a manifest', () => {
  it.each(['ndjson', 'csv', 'tsv'] as const)('in %s, applied in turn, give what was told', async (format) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(lines, fc.boolean()), { maxLength: 4 }), async (deliveries) => {
        const [held, meant] = [new Set<string>(), new Set<string>()];
        for (const [told, isFull] of deliveries) {
          const context = await contextOf(settings(format));
          const chunk = chunkOf(told, { mode: isFull ? 'full' : 'delta' });
          const { failed, accepted } = await fileDrop.send(chunk, context);
          expect(accepted + failed.length).toBe(told.length);
          const bad = new Set(failed.map(({ number }) => number));
          const good = (told as LineOf[]).filter((_, number) => !bad.has(number));
          if (isFull) meant.clear();
          for (const { uid, source, add = [], remove = [] } of good) {
            for (const code of remove) meant.delete(`${source}|${uid}|${code}`);
            for (const code of add) meant.add(`${source}|${uid}|${code}`);
          }
          if (isFull || (await readDrop(context, 'in')).length > 0) await apply(held, context, format);
          expect(held).toEqual(meant);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('have the names of segments in the manifest, whatever they are', async () => {
    const context = await contextOf(settings('csv'));
    const name = '=HYPERLINK("x"),\n\u2028</script>';
    const chunk = chunkOf([{ uid: 'a', add: ['s'] }], { segments: { s: { name, iabAudienceId: '49' } } });
    await fileDrop.send(chunk, context);
    const [manifest, rows] = await readDrop(context, 'in');
    expect(manifest!.name).toBe('ninety_delta_20260301T120000.000Z.manifest.json');
    expect(rows!.name).toBe('ninety_delta_20260301T120000.000Z_1.csv.gz');
    expect(JSON.parse(manifest!.text)).toMatchObject({
      version: 1,
      key: chunk.key,
      rows: 1,
      segments: [{ code: 's', name, iabAudienceId: '49' }],
    });
  });
});
