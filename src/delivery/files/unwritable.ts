import type { Line } from '../destination.ts';
import { isField, isJsonText, refusePlainCode } from './text.ts';
import type { Encoded } from './write-lines.ts';

type Refused = Extract<Encoded, { refused: unknown }>;

/** Why a line cannot stand between separators; undefined: it can. @param codes those of its segments that are written. */
export function unwritable(line: Line, separators: string, codes: readonly string[]): Refused | undefined {
  if (!isField(line.uid, separators)) {
    return { refused: 'bad_id', detail: 'the id holds what would break a line of the file' };
  }
  // Codes are checked when they are given; a file is not to depend on it.
  return codes.some((code) => refusePlainCode(code) !== undefined) ? BAD_SEGMENT : undefined;
}

/** The same of a line of JSON. */
export function unwritableInJson(line: Line, codes: readonly string[]): Refused | undefined {
  if (!isJsonText(line.uid)) return { refused: 'bad_id', detail: 'the id is no text' };
  return codes.every(isJsonText) ? undefined : BAD_SEGMENT;
}

const BAD_SEGMENT: Refused = {
  refused: 'bad_segment',
  detail: 'a segment has a name that would break a line',
};
