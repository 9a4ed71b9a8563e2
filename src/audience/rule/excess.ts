import { MAX_CLAUSES, MAX_DEPTH, SEQUENCE_CLAUSES } from './limits.ts';
import { type Path, type RefusedRule, refuse } from './problem.ts';

/** A place in the JSON: its steps are put together only for the one that is refused. */
interface Place {
  readonly node: unknown;
  readonly depth: number;
  readonly steps: Path;
  readonly parent: Place | undefined;
}

/**
 * Looks at the depth and the size of a rule, and at nothing else of it. Walks without recursion: what comes
 * from outside may be a hundred thousand levels deep.
 *
 * @returns the refusal, or undefined where both are within bounds.
 */
export function refuseExcess(json: unknown): RefusedRule | undefined {
  const open: Place[] = [{ node: json, depth: 1, steps: [], parent: undefined }];
  let clauses = 0;
  for (let place = open.pop(); place; place = open.pop()) {
    if (place.depth > MAX_DEPTH) {
      return refuse(
        'rule_too_deep',
        pathOf(place),
        `rules may be nested ${MAX_DEPTH} deep, and this is deeper`,
      );
    }
    const children = childrenOf(place.node);
    if (children.length === 0) clauses += clausesOf(place.node);
    if (clauses + open.length > MAX_CLAUSES || children.length > MAX_CLAUSES) {
      return refuse('rule_too_large', [], `a rule may have ${MAX_CLAUSES} clauses, and this has more`);
    }
    for (const { node, steps } of children) {
      open.push({ node, steps, depth: place.depth + 1, parent: place });
    }
  }
  return undefined;
}

/** A demographic is as many clauses as it has attributes. */
function clausesOf(node: unknown): number {
  if (typeof node !== 'object' || node === null) return 1;
  const { sequence, demographic } = node as Record<string, unknown>;
  if (Array.isArray(sequence)) return Math.max(SEQUENCE_CLAUSES, sequence.length);
  return typeof demographic === 'object' && demographic !== null
    ? Math.max(1, Object.keys(demographic).length)
    : 1;
}

function childrenOf(node: unknown): { node: unknown; steps: Path }[] {
  if (typeof node !== 'object' || node === null) return [];
  const { all, any, not } = node as Record<string, unknown>;
  const children: { node: unknown; steps: Path }[] = [];
  for (const [name, listed] of [
    ['all', all],
    ['any', any],
  ] as const) {
    if (!Array.isArray(listed)) continue;
    // One more than may be is enough to refuse it.
    for (const [index, child] of listed.slice(0, MAX_CLAUSES + 1).entries()) {
      children.push({ node: child, steps: [name, index] });
    }
  }
  if (typeof not === 'object' && not !== null) children.push({ node: not, steps: ['not'] });
  return children;
}

function pathOf(place: Place): Path {
  const steps: Path[] = [];
  for (let at: Place | undefined = place; at; at = at.parent) steps.push(at.steps);
  return steps.reverse().flat();
}
