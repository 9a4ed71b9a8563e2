/** A site as `GET /v1/sites/{id}` has it. */
export interface ShownSite {
  readonly id: string;
  readonly name: string;
  readonly domains: readonly string[];
  readonly key: string;
  readonly version: number;
}
