import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Code } from './scroll.tsx';
import { tellProblem } from './toasts.tsx';
import { leaveThen } from './work.ts';

/** Does something that takes a while, once at a time, and says what went wrong. */
export function ActionButton({
  act,
  class: kind,
  disabled,
  children,
}: {
  act: () => Promise<unknown>;
  class?: string;
  disabled?: boolean | undefined;
  children: ComponentChildren;
}) {
  const [busy, setBusy] = useState(false);
  return (
    <button
      type="button"
      class={kind}
      disabled={disabled}
      aria-busy={busy}
      onClick={async () => {
        if (busy) return;
        setBusy(true);
        try {
          await act();
        } catch (error) {
          tellProblem(error);
        } finally {
          setBusy(false);
        }
      }}
    >
      {busy && <span class="spinner" aria-hidden="true" />} {children}
    </button>
  );
}

/**
 * A native modal dialog: the browser keeps the focus in it, Escape closes it, and the focus goes back. Where something
 * in it is not saved it asks first.
 */
export function Dialog({
  title,
  close,
  children,
}: {
  title: string;
  close: () => void;
  children: ComponentChildren;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    const opener = document.activeElement;
    if (dialog !== null && !dialog.open) dialog.showModal();
    return () => {
      dialog?.close();
      // One that is taken out of the page before its end was told of leaves the focus nowhere.
      requestAnimationFrame(() => {
        if (document.activeElement === document.body && opener instanceof HTMLElement) opener.focus();
      });
    };
  }, []);
  const closeUnlessWork = () => leaveThen(close, ref.current);
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      onClose={close}
      onCancel={(event) => {
        // Of a chooser of files in it the same event comes up here.
        if (event.target !== ref.current) return;
        event.preventDefault();
        closeUnlessWork();
      }}
    >
      <div class="card-head">
        <h2 id={id}>{title}</h2>
        <button type="button" class="quiet" aria-label="Close" onClick={closeUnlessWork}>
          ×
        </button>
      </div>
      {children}
    </dialog>
  );
}

/** Asks before something that cannot be taken back. */
export function ConfirmButton({
  ask,
  verb,
  act,
  disabled,
  children,
}: {
  ask: string;
  disabled?: boolean;
  verb: string;
  act: () => Promise<unknown>;
  children: ComponentChildren;
}) {
  const [asking, setAsking] = useState(false);
  return (
    <>
      <button type="button" class="danger" disabled={disabled} onClick={() => setAsking(true)}>
        {children}
      </button>
      {asking && (
        <Dialog title={`${verb}?`} close={() => setAsking(false)}>
          <p>{ask}</p>
          <div class="actions">
            <ActionButton
              class="danger"
              act={async () => {
                await act();
                setAsking(false);
              }}
            >
              {verb}
            </ActionButton>
            <button type="button" onClick={() => setAsking(false)}>
              Leave it
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

/** Text to be copied, with the button that does it; where the browser forbids that, the text is selected. */
export function Copyable({ text, label }: { text: string; label: string }) {
  const box = useRef<HTMLDivElement>(null);
  const [said, setSaid] = useState<string>();
  const copy = async () => {
    const isCopied = await copied(text);
    if (!isCopied && box.current?.firstElementChild)
      getSelection()?.selectAllChildren(box.current.firstElementChild);
    setSaid(isCopied ? 'Copied' : 'Selected: copy it with Ctrl+C or ⌘C');
    if (isCopied) setTimeout(() => setSaid(undefined), 2_000);
  };
  return (
    <div class="copyable" ref={box}>
      <Code label={label} text={text} />
      <button type="button" aria-label={`Copy ${label}`} onClick={() => void copy()}>
        <span role="status">{said ?? 'Copy'}</span>
      </button>
    </div>
  );
}

/** Only a page that came by TLS, or from the machine itself, has the clipboard (W3C Clipboard API, 3). */
async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
