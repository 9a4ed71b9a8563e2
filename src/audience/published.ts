import { pointersOf } from '../clickhouse/pointers.ts';

/** What the audience jobs make, each visible by a pointer of its own. */
export type Kind = 'features' | 'interests' | `demographics/${string}` | `lookalikes/${string}`;

export const { publish, published, dropUnused } = pointersOf<Kind>('audience');
