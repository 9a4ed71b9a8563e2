import { describe, expect, it } from 'vitest';
import { Operator } from '../../test/client.ts';
import type { Plan } from './segment-plan.ts';
import { testServer } from './server.testing.ts';
import { type Json, Shop, statusOf } from './shop.testing.ts';

const server = await testServer();
const ask = <T = Json>(method: string, path: string, body?: unknown) =>
  server.operator.json<T>(method, `/v1/segments${path}`, body);
const plan = (segments: readonly unknown[], more: Json = {}) =>
  ask<Plan>('POST', '/plan', { segments, ...more });
const apply = (segments: readonly unknown[], more: Json = {}) => ({ segments, ...more });
const did = (site: string) => ({ did: { site } });
const segment = (id: string, rule: unknown, more: Json = {}) => ({ id, name: id, rule, ...more });
/** What a test has made is no other's: one plan deletes what it does not name. */
const clear = () => ask('POST', '/apply', apply([], { deleteOthers: true }));

describe('a plan', () => {
  it('says what would be made, changed and deleted, and changes nothing', async () => {
    await clear();
    for (const id of ['same', 'other', 'gone']) await ask('POST', '', segment(id, did(id)));
    const wanted = [
      segment('same', did('same'), { labels: [] }),
      segment('other', did('x')),
      segment('fresh', did('y')),
    ];
    const planned = await plan(wanted, { deleteOthers: true });
    expect(planned).toMatchObject({
      steps: [
        { id: 'fresh', action: 'create', version: 0, before: null, needs: ['fresh'] },
        {
          id: 'other',
          action: 'change',
          version: 1,
          changed: ['rule'],
          before: { rule: did('other') },
          after: { rule: did('x') },
        },
        { id: 'gone', action: 'delete', version: 1, after: null },
      ],
      unchanged: 1,
      others: 1,
      mistakes: [],
    });
    expect((await plan(wanted)).steps.map(({ id }) => id)).toEqual(['fresh', 'other']);
    expect(await ask('GET', '/other')).toMatchObject({ version: 1 });
  });

  it('orders what refers to each other, and names what rests on it', async () => {
    await clear();
    await ask('POST', '', segment('middle', did('m')));
    await ask('POST', '', segment('top', { segment: 'middle' }));
    const planned = await plan([
      segment('a', { all: [{ segment: 'b' }, { not: { segment: 'top' } }] }),
      segment('b', { segment: 'c' }),
      segment('c', did('c')),
      segment('middle', { segment: 'c' }),
    ]);
    const order = planned.steps.map(({ id }) => id);
    expect(order).toHaveLength(4);
    for (const [first, then] of [
      ['c', 'b'],
      ['b', 'a'],
      ['middle', 'a'],
      ['c', 'middle'],
    ] as const)
      expect(order.indexOf(first)).toBeLessThan(order.indexOf(then));
    expect(planned.affected).toMatchObject([{ id: 'top' }]);
    expect([...planned.affected[0]!.needs].sort()).toEqual(['c', 'middle']);
    const a = planned.steps.find(({ id }) => id === 'a');
    expect([...a!.needs].sort()).toEqual(['a', 'b', 'c', 'middle']);
  });

  it('tells every mistake, each once, with its path and what was meant', async () => {
    await clear();
    await ask('POST', '', segment('sports', did('s')));
    await ask('POST', '', segment('user', { segment: 'sports' }));
    const { mistakes, steps } = await plan(
      [
        segment(
          'a',
          { all: [{ did: { contry: 'DE' } }, { not: { any: [{ dud: {} }, did('x')] } }, did('y')] },
          { ttlDay: 3 },
        ),
        segment('b', { segment: 'a' }),
        segment('c', { any: [{ segment: 'sport' }, { segment: 'nothing-like-it' }] }),
        segment('d', { segment: 'e' }),
        segment('e', { segment: 'd' }),
        segment('BAD ID', did('x')),
        segment('b', did('z')),
        { id: 'f', rule: did('x'), ttlDays: 0 },
        'nothing',
      ],
      { deleteOthers: true },
    );
    expect(steps).toEqual([]);
    expect(mistakes.map(({ id, type, path }) => `${id} ${type} ${path}`)).toEqual([
      'a unknown_field /ttlDay',
      'a unknown_field /rule/all/0/did/contry',
      'a unknown_operator /rule/all/1/not/any/0/dud',
      'BAD ID invalid /id',
      'b duplicate_id /id',
      'f invalid /name',
      'f invalid /ttlDays',
      ' invalid /',
      'c unknown_segment /rule/any/0/segment',
      'c unknown_segment /rule/any/1/segment',
      'd segment_cycle /rule/segment',
      'e segment_cycle /rule/segment',
    ]);
    const messages = mistakes.map(({ message }) => message).join('\n');
    for (const meant of ['ttlDays', 'country', 'did']) expect(messages).toContain(`did you mean ${meant}?`);
  });

  it('suggests the segment that was probably meant', async () => {
    await clear();
    await ask('POST', '', segment('sports', did('s')));
    const { mistakes } = await plan([segment('c', { any: [{ segment: 'sprots' }] })]);
    expect(mistakes[0]!.message).toBe('/any/0/segment: there is no segment c → sprots, did you mean sports?');
  });

  it('is refused where a segment that stays would no longer stand', async () => {
    await clear();
    await ask('POST', '', segment('base', did('b')));
    await ask('POST', '', segment('user', { segment: 'base' }));
    const { mistakes } = await plan([segment('base', { segment: 'user' })]);
    expect(mistakes.map(({ id, type }) => `${id} ${type}`)).toEqual([
      'base segment_cycle',
      'user segment_cycle',
    ]);
    const gone = await plan([segment('user', { segment: 'base' })], { deleteOthers: true });
    expect(gone.mistakes).toMatchObject([{ id: 'user', type: 'unknown_segment' }]);
  });

  it('of more than can be is refused, and of nothing is nothing', async () => {
    await clear();
    expect(await plan([])).toEqual({ steps: [], affected: [], unchanged: 0, others: 0, mistakes: [] });
    const many = Array.from({ length: 1001 }, (_, n) => segment(`s${n}`, did('x')));
    expect(await statusOf(server.operator, 'POST', '/v1/segments/plan', { segments: many })).toBe(
      '400 invalid',
    );
  });
});

