/**
 * How sure one word makes a topic, by where it stands, from 0 to 1. They are judgements and not measurements: an
 * editor's own name for a page says what it is about; a title is written to tell it; a path is often a section's,
 * and keywords are stuffed. Only the site's own category id is beyond doubt ({@link CERTAIN}).
 */
export const CONFIDENCE = { name: 0.9, title: 0.7, path: 0.6, keyword: 0.5 } as const;

/** A word of several meanings, that counts only beside another of its field, says half as much. */
export const WEAK = 0.5;

/** In percent: what the site itself says a page is about. */
export const CERTAIN = 100;

/**
 * What several pieces of evidence make sure together, as if each erred independently of the others (the noisy-or of
 * Pearl, Probabilistic Reasoning in Intelligent Systems, 1988): one more never makes it less sure.
 *
 * @param each from 0 to 1.
 */
export function together(each: Iterable<number>): number {
  let doubt = 1;
  for (const confidence of each) doubt *= 1 - confidence;
  return 1 - doubt;
}

/** In whole percent, and never all of them: words are no certainty. */
export const percent = (confidence: number): number => Math.min(CERTAIN - 1, Math.round(100 * confidence));
