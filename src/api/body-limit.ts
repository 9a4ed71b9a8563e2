import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Env } from './http.ts';
import { ApiError, sendProblem } from './problem.ts';

/** Refuses a longer body as `body_too_large`, by its length where it says one. */
export const bodyAtMost = (bytes: number): MiddlewareHandler<Env> =>
  bodyLimit({
    maxSize: bytes,
    onError: (c) => {
      // The rest of the body is not read, so nobody may send a next request behind it.
      c.header('Connection', 'close');
      return sendProblem(c, new ApiError('body_too_large', `At most ${bytes} bytes.`));
    },
  });
