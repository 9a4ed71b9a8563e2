/**
 * Lets so many do something at the same moment; the others wait, first come first served.
 *
 * @returns a function that runs what it is given once there is room, and tells what came of it.
 */
export function atMost(places: number): <Value>(work: () => Promise<Value>) => Promise<Value> {
  const waiting: (() => void)[] = [];
  let free = places;
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((enter) => waiting.push(enter));
    try {
      return await work();
    } finally {
      // A place goes from hand to hand, so that nobody who comes meanwhile takes it.
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}
