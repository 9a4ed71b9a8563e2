import { DeliveryError } from '../destination.ts';

/** Somewhere that files are put for somebody else to fetch. */
export interface Drop {
  /**
   * Puts a file of this machine there. When it resolves, the whole file is there under its name; before that, and
   * where it fails, nobody sees a part of it under that name. What is there under the name is replaced, as a second
   * try of a chunk puts the same files again. One after the other: what must come last is put last.
   *
   * @param name as the other side is to see it, see {@link DROP_NAME}.
   * @param file path on this machine.
   * @throws DeliveryError
   */
  put(name: string, file: string): Promise<void>;
  /** Ends the connection, if there is one. Never fails. */
  close(): Promise<void>;
}

/** A file's name in a drop: one that means nothing else to any file system, URL or shell. */
export const DROP_NAME = /^[A-Za-z0-9][A-Za-z0-9_.=:-]{0,199}$/;

/** What a file is called until it is whole. PubMatic asks for this very ending; watchers for `*.gz` pass over it. */
export const UPLOADING = '.UPLOADING';

/** @throws DeliveryError `rejected` for a name that could lead elsewhere. */
export function checkDropName(name: string): void {
  // The name is not told: it may be made of what a segment is called.
  if (!DROP_NAME.test(name))
    throw new DeliveryError('rejected', 'a file cannot have this name', { retry: false });
}

/** Joins a drop's path and a name with one slash; neither begins nor ends with more than it should. */
export const below = (path: string, name: string): string =>
  path === '' ? name : path.endsWith('/') ? `${path}${name}` : `${path}/${name}`;
