import type { Operation } from '../operation.ts';
import { collectionOperations } from './collection.ts';
import { consoleOperations } from './console.ts';
import { destinationOperations } from './destinations.ts';
import { objectOperations } from './objects.ts';
import { reportOperations } from './reports.ts';
import { segmentOperations } from './segments.ts';
import { systemOperations } from './system.ts';
import { uploadOperations } from './uploads.ts';
import { visitorOperations } from './visitors.ts';

/** Every route of the product, but for the console's own files. */
export const OPERATIONS: readonly Operation[] = [
  ...collectionOperations,
  ...objectOperations,
  ...segmentOperations,
  ...destinationOperations,
  ...visitorOperations,
  ...uploadOperations,
  ...reportOperations,
  ...systemOperations,
  ...consoleOperations,
];
