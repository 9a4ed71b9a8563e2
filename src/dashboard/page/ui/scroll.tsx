import type { ComponentChildren } from 'preact';

/** What may be wider or longer than its place: it scrolls by itself, also by keyboard, and so has a name. */
export function Scroll({
  label,
  class: kind = 'scroll',
  children,
}: {
  label: string;
  class?: string;
  children: ComponentChildren;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it a keyboard cannot scroll it (WCAG 2.1.1).
    <div class={kind} role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}

/** Text as it is, such as a rule or the lines of a file. */
export const Code = ({ label, text, class: kind = '' }: { label: string; text: string; class?: string }) => (
  <Scroll label={label} class={`code ${kind}`}>
    <code>{text}</code>
  </Scroll>
);
