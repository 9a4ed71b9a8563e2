import { LRUCache } from 'lru-cache';
import { detached } from './detached.ts';
import type { HitInput } from './hit.ts';
import { type Referrer, scrubReferrer } from './referrer.ts';
import type { Refusal } from './refusal.ts';
import { scrubText, scrubUrl } from './scrub.ts';
import { classify } from './topics/classify.ts';

const MAX_CATEGORIES = 20;
const MAX_KEYWORDS = 20;
const MAX_TITLE = 300;

/** A page as it may be stored, with what it is about. */
export interface Page {
  readonly url: string;
  /** Of that URL, starting with a slash. */
  readonly path: string;
  /** Lower case, without port. */
  readonly host: string;
  readonly title: string;
  /** The site's own first, as given; then what the page's words mean. */
  readonly categories: readonly string[];
  readonly keywords: readonly string[];
}

interface Remembered {
  readonly title: string | undefined;
  readonly categories: readonly string[] | undefined;
  readonly keywords: readonly string[] | undefined;
  readonly page: Page;
}

/**
 * By the URL as it came, with what the page last said of itself. Scrubbing and classifying each have their
 * own memory, but to ask them all took a look-up for each value, over a text joined for it: 0.8 µs a hit,
 * against 0.04 µs for this one.
 */
const pages = new LRUCache<string, Remembered>({ max: 5_000 });
/** Characters of one page, all its values together; a longer one is read anew each time. */
const MAX_REMEMBERED = 1_024;

/**
 * Scrubs what a hit says of its page, and tells what the page is about.
 *
 * @param url `input.url`, which is there.
 */
export function readPage(url: string, input: HitInput): Page | Refusal {
  const { title, categories, keywords } = input;
  const known = pages.get(url);
  if (
    known !== undefined &&
    known.title === title &&
    sameList(known.categories, categories) &&
    sameList(known.keywords, keywords)
  )
    return known.page;
  const scrubbed = scrubUrl(url);
  if (typeof scrubbed === 'string') return scrubbed;
  const cleanTitle = title === undefined ? '' : scrubText(title, MAX_TITLE);
  const page: Page = {
    url: scrubbed.url,
    path: scrubbed.path,
    host: scrubbed.host,
    title: cleanTitle,
    categories: categoriesOf(categories, scrubbed.path, cleanTitle),
    keywords: scrubList(keywords, MAX_KEYWORDS),
  };
  if (url.length + (title?.length ?? 0) + lengthOf(categories) + lengthOf(keywords) <= MAX_REMEMBERED)
    pages.set(detached(url), {
      title: title && detached(title),
      categories: categories?.map(detached),
      keywords: keywords?.map(detached),
      page,
    });
  return page;
}

const lengthOf = (list: readonly string[] | undefined) =>
  list === undefined ? 0 : list.reduce((sum, entry) => sum + entry.length + 1, 0);

function sameList(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((entry, place) => entry === b[place]);
}

function categoriesOf(own: readonly string[] | undefined, path: string, title: string): readonly string[] {
  const found = classify(path, title);
  return own === undefined || own.length === 0
    ? found
    : [...new Set([...scrubList(own, MAX_CATEGORIES), ...found])];
}

function scrubList(values: readonly string[] | undefined, max: number): readonly string[] {
  if (values === undefined) return [];
  const kept = new Set<string>();
  for (const value of values) {
    const clean = scrubText(value, 100).trim();
    if (clean !== '') kept.add(clean);
    if (kept.size === max) break;
  }
  return [...kept];
}

/** By the referrer as it came: what it is on any host but its own, and which host that is. */
const referrers = new LRUCache<string, { readonly ownHost: string; readonly elsewhere: Referrer }>({
  max: 5_000,
});

/** As `scrubReferrer`, remembering: many visitors come from few pages. */
export function readReferrer(referrer: string, host: string): Referrer {
  let known = referrers.get(referrer);
  if (known === undefined) {
    const scrubbed = scrubUrl(referrer);
    const ownHost = typeof scrubbed === 'string' ? '' : scrubbed.host;
    known = { ownHost, elsewhere: scrubReferrer(referrer, '') };
    if (referrer.length <= MAX_REMEMBERED) referrers.set(detached(referrer), known);
  }
  return known.ownHost === host ? NOWHERE : known.elsewhere;
}

const NOWHERE: Referrer = { referrer: '', host: '' };
