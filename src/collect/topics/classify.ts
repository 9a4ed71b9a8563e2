import { Recent } from '../../recent.ts';
import { detached } from '../detached.ts';
import { TOPICS, type Topic } from './dictionary.ts';
import { fold, forms, readablePath, tokens } from './tokens.ts';

/** A hit carries at most this many categories: each becomes a row of the feature table. */
export const MAX_CATEGORIES = 8;

/** Characters of path and of title that are read; with CACHED_PAGES it bounds the memory of the cache. */
const MAX_TEXT = 512;

/** Pages remembered, in each of two generations: a site's hits fall on few pages, and a remembered one costs a single look-up. */
const CACHED_PAGES = 2_500;

interface Entry {
  readonly strong: Topic[];
  readonly weak: Topic[];
}

/** The words as a tree, a token a step, so that the longest phrase is found in one walk. */
interface Step {
  readonly next: Map<string, Step>;
  entry: Entry | undefined;
}

const newStep = (): Step => ({ next: new Map(), entry: undefined });

/** German addresses write ä as ae, others drop the dots: both spellings lead to the word. */
function spellings(text: string): readonly string[] {
  const spelt = text.replaceAll('ä', 'ae').replaceAll('ö', 'oe').replaceAll('ü', 'ue');
  return [...new Set([fold(text), fold(spelt)])];
}

function wordTree(topics: readonly Topic[]): Step {
  const root = newStep();
  for (const topic of topics) {
    for (const { text, weak } of topic.words) {
      for (const spelling of spellings(text)) {
        let step = root;
        for (const token of spelling.split(' ')) {
          const next = step.next.get(token) ?? newStep();
          step.next.set(token, next);
          step = next;
        }
        step.entry ??= { strong: [], weak: [] };
        (weak ? step.entry.weak : step.entry.strong).push(topic);
      }
    }
  }
  return root;
}

const TREE = wordTree(TOPICS);
const TOPIC_BY_ID: ReadonlyMap<string, Topic> = new Map(TOPICS.map((topic) => [topic.id, topic]));

function longestWord(
  from: Step,
  text: readonly string[],
  at: number,
): { entry: Entry; end: number } | undefined {
  const token = text[at];
  if (token === undefined) return undefined;
  for (const form of forms(token)) {
    const step = from.next.get(form);
    if (step === undefined) continue;
    const longer = longestWord(step, text, at + 1);
    if (longer !== undefined) return longer;
    if (step.entry !== undefined) return { entry: step.entry, end: at + 1 };
  }
  return undefined;
}

/** The words of a text, each once, leftmost and longest first: `ice hockey` is not also `hockey`. */
function wordsOf(text: readonly string[]): Set<Entry> {
  const words = new Set<Entry>();
  for (let at = 0; at < text.length; ) {
    const word = longestWord(TREE, text, at);
    if (word !== undefined) words.add(word.entry);
    at = word?.end ?? at + 1;
  }
  return words;
}

/** How often path and title mean each topic; weak words count where their field has another word. */
function score(texts: readonly Set<Entry>[]): Map<Topic, number> {
  const wordsOfField = new Map<string, Set<Entry>>();
  for (const entry of texts.flatMap((words) => [...words])) {
    for (const { field } of [...entry.strong, ...entry.weak]) {
      const words = wordsOfField.get(field) ?? new Set();
      wordsOfField.set(field, words.add(entry));
    }
  }
  const scores = new Map<Topic, number>();
  for (const entry of texts.flatMap((words) => [...words])) {
    const supported = entry.weak.filter(({ field }) => (wordsOfField.get(field)?.size ?? 0) > 1);
    for (const topic of [...entry.strong, ...supported]) scores.set(topic, (scores.get(topic) ?? 0) + 1);
  }
  return scores;
}

function choose(scores: ReadonlyMap<Topic, number>): readonly string[] {
  const ranked = [...scores].sort(
    ([a, scoreOfA], [b, scoreOfB]) => scoreOfB - scoreOfA || b.ancestors.length - a.ancestors.length,
  );
  const chosen = new Set<string>();
  for (const [{ id, ancestors }] of ranked) {
    // A topic goes in with all its ancestors or not at all, so that a parent's segment holds its children's.
    const missing = [id, ...ancestors].filter((each) => !chosen.has(each));
    if (chosen.size + missing.length <= MAX_CATEGORIES) for (const each of missing) chosen.add(each);
  }
  const depth = (id: string) => TOPIC_BY_ID.get(id)?.ancestors.length ?? 0;
  return Object.freeze([...chosen].sort((a, b) => depth(b) - depth(a)));
}

const remembered = new Recent<string, readonly string[]>(CACHED_PAGES);

/**
 * What a page is about, by the words of its address and title.
 *
 * @param path path of the page's URL, as it came (escapes are read here, those that cannot be are passed over).
 * @param title title of the page, empty where not known.
 * @returns distinct ids of the IAB Content Taxonomy 3.1, the most specific first, each with its ancestors,
 *   at most {@link MAX_CATEGORIES}; empty where no word is known. Never an id of a special category.
 */
export function classify(path: string, title: string): readonly string[] {
  // No clash of keys: a path holds no line break, because the URL parser takes it out.
  const key = `${path.slice(0, MAX_TEXT)}\n${title.slice(0, MAX_TEXT)}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const isWord = (token: string) => TREE.next.has(token);
  const categories = choose(
    score([
      wordsOf(tokens(readablePath(path.slice(0, MAX_TEXT)), isWord)),
      wordsOf(tokens(title.slice(0, MAX_TEXT), isWord)),
    ]),
  );
  remembered.set(detached(key), categories);
  return categories;
}
