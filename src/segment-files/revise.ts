import {
  type Alias,
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  Scalar,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { isObject } from '../json-object.ts';
import { type Content, contentOf, FORM, isSame, layOut, sameText, yamlOf } from './content.ts';
import { common } from './diff.ts';
import type { SegmentDocument } from './document.ts';

/**
 * Puts a segment into the text of its file: what a person wrote around the values (comments, order of fields,
 * empty lines, quotes) stays wherever the value that it stands at does.
 *
 * @returns the new text; the same text where the file says the same already.
 */
export function revise(text: string, { content, document }: SegmentDocument, segment: Content): string {
  const wanted = contentOf(segment);
  if (isSame(contentOf(content as unknown as Content), wanted)) return text;
  withoutAliases(document);
  document.contents = put(document, document.contents as Node, wanted) as typeof document.contents;
  // A file that says by a directive that it is of an older YAML may read its words otherwise.
  if (!isSame(document.toJS(), wanted)) return yamlOf(segment);
  const written = document.toString({ ...FORM, ...formOf(text) });
  return /\r\n/.test(text) ? written.replaceAll('\n', '\r\n') : written;
}

/** Of the writer's own form what is told by a glance, so that lines that say the same look the same. */
function formOf(text: string) {
  const indent = /^[^\s#-][^\n]*:[ \t]*\r?\n( +)[^\s#-]/m.exec(text)?.[1]?.length ?? 2;
  return {
    indent: Math.min(8, indent),
    indentSeq: !/^( *)[^\s#-][^\n]*:[ \t]*\r?\n\1- /m.test(text),
    flowCollectionPadding: /[[{] [^\s\]}]/.test(text),
  };
}

/** What stands for another value says that value: else a change of the one would be a change of both. */
function withoutAliases(document: Document): void {
  const meant = new Map<Alias, unknown>();
  visit(document, { Alias: (_, alias) => void meant.set(alias, alias.toJS(document)) });
  if (meant.size === 0) return;
  visit(document, {
    Alias: (_, alias) => document.createNode(meant.get(alias)) as Node,
    Node: (_, node) => {
      if ('anchor' in node) delete node.anchor;
    },
  });
}

/** @returns the node that says `value`: the old one where it can. */
function put(document: Document, node: unknown, value: unknown): Node {
  if (isNode(node) && isSame(node.toJS(document), value)) return node;
  if (isMap(node) && isObject(value)) return putFields(document, node, value);
  if (isSeq(node) && Array.isArray(value)) return putItems(document, node, value);
  const made = layOut(document, document.createNode(value));
  if (!isNode(node)) return made;
  made.comment = node.comment ?? null;
  made.commentBefore = node.commentBefore ?? null;
  if (node.spaceBefore) made.spaceBefore = true;
  if (isScalar(node) && isScalar(made) && typeof made.value === 'string') keepQuotes(node, made);
  return made;
}

/** Quotes are the writer's; a block's or a plain word's form may not fit the new value. */
function keepQuotes(from: Scalar, to: Scalar): void {
  if (from.type === Scalar.QUOTE_DOUBLE || from.type === Scalar.QUOTE_SINGLE) to.type = from.type;
}

function putFields(document: Document, map: YAMLMap, value: Record<string, unknown>): YAMLMap {
  const keyOf = ({ key }: { key: unknown }) => String(isScalar(key) ? key.value : key);
  map.items = map.items.filter((pair) => Object.hasOwn(value, keyOf(pair)));
  const names = Object.keys(value);
  for (const [n, name] of names.entries()) {
    const pair = map.items.find((each) => keyOf(each) === name);
    if (pair !== undefined) pair.value = put(document, pair.value, value[name]);
    else {
      // Before the first that stands after it in the usual order.
      const later = new Set(names.slice(n + 1));
      const at = map.items.findIndex((each) => later.has(keyOf(each)));
      const made = document.createPair(name, value[name]);
      if (isNode(made.value)) layOut(document, made.value);
      map.items.splice(at === -1 ? map.items.length : at, 0, made);
    }
  }
  return map;
}

/** Items that stay keep what is written around them, also when others come and go between them. */
function putItems(document: Document, list: YAMLSeq, values: readonly unknown[]): YAMLSeq {
  const old = list.items;
  const before = old.map((item) => sameText(isNode(item) ? item.toJS(document) : item));
  const items: unknown[] = [];
  let from = 0;
  let to = 0;
  for (const [a, b] of [...common(before, values.map(sameText)), [old.length, values.length]] as const) {
    // What stood where something new stands is taken for its earlier form.
    for (; to < b; to++, from++) items.push(put(document, from < a ? old[from] : undefined, values[to]));
    if (a < old.length && b < values.length) items.push(old[a]);
    from = a + 1;
    to = b + 1;
  }
  list.items = items;
  const [first] = old;
  // What is written above the first item is held as the list's.
  if (isNode(first) && items.indexOf(first) > 0) {
    first.commentBefore = list.commentBefore ?? null;
    list.commentBefore = null;
  }
  return list;
}
