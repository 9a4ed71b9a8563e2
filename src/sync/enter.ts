import type { Request } from '../collect/door.ts';
import type { Refusal } from '../collect/refusal.ts';
import type { Signals } from '../consent/decide.ts';
import { type Admission, admit, hearNo, isSaid, type SyncDoor, type Yes } from './door.ts';
import { mistakeIn } from './mistake.ts';

/** Answers a request for which nothing is done; the status is another than usual where it is given. */
export type End = (outcome: Refusal, cookies?: readonly string[], status?: number) => void;

/**
 * The steps before a sync, in their order: who comes; a no is heard, which weighs more than anything that is wrong
 * with the request; the request's own mistakes; those in its signals; and any other refusal.
 *
 * @param read what the request asks for, or what is wrong with it.
 * @param end called once where nothing is to be done.
 * @param isQuestion who asks what would happen is told of a no, and it is not written down.
 * @returns who comes and what is asked for; undefined = ended.
 */
export function enter<Asked extends object>(
  door: SyncDoor,
  request: Request,
  signals: Signals,
  now: number,
  read: () => Asked | Refusal,
  end: End,
  isQuestion = false,
): (Yes & Asked) | undefined {
  const admission: Admission = admit(door, request, signals, now);
  if (!admission.yes && isSaid(admission)) {
    if (isQuestion) end(admission.reason);
    else hearNo(door, request, admission, now, end);
    return undefined;
  }
  const asked = read();
  const mistake = mistakeIn(signals, now, !admission.yes);
  if (typeof asked === 'string') end(asked);
  else if (mistake !== undefined) end(mistake, [], 400);
  else if (!admission.yes) end(admission.reason);
  else return { ...admission, ...asked };
  return undefined;
}
