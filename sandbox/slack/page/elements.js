// The controls inside blocks: buttons, menus, pictures and inputs, and how their values are read and put back.
import { h } from './dom.js';
import { mrkdwn, plain } from './mrkdwn.js';

export function textNodes(text, reader) {
  return text.type === 'mrkdwn' ? mrkdwn(text.text, reader) : plain(text.text);
}

export function picture(element, className) {
  const id = element.slack_file?.id;
  const source = id === undefined ? element.image_url : `/_page/file/${encodeURIComponent(id)}`;
  return h('img', { src: source, alt: element.alt_text, class: className, loading: 'lazy' });
}

/** A file under a message: a picture with its title and what a screen reader says in its place, or only its name. */
export function fileNode(file) {
  if (!file.mimetype.startsWith('image/')) return h('p', { class: 'file' }, plain(file.title));
  const said = file.alt_txt ?? '';
  return h(
    'figure',
    { class: 'block image file' },
    h('figcaption', null, plain(file.title)),
    h('img', {
      src: `/_page/file/${encodeURIComponent(file.id)}`,
      alt: said || file.title,
      class: 'image-large',
    }),
    said === ''
      ? null
      : h('details', { class: 'alt' }, h('summary', null, 'ALT'), h('p', null, plain(said))),
  );
}

/** Draws a button, menu or picture inside a block; `act` is told of a press or a choice. */
export function drawElement(element, block, reader, act) {
  if (element.type === 'image') return picture(element, 'accessory-image');
  const marks = { 'data-action-id': element.action_id, 'data-block-id': block.block_id };
  const send = (value) =>
    act({ blockId: block.block_id, actionId: element.action_id, element, value });
  if (element.type === 'button') return drawButton(element, marks, send);
  if (element.type === 'overflow')
    return drawMenu({ ...element, placeholder: { text: '⋯' } }, marks, send);
  if (element.type === 'static_select') return drawMenu(element, marks, send);
  const control = drawControl(element, {
    marks,
    reader,
    label: element.placeholder?.text ?? 'Choose',
  });
  control.addEventListener('change', () => send(valueOf(control)));
  return control;
}

function drawButton(element, marks, send) {
  return h(
    'button',
    {
      ...marks,
      type: 'button',
      class: `button ${element.style ?? ''}`,
      'aria-label': element.accessibility_label ?? null,
      onclick: () => send(undefined),
    },
    plain(element.text.text),
  );
}

/** A menu that sends what is chosen at once and then shows its placeholder, or the choice, again. */
function drawMenu(element, marks, send) {
  const menu = optionMenu(element, marks, element.placeholder?.text ?? 'Choose an option');
  menu.addEventListener('change', () => {
    if (menu.value !== '') send(menu.value);
    if (element.type === 'overflow') menu.value = '';
  });
  return menu;
}

function optionOf(option) {
  return h('option', { value: option.value }, option.text.text);
}

function optionMenu(element, marks, label) {
  const initial = element.initial_option?.value ?? '';
  const menu = h(
    'select',
    { ...marks, class: 'select', 'aria-label': marks.id ? null : label },
    h('option', { value: '' }, label),
    (element.options ?? []).map(optionOf),
    (element.option_groups ?? []).map((group) =>
      h('optgroup', { label: group.label.text }, group.options.map(optionOf)),
    ),
  );
  menu.value = initial;
  return menu;
}

/** The control of an input, by its kind. `valueOf` reads it. */
export function drawControl(element, { marks, reader, label, id }) {
  const common = { ...marks, id: id ?? null, 'data-kind': element.type };
  switch (element.type) {
    case 'plain_text_input':
    case 'email_text_input':
    case 'url_text_input':
    case 'number_input':
      return textControl(element, common);
    case 'static_select':
    case 'external_select':
      return optionMenu(element, common, element.placeholder?.text ?? label);
    case 'checkboxes':
    case 'radio_buttons':
      return choiceControl(element, common, reader);
    case 'users_select':
      return nameMenu(
        common,
        label,
        element.initial_user,
        [...reader.people.values()].filter((one) => !one.isBot),
      );
    case 'channels_select':
    case 'conversations_select':
      return nameMenu(common, label, element.initial_channel ?? element.initial_conversation, [
        ...reader.channels.values(),
      ]);
    case 'datepicker':
      return h('input', {
        ...common,
        type: 'date',
        class: 'text',
        value: element.initial_date ?? '',
      });
    case 'timepicker':
      return h('input', {
        ...common,
        type: 'time',
        class: 'text',
        value: element.initial_time ?? '',
      });
    default:
      return h('input', { ...common, class: 'text' });
  }
}

function textControl(element, common) {
  const placeholder = element.placeholder?.text ?? null;
  if (element.multiline) {
    const area = h('textarea', { ...common, class: 'text', rows: '4', placeholder });
    area.value = element.initial_value ?? '';
    return area;
  }
  const types = { email_text_input: 'email', url_text_input: 'url' };
  const mode = element.type === 'number_input' ? 'decimal' : null;
  const type = types[element.type] ?? 'text';
  const value = element.initial_value ?? '';
  return h('input', { ...common, class: 'text', type, inputmode: mode, placeholder, value });
}

function choiceControl(element, common, reader) {
  const isRadio = element.type === 'radio_buttons';
  const chosen = isRadio
    ? [element.initial_option?.value]
    : (element.initial_options ?? []).map((option) => option.value);
  const name = `${common['data-block-id']}-${common['data-action-id']}`;
  const choices = element.options.map((option) => {
    const box = h('input', { type: isRadio ? 'radio' : 'checkbox', name, value: option.value });
    box.checked = chosen.includes(option.value);
    const hint = option.description;
    return h(
      'label',
      { class: 'choice' },
      box,
      h(
        'span',
        null,
        textNodes(option.text, reader),
        hint === undefined ? null : h('small', null, textNodes(hint, reader)),
      ),
    );
  });
  return h('div', { ...common, class: 'choices', role: isRadio ? 'radiogroup' : 'group' }, choices);
}

function nameMenu(common, label, initial, named) {
  const options = named.map((one) => h('option', { value: one.id }, one.name));
  const menu = h(
    'select',
    { ...common, class: 'select' },
    h('option', { value: '' }, label),
    options,
  );
  menu.value = initial ?? '';
  return menu;
}

/** What stands in a control: text, one value, a list of values, or null for nothing. */
export function valueOf(control) {
  const kind = control.dataset.kind;
  if (kind === 'checkboxes') {
    return [...control.querySelectorAll('input:checked')].map((box) => box.value);
  }
  if (kind === 'radio_buttons') return control.querySelector('input:checked')?.value ?? null;
  return control.value === '' ? null : control.value;
}

/** Puts an earlier value back into a control that was drawn anew. */
export function restore(control, value) {
  const boxes = control.querySelectorAll('input[type=checkbox], input[type=radio]');
  if (boxes.length === 0) {
    control.value = value ?? '';
    return;
  }
  const chosen = Array.isArray(value) ? value : [value];
  for (const box of boxes) box.checked = chosen.includes(box.value);
}
