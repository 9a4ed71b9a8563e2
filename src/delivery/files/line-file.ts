import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** A file that is complete. */
export interface WrittenFile {
  /** Where it lies on this machine. */
  readonly path: string;
  readonly lines: number;
  /** Of the file as it lies there, compressed where it is. */
  readonly bytes: number;
  /** Of the file as it lies there, in hexadecimal. */
  readonly md5: string;
  readonly sha256: string;
  /** Of what it says, before it is compressed, in hexadecimal. */
  readonly contentMd5: string;
}

/** What is gathered before it is compressed: few large pieces are what zlib and the disk are quick at. */
const GATHERED = 64 * 1024;

/**
 * Writes lines to a file of this machine, gzipped or not, in constant memory. The same lines give the same bytes
 * (gzip is told no time), so that a second try of a chunk tells the same sums.
 */
export class LineFile {
  readonly path: string;
  lines = 0;
  /** Of what was said, before it is compressed. */
  contentBytes = 0;
  #gathered = '';
  readonly #entry: Writable;
  readonly #content = createHash('md5');
  readonly #md5 = createHash('md5');
  readonly #sha256 = createHash('sha256');
  #bytes = 0;
  readonly #written: Promise<void>;

  /**
   * @param path of a file that is not there yet.
   * @param abort ends the writing; a file cut short is the caller's to delete, with its folder.
   */
  constructor(path: string, options: { gzip: boolean; abort: AbortSignal }) {
    this.path = path;
    const counted = new Transform({
      transform: (piece: Buffer, _, done) => {
        this.#bytes += piece.length;
        this.#md5.update(piece);
        this.#sha256.update(piece);
        done(null, piece);
      },
    });
    const disk = createWriteStream(path, { flags: 'wx', mode: 0o600 });
    const { abort: signal } = options;
    if (options.gzip) {
      const gzip = createGzip();
      this.#entry = gzip;
      this.#written = pipeline(gzip, counted, disk, { signal });
    } else {
      this.#entry = counted;
      this.#written = pipeline(counted, disk, { signal });
    }
    // Whoever writes or finishes hears of it; without this line a failure between two writes would end the process.
    this.#written.catch(() => {});
  }

  /**
   * @param text of one line, with whatever ends it.
   * @returns a promise only where the disk is behind.
   */
  write(text: string): Promise<void> | undefined {
    this.lines += 1;
    this.contentBytes += Buffer.byteLength(text);
    this.#gathered += text;
    return this.#gathered.length < GATHERED ? undefined : this.#pass();
  }

  async #pass(): Promise<void> {
    const piece = Buffer.from(this.#gathered);
    this.#gathered = '';
    this.#content.update(piece);
    if (this.#entry.write(piece)) return;
    const drained = new Promise<void>((resolve) => {
      this.#entry.once('drain', resolve);
    });
    await Promise.race([drained, this.#written]);
  }

  /** Ends the file. @throws what the disk said, or the reason of the abort. */
  async finish(): Promise<WrittenFile> {
    if (this.#gathered !== '') await this.#pass();
    this.#entry.end();
    await this.#written;
    return {
      path: this.path,
      lines: this.lines,
      bytes: this.#bytes,
      md5: this.#md5.digest('hex'),
      sha256: this.#sha256.digest('hex'),
      contentMd5: this.#content.digest('hex'),
    };
  }

  /** Gives up on the file. */
  abandon(): void {
    this.#entry.destroy();
  }
}
