import { describe, expect, it } from 'vitest';
import { testServer } from '../../api/server.testing.ts';
import { type Json, Shop, YES_SIGNAL } from '../../api/shop.testing.ts';

const server = await testServer();

const TENNIS = [
  ['/tennis/first-round', 'Tennis: surprises in the first round'],
  ['/tennis/the-one-handed-backhand', 'Who still plays the one-handed backhand in tennis?'],
  ['/tennis/rackets', 'Tennis rackets, tried'],
];
const COOKING = [
  ['/recipes/soup', 'A recipe for soup'],
  ['/recipes/lasagna', 'Lasagna, the slow way: a recipe'],
  ['/recipes/salad', 'Three salads'],
];

describe('from hits to a segment', () => {
  it('visitors of two subjects come into the segment of theirs, and who glanced into none', async () => {
    const shop = await new Shop(server).open();
    const reader = async (pages: readonly (readonly string[])[]) => {
      const person = server.person();
      for (const [path, title] of pages)
        expect(await shop.see(person, { ...YES_SIGNAL, u: `https://shop.test${path}`, t: title! })).toBe(
          'stored',
        );
      return person.visitor;
    };
    const players = await Promise.all([1, 2, 3].map(() => reader(TENNIS)));
    const cooks = await Promise.all([1, 2].map(() => reader(COOKING)));
    const glances = await reader(TENNIS.slice(0, 1));

    const run = await server.operator.json<Json>('POST', '/v1/jobs/interests/run?wait=1');
    expect(run).toMatchObject({ job: 'interests', state: 'done', result: { visitors: 5, halfLifeDays: 14 } });

    const membersOf = async (rule: unknown) => {
      const { id } = await server.operator.json<{ id: string }>('POST', '/v1/segments', {
        name: 'Interested',
        rule,
      });
      const size = await server.operator.build(id);
      const { lines } = await server.operator.pull(id, 'visitor');
      expect(lines).toHaveLength(size);
      expect(await server.operator.estimate(rule)).toBe(size);
      return lines.map((line) => line.id).sort();
    };
    expect(await membersOf({ interest: '669' })).toEqual([...players].sort());
    expect(await membersOf({ interest: '607' })).toEqual([...players].sort());
    expect(await membersOf({ interest: '368' })).toEqual([...cooks].sort());
    expect(await membersOf({ any: [{ interest: '669' }, { interest: '371' }] })).not.toContain(glances);
    expect(await membersOf({ interest: '669', score: { gt: 99 } })).toEqual([]);
  });

  it('and the job of features counts them', async () => {
    const run = await server.operator.json<Json>('POST', '/v1/jobs/features/run?wait=1');
    expect(run).toMatchObject({
      job: 'features',
      state: 'done',
      result: { values: { all: 1, site: 1, path: 6 } },
    });
  });
});
