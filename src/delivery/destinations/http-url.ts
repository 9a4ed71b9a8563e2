import { z } from 'zod';

/** Where something is sent to, as a setting; plain http leads only to where the configuration allows. */
export const httpUrl = z
  .url({
    protocol: /^https?$/,
    // Of one that is not given whoever checks has a word of his own.
    error: ({ input }) => (input === undefined ? undefined : 'must be a URL of http or https'),
  })
  .max(2000);
