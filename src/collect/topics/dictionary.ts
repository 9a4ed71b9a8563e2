import { CULTURE } from './words/culture.ts';
import { LEISURE } from './words/leisure.ts';
import { LIVING } from './words/living.ts';
import { MONEY } from './words/money.ts';
import { SPORT } from './words/sport.ts';
import { STYLE } from './words/style.ts';
import { TECHNOLOGY } from './words/technology.ts';
import { WORLD } from './words/world.ts';

/**
 * Categories the dictionary leaves out, each with all below it. An anonymous audience platform infers
 * nothing that GDPR Art. 9 calls a special category (health, religion and philosophical belief, politics,
 * sex life, ethnic origin), nothing of Art. 10 about a person, and nothing about minors: a word on a page
 * is no consent to it. IAB's own mark for such categories (SCD) is followed in spirit and not to the letter:
 * version 3.1 also sets it on Theater, Smart Home and Auto Racing.
 */
export const SPECIAL_CATEGORIES: ReadonlySet<string> = new Set([
  '286', // Medical Health
  '224', // Children's Health
  '228', // Men's Health
  '230', // Senior Health
  '231', // Weight Loss
  '233', // Alternative Medicine
  '236', // Physical Therapy
  '237', // Smoking Cessation
  '238', // Women's Health
  '219', // Food Allergies
  '136', // Special Education
  '199', // Special Needs Kids
  '494', // Disabled Sports
  '190', // Eldercare
  '97', // Healthcare Industry
  '109', // Pharmaceutical Industry
  '399', // Health Insurance
  '166', // Baby Shower: says that someone is pregnant
  '436', // Celebrity Pregnancy
  '171', // Funeral
  '187', // Bereavement
  '453', // Religion & Spirituality
  '354', // Gospel Music
  '361', // Religious (Music and Audio)
  '212', // Vegan Diets: a belief that courts have protected as one
  '386', // Politics
  '188', // Dating
  '189', // Divorce
  '200', // Single Life
  '437', // Celebrity Relationships
  '570', // Women's Intimates and Sleepwear
  '588', // Men's Underwear and Sleepwear
  'MQ2XML', // Adult Video Games
  'v9i3On', // Sensitive Topics
  '135', // Secondary Education: its readers are minors
  '173', // Prom
  '198', // Parenting Teens
]);

/** A category of the IAB Content Taxonomy 3.1 that the dictionary has words for. */
export interface Topic {
  readonly id: string;
  readonly name: string;
  /** From the parent up to tier 1; empty for a tier-1 category. */
  readonly ancestors: readonly string[];
  /** Id of its tier-1 category, which may be itself. */
  readonly field: string;
  readonly words: readonly TopicWord[];
}

export interface TopicWord {
  /** Words apart by one space, lower case; may hold letters beyond ASCII. */
  readonly text: string;
  /** Means the topic only on a page where another word speaks of the same tier-1 category. */
  readonly weak: boolean;
}

/**
 * Reads one table of words. A line is `id Name: word, two word phrase, ambiguous?`; two more spaces of
 * indent make it a child of the line above; a question mark makes the word weak; a line that ends with
 * a comma goes on in the next. Parents are those of the taxonomy's Parent column, with which its tier
 * columns disagree for Horse Racing and Public Radio.
 *
 * @throws Error naming the line that cannot be read: the tables are part of the source.
 */
export function readTable(table: string): Topic[] {
  const topics: Topic[] = [];
  const above: string[] = [];
  for (const line of table.replaceAll(/,\n +/g, ', ').split('\n')) {
    if (line === '') continue;
    const [, indent = '', id = '', name = '', words = ''] =
      /^((?: {2})*)([A-Za-z0-9]+) ([^:]+):(?: (.+))?$/.exec(line) ?? [];
    const depth = indent.length / 2;
    if (id === '' || depth > above.length) throw new Error(`Not a line of a word table: ${line}`);
    above.length = depth;
    topics.push({
      id,
      name,
      ancestors: above.toReversed(),
      field: above[0] ?? id,
      words: words === '' ? [] : words.split(', ').map(readWord),
    });
    above.push(id);
  }
  return topics;
}

function readWord(word: string): TopicWord {
  return word.endsWith('?') ? { text: word.slice(0, -1), weak: true } : { text: word, weak: false };
}

/** Every category that `classify` can give, with its words; IAB Tech Lab, CC-BY 3.0, see NOTICE. */
export const TOPICS: readonly Topic[] = [
  TECHNOLOGY,
  SPORT,
  LIVING,
  STYLE,
  LEISURE,
  CULTURE,
  MONEY,
  WORLD,
].flatMap(readTable);

export const CATEGORY_NAMES: ReadonlyMap<string, string> = new Map(TOPICS.map(({ id, name }) => [id, name]));

/** The IAB name of a category id; undefined for a site's own category or one the dictionary leaves out. */
export function categoryName(id: string): string | undefined {
  return CATEGORY_NAMES.get(id);
}
