import type { Delivered } from '../../../delivery/run/deliver.ts';
import type { Run } from '../../../jobs/ledger.ts';
import { counted, timeOfDay } from '../format.ts';

/** How a delivery ended, for who asked for it and waited. */
export function deliveredWords(name: string, run: Pick<Run, 'result' | 'error'>): string {
  if (run.error !== '') return `The delivery to ${name} broke off: ${run.error}`;
  const { state, until, lines = 0, accepted = 0, dead = 0 } = (run.result ?? {}) as Partial<Delivered>;
  const refused = dead > 0 ? `, ${counted(dead, 'line')} refused` : '';
  const told = `${counted(lines, 'line')} told to ${name}, ${counted(accepted, 'line')} taken${refused}.`;
  const again = until === undefined ? '' : ` It goes on at ${timeOfDay(until)}.`;
  if (state === 'resting') return `${told} ${name} is resting: it asked for patience.${again}`;
  return state === 'waiting' || state === 'down' ? `${told} ${name} is ${state}.${again}` : told;
}
