import { type Lease, LeaseBusyError, type Leases } from '../../jobs/lease.ts';

const LOST_LOOK_MS = 1_000;

/**
 * Does something that leases were won for: it is told to end where one is lost, and each that is not is let go of
 * behind it.
 *
 * @param signal ends it as well.
 */
export async function underLeases<Value>(
  leases: readonly Lease[],
  signal: AbortSignal | undefined,
  work: (abort: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const ending = new AbortController();
  const watch = setInterval(() => leases.some((lease) => lease.lost()) && ending.abort(), LOST_LOOK_MS);
  watch.unref();
  try {
    return await work(signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal]));
  } finally {
    clearInterval(watch);
    for (const lease of leases) if (!lease.lost()) await lease.release();
  }
}

const endpointLease = (url: string) => {
  const { origin, pathname } = new URL(url);
  return `deliver-to/${origin}${pathname}`;
};

/**
 * Wins the right to be the only one in the installation to call some endpoints.
 *
 * @param waitMs for how long at most each is waited for.
 * @returns undefined where another still calls one of them; then none is held.
 * @throws ClickHouseError
 */
export async function leaseEndpoints(
  leases: Leases,
  urls: readonly string[],
  waitMs: number,
): Promise<Lease[] | undefined> {
  const held: Lease[] = [];
  try {
    // In one order everywhere, so that no two wait for each other.
    for (const name of [...new Set(urls.map(endpointLease))].sort())
      held.push(await leases.wait(name, waitMs));
    return held;
  } catch (error) {
    for (const lease of held) await lease.release();
    if (error instanceof LeaseBusyError) return undefined;
    throw error;
  }
}
