import { PURPOSE } from '../../consent/purposes.ts';

/**
 * SQL of whether a visitor is among some, and his newest word allows all of some purposes. Words lie in the order of
 * visitors, in which the newest of each is found without a table of all of them.
 */
const allows = (purposes: number, among: string) =>
  `visitor GLOBAL IN (
     SELECT visitor FROM kept_consents
     WHERE visitor ${among} AND withdrawn = 0 AND bitAnd(purposes, ${purposes}) = ${purposes}
     SETTINGS optimize_aggregation_in_order = 1)`;

/**
 * SQL of whether a visitor from `{from:UInt64}` to `{to:UInt64}` allows a profile of him (TCF purpose 3).
 * Of so many at a time, because everybody's newest word is gigabytes.
 */
export const MAY_PROFILE_IN_SLICE = allows(PURPOSE.profile, 'BETWEEN {from:UInt64} AND {to:UInt64}');

/** The same of visitors that a SELECT names. */
export const mayProfile = (among: string): string => allows(PURPOSE.profile, `GLOBAL IN (${among})`);

/**
 * SQL of whether a model may learn from a visitor that a SELECT names: beside a profile he allows to develop and
 * improve services (purpose 10).
 */
export const mayTrain = (among: string): string =>
  allows(PURPOSE.profile | PURPOSE.modelling, `GLOBAL IN (${among})`);
