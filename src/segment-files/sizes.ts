import type { Plan } from '../api/segment-plan.ts';

/** How many a rule has: counted, or why they cannot be counted; null = there is no such segment then. */
export type Size = number | { readonly refused: string } | null;

/** Of one segment, without and with the plan. */
export interface Sizes {
  readonly before: Size;
  readonly after: Size;
}

/** A question to `POST /v1/segments/estimate`. */
export interface Estimate {
  readonly rule: unknown;
  readonly merge: string;
  readonly segments?: readonly { readonly id: string; readonly rule: unknown; readonly merge: string }[];
}

/**
 * Counts every segment that a plan changes, itself or by what it rests on: by the rules that are stored, and
 * by those of the plan.
 *
 * @param count asks the server.
 * @param said told how many are counted, after each, and of how many.
 * @returns sizes by id.
 */
export async function countPlan(
  { steps, affected }: Plan,
  count: (estimate: Estimate) => Promise<Size>,
  said: (done: number, of: number) => void,
): Promise<ReadonlyMap<string, Sizes>> {
  const planned = new Map(steps.flatMap(({ id, after }) => (after === null ? [] : [[id, after] as const])));
  const instead = (needs: readonly string[]) =>
    needs.map((id) => ({ id, rule: planned.get(id)!.rule, merge: planned.get(id)!.merge }));
  const asked = [
    ...steps.filter(({ resized }) => resized),
    ...affected.map(({ id, rule, merge, needs }) => ({
      id,
      needs,
      before: { rule, merge },
      after: { rule, merge },
    })),
  ];
  const sizes = new Map<string, Sizes>();
  for (const { id, before, after, needs } of asked) {
    said(sizes.size, asked.length);
    sizes.set(id, {
      before: before && (await count({ rule: before.rule, merge: before.merge })),
      after: after && (await count({ rule: after.rule, merge: after.merge, segments: instead(needs) })),
    });
  }
  said(asked.length, asked.length);
  return sizes;
}
