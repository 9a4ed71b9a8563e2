import type { DeliveryHealth } from '../../../report/deliveries.ts';
import { timeOfDay } from '../format.ts';
import { Badge } from '../ui/parts.tsx';

/** How it stands with a destination, why, and when it is tried again. */
export function Standing({ of }: { of: DeliveryHealth }) {
  return (
    <>
      <Badge state={of.state} />
      {(of.detail !== '' || of.until !== null) && (
        <span class="why">
          {of.detail} {of.reason !== '' && <code>{of.reason}</code>}
          {of.state === 'resting' && ' It asked for patience.'}
          {of.until !== null && ` Tried again at ${timeOfDay(of.until)}.`}
        </span>
      )}
    </>
  );
}
