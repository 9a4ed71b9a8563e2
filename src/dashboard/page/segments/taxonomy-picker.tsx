import { useState } from 'preact/hooks';
import type { ShownName } from '../../../api/taxonomy.ts';
import { useAnswer } from '../api/use-answer.ts';
import { counted } from '../format.ts';
import { Dialog } from '../ui/actions.tsx';
import { Read } from '../ui/parts.tsx';

const SHOWN = 60;

/** A button that opens the IAB's taxonomy to search it; what is picked is told by its id. */
export function TaxonomyButton({
  taxonomy,
  label,
  pick,
}: {
  taxonomy: 'content-3.1' | 'audience-1.1';
  label: string;
  pick: (id: string) => void;
}) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <button type="button" onClick={() => setIsOpen(true)}>
        {label}
      </button>
      {isOpen && (
        <Dialog title={label} close={() => setIsOpen(false)}>
          <Search
            taxonomy={taxonomy}
            pick={(id) => {
              setIsOpen(false);
              pick(id);
            }}
          />
        </Dialog>
      )}
    </>
  );
}

function Search({ taxonomy, pick }: { taxonomy: string; pick: (id: string) => void }) {
  const [text, setText] = useState('');
  const found = useAnswer<{ items: ShownName[]; total: number }>(
    `/v1/taxonomy?taxonomy=${taxonomy}&limit=${SHOWN}&q=${encodeURIComponent(text.trim())}`,
  );
  return (
    <div class="form">
      <label class="field">
        <span class="label">Search names</span>
        <input
          type="search"
          // biome-ignore lint/a11y/noAutofocus: a dialog that was opened to search begins there.
          autoFocus
          value={text}
          placeholder="Such as football, cooking, travel"
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <Read of={found}>
        {({ items, total }) => (
          <>
            <p class="muted small" role="status">
              {counted(total, 'name')}
              {total > items.length && `, the first ${items.length} of them here`}
            </p>
            <ul class="list picks">
              {items.map(({ id, name, tiers, scored }) => (
                <li key={id}>
                  <button type="button" class="quiet" onClick={() => pick(id)}>
                    <span>
                      {tiers.slice(0, -1).map((tier) => `${tier} › `)}
                      <b>{name}</b>
                    </span>
                    <code>{id}</code>
                    {taxonomy === 'audience-1.1' && !scored && <span class="tag">not scored</span>}
                  </button>
                </li>
              ))}
            </ul>
          </>
        )}
      </Read>
    </div>
  );
}
