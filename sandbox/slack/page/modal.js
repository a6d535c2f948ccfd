// The modal on top of the stack, and the small dialog that asks "are you sure".
import { renderBlocks } from './blocks.js';
import { byId, h } from './dom.js';
import { restore, textNodes, valueOf } from './elements.js';
import { plain } from './mrkdwn.js';

let drawn = '';

/** Shows the top of the stack, or nothing. What was typed survives when the app changes the view. */
export function showModal(stack, reader, { submit, close, act }) {
  const dialog = byId('modal');
  const view = stack.at(-1);
  if (view === undefined) {
    drawn = '';
    if (dialog.open) dialog.close();
    dialog.replaceChildren();
    return;
  }
  const key = `${view.id} ${view.hash}`;
  if (key !== drawn) {
    const isSame = drawn.startsWith(`${view.id} `);
    const typed = isSame ? typedValues(dialog) : {};
    drawn = key;
    draw(dialog, { view, depth: stack.length }, reader, { submit, close, act });
    for (const control of controls(dialog)) {
      const name = controlName(control);
      if (Object.hasOwn(typed, name)) restore(control, typed[name]);
    }
    if (!dialog.open) dialog.showModal();
    if (!isSame) dialog.querySelector('.control, .button')?.focus();
  }
  showErrors(dialog, view);
}

function draw(dialog, { view, depth }, reader, { submit, close, act }) {
  const send = (event) => {
    event.preventDefault();
    submit(view, typedByAction(dialog));
  };
  const press = (pressed) => act(view, { ...pressed, values: typedByAction(dialog) });
  onEscape(dialog, () => close(view, { all: false }));
  const closeWords = view.close?.text ?? 'Cancel';
  dialog.replaceChildren(
    h(
      'form',
      {
        onsubmit: send,
        novalidate: true,
        'data-view-id': view.id,
        'data-callback-id': view.callback_id,
      },
      h(
        'header',
        { class: 'modal-head' },
        h('h2', { id: 'modal-title' }, plain(view.title.text)),
        depth > 1 ? h('span', { class: 'depth' }, `${depth} of 3`) : null,
        h(
          'button',
          {
            type: 'button',
            class: 'icon',
            'aria-label': 'Close all',
            onclick: () => close(view, { all: true }),
          },
          '×',
        ),
      ),
      h('div', { class: 'modal-body' }, renderBlocks(view.blocks, reader, press)),
      h('p', { class: 'trouble', role: 'alert' }),
      h(
        'footer',
        { class: 'modal-foot' },
        h(
          'button',
          {
            type: 'button',
            class: 'button',
            'data-role': 'close',
            onclick: () => close(view, { all: false }),
          },
          plain(closeWords),
        ),
        view.submit === null
          ? null
          : h(
              'button',
              { type: 'submit', class: 'button primary', 'data-role': 'submit' },
              plain(view.submit.text),
            ),
      ),
    ),
  );
}

/** What Escape does in each dialog at the moment. */
const escapes = new WeakMap();

function onEscape(dialog, leave) {
  if (!escapes.has(dialog)) {
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      escapes.get(dialog)();
    });
  }
  escapes.set(dialog, leave);
}

function controls(dialog) {
  return [...dialog.querySelectorAll('.control')];
}

function controlName(control) {
  return `${control.dataset.blockId} ${control.dataset.actionId} ${control.dataset.kind}`;
}

function typedValues(dialog) {
  return Object.fromEntries(controls(dialog).map((one) => [controlName(one), valueOf(one)]));
}

function typedByAction(dialog) {
  return Object.fromEntries(controls(dialog).map((one) => [one.dataset.blockId, valueOf(one)]));
}

function showErrors(dialog, view) {
  dialog.querySelector('.trouble').textContent = view.trouble ?? '';
  let first = null;
  for (const control of controls(dialog)) {
    const error = view.errors[control.dataset.blockId] ?? '';
    const place = byId(`${control.id}-error`);
    const isNew = error !== '' && place.textContent !== error;
    place.textContent = error;
    if (error === '') control.removeAttribute('aria-invalid');
    else control.setAttribute('aria-invalid', 'true');
    if (isNew) first ??= control;
  }
  first?.focus();
}

/** Asks before a button with a confirm object acts. Resolves to whether the person agreed. */
export function confirmed(confirm, reader) {
  if (confirm === undefined) return Promise.resolve(true);
  const dialog = byId('confirm');
  return new Promise((resolve) => {
    const end = (isAgreed) => {
      dialog.close();
      dialog.replaceChildren();
      resolve(isAgreed);
    };
    onEscape(dialog, () => end(false));
    dialog.replaceChildren(
      h(
        'header',
        { class: 'modal-head' },
        h('h2', { id: 'confirm-title' }, plain(confirm.title.text)),
      ),
      h('div', { class: 'modal-body words' }, textNodes(confirm.text, reader)),
      h(
        'footer',
        { class: 'modal-foot' },
        h(
          'button',
          { type: 'button', class: 'button', 'data-role': 'deny', onclick: () => end(false) },
          plain(confirm.deny.text),
        ),
        h(
          'button',
          {
            type: 'button',
            class: `button ${confirm.style ?? 'primary'}`,
            'data-role': 'confirm',
            onclick: () => end(true),
          },
          plain(confirm.confirm.text),
        ),
      ),
    );
    dialog.showModal();
    dialog.querySelector('[data-role=deny]').focus();
  });
}
