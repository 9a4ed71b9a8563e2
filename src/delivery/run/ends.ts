import type { Sent } from './send-run.ts';

export type DeliveryEnd = Sent['state'] | 'busy';

/** How a delivery may end, in a sentence for who asked for it. */
export const DELIVERY_ENDS = {
  done: 'All that was to be told is told, or given up.',
  waiting:
    'Something waits for its next try, or for its turn at an endpoint that takes only so many callers.',
  resting: 'The destination works off what another run sent, and what is to be told waits for that.',
  down: 'The destination takes nothing now.',
  busy: 'Another delivery to it is under way.',
  broken_off: 'It was ended from here; the next does the rest.',
} as const satisfies Record<DeliveryEnd, string>;
