import { parseRule } from '../../audience/rule/parse.ts';
import type { Rule } from '../../audience/rule/rule.ts';
import { POLICY_LABELS, type PolicyLabel } from '../../registry/kinds.ts';
import { forbiddenFor, TOPICS, type Topic } from './forbidden.ts';
import { topicsOfAudience, topicsOfDemographic, topicsOfMatch, topicsOfText } from './topics.ts';

/** A segment as the gate looks at it. */
export interface Passing {
  /** As its operator wrote it. */
  readonly rule: unknown;
  /** Of any kind; those that are policy labels count. */
  readonly labels?: readonly string[] | undefined;
  readonly iabAudienceId?: string | undefined;
}

/** Where the gate finds what a segment is made of. */
export interface Origins {
  /** undefined = there is none of this id. */
  readonly segment: (id: string) => Passing | undefined;
  /** Labels of the provider of traits, who is a partner of that id; undefined = he was deleted. */
  readonly labelsOfProvider: (id: string) => readonly string[] | undefined;
}

/** What holds for a segment at a destination. */
export interface Verdict {
  /** Its policy labels, its own and those of what its rule uses. */
  readonly labels: readonly PolicyLabel[];
  /** Those of them that the destination does not allow: where there is one, nobody is told. */
  readonly refused: readonly PolicyLabel[];
  /** Countries (`DE`) and regions (`US-WA`) from which nobody is told. */
  readonly forbidden: readonly string[];
  /** Itself and every segment that its rule refers to or is like, however deep; also those that are gone. */
  readonly uses: readonly string[];
}

/**
 * Whether a destination may have a segment, and of whom it is not told.
 *
 * A label is of the data, not of the name it goes under: a segment has those of every segment that its rule refers
 * to or is like, and of every provider whose traits it asks for, however deep, and also where it asks for the
 * opposite, which tells as much. So it is with topics that may not be sold in a region.
 *
 * @param allows labels that keep nothing from the destination.
 */
export function gateSegment(id: string, allows: readonly string[], origins: Origins): Verdict {
  const labels = new Set<string>();
  const topics = new Set<Topic>();
  const open = [id];
  const seen = new Set(open);
  const tell = (found: readonly Topic[]) => {
    for (const topic of found) topics.add(topic);
  };
  const refer = (other: string) => {
    if (seen.has(other)) return;
    seen.add(other);
    open.push(other);
  };
  const look = (node: Rule): void => {
    switch (node.op) {
      case 'all':
      case 'any':
        node.rules.forEach(look);
        return;
      case 'not':
        look(node.rule);
        return;
      case 'segment':
        refer(node.id);
        return;
      case 'like':
        refer(node.seed);
        return;
      case 'did':
      case 'dwell':
        tell(topicsOfMatch(node.match));
        return;
      case 'sequence':
        for (const step of node.steps) tell(topicsOfMatch(step));
        return;
      case 'interest':
        tell(topicsOfAudience(node.interest));
        return;
      case 'demographic':
        for (const { attribute, values } of node.wanted) tell(topicsOfDemographic(attribute, values));
        return;
      case 'trait': {
        const colon = node.trait.indexOf(':');
        // What a provider allowed who was deleted nobody knows any more, and his traits are there for ninety days.
        for (const label of origins.labelsOfProvider(node.trait.slice(0, colon)) ?? POLICY_LABELS)
          labels.add(label);
        tell(topicsOfText(node.trait.slice(colon + 1)));
      }
    }
  };
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const segment = origins.segment(next);
    if (segment === undefined) continue;
    for (const label of segment.labels ?? []) labels.add(label);
    if (segment.iabAudienceId !== undefined) tell(topicsOfAudience(segment.iabAudienceId));
    const parsed = parseRule(segment.rule);
    // Of a rule of another version nobody knows what it tells.
    if (parsed.ok) look(parsed.rule);
    else tell(TOPICS);
  }
  const own = POLICY_LABELS.filter((label) => labels.has(label));
  return {
    labels: own,
    refused: own.filter((label) => !allows.includes(label)),
    forbidden: forbiddenFor(topics),
    uses: [...seen],
  };
}
