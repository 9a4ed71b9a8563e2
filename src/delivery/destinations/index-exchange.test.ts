import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DeliveryError } from '../destination.ts';
import { linesOf, readDrop } from '../drops/drop.testing.ts';
import { chunkOf, contextOf } from './chunk.testing.ts';
import { indexExchange } from './index-exchange.ts';

const settings = indexExchange.settings.parse({ drop: 'folder', path: 'in', indexAccountId: '1234' });

describe('Index Exchange', () => {
  it('has a pair of files for who came, and another for who left', async () => {
    const context = await contextOf(settings);
    const chunk = chunkOf(
      [
        { uid: 'a', add: ['cats'] },
        { uid: 'b', remove: ['cats'] },
        { uid: 'c\nd', add: ['cats'] },
      ],
      {
        segments: { cats: { name: 'Cats "all"' } },
      },
    );
    const taken = await indexExchange.send(chunk, context);
    expect(taken.accepted).toBe(2);
    expect(taken.failed).toMatchObject([{ number: 2, reason: 'bad_id' }]);
    const files = new Map((await readDrop(context, 'in')).map(({ name, text }) => [name, text]));
    expect([...files.keys()]).toEqual(['cats.gz', 'cats.json', 'cats_delete.gz', 'cats_delete.json']);
    expect(linesOf(files.get('cats.gz')!)).toEqual(['a']);
    expect(linesOf(files.get('cats_delete.gz')!)).toEqual(['b']);
    expect(JSON.parse(files.get('cats.json')!)).toEqual({
      meta_version: '1.2',
      audienceName: 'Cats "all"',
      audienceID: 'cats',
      sourceAudienceID: 'cats',
      advertiserAccountID: '1234',
      indexAccountID: '1234',
      exportTimestamp: chunk.planned.toISOString(),
      action: 'append',
    });
    expect(JSON.parse(files.get('cats_delete.json')!)).toMatchObject({
      audienceID: 'cats',
      action: 'delete',
    });
  });

  it('puts no pair a second time that an earlier try has put', async () => {
    const context = await contextOf(settings);
    const folder = join(context.drops, 'in');
    const chunk = chunkOf([
      { uid: 'a', add: ['cats'] },
      { uid: 'b', remove: ['cats'] },
    ]);
    // Something stands where the second pair is to go.
    await mkdir(join(folder, 'cats.gz', 'in-the-way'), { recursive: true });
    await expect(indexExchange.send(chunk, context)).rejects.toBeInstanceOf(DeliveryError);
    expect(context.memory.state).toBe('delete');
    // The first is worked off meanwhile.
    for (const name of ['cats.gz', 'cats_delete.gz', 'cats_delete.json'])
      await rm(join(folder, name), { recursive: true });
    const again = await contextOf(settings, { drops: context.drops, remembered: context.memory.state });
    expect(await indexExchange.send(chunk, again)).toMatchObject({ accepted: 2 });
    expect((await readDrop(again, 'in')).map(({ name }) => name)).toEqual(['cats.gz', 'cats.json']);
    expect(again.memory.state).toBe('delete,append');
  });

  it('has a whole list in a full delivery, also of nobody', async () => {
    const context = await contextOf(settings);
    const full = { mode: 'full', segments: { cats: {} } } as const;
    await indexExchange.send(
      chunkOf(
        [
          { uid: 'a', add: ['cats'] },
          { uid: 'b', remove: ['cats'] },
        ],
        full,
      ),
      context,
    );
    expect((await readDrop(context, 'in'))[0]!.text).toBe('a\n');
    const empty = await contextOf(settings);
    await indexExchange.send(chunkOf([], full), empty);
    const [ids, description] = await readDrop(empty, 'in');
    expect(ids).toMatchObject({ name: 'cats.gz', text: '' });
    expect(JSON.parse(description!.text)).toMatchObject({ action: 'replace' });
  });

  it.each(['a/b', '../a', 'cats_delete', '', '.x'])('takes no segment by the name %j', (code) => {
    expect(indexExchange.refuseCode(code)).toBeTypeOf('string');
  });
});
