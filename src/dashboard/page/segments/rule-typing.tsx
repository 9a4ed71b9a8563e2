import { useEffect, useState } from 'preact/hooks';
import type { Mistake } from '../api/call.ts';
import { Field } from '../ui/parts.tsx';
import { ungrouped } from './rule-tree.ts';

const JSON_START = /^\s*[{[]/;

/** The rule as text: JSON, or YAML as segment files have it. */
export function RuleTyping({
  rule,
  change,
  mistakes,
}: {
  rule: unknown;
  change: (rule: unknown) => void;
  mistakes: readonly Mistake[];
}) {
  const [text, setText] = useState(() => JSON.stringify(ungrouped(rule ?? { did: {} }), null, 2));
  const [wrong, setWrong] = useState<string>();
  useEffect(() => {
    let gone = false;
    void read(text).then(
      (next) => {
        if (gone) return;
        setWrong(undefined);
        change(next);
      },
      (error: unknown) => {
        if (gone) return;
        setWrong(error instanceof Error ? error.message.split('\n')[0] : String(error));
        change(undefined);
      },
    );
    return () => {
      gone = true;
    };
  }, [text]);
  return (
    <Field
      label="Rule as JSON or YAML"
      problem={wrong ?? (mistakes[0] === undefined ? undefined : mistakes[0].message)}
      hint="A rule is all, any or not of rules, or one clause: did, sequence, dwell, interest, demographic, segment, trait or like."
    >
      {(ids) => (
        <textarea
          {...ids}
          class="code"
          rows={18}
          spellcheck={false}
          value={text}
          aria-invalid={wrong !== undefined || mistakes.length > 0}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

/** @throws Error that says where the text is wrong. */
async function read(text: string): Promise<unknown> {
  if (JSON_START.test(text)) return JSON.parse(text);
  // Only who writes YAML loads what reads it.
  const { parse } = await import('yaml');
  const rule: unknown = parse(text);
  if (typeof rule !== 'object' || rule === null) throw new Error('This is no rule yet: it has no clause.');
  return rule;
}
