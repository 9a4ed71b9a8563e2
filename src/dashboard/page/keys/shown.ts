/** A key as `GET /v1/keys` has it: never the key itself. */
export interface ShownKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly version: number;
  readonly updatedAt: string;
  /** ISO 8601, to the minute; null = not within the retention. */
  readonly lastUsed: string | null;
}
