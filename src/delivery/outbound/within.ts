import { DeliveryError } from '../destination.ts';

/**
 * Does something that ends when its time is over, however the other side behaves.
 *
 * @param ms of the whole of it. @param what it waits for, told where that does not come.
 * @param work is given a signal that fires when time is over or `abort` does; it lets go of what it holds then.
 * @throws DeliveryError `timed_out`; the reason of `abort` where that was first; whatever `work` throws.
 */
export async function within<Value>(
  ms: number,
  abort: AbortSignal,
  what: string,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  abort.throwIfAborted();
  const cut = new AbortController();
  const onAbort = () => cut.abort(abort.reason);
  const timer = setTimeout(() => {
    cut.abort(new DeliveryError('timed_out', `no ${what} within ${ms} ms`, { retry: true }));
  }, ms);
  abort.addEventListener('abort', onAbort, { once: true });
  try {
    return await raced(work(cut.signal), cut.signal);
  } finally {
    clearTimeout(timer);
    abort.removeEventListener('abort', onAbort);
  }
}

/**
 * The reason of the signal where that is first, and not what broke because of it. Not every work can be stopped: the
 * system resolves a name for as long as it likes.
 */
function raced<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}
