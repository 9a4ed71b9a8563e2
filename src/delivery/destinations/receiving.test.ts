import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Chunk, Taken } from '../destination.ts';
import { AdobeFiles } from './adobe-files.testing.ts';
import { adobeFiles } from './adobe-files.ts';
import { chunkOf, type LineOf } from './chunk.testing.ts';
import { IndexExchange } from './index-exchange.testing.ts';
import { indexExchange } from './index-exchange.ts';
import { Magnite } from './magnite.testing.ts';
import { magnite } from './magnite.ts';
import { PubMatic } from './pubmatic.testing.ts';
import { pubmatic } from './pubmatic.ts';
import { md5, type Receiver, receiving } from './receiving.testing.ts';

const CODES = ['10', '11', '12'];
const START = Date.parse('2026-03-01T12:00:00Z');

/** Ids by number, each with the segments that it is in after a run; odd ones are of a device. */
type Sets = readonly (readonly string[])[];

const sourceOf = (id: number, devices: boolean) => (devices && id % 2 === 1 ? 'idfa' : 'partner');

function changes(before: Sets, after: Sets, devices: boolean): LineOf[] {
  return after.flatMap((codes, id): LineOf[] => {
    const had = before[id] ?? [];
    const add = codes.filter((code) => !had.includes(code));
    const remove = had.filter((code) => !codes.includes(code));
    if (add.length === 0 && remove.length === 0) return [];
    return [{ uid: `u${id}`, source: sourceOf(id, devices), add, remove, all: codes }];
  });
}

interface Case {
  readonly title: string;
  readonly open: () => Promise<{
    readonly send: (chunk: Chunk) => Promise<Taken>;
    readonly members: (code: string) => string[];
    /** What it does with what came, before the next run. */
    readonly workOff?: () => void;
  }>;
  readonly devices: boolean;
  readonly bySegment: boolean;
  /** How it calls the kinds of ids. */
  readonly ids: { readonly partner: string; readonly idfa: string };
}

const CASES: readonly Case[] = [
  {
    title: 'PubMatic',
    open: async () => {
      const receiver = new PubMatic('89');
      const send = await receiving(receiver, pubmatic, { dataPartnerId: '89' });
      return { send, members: receiver.members };
    },
    devices: true,
    bySegment: false,
    ids: { partner: '0:', idfa: '1:' },
  },
  {
    title: 'Magnite',
    open: async () => {
      const receiver = new Magnite();
      return { send: await receiving(receiver, magnite, { owner: 'Ninety' }), members: receiver.members };
    },
    devices: true,
    bySegment: false,
    ids: { partner: 'cookie:', idfa: 'idfa:' },
  },
  {
    title: 'a receiver of files in the manner of Adobe',
    open: async () => {
      const receiver = new AdobeFiles();
      const send = await receiving(receiver, adobeFiles, { destinationId: '1', dataSourceId: '45' });
      return { send, members: receiver.members };
    },
    devices: true,
    bySegment: false,
    ids: { partner: '45:', idfa: '20915:' },
  },
  {
    title: 'Index Exchange',
    open: async () => {
      const receiver = new IndexExchange();
      const send = await receiving(receiver, indexExchange, { indexAccountId: '1' });
      return { send, members: receiver.members, workOff: () => receiver.workOff() };
    },
    devices: false,
    bySegment: true,
    ids: { partner: '', idfa: '' },
  },
];

