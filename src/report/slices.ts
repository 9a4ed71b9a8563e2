/**
 * Hits whose ids one statement holds: each lies in up to four sets (of its point and the whole range, of its value and
 * of all). In one statement ten million hits by country took 2.2 GB; five million in slices take 144 MB, and the slices
 * together no longer than the one.
 */
const SLICE_HITS = 1_000_000;
/** Each slice reads the hits anew; who has more hits than these hold has more memory too. */
const MAX_SLICES = 32;

/**
 * Asks of distinct ids in slices of them: an id is in one slice only, so what is counted of the slices adds up, and what
 * one of them holds is bounded.
 *
 * @param hits how many there are whose ids these are.
 * @param ask a statement over a slice; `ofSlice` is its condition, with the parameters `slice`.
 * @param sliceHits hits of one slice; given by tests only.
 * @returns the rows of all slices.
 */
export async function inSlices<Row>(
  id: 'hit' | 'visitor',
  hits: number,
  ask: (ofSlice: string, slice: Readonly<Record<string, number>>) => Promise<readonly Row[]>,
  sliceHits = SLICE_HITS,
): Promise<Row[]> {
  const slices = Math.min(MAX_SLICES, Math.max(1, Math.ceil(hits / sliceHits)));
  const ofSlice = `intHash64(${id}) % {slices:UInt8} = {slice:UInt8}`;
  const rows: Row[] = [];
  for (let slice = 0; slice < slices; slice++) rows.push(...(await ask(ofSlice, { slices, slice })));
  return rows;
}
