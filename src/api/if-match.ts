import type { Context } from 'hono';
import type { Registry } from '../registry/registry.ts';
import { ConflictError } from '../registry/registry.ts';
import { type Env, readAgain } from './http.ts';
import { ApiError } from './problem.ts';

/** The entity tag of what operators make: its version. What jobs say of it, such as a size, is no part of it. */
export const entityTag = (version: number): string => `"${version}"`;

const TAGS = /^\s*(?:W\/)?"[^"]*"(?:\s*,\s*(?:W\/)?"[^"]*")*\s*$/;

/**
 * The versions that a caller is content with, by the header `If-Match` (RFC 9110, 13.1.1).
 *
 * A weak tag counts as a strong one, against the letter of 8.8.3.2: who compresses an answer on its way makes its tag
 * weak, and the number in it is still that of the version.
 *
 * @returns undefined where any will do.
 * @throws ApiError `invalid` for what is no list of tags.
 */
function wantedVersions(c: Context<Env>): ReadonlySet<string> | undefined {
  const header = c.req.header('if-match');
  if (header === undefined || header.trim() === '*') return undefined;
  if (!TAGS.test(header))
    throw new ApiError('invalid', 'If-Match must be a version in quotes, such as "3", as ETag gives it.');
  return new Set([...header.matchAll(/"[^"]*"/g)].map(([tag]) => tag));
}

/** What a change begins with, and how it ends. */
export interface Changing<T> {
  /** What is stored, of the version that the caller has read where one is named. */
  readonly item: T;
  /**
   * Waits for the write.
   *
   * @throws ApiError `version_conflict` where somebody was first and the caller named a version, else `conflict`.
   */
  readonly written: <W>(write: Promise<W>) => Promise<W>;
}

/**
 * Holds a change to the version that its caller has read, where `If-Match` names one: what two people change at once
 * is not lost without a word.
 *
 * @param find what is stored now. @throws ApiError where there is none.
 * @param show what is told of it.
 * @throws ApiError `version_conflict` with what is there now as `current`; `invalid`; what `find` throws.
 */
export async function changing<T extends { readonly version: number }>(
  c: Context<Env>,
  registry: Registry,
  find: () => T,
  show: (item: T) => unknown,
): Promise<Changing<T>> {
  const wanted = wantedVersions(c);
  const isWanted = ({ version }: T) => wanted === undefined || wanted.has(entityTag(version));
  const refusal = async () => {
    const current = find();
    return new ApiError(
      'version_conflict',
      `It is version ${current.version} by now ("current"); look at what was changed, and change that.`,
      { current: await show(current) },
    );
  };
  let item = find();
  if (!isWanted(item)) {
    // Written by another process, it may have been read there a moment ago.
    await registry.refresh();
    item = find();
    if (!isWanted(item)) throw await refusal();
  }
  return {
    item,
    written: async (write) => {
      try {
        return await write;
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
        throw wanted === undefined ? readAgain(error) : await refusal();
      }
    },
  };
}
