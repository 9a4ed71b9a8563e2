/** How many of the universe there are of each kind, as the training found them. */
export interface Counted {
  /** Visitors with a stored hit, of which a reach is a share. */
  readonly universe: number;
  /** Members of the seed who may be profiled. */
  readonly members: number;
  /** Everybody else who may be: who has a place. */
  readonly others: number;
}

/** What a reach finds. */
export interface Lift {
  readonly reach: number;
  /** Share of the seed that looks at least as similar as who is in. */
  readonly found: number;
  /** How many times likelier than average somebody who looks so is a member of the seed. */
  readonly lift: number;
}

/** The reaches that are measured: closer together where audiences are bought. */
export const REACHES: readonly number[] = [
  0.001,
  0.002,
  0.003,
  0.005,
  0.0075,
  ...Array.from({ length: 20 }, (_, n) => (n + 1) / 100),
  ...Array.from({ length: 16 }, (_, n) => (n + 5) / 20),
];

/** @returns the last place that a reach takes in: its share of the universe, as the rule `like` has it. */
export const lastPlace = (reach: number, universe: number): number => Math.round(reach * universe);

/** @returns the share of those with a place that a reach takes in. */
export const shareOf = (reach: number, { universe, others }: Counted): number =>
  others === 0 ? 1 : Math.min(1, lastPlace(reach, universe) / others);

/**
 * The lift of the most similar, members of the seed among them, over everybody: of those above the score at which a
 * reach ends, the share that is of the seed, divided by the seed's share of everybody.
 *
 * @param found share of held-out members above that score.
 */
export function liftOf(reach: number, found: number, counted: Counted): number {
  const { members, others } = counted;
  const taken = members * found + others * shareOf(reach, counted);
  return taken === 0 ? 1 : (found * (members + others)) / taken;
}

/**
 * @param measured by growing reach.
 * @returns what a reach finds, in a straight line between the two that were measured beside it.
 */
export function liftAt(reach: number, measured: readonly Lift[], counted: Counted): Lift {
  const start = { reach: 0, found: 0 };
  const above = measured.findIndex((point) => point.reach >= reach);
  if (measured[above]?.reach === reach) return measured[above];
  const next = measured[above] ?? { reach: 1, found: 1 };
  const before = (above === -1 ? measured.at(-1) : measured[above - 1]) ?? start;
  const part = (reach - before.reach) / (next.reach - before.reach);
  const found = before.found + part * (next.found - before.found);
  return { reach, found, lift: liftOf(reach, found, counted) };
}
