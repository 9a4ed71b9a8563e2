import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { openShards } from '../../identity/shards.testing.ts';
import { History, Reader } from './history.testing.ts';

const clickhouse = new ClickHouse(await freshDatabase());
beforeAll(async () => void (await migrate(clickhouse, 90)));
afterAll(() => clickhouse.close());

const VISITORS = 6;
const UIDS = ['u1', 'u2', 'u3', 'u4'];
const who = fc.nat(VISITORS - 1);
const uid = fc.constantFrom(...UIDS);
const late = fc.constantFrom(0, 0, 5);

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant('build' as const), members: fc.uniqueArray(who) }),
  },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('link' as const), who, uid, late }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('unlink' as const), who }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('withdraw' as const), who, late }) },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constant('consent' as const), who, partner: fc.boolean(), late }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('deviceSaysNo' as const), uid }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('setAside' as const), uids: fc.uniqueArray(uid) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('setAsideWho' as const), who }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('erase' as const), who }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('deleted' as const), who }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('lastDay' as const), place: fc.nat(2) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const round = fc.record({
  steps: fc.array(step, { maxLength: 4 }),
  below: fc.constantFrom(false, false, false, true),
  reads: fc.boolean(),
});
type Round = typeof round extends fc.Arbitrary<infer T> ? T : never;

async function take(history: History, step: Step): Promise<void> {
  switch (step.does) {
    case 'build':
      return history.members(step.members);
    case 'link':
      return history.link(step.who, step.uid, step.late);
    case 'unlink':
      return history.set.source.kind === 'partner' ? history.link(step.who, '') : undefined;
    case 'withdraw':
      return history.consent(
        history.visitor(step.who),
        { withdrawn: 1, purposes: 0, partners: [] },
        step.late,
      );
    case 'consent':
      return history.consent(history.visitor(step.who), step.partner ? {} : { partners: [] }, step.late);
    case 'deviceSaysNo':
      return history.consent(history.own(step.uid), { withdrawn: 1, purposes: 0, partners: [] });
    case 'setAside':
      return history.setAside(step.uids.map((uid) => ({ uid })));
    case 'setAsideWho':
      return history.setAside([{ number: step.who }]);
    case 'erase':
      return history.erase(step.who);
    case 'deleted':
      return history.deleted(step.who);
    case 'lastDay':
      return history.lastDay(step.place);
  }
}

async function start(at: ClickHouse, kind: 'partner' | 'device' | 'visitor'): Promise<History> {
  const history = new History(at, kind);
  for (let number = 0; number < VISITORS; number++) {
    await history.consent(history.visitor(number));
    await history.link(number, UIDS[number % UIDS.length]!);
  }
  await history.members([0, 1, 2]);
  expect(await history.upkeep()).toMatchObject({ whole: true });
  return history;
}

async function play(at: ClickHouse, kind: 'partner' | 'device' | 'visitor', rounds: readonly Round[]) {
  const history = await start(at, kind);
  const [always, sometimes] = [new Reader(), new Reader()];
  await always.read(history);
  let wasBelow = false;
  for (const { steps, below, reads } of rounds) {
    for (const each of steps) await take(history, each);
    history.become({ belowFloor: below });
    const { whole } = await history.upkeep();
    expect(whole).toBe(wasBelow && !below);
    wasBelow = below;
    await always.read(history);
    if (reads) await sometimes.read(history);
    const full = await history.full();
    if (below) for (const held of always.ids) expect(full).toContain(held);
    else {
      expect(always.ids).toEqual(full);
      expect(await history.told(0)).toEqual(full.map((each) => `+${each}`));
      if (reads) expect(sometimes.ids).toEqual(full);
    }
  }
}

