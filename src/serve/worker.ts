import { readConfig } from '../config.ts';
import { makeLog } from '../log.ts';
import { type Core, makeCore } from './core.ts';
import { openFront } from './front.ts';
import { Peer } from './peer.ts';
import type { Listening, Orders } from './workers.ts';

/**
 * A collector process of a server with several: listens, and asks its parent for what there is once for all.
 * It ends with its parent.
 */
export async function work(name: string): Promise<void> {
  const config = readConfig(process.env);
  let core: Core | undefined;
  let front: Awaited<ReturnType<typeof openFront>> | undefined;
  const parent = new Peer(process as never, {
    rotate: () => front?.journal.rotate(),
    totals: () => core?.tally.totals() ?? [],
    refresh: () => core?.registry.refresh(),
    stop: () => front?.close(),
  });
  // The parent stops its workers in its own order; the terminal's signal reaches all at once.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  process.on('disconnect', () => process.exit(0));
  const { secret, operatorKey, connection } = (await parent.ask('orders')) as Orders;
  core = makeCore(config, secret, operatorKey, connection, makeLog(config.logLevel).child({ worker: name }));
  core.registry.announceBy(async () => void (await parent.ask('changed')));
  await core.registry.restore();
  await core.registry.refresh().catch(() => undefined);
  try {
    front = await openFront(core, name, {
      flush: async () => void (await parent.ask('flush')),
      metrics: async () => (await parent.ask('metrics')) as string,
      wake: () => void parent.ask('wake').catch(() => undefined),
    });
    await parent.ask('listening', { url: front.url(), boot: front.journal.boot } satisfies Listening);
  } catch (error) {
    await parent.ask('failed', error instanceof Error ? error.message : String(error)).catch(() => undefined);
    process.exit(1);
  }
}
