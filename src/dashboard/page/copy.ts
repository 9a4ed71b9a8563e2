import { byId, setText } from './element.ts';

const SAID_MS = 2_000;

/**
 * Puts an element's text on the clipboard, and says on the button that it is there. Where the browser
 * gives no clipboard (a page over plain http), the text is selected instead, ready for the keyboard.
 */
export async function copyText(source: Element, button: HTMLElement): Promise<void> {
  const copied = await navigator.clipboard?.writeText(source.textContent ?? '').then(
    () => true,
    () => false,
  );
  if (!copied) getSelection()?.selectAllChildren(source);
  const said = copied ? 'Copied' : 'Selected';
  const before = button.dataset['before'] ?? button.textContent ?? '';
  button.dataset['before'] = before;
  setText(button, said);
  setText(byId('copied'), copied ? 'Copied to the clipboard.' : 'Selected; copy it with the keyboard.');
  setTimeout(() => setText(button, before), SAID_MS);
}
