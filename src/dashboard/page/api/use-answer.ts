import { call } from './call.ts';
import { type Asked, useReading } from './use-reading.ts';

/**
 * Reads a path of the API, and again as often as it is told.
 *
 * @param path undefined = nothing is wanted for now.
 * @param everyMs counted from one answer to the next question; not asked while nobody sees the page.
 */
export const useAnswer = <T>(path: string | undefined, everyMs?: number): Asked<T> =>
  useReading<T>(path, readOne, everyMs);

const readOne = <T>(path: string, signal?: AbortSignal): Promise<T> =>
  call<T>('GET', path, undefined, signal);
