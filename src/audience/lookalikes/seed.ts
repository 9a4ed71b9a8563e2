import { createHash } from 'node:crypto';
import type { Seed } from '../rule/needs.ts';

/**
 * Members who may be profiled that a seed must have. Of a hundred a fifth is held out, and what twenty people say
 * of a lift is little already.
 */
export const LEAST_SEED = 100;

/** Why there is no look-alike of a seed. */
export interface SeedRefusal {
  /** The closed list. */
  readonly reason: 'seed_too_small';
  readonly seed: string;
  /** For a person, without the reason's name. */
  readonly message: string;
}

/** @param size members of the seed who may be profiled. */
export const tooSmall = (seed: string, size: number): SeedRefusal => ({
  reason: 'seed_too_small',
  seed,
  message: `of segment ${seed} ${size} members may be profiled, and a look-alike needs ${LEAST_SEED}`,
});

/**
 * The same for seeds that have the same members: unlike the version it stays when a segment is renamed, and changes
 * when a segment that its rule refers to does.
 */
export const fingerprint = ({ rule, merge }: Pick<Seed, 'rule' | 'merge'>): string =>
  createHash('sha256')
    .update(JSON.stringify([merge, rule], (key, value: unknown) => (key === 'version' ? undefined : value)))
    .digest('base64url')
    .slice(0, 22);
