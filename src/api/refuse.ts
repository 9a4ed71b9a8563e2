import { ApiError } from './problem.ts';

/**
 * Goes on where nothing is wrong.
 *
 * @param problems each as `/path: what is wrong`.
 * @throws ApiError `invalid` with all of them.
 */
export function refuse(problems: readonly string[] = []): void {
  if (problems.length > 0) throw new ApiError('invalid', problems.join('; '), { problems });
}
