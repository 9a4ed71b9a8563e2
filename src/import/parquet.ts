import { type FileHandle, open } from 'node:fs/promises';
import { type AsyncBuffer, parquetMetadataAsync, parquetScan, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { asUnreadable, isGzip, UnreadableLogError } from './lines.ts';

/** A table in columns. */
export interface ParquetTable {
  readonly columns: readonly string[];
  readonly bytes: number;
  /**
   * Its rows, values in the order of the columns. A row group is in memory at a time, because its columns
   * can only be unpacked whole.
   *
   * @throws UnreadableLogError, the signal's reason
   */
  readonly rows: (signal: AbortSignal) => AsyncGenerator<readonly unknown[]>;
  /** How far it is, as bytes of the file. */
  readonly bytesRead: () => number;
  readonly close: () => Promise<void>;
}

/** @throws UnreadableLogError */
export async function openParquet(file: string): Promise<ParquetTable> {
  const handle = await open(file).catch((error: unknown) => {
    throw asUnreadable(error, file);
  });
  try {
    return await tableOf(handle, file);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function tableOf(handle: FileHandle, file: string): Promise<ParquetTable> {
  const stat = await handle.stat();
  if (stat.isDirectory()) throw new UnreadableLogError('no_file', file);
  if (await isGzip(handle)) throw new UnreadableLogError('packed_parquet', file);
  const source: AsyncBuffer = {
    byteLength: stat.size,
    slice: async (start, end = stat.size) => {
      const bytes = new Uint8Array(end - start);
      for (let at = 0; at < bytes.length; ) {
        const { bytesRead: n } = await handle.read(bytes, at, bytes.length - at, start + at);
        if (n === 0) throw new UnreadableLogError('damaged', file);
        at += n;
      }
      return bytes.buffer;
    },
  };
  const metadata = await parquetMetadataAsync(source).catch((error: unknown) => {
    throw asDamaged(error, file, 'no_parquet');
  });
  let row = 0;
  const columns = parquetSchema(metadata).children.map((column) => column.element.name);
  return {
    columns,
    bytes: stat.size,
    // Not what was read: indexes and filters in the file need not be.
    bytesRead: () => (stat.size * row) / Math.max(1, Number(metadata.num_rows)),
    close: () => handle.close(),
    async *rows(signal) {
      try {
        const scan = await parquetScan({ file: source, metadata, columns, compressors });
        for (const range of scan.ranges) {
          const values = [];
          for (const column of columns) {
            signal.throwIfAborted();
            values.push(await scan.readColumn({ column, ...range }));
          }
          for (row = range.rowStart; row < range.rowEnd; row++) {
            signal.throwIfAborted();
            yield values.map((column) => column[row - range.rowStart] as unknown);
          }
        }
      } catch (error) {
        throw signal.aborted ? signal.reason : asDamaged(error, file, 'damaged');
      }
    },
  };
}

/** What the library throws for bytes that do not fit together is a plain Error of any text. */
function asDamaged(error: unknown, file: string, reason: 'damaged' | 'no_parquet'): unknown {
  const known = asUnreadable(error, file);
  return known instanceof UnreadableLogError ? known : new UnreadableLogError(reason, file);
}
