import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { isObject } from '../json-object.ts';

/** Where in a file: both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A file's text, read: what it says, and where it says so. */
export interface SegmentDocument {
  readonly ok: true;
  readonly content: Readonly<Record<string, unknown>>;
  readonly document: Document;
  /** @param path such as `/rule/all/1/did/contry`; of what is not there, the nearest that is. */
  readonly placeOf: (path: string) => Place;
}

/** Why a text is no segment. */
export interface UnreadDocument {
  readonly ok: false;
  readonly problems: readonly (Place & { readonly message: string })[];
}

/** What a file may not say, because it is said elsewhere. */
const SAID_ELSEWHERE = {
  id: 'the name of the file says it',
  folder: 'the folder that the file lies in says it',
} as const;

/**
 * Reads the text of a segment's file (YAML 1.2, one document).
 *
 * @returns what it says as JSON would, or every problem.
 */
export function readDocument(text: string): SegmentDocument | UnreadDocument {
  const lines = new LineCounter();
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const refused = (problems: UnreadDocument['problems']): UnreadDocument => ({ ok: false, problems });
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    // A tag that is not known only warns, and would be read as if it were not there.
    const faults = [...document.errors, ...document.warnings];
    if (faults.length > 0) return refused(faults.map(({ pos, message }) => ({ ...at(pos[0]), message })));
    const content: unknown = JSON.parse(JSON.stringify(document.toJS() ?? null));
    if (!isObject(content))
      return refused([{ ...at(0), message: 'must be fields of a segment, such as name and rule' }]);
    const placeOf = (path: string) => at(offsetOf(document.contents as Node, stepsOf(path)));
    const misplaced = Object.entries(SAID_ELSEWHERE).filter(([field]) => Object.hasOwn(content, field));
    if (misplaced.length > 0)
      return refused(
        misplaced.map(([field, why]) => ({ ...placeOf(`/${field}`), message: `/${field}: ${why}` })),
      );
    return { ok: true, content, document, placeOf };
  } catch (error) {
    // Nested too deep to be walked, or aliases that would grow without bound.
    return refused([{ ...at(0), message: `cannot be read: ${(error as Error).message}` }]);
  }
}

/** Steps are escaped as in JSON Pointer (RFC 6901). */
const stepsOf = (path: string) =>
  path
    .split('/')
    .filter((step) => step !== '')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

function offsetOf(root: Node, steps: readonly string[]): number {
  let found: unknown = root;
  let node: unknown = root;
  for (const step of steps) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isNamed(isScalar(key) ? String(key.value) : '', step));
      if (pair === undefined) break;
      found = pair.key;
      node = pair.value;
    } else if (isSeq(node)) {
      const item = node.items[Number(step)];
      if (item === undefined) break;
      found = item;
      node = item;
    } else break;
  }
  return isNode(found) ? (found.range?.[0] ?? 0) : 0;
}

/** A refusal shows of a long name only how it begins. */
const isNamed = (name: string, step: string) =>
  name === step || (step.endsWith('…') && name.startsWith(step.slice(0, -1)));
