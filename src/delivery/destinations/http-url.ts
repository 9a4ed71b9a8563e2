import { z } from 'zod';

/** Where something is sent to, as a setting; plain http leads only to where the configuration allows. */
export const httpUrl = z.url({ protocol: /^https?$/, error: 'must be a URL of http or https' }).max(2000);
