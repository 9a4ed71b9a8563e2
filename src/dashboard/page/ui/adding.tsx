import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useMay } from '../api/session.ts';
import { Dialog } from './actions.tsx';

/**
 * The button that makes one more of a list, for who may, and the dialog that it opens.
 *
 * @param what as the button names it: `site`.
 * @param form what stands in the dialog.
 */
export function useAdding(
  what: string,
  form: () => ComponentChildren,
): { readonly button: ComponentChildren; readonly dialog: ComponentChildren } {
  const mayEdit = useMay('edit');
  const [isOpen, setIsOpen] = useState(false);
  return {
    button: mayEdit && (
      <button type="button" class="primary" onClick={() => setIsOpen(true)}>
        New {what}
      </button>
    ),
    dialog: isOpen && (
      <Dialog title={`New ${what}`} close={() => setIsOpen(false)}>
        {form()}
      </Dialog>
    ),
  };
}
