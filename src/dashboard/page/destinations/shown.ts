/** A destination as `GET /v1/destinations/{id}` has it. */
export interface ShownDestination {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Names of the settings that are secret and set. */
  readonly secrets: readonly string[];
  readonly partner?: string;
  readonly gvlId?: number;
  readonly devices: readonly string[];
  readonly segments: 'all' | readonly { readonly id: string; readonly code?: string }[];
  readonly schedule: 'change' | 'manual' | { readonly cron: string };
  readonly mode: 'delta' | 'full';
  readonly allows: readonly string[];
  readonly regions?: readonly string[];
  readonly active: boolean;
  readonly version: number;
}
