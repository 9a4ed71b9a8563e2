import type { ClickHouse } from '../../clickhouse/client.ts';
import { PURPOSES_WITHOUT_TCF } from '../../consent/purposes.ts';

const DAY = 86_400_000;

/** Somebody of a planted world. */
export interface Planted {
  /** As ClickHouse sends it. */
  readonly visitor: string;
  /** Of the hidden trait that the seed was drawn from. */
  readonly hasTrait: boolean;
  readonly isSeed: boolean;
  /** Log-likelihood ratio of the trait, by the pages that were seen: nobody can rank better than by it. */
  readonly telling: number;
}

/** Numbers from 0 to 1, the same for the same beginning (Steele et al., SplitMix, OOPSLA 2014, cut to 32 bits). */
export function randomly(state: number): () => number {
  let s = state | 0;
  return () => {
    s = (s + 0x9e3779b9) | 0;
    let z = Math.imul(s ^ (s >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}

export interface Plan {
  readonly visitors: number;
  /** Share of the trait, and of those who have it the share that is in the seed. */
  readonly trait: number;
  readonly seed: number;
  readonly pages: number;
  /** 0 = the trait drives nothing; 2 = some pages are seen nine times as often by those who have it. */
  readonly strength: number;
}

/**
 * A world in which a hidden trait drives which pages are seen. Who is in the seed has sent event `signup` too, from a
 * page that nobody else has seen.
 */
export async function plant(clickhouse: ClickHouse, plan: Plan): Promise<Planted[]> {
  const random = randomly(plan.visitors);
  const pull = Array.from({ length: plan.pages }, () => (random() - 0.5) * plan.strength);
  const [withTrait, without] = [1, -1].map((sign) => normalised(pull.map((by) => Math.exp(sign * by))));
  const people: Planted[] = [];
  const hits: object[] = [];
  // All at noon, or the hour at which a test runs would tell something too.
  const noon = Math.floor(Date.now() / DAY) * DAY - DAY / 2;
  let hit = 0;
  for (let number = 1; number <= plan.visitors; number++) {
    // Spread as real ones are, by which statements are cut into slices.
    const visitor = String(BigInt.asUintN(64, BigInt(number) * 0x9e3779b97f4a7c15n));
    const hasTrait = random() < plan.trait;
    const isSeed = hasTrait && random() < plan.seed;
    let telling = 0;
    const see = (path: string, event = 'pageview') => {
      hits.push({
        visitor,
        hit: ++hit,
        time: new Date(noon + hit).toISOString(),
        path,
        event,
        site: 's1',
        device: 'desktop',
        origin: 'web',
        purposes: PURPOSES_WITHOUT_TCF,
      });
    };
    see('/');
    if (isSeed) see('/welcome', 'signup');
    for (let n = 4 + Math.floor(random() * 8); n > 0; n--) {
      const page = draw(hasTrait ? withTrait! : without!, random());
      telling += Math.log(withTrait![page]! / without![page]!);
      see(`/page/${page}`);
    }
    people.push({ visitor, hasTrait, isSeed, telling });
  }
  await clickhouse.insert('hits', hits);
  return people;
}

/** The rule of who is in the seed of a planted world. */
export const SIGNED_UP = { did: { event: 'signup' } };

/** How many times more often than among all of them the trait is among the first tenth. */
export function liftOfFirstTenth(ranked: readonly Planted[]): number {
  const share = (of: readonly Planted[]) => of.filter(({ hasTrait }) => hasTrait).length / of.length;
  return share(ranked.slice(0, ranked.length / 10)) / share(ranked);
}

const normalised = (weights: readonly number[]) => {
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
};

function draw(shares: readonly number[], at: number): number {
  let sum = 0;
  const found = shares.findIndex((share) => {
    sum += share;
    return at < sum;
  });
  return found === -1 ? shares.length - 1 : found;
}
