import { Code } from '../ui/scroll.tsx';

/** A rule as it is written. */
export const RuleText = ({ rule }: { rule: unknown }) => (
  <Code class="rule-text" label="The rule, as JSON" text={JSON.stringify(rule, null, 2)} />
);
