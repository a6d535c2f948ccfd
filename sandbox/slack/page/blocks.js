// Draws Block Kit: every block a message, modal or Home tab may hold, with the controls a person can use.
import { h } from './dom.js';
import { link, mrkdwn, personNode, plain } from './mrkdwn.js';

/**
 * Draws blocks. `reader` is who looks; `act({ blockId, actionId, element, value })` is called for a press or a choice.
 */
export function renderBlocks(blocks, reader, act) {
  return blocks.map((block) => {
    const draw = Object.hasOwn(drawers, block.type) ? drawers[block.type] : unknownBlock;
    const node = draw(block, reader, act);
    node.dataset.blockId = block.block_id ?? '';
    return node;
  });
}

export function textNodes(text, reader) {
  return text.type === 'mrkdwn' ? mrkdwn(text.text, reader) : plain(text.text);
}

const drawers = {
  header: (block) => h('h3', { class: 'block header' }, plain(block.text.text)),
  divider: () => h('hr', { class: 'block divider' }),
  section: drawSection,
  context: drawContext,
  actions: (block, reader, act) =>
    h(
      'div',
      { class: 'block actions', role: 'group' },
      block.elements.map((element) => drawElement(element, block, reader, act)),
    ),
  image: drawImage,
  input: drawInput,
  table: drawTable,
  rich_text: (block, reader) =>
    h(
      'div',
      { class: 'block rich' },
      block.elements.map((part) => richPart(part, reader)),
    ),
  markdown: (block) => h('div', { class: 'block' }, plain(block.text)),
};

function unknownBlock(block) {
  return h('div', { class: 'block unknown' }, `(a ${block.type} block)`);
}

function drawSection(block, reader, act) {
  const { text, fields, accessory } = block;
  return h(
    'div',
    { class: 'block section' },
    h(
      'div',
      { class: 'section-body' },
      text === undefined ? null : h('div', { class: 'words' }, textNodes(text, reader)),
      fields === undefined
        ? null
        : h(
            'div',
            { class: 'fields' },
            fields.map((field) => h('div', { class: 'words' }, textNodes(field, reader))),
          ),
    ),
    accessory === undefined
      ? null
      : h('div', { class: 'accessory' }, drawElement(accessory, block, reader, act)),
  );
}

function drawContext(block, reader) {
  const parts = block.elements.map((element) =>
    element.type === 'image'
      ? picture(element, 'context-image')
      : h('span', { class: 'words' }, textNodes(element, reader)),
  );
  return h('div', { class: 'block context' }, parts);
}

function picture(element, className) {
  const id = element.slack_file?.id;
  const source = id === undefined ? element.image_url : `/_page/file/${encodeURIComponent(id)}`;
  return h('img', { src: source, alt: element.alt_text, class: className, loading: 'lazy' });
}

function drawImage(block) {
  return h(
    'figure',
    { class: 'block image' },
    block.title === undefined ? null : h('figcaption', null, plain(block.title.text)),
    picture(block, 'image-large'),
  );
}

function drawTable(block, reader) {
  const cellOf = (cell, index, tag) => {
    const align = block.column_settings?.[index]?.align;
    const content =
      cell.type === 'rich_text'
        ? cell.elements.map((part) => richPart(part, reader))
        : plain(cell.text ?? String(cell.value));
    return h(
      tag,
      { class: align ? `align-${align}` : null, scope: tag === 'th' ? 'col' : null },
      content,
    );
  };
  const rowOf = (row, tag) =>
    h(
      'tr',
      null,
      row.map((cell, index) => cellOf(cell, index, tag)),
    );
  const [head, ...body] = block.rows;
  return h(
    'div',
    { class: 'block table-frame', tabindex: '0', role: 'region', 'aria-label': 'Table' },
    h(
      'table',
      null,
      h('thead', null, rowOf(head, 'th')),
      h(
        'tbody',
        null,
        body.map((row) => rowOf(row, 'td')),
      ),
    ),
  );
}

// --- rich text --------------------------------------------------------------------------------

function richPart(part, reader) {
  const inside = () => (part.elements ?? []).map((one) => richInline(one, reader));
  if (part.type === 'rich_text_list') {
    const tag = part.style === 'ordered' ? 'ol' : 'ul';
    const items = part.elements.map((item) => h('li', null, richPart(item, reader)));
    return h(tag, { class: `indent-${Math.min(part.indent ?? 0, 4)}` }, items);
  }
  if (part.type === 'rich_text_preformatted') return h('pre', null, h('code', null, inside()));
  if (part.type === 'rich_text_quote') return h('blockquote', null, inside());
  return h('div', { class: 'words' }, inside());
}

function richInline(part, reader) {
  const content = richContent(part, reader);
  const { bold, italic, strike, code } = part.style ?? {};
  const wrappers = [
    [code, 'code'],
    [strike, 'del'],
    [italic, 'em'],
    [bold, 'strong'],
  ];
  return wrappers.reduce((node, [isOn, tag]) => (isOn ? h(tag, null, node) : node), content);
}

function richContent(part, reader) {
  switch (part.type) {
    case 'text':
      return plain(part.text);
    case 'link':
      return link(part.url, part.text ?? part.url) ?? part.text ?? part.url;
    case 'user':
      return personNode(part.user_id, reader);
    case 'channel':
      return h(
        'span',
        { class: 'mention' },
        `#${reader.channels.get(part.channel_id)?.name ?? part.channel_id}`,
      );
    case 'emoji':
      return plain(`:${part.name}:`);
    case 'date':
      return mrkdwn(`<!date^${part.timestamp}^${part.format}|${part.fallback ?? ''}>`, reader);
    default:
      return part.text ?? '';
  }
}

// --- elements ---------------------------------------------------------------------------------

function drawElement(element, block, reader, act) {
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
function drawControl(element, { marks, reader, label, id }) {
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

function drawInput(block, reader, act) {
  const { element, label, hint } = block;
  const id = `input-${block.block_id.replace(/[^\w-]/gu, '_')}`;
  const marks = { 'data-action-id': element.action_id, 'data-block-id': block.block_id };
  const control = drawControl(element, { marks, reader, label: 'Choose an option', id });
  const isGroup = control.classList.contains('choices');
  control.classList.add('control');
  control.setAttribute('aria-describedby', `${id}-hint ${id}-error`);
  if (isGroup) control.setAttribute('aria-labelledby', `${id}-label`);
  if (block.dispatch_action) {
    control.addEventListener('change', () => {
      act({
        blockId: block.block_id,
        actionId: element.action_id,
        element,
        value: valueOf(control),
      });
    });
  }
  const title = [
    plain(label.text),
    block.optional ? h('span', { class: 'optional' }, ' (optional)') : null,
  ];
  return h(
    'div',
    { class: 'block input' },
    h(
      isGroup ? 'div' : 'label',
      { class: 'label', id: `${id}-label`, for: isGroup ? null : id },
      title,
    ),
    control,
    h('p', { class: 'hint', id: `${id}-hint` }, hint === undefined ? '' : plain(hint.text)),
    h('p', { class: 'error', id: `${id}-error`, role: 'alert' }),
  );
}
