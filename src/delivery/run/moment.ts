/** @param ms since 1970. @returns what an insert into a column of times takes. */
export const moment = (ms: number): string => new Date(ms).toISOString();

/**
 * The least `step` of who holds a lease: rows of an earlier holder, who may not know yet that he has lost it, come
 * before all of his. A slot has room for more steps than one row of state goes through.
 */
export const firstStep = (slot: number): number => slot * 65_536;

/** So far behind the first step are those of a chunk that is not tried any more: no try of the same holder comes after. */
export const LAST_STEPS = 60_000;
