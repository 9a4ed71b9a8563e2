import { describe, expect, it } from 'vitest';
import type { Done } from '../journal/batch.ts';
import type { JournalRefusal } from '../journal/name.ts';
import { browser } from './door.ts';
import { type Front, front, requestOf, SITE } from './front.testing.ts';
import { HitStream } from './hit-stream.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const line = (more: object = {}) =>
  JSON.stringify({ site: SITE.key, url: 'https://shop.test/a', firstPartyId: 'member-0001', ...more });

const open = () => front({ gvlId: 77, now: NOW });
const streamOf = (door: Front) =>
  new HitStream({
    collector: door.collector,
    sender: browser(door.cookie, requestOf('/v1/hits'), NOW, 'api'),
    trust: 'server',
    refuse: (reason) => door.tally.count('collect', '', reason, NOW),
    now: () => NOW,
  });

/** Hands on lines as the server does, until all are taken or the journal takes no more. */
async function takeAll(taking: HitStream, lines: Iterable<string | undefined>): Promise<void> {
  for (const each of lines) {
    await taking.take(each);
    if (taking.failure !== undefined) break;
  }
  await taking.settled();
}

/** A disk that writes when it is told to, a batch at a time; rows come out as `refusals` say, in turn. */
function slowDisk(door: Front): { waiting: () => number; write: (refusal?: JournalRefusal) => void } {
  let rows: Done[] = [];
  door.journal.append = (_stream, _line, done) => void rows.push(done);
  return {
    waiting: () => rows.length,
    write: (refusal) => {
      const batch = rows;
      rows = [];
      for (const done of batch) done(refusal);
    },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('lines that are hits', () => {
  it('are kept, and blank ones are none', async () => {
    const door = open();
    const taking = streamOf(door);
    await takeAll(taking, [`\ufeff${line()}`, '', '  \r', line()]);
    expect(taking.report()).toEqual({ taken: 4, again: [], accepted: 2, refused: [], refusedByReason: {} });
    expect(door.journal.of('hits')).toHaveLength(2);
  });

  it('are refused one by one, each by name and number', async () => {
    const door = open();
    const taking = streamOf(door);
    const wrong: [string | undefined, string][] = [
      ['{"site":', 'bad_json'],
      ['[]', 'bad_json'],
      [line({ colour: 'red' }), 'unknown_field'],
      [undefined, 'line_too_long'],
      [line({ site: 'nobody' }), 'unknown_site'],
      [line({ time: NOW + 120_000 }), 'future'],
      [line({ ip: '1.2.3' }), 'bad_field'],
    ];
    await takeAll(taking, [line(), ...wrong.map(([text]) => text), line()]);
    expect(taking.report()).toEqual({
      taken: 9,
      again: [],
      accepted: 2,
      refused: wrong.map(([, reason], n) => ({ index: n + 1, reason })),
      refusedByReason: {
        bad_json: 2,
        unknown_field: 1,
        line_too_long: 1,
        unknown_site: 1,
        future: 1,
        bad_field: 1,
      },
    });
    expect(door.counted()).toEqual({ stored: 2, ...taking.report().refusedByReason });
  });

  it('are heard where they say no, whatever else is wrong with them', async () => {
    const door = open();
    const taking = streamOf(door);
    await takeAll(taking, [line(), line({ event: 'refusal', colour: 'red' })]);
    expect(taking.report()).toMatchObject({ accepted: 1, refusedByReason: { visitor_refused: 1 } });
    const [hit] = door.journal.of('hits');
    expect(door.journal.of('consents')).toMatchObject([{ visitor: hit?.['visitor'], withdrawn: '1' }]);
  });

  it('are told line by line only up to a bound, and counted all', async () => {
    const taking = streamOf(open());
    await takeAll(taking, Array(5_000).fill('no hit'));
    const { refused, refusedByReason } = taking.report();
    expect(refused).toHaveLength(1_000);
    expect(refusedByReason).toEqual({ bad_json: 5_000 });
  });
});

describe('a slow disk', () => {
  it('holds the sender back, and never has more than a few hits waiting for it', async () => {
    const door = open();
    const disk = slowDisk(door);
    const taking = streamOf(door);
    let handedOn = 0;
    const lines = function* () {
      for (; handedOn < 5_000; handedOn++) yield line();
    };
    let ended = false;
    const all = takeAll(taking, lines()).then(() => {
      ended = true;
    });
    let most = 0;
    while (!ended) {
      for (let turns = 0; turns < 20; turns++) await turn();
      most = Math.max(most, disk.waiting());
      expect(handedOn - taking.report().accepted).toBeLessThanOrEqual(257);
      disk.write();
    }
    await all;
    expect(most).toBe(256);
    expect(taking.report()).toMatchObject({ taken: 5_000, accepted: 5_000 });
  });

  it('has long lines waiting up to a bound of bytes', async () => {
    const door = open();
    const disk = slowDisk(door);
    const taking = streamOf(door);
    const long = line({ title: 'x'.repeat(60_000) });
    expect([taking.take(long), taking.take(long)]).toEqual([undefined, undefined]);
    const room = taking.take(long);
    expect(room).toBeInstanceOf(Promise);
    disk.write();
    await room;
    await taking.settled();
    expect(taking.report().accepted).toBe(3);
  });
});

describe('a journal that takes no more', () => {
  it('when it is full ends the stream, which says how many lines were taken', async () => {
    const door = open();
    const { append } = door.journal;
    let rows = 0;
    door.journal.append = (stream, row, done) =>
      ++rows > 3 ? done('journal_full') : append.call(door.journal, stream, row, done);
    const taking = streamOf(door);
    await takeAll(taking, [line(), 'no hit', line(), '', line(), line(), line()]);
    expect(taking.failure).toBe('journal_full');
    expect(taking.report()).toEqual({
      taken: 5,
      again: [],
      accepted: 3,
      refused: [{ index: 1, reason: 'bad_json' }],
      refusedByReason: { bad_json: 1 },
    });
  });

  it('when a write fails names the lines that it lost, so that nothing is sent twice', async () => {
    const door = open();
    const disk = slowDisk(door);
    const taking = streamOf(door);
    for (const text of [line(), line()]) taking.take(text);
    disk.write();
    for (const text of [line(), 'no hit', line()]) taking.take(text);
    disk.write('journal_failed');
    taking.take(line());
    disk.write();
    await taking.settled();
    expect(taking.failure).toBe('journal_failed');
    expect(taking.report()).toMatchObject({ taken: 6, again: [2, 4], accepted: 3 });
  });
});
