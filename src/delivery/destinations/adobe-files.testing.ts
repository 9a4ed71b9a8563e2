import { gunzipped, md5, membersOf, Names, type Receiver } from './receiving.testing.ts';

const ROOT = /^(?:S3|ftp)_(\d+)_(\d+)(?:_[A-Za-z0-9-]+)?_(iter|full)_\d{13}$/;

interface Info {
  readonly Files: readonly {
    readonly FileByteSize: number;
    readonly FileLineCount: number;
    readonly FileName: string;
    readonly FileSequenceNumber: number;
    readonly md5: string;
  }[];
  readonly Totals: Readonly<Record<string, number | string>>;
}

/** A receiver of Adobe's files: they count once a transfer-control file names all of them as they are. */
export class AdobeFiles implements Receiver {
  readonly #names = new Names();
  readonly #waiting = new Map<string, Buffer>();
  readonly #held = new Map<string, Set<string>>();

  take(name: string, body: Buffer): void {
    this.#names.add(name);
    if (name.endsWith('.sync.gz')) this.#waiting.set(name, body);
    else if (name.endsWith('.info'))
      this.#finish(name.slice(0, -'.info'.length), JSON.parse(body.toString()));
    else throw new Error(`${name} is no name`);
  }

  #finish(root: string, { Files, Totals }: Info): void {
    const [, , source, mode] = ROOT.exec(root) ?? [];
    if (source === undefined || Files.length === 0) throw new Error(`${root} is no root`);
    const rows = Files.flatMap((told, place) => {
      const split = Files.length === 1 ? '' : `-${place + 1}`;
      const body = this.#waiting.get(told.FileName);
      if (body === undefined) throw new Error(`${told.FileName} is not there yet`);
      this.#waiting.delete(told.FileName);
      const lines = gunzipped(body);
      const is = [`${root}${split}.sync.gz`, place + 1, body.length, lines.length, md5(body)];
      const said = [told.FileName, told.FileSequenceNumber, told.FileByteSize, told.FileLineCount, told.md5];
      if (is.join() !== said.join()) throw new Error(`${told.FileName} is another than it is said to be`);
      return lines;
    });
    const bytes = Files.reduce((sum, { FileByteSize }) => sum + FileByteSize, 0);
    const { FileName, TotalByteSize, TotalNumberFiles, TotalNumberLines } = Totals;
    if (
      [FileName, TotalByteSize, TotalNumberFiles, TotalNumberLines].join() !==
      [`${root}.sync`, bytes, Files.length, rows.length].join()
    )
      throw new Error('other totals');
    if (mode === 'full')
      for (const id of this.#held.keys()) if (id.startsWith(`${source}:`)) this.#held.delete(id);
    for (const row of rows) this.#apply(source, row);
  }

  #apply(source: string, row: string): void {
    const [uid, add, remove, ...more] = row.split(' ');
    if (!uid || add === undefined || more.length > 0 || remove === '')
      throw new Error('another form of line');
    if (add === '' && remove === undefined) throw new Error('a line of nothing');
    const held = this.#held.get(`${source}:${uid}`) ?? new Set();
    this.#held.set(`${source}:${uid}`, held);
    for (const code of add === '' ? [] : add.split(',')) held.add(code);
    for (const code of remove?.split(',') ?? []) held.delete(code);
  }

  /** Files that no transfer-control file has named. */
  get waiting(): string[] {
    return [...this.#waiting.keys()];
  }

  members = (code: string): string[] => membersOf(this.#held, code);
}
