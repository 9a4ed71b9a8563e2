/** A segment as `GET /v1/segments/{id}` has it. */
export interface ShownSegment {
  readonly id: string;
  readonly name: string;
  readonly rule: unknown;
  readonly merge: 'visitor' | 'device' | 'household';
  readonly ttlDays?: number;
  readonly folder?: string;
  readonly labels?: readonly string[];
  readonly note?: string;
  readonly version: number;
  readonly updatedAt: string;
  readonly size: number | null;
  readonly asOf: string | null;
  readonly state: 'fresh' | 'stale' | 'building' | 'failed';
  readonly reason?: string;
}

/** One line of `GET /v1/segments/{id}/history`. */
export interface PastSize {
  readonly asOf: string;
  readonly size: number;
  readonly version: number;
  readonly added: number | null;
  readonly removed: number | null;
}

/** One line of `GET /v1/segments/{id}/versions`. */
export interface ShownVersion {
  readonly version: number;
  readonly time: string;
  readonly by: { readonly id: string; readonly name: string | null };
  readonly note?: string;
  readonly applied?: true;
  readonly action: 'created' | 'changed' | 'deleted';
  readonly changed: readonly string[];
  /** Lines that begin with `+`, `-` or a space. */
  readonly diff: readonly string[];
}