describe('who applies each answer in turn has what a full export gives, whatever came in between', () => {
  it.each(['partner', 'device', 'visitor'] as const)(
    'under ids of a %s',
    { timeout: 600_000 },
    async (kind) => {
      await fc.assert(
        fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 4 }), (rounds) =>
          play(clickhouse, kind, rounds),
        ),
        { numRuns: 5, endOnFailure: true },
      );
    },
  );

  it('on two shards too', async () => {
    const { clickhouse: shards, close } = await openShards();
    try {
      const quiet = { below: false, reads: true } as const;
      await play(shards, 'partner', [
        {
          ...quiet,
          steps: [
            { does: 'build', members: [0, 2, 3, 4, 5] },
            { does: 'link', who: 2, uid: 'u1', late: 0 },
          ],
        },
        {
          ...quiet,
          steps: [
            { does: 'withdraw', who: 3, late: 0 },
            { does: 'setAside', uids: ['u1'] },
          ],
        },
        {
          ...quiet,
          steps: [
            { does: 'build', members: [1, 2, 3, 4, 5] },
            { does: 'lastDay', place: 0 },
            { does: 'setAside', uids: [] },
          ],
        },
      ]);
    } finally {
      await close();
    }
  });
});

/** What a history comes to by the next upkeep, which must not have compared all. */
async function next(history: History): Promise<string[]> {
  const since = history.seq;
  expect(await history.upkeep()).toMatchObject({ whole: false });
  const told = await history.told(since);
  expect((await history.told(0)).map((line) => line.slice(1))).toEqual(await history.full());
  return told;
}

const inPlace = { mutations_sync: '2' } as const;

describe('an upkeep that looks at changes alone', () => {
  it('finds a match that is not fresh any more, though nothing was stored', async () => {
    const history = new History(clickhouse, 'partner', { freshDays: 10 });
    await history.consent(history.visitor(0));
    await history.link(0, 'u1');
    await history.members([0]);
    await history.upkeep();
    const { id } = history.set.source;
    await clickhouse.command(
      'ALTER TABLE links UPDATE last = now64(3) - toIntervalDay(10) - 60 WHERE source = {id:String}',
      { id },
      inPlace,
    );
    expect(await next(history)).toEqual([`-${history.uid('u1')}`]);
  });

  it('finds a uid that comes back, because the one that replaced it has gone past the retention', async () => {
    await clickhouse.command('SYSTEM STOP TTL MERGES links');
    const history = await start(clickhouse, 'partner');
    const { set, seq } = history;
    // As if the uid told of last had been in until yesterday.
    const params = { segment: set.segment, uid: history.uid('u1') };
    await clickhouse.command(
      'DELETE FROM exports WHERE segment = {segment:String} AND uid = {uid:String}',
      params,
    );
    const observed = new Date().toISOString().slice(0, 10);
    await clickhouse.insert('exports', [
      { segment: set.segment, source: set.name, uid: history.uid('u9'), seq, op: 'add', observed },
    ]);
    await clickhouse.command(
      `INSERT INTO links (source, visitor, uid, first, last, told, landed)
       SELECT {source:String}, {visitor:UInt64}, {uid:String}, last, now64(3) - toIntervalDay(90) AS last, now64(3),
              now() - toIntervalDay(50)`,
      { source: set.source.id, visitor: history.visitor(0), uid: history.uid('u9') },
    );
    await clickhouse.command(
      'ALTER TABLE upkeeps UPDATE looked = now() - toIntervalDay(1) WHERE segment = {segment:String}',
      { segment: set.segment },
      inPlace,
    );
    expect(await next(history)).toEqual([`+${history.uid('u1')}`, `-${history.uid('u9')}`]);
    await clickhouse.command('SYSTEM START TTL MERGES links');
  });

  it('writes an id on its last days again that was seen since, and takes back one that was not', async () => {
    const history = new History(clickhouse, 'partner');
    for (const [number, uid] of UIDS.slice(0, 2).entries()) {
      await history.consent(history.visitor(number));
      await history.link(number, uid);
    }
    await history.members([0, 1]);
    await history.upkeep();
    const { segment } = history.set;
    await clickhouse.command(
      'ALTER TABLE exports UPDATE observed = today() - 89 WHERE segment = {segment:String}',
      { segment },
      inPlace,
    );
    await clickhouse.command(
      'ALTER TABLE links UPDATE last = now64(3) - toIntervalDay(89) WHERE uid = {uid:String}',
      { uid: history.uid('u2') },
      inPlace,
    );
    const since = history.seq;
    expect(await history.upkeep()).toEqual({ whole: false, written: 2 });
    // Its first row ends before the last cursor does that lies before it, so who has it is told of it once more.
    expect(await history.told(since)).toEqual([`+${history.uid('u1')}`, `-${history.uid('u2')}`]);
    const rows = await clickhouse.query(
      'SELECT uid, count() AS n FROM exports WHERE segment = {segment:String} GROUP BY uid ORDER BY uid',
      { segment },
    );
    expect(rows).toEqual([
      { uid: history.uid('u1'), n: '2' },
      { uid: history.uid('u2'), n: '2' },
    ]);
    // What it has taken back does not come again, though its observation has a day left.
    expect(await history.upkeep()).toEqual({ whole: false, written: 0 });
  });

  it('tells an add that was written anew, where the first row is gone before the reader comes', async () => {
    const history = await start(clickhouse, 'partner');
    const since = history.seq;
    await history.link(3, 'u9');
    await history.members([0, 1, 2, 3]);
    await history.upkeep();
    const first = history.seq;
    const aged = (days: number, seq: number) =>
      clickhouse.command(
        `ALTER TABLE exports UPDATE observed = today() - {days:UInt16}
         WHERE segment = {segment:String} AND uid = {uid:String} AND seq = {seq:UInt64}`,
        { segment: history.set.segment, uid: history.uid('u9'), days, seq },
        inPlace,
      );
    // It came in by an old observation, was seen then, and the row it came in by ran out.
    await aged(85, first);
    await history.link(3, 'u9');
    expect(await history.upkeep()).toEqual({ whole: false, written: 1 });
    await aged(90, first);
    expect(await history.told(since)).toEqual([`+${history.uid('u9')}`]);
    // To who was told of the first row it is the same again, and to who has the second it is nothing.
    expect(await history.told(first)).toEqual([`+${history.uid('u9')}`]);
    expect(await history.told(history.seq)).toEqual([]);
  });

  it('looks at no more than what changed', async () => {
    const history = await start(clickhouse, 'partner');
    const { segment } = history.set;
    // What nothing tells of is not found, before all is compared.
    await clickhouse.command('DELETE FROM exports WHERE segment = {segment:String} AND uid = {uid:String}', {
      segment,
      uid: history.uid('u1'),
    });
    expect(await history.upkeep()).toEqual({ whole: false, written: 0 });
    expect(await history.told(0)).toEqual([`+${history.uid('u2')}`, `+${history.uid('u3')}`]);
  });
});

