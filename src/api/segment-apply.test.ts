import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { KINDS } from '../registry/kinds.ts';
import { Registry } from '../registry/registry.ts';
import { versionsOf } from '../registry/versions.ts';
import { writeSteps } from './segment-apply.ts';
import { planSegments } from './segment-plan.ts';

const clickhouse = new ClickHouse(await freshDatabase());
let folder = '';
beforeAll(async () => {
  await migrate(clickhouse, 90);
  folder = await mkdtemp(join(tmpdir(), 'segment-apply-'));
});
afterAll(async () => {
  await clickhouse.close();
  await rm(folder, { recursive: true, force: true });
});

const body = (name: string) => KINDS.segment.parse({ name, rule: { did: { site: name } } });

describe('a plan of which a step comes too late', () => {
  it('is taken back whole, and every version of that is kept', async () => {
    const [here, there] = [new Registry(clickhouse, folder), new Registry(clickhouse, folder)];
    for (const id of ['a', 'b', 'd']) await here.put('segment', id, body(id), 0, 'x');
    const segments = [
      { id: 'a', ...body('new a') },
      { id: 'b', ...body('new b') },
      { id: 'c', ...body('c') },
      { id: 'd', ...body('new d') },
    ];
    const { steps } = await planSegments(here, { segments, deleteOthers: false });
    expect(steps.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
    await there.refresh();
    await there.put('segment', 'd', body('first'), 1, 'somebody else');

    await expect(writeSteps(here, steps, 'me', undefined)).rejects.toMatchObject({
      reason: 'conflict',
      extra: { segments: ['d'], applied: [] },
    });
    await there.refresh();
    expect(there.list('segment').map(({ id, name }) => `${id} ${name}`)).toEqual(['a a', 'b b', 'd first']);
    const versions = await versionsOf(clickhouse, 'segment', 'a', { limit: 10 });
    expect(versions.map(({ version, actor, body }) => `${version} ${actor} ${body?.name}`)).toEqual([
      '3 me a',
      '2 me new a',
      '1 x a',
    ]);
    expect(versions[0]!.body?.note).toContain('taken back');
    // What was there before the plan was of no plan, and is so again.
    expect(versions.map(({ body }) => body?.applied)).toEqual([undefined, true, undefined]);
  });

  it('names what somebody has built upon already, and leaves it', async () => {
    const [here, there] = [new Registry(clickhouse, folder), new Registry(clickhouse, folder)];
    for (const id of ['e', 'f']) await here.put('segment', id, body(id), 0, 'x');
    const segments = [
      { id: 'e', ...body('new e') },
      { id: 'f', ...body('new f') },
    ];
    const { steps } = await planSegments(here, { segments, deleteOthers: false });
    await there.refresh();
    await there.put('segment', 'f', body('first'), 1, 'somebody else');
    const put = here.put.bind(here);
    here.put = async (kind, id, ...rest) => {
      if (id === 'f') await there.put('segment', 'e', body('second'), 2, 'somebody else');
      return put(kind, id, ...rest);
    };
    await there.refresh();
    await expect(writeSteps(here, steps, 'me', undefined)).rejects.toMatchObject({
      extra: { segments: ['f'], applied: ['e'] },
    });
  });
});
