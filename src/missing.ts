/** @returns whether this is a file system error saying that there is no such file. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/**
 * For the `catch` of a promise about a file that may have gone meanwhile.
 *
 * @returns undefined where there is no such file. @throws the error itself where it says anything else.
 */
export function unlessMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}