describe('all is compared', () => {
  it.each<[string, (history: History) => Promise<void> | void]>([
    ['by another rule', (history) => history.become({ gate: { freshDays: 30 } })],
    ['where nobody may leave any more', (history) => history.become({ build: undefined })],
    ['where places count', (history) => history.become({ gate: { forbidden: ['DE'] } })],
    [
      'where it is not known who came with a build',
      async (history) => {
        await history.members([0, 4]);
        await clickhouse.command(
          'ALTER TABLE builds UPDATE added = NULL WHERE segment = {segment:String}',
          { segment: history.set.segment },
          inPlace,
        );
      },
    ],
    [
      'where it was not for too long',
      async (history) =>
        void (await clickhouse.command(
          'ALTER TABLE upkeeps UPDATE whole = now() - toIntervalDay(8) WHERE segment = {segment:String}',
          { segment: history.set.segment },
          inPlace,
        )),
    ],
    [
      'where the last look is too long ago',
      async (history) =>
        void (await clickhouse.command(
          'ALTER TABLE upkeeps UPDATE looked = now() - toIntervalDay(8) WHERE segment = {segment:String}',
          { segment: history.set.segment },
          inPlace,
        )),
    ],
  ])('%s', async (_, comes) => {
    const history = await start(clickhouse, 'partner');
    await comes(history);
    expect(await history.upkeep()).toMatchObject({ whole: true });
  });
});

it('an answer is gone on with behind any of its lines', async () => {
  const history = await start(clickhouse, 'partner');
  const lines = await history.told(0);
  expect(lines).toHaveLength(3);
  for (const [place, line] of lines.entries())
    expect(await history.told(0, false, line.slice(1))).toEqual(lines.slice(place + 1));
});
