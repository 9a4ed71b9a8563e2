import { describe, expect, it } from 'vitest';
import { linesOf, readDrop } from '../drops/drop.testing.ts';
import { serveSftp } from '../drops/sftp.testing.ts';
import { adobeFiles } from './adobe-files.ts';
import { chunkOf, contextOf } from './chunk.testing.ts';

const own = { destinationId: '1234', dataSourceId: '45454', alias: 'XYZCustomer' };
const settings = (more: object = {}) =>
  adobeFiles.settings.parse({ drop: 'folder', path: 'in', ...own, ...more });

describe('files in the manner of Adobe', () => {
  it('tell of each kind of id apart, with a transfer-control file', async () => {
    const context = await contextOf(settings());
    const chunk = chunkOf([
      { uid: 'one', add: ['10', '11'], remove: ['12'] },
      { uid: 'two', remove: ['10'] },
      { uid: 'three', add: ['10'] },
      { uid: 'device', source: 'idfa', add: ['10'] },
      { uid: 'a b', add: ['10'] },
    ]);
    const taken = await adobeFiles.send(chunk, context);
    expect(taken.accepted).toBe(4);
    expect(taken.failed).toMatchObject([{ number: 4, reason: 'bad_id' }]);
    const files = await readDrop(context, 'in');
    const time = chunk.planned.getTime();
    const [idfaInfo, idfa, info, data] = files;
    expect(files.map(({ name }) => name)).toEqual([
      `S3_1234_20915_XYZCustomer_iter_${time}.info`,
      `S3_1234_20915_XYZCustomer_iter_${time}.sync.gz`,
      `S3_1234_45454_XYZCustomer_iter_${time}.info`,
      `S3_1234_45454_XYZCustomer_iter_${time}.sync.gz`,
    ]);
    expect(linesOf(data!.text)).toEqual(['one 10,11 12', 'two  10', 'three 10']);
    expect(linesOf(idfa!.text)).toEqual(['device 10']);
    expect(JSON.parse(info!.text)).toEqual({
      Files: [
        {
          FileByteSize: data!.bytes,
          FileLineCount: 3,
          FileName: data!.name,
          FileSequenceNumber: 1,
          md5: data!.md5,
        },
      ],
      Totals: {
        FileName: data!.name.replace('.gz', ''),
        TotalByteSize: data!.bytes,
        TotalNumberFiles: 1,
        TotalNumberLines: 3,
      },
    });
    expect(JSON.parse(idfaInfo!.text).Totals.TotalNumberLines).toBe(1);
  });

  it('are numbered where they are split, and the control file comes last', async () => {
    const server = await serveSftp({ username: 'u', password: 'p', folders: ['/in'] });
    try {
      const sftp = { drop: 'sftp', path: '/in', host: '127.0.0.1', username: 'u', password: 'p' };
      const context = await contextOf(
        settings({
          ...sftp,
          port: server.port,
          hostKey: server.hostKey,
          splitMegabytes: 1,
          alias: undefined,
        }),
      );
      const uids = Array.from({ length: 20_000 }, (_, n) => ({ uid: `${n}`.padStart(80, '0'), add: ['1'] }));
      const chunk = chunkOf(uids, { mode: 'full' });
      await adobeFiles.send(chunk, context);
      const root = `/in/ftp_1234_45454_full_${chunk.planned.getTime()}`;
      expect([...server.files.keys()]).toEqual([`${root}-1.sync.gz`, `${root}-2.sync.gz`, `${root}.info`]);
      const { Files, Totals } = JSON.parse(server.files.get(`${root}.info`)!.toString());
      expect(Files.map((file: { FileSequenceNumber: number }) => file.FileSequenceNumber)).toEqual([1, 2]);
      expect(Totals).toMatchObject({ TotalNumberFiles: 2, TotalNumberLines: 20_000 });
      expect(server.seen.at(-1)).toBe(`${root}.info`);
    } finally {
      await server.close();
    }
  });
});
