import type { Context } from '../destination.ts';
import type { Drop } from './drop.ts';
import { openFolder } from './folder.ts';
import type { DropSettings } from './settings.ts';

/**
 * Puts files in the drop that the settings name, one after the other, and hangs up.
 *
 * @param files name there and path here, in the order in which they are to appear: a manifest last.
 * @throws DeliveryError
 */
export async function putFiles(
  context: Context<DropSettings>,
  files: readonly { readonly name: string; readonly path: string }[],
): Promise<void> {
  if (files.length === 0) return;
  const drop = await openDrop(context);
  try {
    for (const { name, path } of files) await drop.put(name, path);
  } finally {
    await drop.close();
  }
}

/** The clients are loaded when they are needed: that of S3 alone would add 0.2 s to the start of every command. */
async function openDrop(context: Context<DropSettings>): Promise<Drop> {
  switch (context.settings.drop) {
    case 'folder':
      return openFolder(context);
    case 's3':
      return (await import('./s3.ts')).openS3(context);
    case 'sftp':
      return (await import('./sftp.ts')).openSftp(context);
  }
}
