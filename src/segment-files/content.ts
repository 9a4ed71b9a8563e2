import { Document, isCollection, type Node, visit } from 'yaml';
import { MATCH_FIELDS } from '../audience/rule/rule.ts';
import { isObject } from '../json-object.ts';
import type { Body } from '../registry/kinds.ts';
import { type DiffLine, diff } from './diff.ts';

/** What a file says of a segment: all but its id, which is the file's name, and its folder, which is where it lies. */
export type Content = Omit<Body<'segment'>, 'folder' | 'note' | 'applied'>;

/** The order in which fields stand, the rule last because it is the longest. */
export const FIELDS = ['name', 'labels', 'iabAudienceId', 'ttlDays', 'merge', 'rule'] as const;
const OPERATORS = ['all', 'any', 'not', 'did', 'sequence', 'dwell', 'on', 'interest', 'demographic'];
const REST = ['segment', 'trait', 'like', 'times', 'gap', 'within', 'score', 'probability', 'reach'];
const BOUNDS = ['gte', 'gt', 'lte', 'lt', 'eq'];
const ORDER = new Map([...OPERATORS, ...REST, ...MATCH_FIELDS, ...BOUNDS].map((name, n) => [name, n]));

/** A rule, or a part of one, with its fields in one order; those that are not known stand last, by name. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isObject(value)) return value;
  const place = (name: string) => ORDER.get(name) ?? ORDER.size;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1))
      .map(([name, each]) => [name, inOrder(each)]),
  );
}

/**
 * What a file says of a segment, its fields in their order and without those that say what holds anyway.
 *
 * @param segment as it is stored; its rule was read by `parseRule`, so it is not too deep to walk.
 */
export function contentOf(segment: Content): Record<string, unknown> {
  return Object.fromEntries(
    FIELDS.flatMap((field) => {
      const value = segment[field];
      if (value === undefined || (field === 'merge' && value === 'visitor')) return [];
      if (field === 'labels' && segment.labels?.length === 0) return [];
      return [[field, field === 'rule' ? inOrder(value) : value]];
    }),
  );
}

/** @returns one text for all that say the same, whatever the order of the fields in them. */
export const sameText = (value: unknown): string => JSON.stringify(inOrder(value)) ?? '';

/** Whether two rules, or other fields of segments, say the same. */
export const isSame = (a: unknown, b: unknown): boolean => sameText(a) === sameText(b);

/** All that a change of a segment may change; a note is about the change. */
const CHANGEABLE = ['name', 'folder', 'labels', 'iabAudienceId', 'ttlDays', 'merge', 'rule'] as const;
export type Changeable = (typeof CHANGEABLE)[number];

/**
 * @param before undefined = there was no such segment.
 * @returns the fields that differ, no labels being the same as an empty list of them.
 */
export function changedFields(
  before: Partial<Body<'segment'>> | undefined,
  after: Body<'segment'>,
): Changeable[] {
  const value = (of: Partial<Body<'segment'>> | undefined, field: Changeable) =>
    field === 'labels' && of?.labels?.length === 0 ? undefined : of?.[field];
  return CHANGEABLE.filter((field) => !isSame(value(before, field), value(after, field)));
}

/** Longer lists stand a value a line, so that a diff shows which has come or gone. */
const ONE_LINE = 70;

/** Short lists of plain values on one line. */
export function layOut<N extends Node>(document: Document, node: N): N {
  visit(node, {
    Seq: (_, list) => {
      const isPlain = list.items.every((item) => !isCollection(item));
      list.flow = isPlain && JSON.stringify(list.toJS(document)).length <= ONE_LINE;
    },
  });
  return node;
}

/** How a file of ours is written. A line is never broken, so that a diff shows what changed and nothing else. */
export const FORM = { lineWidth: 0, flowCollectionPadding: false } as const;

/** @returns the text of a segment's file, the same for the same segment. */
export function yamlOf(segment: Content): string {
  const document = new Document(contentOf(segment));
  layOut(document, document.contents as Node);
  return document.toString(FORM);
}

/** @returns how a segment becomes another, of which either may be nobody's yet; its folder is the first line. */
export function segmentDiff(
  before: Body<'segment'> | null | undefined,
  after: Body<'segment'> | null | undefined,
  most?: number,
): DiffLine[] {
  const text = (segment: Body<'segment'> | null | undefined) => {
    if (segment === null || segment === undefined) return '';
    return `${segment.folder === undefined ? '' : `folder: ${segment.folder}\n`}${yamlOf(segment)}`;
  };
  return diff(text(before), text(after), most);
}
