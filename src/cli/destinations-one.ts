import type { Delivered } from '../delivery/run/deliver.ts';
import { DELIVERY_ENDS } from '../delivery/run/ends.ts';
import type { Run } from '../jobs/ledger.ts';
import { RefusedError } from './client.ts';
import { CommandError } from './exit.ts';
import { thousands } from './table.ts';

export const pathOf = (id: string) => `/v1/destinations/${encodeURIComponent(id)}`;

/** @throws CommandError where there is no such destination. */
export async function known<T>(id: string, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof RefusedError && error.status === 404)
      throw new CommandError(
        'not_found',
        `There is no destination ${id}; ninety destinations list shows them.`,
      );
    throw error;
  }
}

/** Shows how a delivery ended. @throws CommandError where something waits still, or nothing was taken. */
export async function ended(id: string, asked: Promise<Run>): Promise<void> {
  const { state, error, result } = await known(id, asked);
  if (state !== 'done') throw new CommandError('not_finished', error);
  const delivered = result as Pick<Delivered, 'state' | 'lines' | 'accepted' | 'dead' | 'until'>;
  const { lines, accepted, dead, until } = delivered;
  process.stdout.write(`  ${thousands(lines)} lines planned, ${thousands(accepted)} taken.\n`);
  const letters = `${thousands(dead)} lines were not taken, and are not sent again by themselves; ninety destinations dead-letters ${id} shows them.`;
  if (dead > 0 && accepted > 0) process.stdout.write(`  ${letters}\n`);
  if (delivered.state !== 'done')
    throw new CommandError(
      'not_finished',
      `The rest waits (${delivered.state}${until === undefined ? '' : `, until ${until}`}). ${DELIVERY_ENDS[delivered.state]} ninety destinations list shows why, runs ${id} how far it is.`,
    );
  if (dead > 0 && accepted === 0) throw new CommandError('not_finished', letters);
}
