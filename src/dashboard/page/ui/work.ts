/** Something that somebody has begun and not saved. */
export interface Work {
  /** Path and query of the page that it stands on. */
  readonly address: string;
  /** What it stands in; null = the page itself. */
  readonly place: () => Element | null;
}

export const works = new Set<Work>();

export const hasWork = (): boolean => works.size > 0;

/** Where the newest of it stands. */
export const workAddress = (): string | undefined => [...works].at(-1)?.address;

let asked: ((go: () => void) => void) | undefined;

/** @param hear asks whether to leave, and does so where that is wanted; undefined = nobody asks any more. */
export function hearOfLeaving(hear: typeof asked): void {
  asked = hear;
}

/**
 * Does something by which work may be lost: at once where there is none, else when that is wanted.
 *
 * @param place what is to be closed, where only the work in it is lost.
 */
export function leaveThen(go: () => void, place: Element | null = null): void {
  const lost = [...works].filter((work) => place === null || place.contains(work.place()));
  if (lost.length === 0 || asked === undefined) return go();
  asked(() => {
    for (const work of lost) works.delete(work);
    go();
  });
}
