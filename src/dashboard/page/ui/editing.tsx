import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Dialog } from './actions.tsx';
import { tell } from './toasts.tsx';

/**
 * The button that opens the form of something that stands already.
 *
 * @param changed reads it anew: before the form opens, so that it shows what is there now, and after it was sent.
 * @param children the form, given what to do when it was sent.
 */
export function EditButton({
  name,
  changed,
  children,
}: {
  name: string;
  changed: () => Promise<void>;
  children: (done: (now: { readonly name: string }) => Promise<void>) => ComponentChildren;
}) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <button type="button" onClick={() => void changed().then(() => setIsOpen(true))}>
        Edit
      </button>
      {isOpen && (
        <Dialog title={`Edit ${name}`} close={() => setIsOpen(false)}>
          {children(async (now) => {
            setIsOpen(false);
            await changed();
            tell(`${now.name} is changed.`);
          })}
        </Dialog>
      )}
    </>
  );
}
