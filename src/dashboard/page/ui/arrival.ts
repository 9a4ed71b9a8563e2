let isAwaited = false;

/** Another page was gone to, or this one is of something else now: the focus goes to its heading, also where that comes with what is read first. */
export function awaitHeading(): void {
  const heading = document.querySelector<HTMLElement>('main h1');
  isAwaited = heading === null;
  (heading ?? document.querySelector<HTMLElement>('main'))?.focus();
}

/** Of a heading that has just come; who has gone elsewhere meanwhile is left there. */
export function takeFocus(heading: HTMLElement | null): void {
  if (!isAwaited) return;
  isAwaited = false;
  const now = document.activeElement;
  if (now === null || now === document.body || now.matches('main')) heading?.focus();
}

/** Of a heading that goes: the page that is left stands for a moment beside the one that comes. */
export function leaveFocus(heading: HTMLElement | null): void {
  if (heading === null || document.activeElement !== heading) return;
  const other = [...document.querySelectorAll<HTMLElement>('main h1')].find((each) => each !== heading);
  isAwaited = other === undefined;
  other?.focus();
}
