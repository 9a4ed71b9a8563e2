/** Hears of a step back or forward in the browser's history before the router does, and may stop the event. */
export type Gate = (event: PopStateEvent) => void;

let gate: Gate | undefined;

// Listeners of the window's own events are called in the order they came in, the capturing ones too: this one has to
// be there before the router is, and so is loaded with it.
addEventListener('popstate', (event) => gate?.(event));

/** @param next undefined = nobody wants to hear of it any more. */
export function setGate(next: Gate | undefined): void {
  gate = next;
}
