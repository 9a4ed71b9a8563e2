/**
 * Calls one of the IAB's consent APIs: the function of this window, or by messages the frame that holds the
 * API's locator (TCF CMP API v2, "Using postMessage"; the same in GPP and US Privacy).
 *
 * @param api `__tcfapi`, `__gpp` or `__uspapi`.
 * @param hear takes each answer; never throws.
 * @returns whether there is such an API.
 */
export function callCmp(
  api: string,
  command: string,
  version: number | string,
  hear: (data: unknown, success: boolean) => void,
): boolean {
  const own = named(window, api) as ((...args: unknown[]) => void) | undefined;
  if (own) {
    if (api === '__gpp') own(command, hear);
    else own(command, version, hear);
    return true;
  }
  let frame: Window = window;
  while (frame !== frame.parent) {
    frame = frame.parent;
    if (named(frame, `${api}Locator`)) {
      addEventListener('message', ({ data, source }) => {
        const answer = data?.[`${api}Return`];
        // Only the frame that was asked may answer: any frame can post that somebody consented.
        if (source === frame && answer?.callId === api) hear(answer.returnValue, answer.success);
      });
      frame.postMessage({ [`${api}Call`]: { command, version, callId: api } }, '*');
      return true;
    }
  }
  return false;
}

/** A frame of another origin throws for a name that it does not have. */
function named(frame: Window, name: string): unknown {
  try {
    return (frame as unknown as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}
