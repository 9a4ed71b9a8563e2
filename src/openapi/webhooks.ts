import type { z } from 'zod';
import { alertNotice } from './answers.ts';
import type { Header } from './headers.ts';

/** A request that the product itself sends, as whoever receives it needs to know it. */
export interface Webhook {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly headers: readonly Header[];
  readonly body: z.ZodType;
  /** What an answer means. */
  readonly answer: string;
}

/** Of Standard Webhooks 1.0.0. */
const SIGNED: readonly Header[] = [
  {
    name: 'webhook-id',
    description: 'The same for every try, by which a receiver knows a repeat.',
    example: 'alert_2f1d0e8a9b7c6d5e4f3a2b1c0d9e8f7a',
  },
  {
    name: 'webhook-timestamp',
    description: 'Of the try, in seconds since 1970.',
    example: '1795425000',
  },
  {
    name: 'webhook-signature',
    description: '`v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64.',
    example: 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  },
];

export const WEBHOOKS: readonly Webhook[] = [
  {
    name: 'alert',
    summary: 'An alert has opened, or has cleared',
    description:
      'Sent to every URL of `NINETY_ALERT_WEBHOOKS`, once for each that opens and each that clears, signed after Standard Webhooks with `NINETY_ALERT_WEBHOOK_SECRET`.',
    headers: SIGNED,
    body: alertNotice,
    answer: 'Any 2xx takes it; whatever else is tried again for a day.',
  },
];
