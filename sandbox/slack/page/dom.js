// Builds elements without ever parsing text as HTML: what a message says can only become text.

/**
 * Makes an element. Attributes that are null, undefined or false are left out; `on…` are listeners; strings become text nodes.
 */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined),
  );
  return element;
}

export function byId(id) {
  return document.getElementById(id);
}

/** Replaces what is inside an element, but only when `key` differs from the last time, so that focus survives. */
export function fill(element, key, make) {
  if (element.dataset.key === key) return false;
  element.dataset.key = key;
  element.replaceChildren(...make());
  return true;
}

/**
 * Brings a list of nodes into line with `items`: same key and same content keeps its node, and whoever has the focus keeps it.
 */
export function reconcile(container, items, { keyOf, render }) {
  const before = new Map([...container.children].map((node) => [node.dataset.item, node]));
  let place = container.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    const content = JSON.stringify(item);
    let node = before.get(key);
    before.delete(key);
    if (node === undefined || node.sameAs !== content) {
      const fresh = render(item);
      fresh.dataset.item = key;
      fresh.sameAs = content;
      if (node !== undefined) {
        const focused = focusPath(node);
        if (place === node) place = fresh;
        node.replaceWith(fresh);
        if (focused !== null) fresh.querySelector(focused)?.focus();
      }
      node = fresh;
    }
    if (node === place) place = place.nextElementSibling;
    else container.insertBefore(node, place);
  }
  for (const node of before.values()) node.remove();
}

function focusPath(node) {
  const active = document.activeElement;
  const actionId = active !== null && node.contains(active) ? active.dataset.actionId : undefined;
  return actionId === undefined ? null : `[data-action-id="${CSS.escape(actionId)}"]`;
}