describe('an estimate', () => {
  it('is of the segments that are given along, in place of those that are stored', async () => {
    const shop = await new Shop(server).open();
    await shop.see(server.person());
    await shop.build();
    const rule = { all: [did(shop.site), { not: { segment: 'blocked' } }] };
    const estimate = (segments: readonly unknown[]) => ask('POST', '/estimate', { rule, segments });
    expect(await statusOf(server.operator, 'POST', '/v1/segments/estimate', { rule })).toBe(
      '400 unknown_segment',
    );
    expect(await estimate([{ id: 'blocked', rule: did('nowhere') }])).toMatchObject({ size: 1 });
    expect(await estimate([{ id: 'blocked', rule: { segment: shop.segment } }])).toMatchObject({ size: 0 });
    const [a, b] = [
      { id: 'blocked', rule: { segment: 'b' } },
      { id: 'b', rule: { segment: 'blocked' } },
    ];
    expect(await statusOf(server.operator, 'POST', '/v1/segments/estimate', { rule, segments: [a, b] })).toBe(
      '400 segment_cycle',
    );
  });
});

describe('what is applied', () => {
  it('is all that was planned, with its note, and is refused once somebody has changed any of it', async () => {
    await clear();
    await ask('POST', '', segment('one', did('1')));
    const wanted = [segment('one', did('x')), segment('two', { segment: 'one' })];
    const { steps } = await plan(wanted);
    const versions = Object.fromEntries(steps.map(({ id, version }) => [id, version]));
    await ask('PATCH', '/one', { name: 'Renamed meanwhile' });
    const refused = await server.operator.send('POST', '/v1/segments/apply', { segments: wanted, versions });
    expect(refused.status).toBe(409);
    expect(JSON.parse(refused.body)).toMatchObject({
      type: 'urn:ninety:conflict',
      segments: ['one'],
      applied: [],
    });
    expect(await statusOf(server.operator, 'GET', '/v1/segments/two')).toBe('404 not_found');

    const now = { one: 2, two: 0 };
    const done = await ask('POST', '/apply', { segments: wanted, versions: now, note: 'release 42' });
    expect(done).toEqual({
      applied: [
        { id: 'one', action: 'change', version: 3, updatedAt: (await ask('GET', '/one'))['updatedAt'] },
        { id: 'two', action: 'create', version: 1, updatedAt: expect.any(String) },
      ],
    });
    expect(await ask('GET', '/two')).toMatchObject({ rule: { segment: 'one' }, note: 'release 42' });
  });

  it('is nothing where anything is wrong', async () => {
    await clear();
    const answer = await server.operator.send('POST', '/v1/segments/apply', {
      segments: [segment('good', did('1')), segment('bad', { segment: 'nobody' })],
    });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ mistakes: [{ id: 'bad', type: 'unknown_segment' }] });
    expect((await ask('GET', ''))['items']).toEqual([]);
  });

  it('is told of by those with read, and done by those with edit', async () => {
    const made = await server.operator.json<Json>('POST', '/v1/keys', { name: 'x', scopes: ['read'] });
    const reader = new Operator(server.url, String(made['key']));
    const body = { segments: [] };
    expect(await statusOf(reader, 'POST', '/v1/segments/plan', body)).toBe('200');
    expect(await statusOf(reader, 'POST', '/v1/segments/apply', body)).toBe('403 forbidden');
  });

  it('turns around who refers to whom, and deletes what referred to each other', async () => {
    await clear();
    await ask('POST', '', segment('a', did('1')));
    await ask('POST', '', segment('b', { segment: 'a' }));
    await ask('POST', '/apply', { segments: [segment('a', { segment: 'b' }), segment('b', did('1'))] });
    expect(await ask('GET', '/a')).toMatchObject({ rule: { segment: 'b' } });
    expect(await clear()).toEqual({
      applied: [
        { id: 'a', action: 'delete', version: 3, updatedAt: expect.any(String) },
        { id: 'b', action: 'delete', version: 3, updatedAt: expect.any(String) },
      ],
    });
  });

  it('is known to have been, until somebody changes it in another way', async () => {
    await clear();
    const planned = async (id: string) =>
      (await plan([segment(id, did('other'))])).steps.map(({ version, isApplied }) => [version, isApplied]);
    const ofPlans = async () =>
      ((await ask('GET', '/known/versions'))['items'] as Json[]).map(({ applied }) => applied);
    await ask('POST', '/apply', apply([segment('known', did('1'))]));
    expect(await planned('known')).toEqual([[1, true]]);
    await ask('PATCH', '/known', { name: 'By hand' });
    expect(await planned('known')).toEqual([[2, false]]);
    await ask('POST', '/known/versions/1/restore');
    expect(await planned('known')).toEqual([[3, false]]);
    expect(await ofPlans()).toEqual([undefined, undefined, true]);
    await clear();
    expect(await planned('known')).toEqual([[4, true]]);
    expect(await planned('never')).toEqual([[0, false]]);
    const said = segment('said', did('1'), { applied: true });
    expect(await statusOf(server.operator, 'POST', '/v1/segments', said)).toBe('400 invalid');
    expect((await plan([said])).mistakes).toMatchObject([{ type: 'unknown_field', path: '/applied' }]);
  });
});
