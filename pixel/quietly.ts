/**
 * For whatever the page calls: the page comes first, and what cannot be done is not done.
 *
 * @returns `run`, which throws no more, and gives nothing where it would have thrown.
 */
export const quietly =
  <A extends unknown[], R>(run: (...args: A) => R) =>
  (...args: A): R | undefined => {
    try {
      return run(...args);
    } catch {}
  };

/**
 * Listens to events of this window and of all that is in it, in the capturing phase, because a page may stop
 * its events on their way.
 *
 * @param types separated by spaces.
 */
export const on = <E extends Event>(types: string, run: (event: E) => void) => {
  types.split(' ').map((type) => addEventListener(type, quietly(run) as EventListener, true));
};