describe.each(CASES)('$title', ({ open, devices, bySegment, ids }) => {
  it('holds what is in each segment after every run, and refuses no file', async () => {
    const { send, members, workOff } = await open();
    let run = 0;
    let before: Sets = [];
    const sets = fc.array(fc.subarray(CODES), { minLength: 4, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(sets, fc.boolean(), async (after, isWhole) => {
        const isFull = isWhole && bySegment;
        const lines = changes(isFull ? [] : before, after, devices);
        run += 1;
        const given = { planned: new Date(START + run * 1000), mode: isFull ? 'full' : 'delta' } as const;
        if (!bySegment) await send(chunkOf(lines, given));
        for (const code of bySegment ? CODES : []) {
          const own = lines
            .map(({ uid, add = [], remove = [] }) => ({
              uid,
              add: add.filter((each) => each === code),
              remove: remove.filter((each) => each === code),
            }))
            .filter(({ add, remove }) => add.length + remove.length > 0);
          if (own.length > 0 || isFull) await send(chunkOf(own, { ...given, segments: { [code]: {} } }));
        }
        workOff?.();
        before = after;
        for (const code of CODES)
          expect(members(code)).toEqual(
            after
              .flatMap((codes, id) => (codes.includes(code) ? [`${ids[sourceOf(id, devices)]}u${id}`] : []))
              .sort(),
          );
      }),
      { numRuns: 3 },
    );
  });
});

describe('the receivers of these tests refuse', () => {
  const gz = (text: string) => gzipSync(text);
  const row = '89\ta\t7\t\t\t0\n';
  const name = (text: string, time = START) => `89_${time}_${md5(Buffer.from(text))}.tsv.gz`;
  const time = START;
  const pair = (action: string, code = 'cats') =>
    Buffer.from(
      JSON.stringify({
        meta_version: '1.2',
        audienceName: 'Cats',
        audienceID: code,
        sourceAudienceID: code,
        advertiserAccountID: '1',
        indexAccountID: '1',
        exportTimestamp: '',
        action,
      }),
    );
  const list = gz('a 10\n');
  const info = (md5Of: string) =>
    Buffer.from(
      JSON.stringify({
        Files: [
          {
            FileByteSize: list.length,
            FileLineCount: 1,
            FileName: `S3_1_45_iter_${time}.sync.gz`,
            FileSequenceNumber: 1,
            md5: md5Of,
          },
        ],
        Totals: {
          FileName: `S3_1_45_iter_${time}.sync`,
          TotalByteSize: list.length,
          TotalNumberFiles: 1,
          TotalNumberLines: 1,
        },
      }),
    );
  const membership = gz('{"uuids":[{"id":"a","idType":"cookie"}],"updateType":"partial","segments":["x"]}\n');
  const pubMatic = () => new PubMatic('89');
  const files = () => new AdobeFiles();

  it.each<[sentence: string, make: () => Receiver, given: (readonly [string, Buffer])[], said: string]>([
    ['another sum in a name', pubMatic, [[name('other'), gz(row)]], 'its sum is another'],
    [
      'a name that was there',
      pubMatic,
      [
        [name(row), gz(row)],
        [name(row), gz(row)],
      ],
      'was there before',
    ],
    [
      'an older file',
      pubMatic,
      [
        [name(row), gz(row)],
        [name(row, START - 1), gz(row)],
      ],
      'older',
    ],
    ['a row of five columns', pubMatic, [[name('89\ta\t7\t\t0\n'), gz('89\ta\t7\t\t0\n')]], 'columns'],
    [
      'members before the taxonomy',
      () => new Magnite(),
      [[`memberships_${time}_1.ndjson.gz`, membership]],
      'before its taxonomy',
    ],
    [
      'members of what nobody described',
      () => new Magnite(),
      [
        [`taxonomy_${time}.ndjson.gz`, gz('')],
        [`memberships_${time}_1.ndjson.gz`, membership],
      ],
      'nobody described',
    ],
    [
      'a description before its list',
      () => new IndexExchange(),
      [['cats.json', pair('append')]],
      'before it is there',
    ],
    [
      'a pair over one that was not read',
      () => new IndexExchange(),
      [
        ['cats.gz', gz('a\n')],
        ['cats.json', pair('append')],
        ['cats.gz', gz('b\n')],
      ],
      'not read yet',
    ],
    [
      'a list that is called another',
      () => new IndexExchange(),
      [
        ['cats.gz', gz('a\n')],
        ['cats.json', pair('delete')],
      ],
      'another list',
    ],
    ['a control file before its files', files, [[`S3_1_45_iter_${time}.info`, info(md5(list))]], 'not there'],
    [
      'a control file with another sum',
      files,
      [
        [`S3_1_45_iter_${time}.sync.gz`, list],
        [`S3_1_45_iter_${time}.info`, info(md5(gz('b 10\n')))],
      ],
      'another than it is said to be',
    ],
  ])('%s', (_, make, given, said) => {
    const receiver = make();
    const last = given.at(-1)!;
    for (const [file, body] of given.slice(0, -1)) receiver.take(file, body);
    expect(() => receiver.take(...last)).toThrow(said);
  });

  it('half a pair, when it is worked off', () => {
    const receiver = new IndexExchange();
    receiver.take('cats.gz', gz('a\n'));
    expect(() => receiver.workOff()).toThrow('half a pair');
  });
});
