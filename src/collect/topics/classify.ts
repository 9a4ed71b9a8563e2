import { Recent } from '../../recent.ts';
import { detached } from '../detached.ts';
import { CONFIDENCE, percent, together, WEAK } from './confidence.ts';
import { TOPICS, type Topic } from './dictionary.ts';
import { fold, forms, readablePath, tokens } from './tokens.ts';

/** A hit carries at most this many categories: each becomes a row of the feature table. */
export const MAX_CATEGORIES = 8;

/** Characters of path, title, keywords and names that are read; with CACHED_PAGES it bounds the memory of the cache. */
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

/** A word where it was found, and how sure a strong one makes its topics. */
interface Found {
  readonly entry: Entry;
  readonly confidence: number;
}

/** The words that speak for a topic, each with how sure it makes it. */
type Evidence = Map<Found, number>;

/** What the words say for each topic; weak ones count where their field has another word. */
function evidenceOf(words: readonly Found[]): Map<Topic, Evidence> {
  const wordsOfField = new Map<string, Set<Entry>>();
  for (const { entry } of words) {
    for (const { field } of [...entry.strong, ...entry.weak]) {
      const ofField = wordsOfField.get(field) ?? new Set();
      wordsOfField.set(field, ofField.add(entry));
    }
  }
  const evidence = new Map<Topic, Evidence>();
  const add = (topic: Topic, word: Found, confidence: number) => {
    const ofTopic = evidence.get(topic) ?? new Map();
    evidence.set(topic, ofTopic.set(word, confidence));
  };
  for (const word of words) {
    for (const topic of word.entry.strong) add(topic, word, word.confidence);
    for (const topic of word.entry.weak)
      if ((wordsOfField.get(topic.field)?.size ?? 0) > 1) add(topic, word, word.confidence * WEAK);
  }
  return evidence;
}

/** What speaks for a topic or anything below it: a word of tennis is one of sports too, and once. */
function withBelow(evidence: ReadonlyMap<Topic, Evidence>): Map<string, Evidence> {
  const all = new Map<string, Evidence>();
  for (const [{ id, ancestors }, words] of evidence) {
    for (const each of [id, ...ancestors]) {
      const known: Evidence = all.get(each) ?? new Map();
      for (const [word, confidence] of words) known.set(word, Math.max(confidence, known.get(word) ?? 0));
      all.set(each, known);
    }
  }
  return all;
}

function choose(evidence: ReadonlyMap<Topic, Evidence>): Classified {
  if (evidence.size === 0) return NOTHING;
  const ranked = [...evidence]
    .map(([topic, words]) => ({ topic, confidence: together(words.values()) }))
    .sort((a, b) => b.confidence - a.confidence || b.topic.ancestors.length - a.topic.ancestors.length);
  const chosen = new Set<string>();
  for (const { topic } of ranked) {
    // A topic goes in with all its ancestors or not at all, so that a parent's segment holds its children's.
    const missing = [topic.id, ...topic.ancestors].filter((each) => !chosen.has(each));
    if (chosen.size + missing.length <= MAX_CATEGORIES) for (const each of missing) chosen.add(each);
  }
  const depth = (id: string) => TOPIC_BY_ID.get(id)?.ancestors.length ?? 0;
  const categories = [...chosen].sort((a, b) => depth(b) - depth(a));
  const all = withBelow(evidence);
  return {
    categories: Object.freeze(categories),
    confidences: Object.freeze(categories.map((id) => percent(together(all.get(id)!.values())))),
  };
}

/** What a page says of itself, each as it came; what is empty or missing says nothing. */
export interface PageWords {
  /** Path of the page's URL; escapes are read here, those that cannot be are passed over. */
  readonly path: string;
  readonly title: string;
  readonly keywords?: readonly string[];
  /** The site's own names for what the page is about. */
  readonly names?: readonly string[];
}

export interface Classified {
  /**
   * Distinct ids of the IAB Content Taxonomy 3.1, the most specific first, each with its ancestors, at most
   * {@link MAX_CATEGORIES}; empty where no word is known. Never an id of a special category.
   */
  readonly categories: readonly string[];
  /** Of each category how sure it is, in percent, 1 to 99; see {@link CONFIDENCE}. Never less than a child's. */
  readonly confidences: readonly number[];
}

const NOTHING: Classified = { categories: Object.freeze([]), confidences: Object.freeze([]) };

const remembered = new Recent<string, Classified>(CACHED_PAGES);

/** What a page is about, by the words of its address, its title, its keywords and its site's own names. */
export function classify({ path, title, keywords = [], names = [] }: PageWords): Classified {
  const ofPath = path.slice(0, MAX_TEXT);
  const ofTitle = title.slice(0, MAX_TEXT);
  const ofKeywords = within(keywords);
  const ofNames = within(names);
  const key = JSON.stringify([ofPath, ofTitle, ofKeywords, ofNames]);
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const isWord = (token: string) => TREE.next.has(token);
  const found = (texts: readonly string[], confidence: number): Found[] =>
    [...new Set(texts.flatMap((text) => [...wordsOf(tokens(text, isWord))]))].map((entry) => ({
      entry,
      confidence,
    }));
  const classified = choose(
    evidenceOf([
      ...found([readablePath(ofPath)], CONFIDENCE.path),
      ...found([ofTitle], CONFIDENCE.title),
      ...found(ofKeywords, CONFIDENCE.keyword),
      ...found(ofNames, CONFIDENCE.name),
    ]),
  );
  remembered.set(detached(key), classified);
  return classified;
}

/** The first texts of a list, until there are as many characters as are read. */
function within(texts: readonly string[]): readonly string[] {
  let room = MAX_TEXT;
  return texts.filter((text) => {
    room -= text.length;
    return room >= 0;
  });
}
