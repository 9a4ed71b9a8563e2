import { BUCKETS, HELD_OUT_BUCKETS } from './rows.ts';

/** SQL of a visitor's bucket: by it he is held out or in a fold, in every run and for every model the same. */
export const BUCKET = `toUInt8(sipHash64('model bucket', visitor) % ${BUCKETS})`;

/** SQL of whether a visitor is of the fifth that no model is trained on. */
export const HELD_OUT = `${BUCKET} < ${HELD_OUT_BUCKETS}`;
