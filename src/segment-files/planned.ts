import type { Plan, PlanStep } from '../api/segment-plan.ts';
import { thousands } from '../cli/table.ts';
import { segmentDiff } from './content.ts';
import type { SegmentFile } from './folder.ts';
import type { Overwrite } from './made-from.ts';
import type { Mistake } from './mistake.ts';
import { overwriteOf, plain } from './shown.ts';
import type { Sizes } from './sizes.ts';

/** A plan, told from where its segments come. */
export interface PlannedFolder {
  readonly plan: Plan;
  readonly body: { readonly segments: readonly unknown[]; readonly deleteOthers: boolean };
  readonly files: ReadonlyMap<string, SegmentFile>;
  readonly mistakes: readonly Mistake[];
  readonly sizes: ReadonlyMap<string, Sizes>;
  /** Steps that would overwrite a version which the files were not made from. */
  readonly unseen: readonly PlanStep[];
  /** What the shell is told. */
  readonly code: number;
}

/** A plan as a program reads it: `overwrite` is what it takes to overwrite a version that the files do not know. */
export const planJson = ({ plan, files, mistakes, sizes, unseen }: PlannedFolder) => ({
  steps: plan.steps.map((step) => ({
    id: step.id,
    file: files.get(step.id)?.file ?? null,
    action: step.action,
    version: step.version,
    changed: step.changed,
    sizes: sizes.get(step.id) ?? null,
    overwrite: unseen.includes(step) ? overwriteOf(step) : null,
    diff: segmentDiff(step.before, step.after),
  })),
  affected: plan.affected.map(({ id, name }) => ({ id, name, sizes: sizes.get(id) ?? null })),
  unchanged: plan.unchanged,
  others: plan.others,
  mistakes,
});

/** @returns the steps that may not be taken, though some versions that the files do not know may be overwritten. */
export const keptBy = ({ unseen }: PlannedFolder, allowed: Overwrite | undefined): PlanStep[] =>
  allowed === 'all' ? [] : unseen.filter((step) => overwriteOf(step) !== allowed);

/** Nothing is applied, because the files were not made from what is stored; the plan has told what it is about. */
export class UnseenError extends Error {
  /** @param steps at least one. */
  constructor(steps: readonly PlanStep[]) {
    const named = plain(
      steps
        .slice(0, NAMED)
        .map(({ id }) => id)
        .join(', '),
    );
    const more = steps.length > NAMED ? ` and ${thousands(steps.length - NAMED)} more` : '';
    const which: Overwrite = steps.every((step) => overwriteOf(step) === 'applied') ? 'applied' : 'all';
    super(
      `Nothing is applied: the server has versions that these files were not made from, of ${named}${more}.\n` +
        `Pull them and change the files again, or overwrite them with --overwrite ${which}.`,
    );
    this.name = 'UnseenError';
  }
}

/** Ids in one message. */
const NAMED = 10;
