import { Recent } from '../recent.ts';
import { readTags } from './campaign.ts';
import { detached } from './detached.ts';
import type { HitInput, Shared } from './hit.ts';
import type { Refusal } from './refusal.ts';
import { scrubText, scrubUrl } from './scrub.ts';
import type { Source } from './sources.ts';
import { classify } from './topics/classify.ts';
import { CERTAIN } from './topics/confidence.ts';
import { categoryName } from './topics/dictionary.ts';

const MAX_CATEGORIES = 20;
const MAX_KEYWORDS = 20;
const MAX_TITLE = 300;

/** A page as it may be stored, with what it is about. */
export interface Page extends Shared {
  readonly url: string;
  /** Of that URL, starting with a slash. */
  readonly path: string;
  /** Lower case, without port. */
  readonly host: string;
  readonly title: string;
  /** The site's own first, as given; then what the page's words mean. */
  readonly categories: readonly string[];
  readonly keywords: readonly string[];
  /**
   * Of each category how sure it is, in percent: 100 for the site's own, less for what words mean. Already as the
   * text of a ClickHouse array, because many hits fall on one page.
   */
  readonly confidences: string;
  /** Of its utm tags; empty without. */
  readonly campaign: string;
  /** What its tags say of how the visitor came; empty where it has none. */
  readonly source: Source | '';
}

/** Where who handed in a page before finds what it is; made for one set of the values that describe it. */
export interface PageMemory {
  page?: Page;
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
const pages = new Recent<string, Remembered>(5_000);
/** Characters of one page, all its values together; a longer one is read anew each time. */
const MAX_REMEMBERED = 1_024;

/**
 * Scrubs what a hit says of its page, and tells what the page is about.
 *
 * @param url `input.url`, which is there.
 */
export function readPage(url: string, input: HitInput): Page | Refusal {
  const { title, categories, keywords, memory } = input;
  if (memory?.page !== undefined) return memory.page;
  const page = findPage(url, title, categories, keywords);
  if (memory !== undefined && typeof page !== 'string') memory.page = page;
  return page;
}

function findPage(
  url: string,
  title: string | undefined,
  categories: readonly string[] | undefined,
  keywords: readonly string[] | undefined,
): Page | Refusal {
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
  const kept = scrubList(keywords, MAX_KEYWORDS);
  const page: Page = {
    url: scrubbed.url,
    path: scrubbed.path,
    host: scrubbed.host,
    title: cleanTitle,
    ...topicsOf(scrubList(categories, MAX_CATEGORIES), scrubbed.path, cleanTitle, kept),
    keywords: kept,
    ...readTags(url),
    columns: undefined,
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

/** The site's own categories, then what words mean: those of its names, the path, the title and the keywords. */
function topicsOf(
  own: readonly string[],
  path: string,
  title: string,
  keywords: readonly string[],
): Pick<Page, 'categories' | 'confidences'> {
  const names = own.filter((category) => categoryName(category) === undefined);
  const found = classify({ path, title, keywords, names });
  const sure = new Map(own.map((category) => [category, CERTAIN]));
  for (const [place, category] of found.categories.entries())
    if (!sure.has(category)) sure.set(category, found.confidences[place]!);
  return { categories: [...sure.keys()], confidences: `[${[...sure.values()].join()}]` };
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
