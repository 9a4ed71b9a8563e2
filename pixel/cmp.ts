import { on } from './quietly.ts';

type Call = (command: string, ...args: unknown[]) => void;

/**
 * Looks for one of the IAB's consent APIs: the function of this window or of a frame around it that may be
 * looked into, else by messages the frame that holds the API's locator (TCF CMP API v2, "Using postMessage"; the
 * same in GPP and US Privacy).
 *
 * @param api `__tcfapi`, `__gpp` or `__uspapi`.
 * @returns a function that takes what the API's own takes, the callback last; `undefined` without an API.
 */
export function findCmp(api: string): Call | undefined {
  let frame: Window = window;
  for (;;) {
    const own = named(frame, api);
    if (own) return own;
    if (named(frame, `${api}Locator`))
      return (command, ...args) => {
        const hear = args.pop() as (data: unknown) => void;
        on('message', ({ data, source }: MessageEvent) => {
          const { callId, returnValue } = data[`${api}Return`];
          // Only the frame that was asked may answer: any frame can post that somebody consented.
          if (source === frame && callId === api) hear(returnValue);
        });
        frame.postMessage({ [`${api}Call`]: { command, version: args[0], callId: api } }, '*');
      };
    if (frame === frame.parent) return undefined;
    frame = frame.parent;
  }
}

/** A frame of another origin throws for a name that it does not have. */
function named(frame: Window, name: string): Call | undefined {
  try {
    return (frame as unknown as Record<string, Call>)[name];
  } catch {}
}
