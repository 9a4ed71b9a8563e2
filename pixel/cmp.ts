import { on, quietly } from './quietly.ts';

type Api = (command: string, ...rest: unknown[]) => void;

/** A frame of another origin throws for a name that it does not have. */
const named = quietly((frame: Window, name: string) => (frame as unknown as Record<string, Api>)[name]);

/**
 * Looks for one of the IAB's consent APIs: the function of this window or of a frame around it that may be
 * looked into, else by messages the frame that holds the API's locator (TCF CMP API v2, "Using postMessage"; the
 * same in GPP and US Privacy).
 *
 * @param api `__tcfapi`, `__gpp` or `__uspapi`.
 * @param hear takes what the API answers.
 * @returns a function that asks it, as often as one likes; `undefined` without an API.
 */
export const findCmp = (
  api: string,
  hear: (data: unknown) => void,
  command: string,
  ...version: number[]
): (() => void) | undefined => {
  for (let frame: Window = window; ; frame = frame.parent) {
    // Looked up each time: what answers at first may be the stub.
    if (named(frame, api))
      return quietly(() => (frame as unknown as Record<string, Api>)[api]!(command, ...version, hear));
    // Joined by hand, as templates they would make the tag twelve bytes longer.
    if (named(frame, api + 'Locator')) {
      on('message', (event: MessageEvent) => {
        const answer = event.data[api + 'Return'];
        // Only the frame that was asked may answer: any frame can post that somebody consented.
        if (event.source === frame && answer.callId === api) hear(answer.returnValue);
      });
      return () => frame.postMessage({ [api + 'Call']: { command, version: version[0], callId: api } }, '*');
    }
    if (frame === top) return undefined;
  }
};
