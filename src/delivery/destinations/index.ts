import type { z } from 'zod';
import type { DestinationType } from '../destination.ts';
import { adform } from './adform.ts';
import { adobeFiles } from './adobe-files.ts';
import { adobeRealTime } from './adobe-real-time.ts';
import { fileDrop } from './file-drop.ts';
import { google } from './google.ts';
import { indexExchange } from './index-exchange.ts';
import { magnite } from './magnite.ts';
import { pubmatic } from './pubmatic.ts';
import { tradeDeskFirstParty, tradeDeskThirdParty } from './the-trade-desk.ts';
import { webhook } from './webhook.ts';
import { xandr } from './xandr.ts';

/** A type in the list, where each has settings of its own: they are checked by its schema before it sees them. */
const listed = <Settings extends z.ZodObject>(type: DestinationType<Settings>) =>
  [type.type, type as unknown as DestinationType] as const;

/** Every kind of destination, by its fixed name. */
export const DESTINATION_TYPES: ReadonlyMap<string, DestinationType> = new Map([
  listed(adform),
  listed(adobeFiles),
  listed(adobeRealTime),
  listed(fileDrop),
  listed(google),
  listed(indexExchange),
  listed(magnite),
  listed(pubmatic),
  listed(tradeDeskFirstParty),
  listed(tradeDeskThirdParty),
  listed(webhook),
  listed(xandr),
]);
