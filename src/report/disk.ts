import { statfs } from 'node:fs/promises';
import { metricText } from './metrics.ts';

/** A disk, in bytes. */
export interface Disk {
  readonly free: number;
  readonly total: number;
}

/** The disk that a folder lies on. @throws what the file system says. */
export async function diskOf(folder: string): Promise<Disk> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { free: bavail * bsize, total: blocks * bsize };
}

/** The disk of the data folder as Prometheus text. @throws what the file system says. */
export async function diskText(folder: string): Promise<string> {
  const { free, total } = await diskOf(folder);
  return `${metricText('ninety_disk_free_bytes', [[[], free]])}${metricText('ninety_disk_size_bytes', [[[], total]])}`;
}
