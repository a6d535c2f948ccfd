// Draws Block Kit: every block a message, modal or Home tab may hold, with the controls a person can use.
import { h } from './dom.js';
import { drawControl, drawElement, picture, textNodes, valueOf } from './elements.js';
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

// --- inputs -----------------------------------------------------------------------------------

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
