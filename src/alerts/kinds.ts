/** What is watched, each with a sentence of what it means: the closed list. */
export const ALERTS = {
  segment_size: 'The size of the segment has left its usual range.',
  site_traffic: 'The hits of the site within an hour have left their usual range.',
  segment_stale: 'Readers see an old membership of the segment, or none.',
  job_failing: 'The job fails run after run.',
  job_stuck: 'The job has not come to an end for too long.',
  delivery_failing: 'The destination takes nothing, or is not told what it should be.',
  match_rate_fell: 'Of the visitors who consented, fewer than usual have an id with the partner.',
  model_drift: 'The model of the attribute is another than in the run before.',
  disk_filling: 'The disk, or the journal on it, is about to be full.',
} as const;

export type AlertKind = keyof typeof ALERTS;

/** What something usually is. */
export interface Usual {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** Something that is wrong now. */
export interface Finding {
  /** Id of what it is wrong with. */
  readonly subject: string;
  /** For a person: what is wrong, in numbers where there are any. */
  readonly detail: string;
  /** What was measured; undefined where nothing is. */
  readonly value?: number;
  readonly usual?: Usual;
}

/**
 * What a look says of a subject that it found nothing wrong with: it is as usual; or nobody can tell now, and then an
 * alert stays as it is; or there is no such subject any more, and then the alert ends, and nobody is told.
 */
export type Verdict = 'usual' | 'unknown' | 'gone';

/** What one look at one kind says. */
export interface Judgement {
  readonly kind: AlertKind;
  readonly findings: readonly Finding[];
  /** Of a subject that is not among the findings. */
  readonly verdictOf: (subject: string) => Verdict;
}

/**
 * Subjects of a kind that are alerted of already, with since when, in milliseconds since 1970: to clear them takes a
 * little more than not to open them.
 */
export type Open = ReadonlyMap<string, number>;

/**
 * @param subjects that there are. @param judged those of whom a look could tell; all, where it is not given.
 */
export const verdictBy = (
  subjects: Iterable<string>,
  judged?: ReadonlySet<string>,
): Judgement['verdictOf'] => {
  const all = new Set(subjects);
  return (subject) => {
    if (!all.has(subject)) return 'gone';
    return judged === undefined || judged.has(subject) ? 'usual' : 'unknown';
  };
};
