import { keyOf } from '../../audience/labels/known.ts';
import { asksSpecial, tellsSpecial } from '../../audience/labels/special.ts';
import type { Match } from '../../audience/rule/rule.ts';
import type { Topic } from './forbidden.ts';

/**
 * Nodes of the IAB Audience Taxonomy 1.1 that tell something of their own, as far as anybody can be scored for them or
 * a segment be declared as one. The last of health are no diagnoses, but who reads of them tells of their body.
 */
const AUDIENCE: Readonly<Record<Topic, string>> = {
  health: `219 220 221 312 324 334 374 381 382 383 384 385 386 387 388 389 390 391 392 393 394 395 396 397 398 399 400
    401 402 403 404 405 407 411 413 414 416 417 418 419 420 421 466 550 627 762 765 894 925 1393 1448 1498 1555
    376 406 408 412 415`,
  belief: '213 378 496 503 529 1344',
  gender_identity: '51',
};

/** The same of the IAB Content Taxonomy 3.1: categories of pages. */
const CONTENT: Readonly<Record<Topic, string>> = {
  health: `286 224 228 230 231 233 236 237 238 219 97 109 399 166 436 494 199 223 225 229 232`,
  belief: '453 354 361 212 386',
  gender_identity: '',
};

const lookup = (table: Readonly<Record<Topic, string>>): ReadonlyMap<string, Topic> =>
  new Map(
    Object.entries(table).flatMap(([topic, ids]) =>
      ids
        .split(/\s+/)
        .filter((id) => id !== '')
        .map((id) => [id, topic as Topic] as const),
    ),
  );
const BY_AUDIENCE = lookup(AUDIENCE);
const BY_CONTENT = lookup(CONTENT);

/** Words of free texts are not told apart further: what is special is held back wherever anything special is. */
const SPECIAL: readonly Topic[] = ['health', 'belief'];

/** @param id of the IAB Audience Taxonomy 1.1. */
export const topicsOfAudience = (id: string): readonly Topic[] => listed(BY_AUDIENCE.get(id));

/** @param text a keyword, the name of a trait or a site's own category: whatever people wrote. */
export const topicsOfText = (text: string): readonly Topic[] =>
  asksSpecial(text) || tellsSpecial(text) ? SPECIAL : [];

/** What the hits that are asked for tell: by their categories and keywords. */
export const topicsOfMatch = (match: Match): readonly Topic[] => [
  ...(match.category ?? []).flatMap((category) => {
    const topic = BY_CONTENT.get(category);
    return topic === undefined ? topicsOfText(category) : [topic];
  }),
  ...(match.keyword ?? []).flatMap(topicsOfText),
];

/** @param values of the attribute that are asked for. */
export function topicsOfDemographic(attribute: string, values: readonly string[]): readonly Topic[] {
  const name = keyOf(attribute);
  const own: readonly Topic[] =
    (name === 'gender' || name === 'sex') && values.includes('other') ? ['gender_identity'] : [];
  return [...own, ...(asksSpecial(attribute) || values.some(tellsSpecial) ? SPECIAL : [])];
}

const listed = (topic: Topic | undefined): readonly Topic[] => (topic === undefined ? [] : [topic]);
