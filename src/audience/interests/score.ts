/**
 * How a score comes about. Of a visitor and an interest (or a purchase intent; the two branches are reckoned apart,
 * each over its own hits):
 *
 * - A hit is worth `w = (visit + attention / 30 s) · 2^(−age / half-life)`: a visit counts 1 (a passive event 0, see
 *   weight.ts), attention of at most 120 s a hit, and what is a half-life old counts half.
 * - `c` is how sure it is that the hit's page is about the interest, 0 to 1: the surest of the page's categories that
 *   lead there.
 * - Evidence `e = Σ w·c` over the hits about it (c > 0); `o = Σ w` over the hits that are not about it at all.
 * - Share `s = e / (e + o)`: how much of the visitor's attention it has.
 * - Usual `u = (E + k·π) / (N + k)`: the share that it has of everybody else's attention (E and N the sums of e and
 *   of e + o over all other visitors). As far as there is little of that, it is a guess π = 3 % that stands for
 *   k = 300 visits, because what is usual is not learnt from a handful of people.
 *
 *     score = 100 · (1 − 2^(−e / 1.5)) · (1 − 2^(−s / u))
 *
 * The first factor is how well it is known: half at 1.5 visits, and under that there is no score at all, because a
 * single glance (one fresh visit without attention has e ≤ 1) is no interest. The second is how much more than usual
 * it is, s / u being the lift: half for who cares as much as everybody else. So 50, from where a rule counts somebody
 * as interested, is reached by nobody who cares less than everybody else, however much he visits.
 *
 * It is monotone in evidence: one more hit about the interest, a surer one, a longer look or a fresher one never
 * lowers the score, as e grows while o and u stay (u leaves the visitor out, and o the hits about it). A hit about
 * something else lowers it or leaves it, and so does more attention of everybody else.
 */
export const SCORE = {
  /** Visits at which evidence is half sure, and less than which makes no score. */
  floor: 1.5,
  /** π: about one of the twenty-nine tier-1 interests. */
  priorShare: 0.03,
  /** k, in visits. */
  priorVisits: 300,
} as const;

/** The sure share of a hit that was stored without any: its words were read, but nothing was said of how sure. */
export const UNSURE = 60;

/**
 * SQL of the score.
 *
 * @param given SQL of e, o, and of E and N with the visitor's own in them.
 */
export function scoreSql(given: {
  readonly evidence: string;
  readonly other: string;
  readonly allEvidence: string;
  readonly allAttention: string;
}): string {
  const { evidence, other, allEvidence, allAttention } = given;
  // Sums of the same numbers in another order differ in their last bits, and there is no negative attention.
  const others = `greatest(0, ${allEvidence} - ${evidence})`;
  const othersAll = `greatest(0, ${allAttention} - ${evidence} - ${other})`;
  const usual = `((${others} + ${SCORE.priorVisits * SCORE.priorShare}) / (${othersAll} + ${SCORE.priorVisits}))`;
  const share = `(${evidence} / (${evidence} + ${other}))`;
  return `100 * (1 - exp2(-${evidence} / ${SCORE.floor})) * (1 - exp2(-${share} / ${usual}))`;
}
