import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyUid, linesOf, md5Of, readDrop } from '../drops/drop.testing.ts';
import { chunkOf, contextOf } from './chunk.testing.ts';
import { pubmatic } from './pubmatic.ts';

const given = (more: object = {}) =>
  pubmatic.settings.parse({ drop: 'folder', path: 'in', dataPartnerId: '89', ...more });

const ID = 'b8cb98e6-0ff0-4c2b-a161-4f89155c28f1';

describe('PubMatic', () => {
  it('is told of each id all its segments, and an empty list where it left all', async () => {
    const context = await contextOf(given({ country: 'US' }));
    const chunk = chunkOf([
      { uid: ID, add: ['123_B'], all: ['123_B', '98901'] },
      { uid: 'gone', remove: ['123_B'], all: [] },
      { uid: ID, source: 'idfa', all: ['4532'] },
    ]);
    expect(await pubmatic.send(chunk, context)).toMatchObject({ accepted: 3, failed: [] });
    const [file, ...others] = await readDrop(context, 'in');
    expect(others).toEqual([]);
    expect(linesOf(file!.text)).toEqual([
      `89\t${ID}\t123_B,98901\t\tUS\t0`,
      '89\tgone\t\t\tUS\t0',
      `89\t${ID}\t4532\t\tUS\t1`,
    ]);
    expect(file!.name).toBe(`89_${chunk.planned.getTime()}_${md5Of(file!.text)}.tsv.gz`);
  });

  it('is given no broken row, whatever an id is, and each id left out is named', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyUid, { maxLength: 20 }), async (uids) => {
        const context = await contextOf(given());
        const taken = await pubmatic.send(chunkOf(uids.map((uid) => ({ uid, all: ['7'] }))), context);
        const bad = new Set(taken.failed.map(({ number, reason }) => (reason === 'bad_id' ? number : -1)));
        const [file] = await readDrop(context, 'in');
        const rows = linesOf(file?.text ?? '').map((row) => row.split('\t'));
        expect(rows.every((row) => row.length === 6)).toBe(true);
        expect(rows.map((row) => row[1])).toEqual(uids.filter((_, number) => !bad.has(number)));
        expect(taken.accepted + bad.size).toBe(uids.length);
      }),
      { numRuns: 40 },
    );
  });

  it('is shown before it is sent', async () => {
    const preview = await pubmatic.preview(
      chunkOf([
        { uid: 'a', all: ['1'] },
        { uid: 'b\tc', all: ['1'] },
      ]),
      given(),
    );
    expect(preview).toBe(
      '89\ta\t1\t\t\t0\n# line 1 is left out: bad_id, the id holds what would break a line of the file\n',
    );
  });
});
