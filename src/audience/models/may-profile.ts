import { PURPOSE } from '../../consent/purposes.ts';

/** @returns a SELECT of the visitors whose newest word allows all of some purposes. */
const allowing = (purposes: number, where = '') =>
  `SELECT visitor FROM kept_consents
   WHERE ${where}withdrawn = 0 AND bitAnd(purposes, ${purposes}) = ${purposes}`;

/** SQL of whether a visitor's newest word allows a profile of him (TCF purpose 3). */
export const MAY_PROFILE = `visitor GLOBAL IN (${allowing(PURPOSE.profile)})`;

/** The same of a visitor from `{from:UInt64}` to `{to:UInt64}`, for whom not everybody's newest word is gathered. */
export const MAY_PROFILE_IN_SLICE = `visitor GLOBAL IN (${allowing(
  PURPOSE.profile,
  'visitor BETWEEN {from:UInt64} AND {to:UInt64} AND ',
)})`;

/**
 * SQL of whether a model may learn from a visitor: beside a profile he allows to develop and improve services
 * (purpose 10).
 *
 * @param among a SELECT of the visitors who are asked about.
 */
export const mayTrain = (among: string) =>
  `visitor GLOBAL IN (${allowing(PURPOSE.profile | PURPOSE.modelling, `visitor GLOBAL IN (${among}) AND `)})`;
