/** @throws TypeError where the page has no such element. */
export function byId<E extends Element = HTMLElement>(id: string): E {
  const element = document.querySelector<E>(`#${id}`);
  if (element === null) throw new TypeError(`The page has no #${id}.`);
  return element;
}

/** Leaves alone what has not changed, so that a selection, a hover or a reader's place in it stays. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** The places of a row made from a template, by their `data-slot`. */
export type Slots = (name: string) => HTMLElement;

/**
 * Brings the children of a list into line with its items: a row stays the same element as long as its item
 * is there, so that focus and selection in it outlive a refresh.
 *
 * @param template id of a `<template>` that holds one row.
 * @param key what tells one item from another.
 */
export function fillRows<T>(
  list: Element,
  template: string,
  items: readonly T[],
  key: (item: T) => string,
  fill: (slots: Slots, item: T) => void,
): void {
  const rows = new Map([...list.children].map((row) => [(row as HTMLElement).dataset['key'], row]));
  items.forEach((item, place) => {
    const row = rows.get(key(item)) ?? newRow(template, key(item));
    rows.delete(key(item));
    fill((name) => slotOf(row, name), item);
    if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
  });
  for (const gone of rows.values()) gone.remove();
}

function newRow(template: string, key: string): HTMLElement {
  const row = byId<HTMLTemplateElement>(template).content.firstElementChild!.cloneNode(true) as HTMLElement;
  row.dataset['key'] = key;
  return row;
}

function slotOf(row: Element, name: string): HTMLElement {
  const slot = row.querySelector<HTMLElement>(`[data-slot="${name}"]`);
  if (slot === null) throw new TypeError(`A row has no slot ${name}.`);
  return slot;
}
