import { describe, expect, it } from 'vitest';
import { linesOf, readDrop } from '../drops/drop.testing.ts';
import { chunkOf, contextOf } from './chunk.testing.ts';
import { magnite } from './magnite.ts';

const settings = magnite.settings.parse({ drop: 'folder', path: 'in', owner: 'Ninety "Ltd"', cpm: 1.5 });

describe('Magnite', () => {
  it('is told what its segments are, who came and who left', async () => {
    const context = await contextOf(settings);
    const name = 'Cats,\n"=dogs"\t\u2028';
    const chunk = chunkOf(
      [
        { uid: 'tv', source: 'rida', add: ['cats'] },
        { uid: 'phone', source: 'gaid', remove: ['cats'] },
        { uid: 'c"o\nokie', add: ['dogs'], remove: ['cats'] },
      ],
      { segments: { cats: { name } } },
    );
    expect(await magnite.send(chunk, context)).toMatchObject({ accepted: 3, failed: [] });
    const [memberships, taxonomy] = await readDrop(context, 'in');
    const time = chunk.planned.getTime();
    expect([memberships!.name, taxonomy!.name]).toEqual([
      `memberships_${time}_1.ndjson.gz`,
      `taxonomy_${time}.ndjson.gz`,
    ]);
    expect(taxonomy!.text).not.toContain('\u2028');
    const price = { default: { type: 'cpm', value: 1.5 } };
    expect(linesOf(taxonomy!.text).map((row) => JSON.parse(row))).toEqual([
      { id: 'cats', name, price, owner: 'Ninety "Ltd"', description: name },
      { id: 'dogs', name: 'dogs', price, owner: 'Ninety "Ltd"', description: 'dogs' },
    ]);
    expect(linesOf(memberships!.text).map((row) => JSON.parse(row))).toEqual([
      { uuids: [{ id: 'tv', idType: 'ctvid' }], updateType: 'partial', segments: ['cats'] },
      { uuids: [{ id: 'phone', idType: 'aaid' }], updateType: 'remove', segments: ['cats'] },
      { uuids: [{ id: 'c"o\nokie', idType: 'cookie' }], updateType: 'remove', segments: ['cats'] },
      { uuids: [{ id: 'c"o\nokie', idType: 'cookie' }], updateType: 'partial', segments: ['dogs'] },
    ]);
  });

  it('is given no file where there is nobody to tell of', async () => {
    const context = await contextOf(settings);
    expect(await magnite.send(chunkOf([]), context)).toMatchObject({ accepted: 0 });
    expect(await readDrop(context, 'in')).toEqual([]);
  });
});
