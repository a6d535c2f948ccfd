// Says what Slack would refuse about blocks and views; longer than 300 lines because it is one table of rules that are read side by side.
import { slackLimits as limits } from './limits.ts';

/** Where blocks are shown; Slack allows different blocks in each place. */
export type Surface = 'message' | 'modal' | 'home';

/** What kind of mistake a {@link BlockProblem} is. */
export type BlockProblemCode =
  | 'missing_field'
  | 'unexpected_field'
  | 'invalid_type'
  | 'invalid_value'
  | 'unsupported'
  | 'too_short'
  | 'too_long'
  | 'too_few'
  | 'too_many'
  | 'duplicate';

/** One thing Slack would refuse; `pointer` is a JSON pointer from the object that holds `blocks`. */
export interface BlockProblem {
  readonly pointer: string;
  readonly code: BlockProblemCode;
  readonly message: string;
}

interface Case {
  readonly surface: Surface;
  readonly problems: BlockProblem[];
  readonly blockIds: Set<string>;
  textChars: number;
  markdownChars: number;
  tables: number;
}
type JsonObject = Readonly<Record<string, unknown>>;
type Rule = (value: unknown, pointer: string, on: Case) => void;
interface Field {
  readonly rule: Rule;
  readonly required: boolean;
}

/**
 * Checks blocks as Slack would before it shows them: shapes, lengths, counts, unknown or misplaced kinds and ids used twice.
 * Returns an empty list for blocks that Slack takes; never throws, whatever `blocks` is.
 */
export function validateBlocks(surface: Surface, blocks: unknown): readonly BlockProblem[] {
  const on = newCase(surface);
  blockList(blocks, '/blocks', on);
  if (surface === 'message' && on.textChars > limits.message.allBlocksTextChars) {
    const message = `text of all blocks must be less than ${limits.message.allBlocksTextChars + 1} characters together`;
    report(on, '/blocks', 'too_long', message);
  }
  return on.problems;
}

/** Checks a modal or a Home tab as `views.open` and `views.publish` would. Pointers start at the view. */
export function validateView(view: unknown): readonly BlockProblem[] {
  if (!isObject(view)) return [problem('', 'invalid_type', 'must be a view object')];
  const surface = view['type'];
  if (surface !== 'modal' && surface !== 'home') {
    return [problem('/type', 'invalid_value', 'must be "modal" or "home"')];
  }
  const on = newCase(surface);
  (surface === 'modal' ? modal : home)(view, '', on);
  if (JSON.stringify(view).length > limits.modal.bytes) {
    report(on, '', 'too_long', `view must be at most ${limits.modal.bytes} bytes of JSON`);
  }
  return on.problems;
}

// --- the grammar of rules ---------------------------------------------------------------------

function newCase(surface: Surface): Case {
  return { surface, problems: [], blockIds: new Set(), textChars: 0, markdownChars: 0, tables: 0 };
}

function problem(pointer: string, code: BlockProblemCode, message: string): BlockProblem {
  return { pointer, code, message };
}

function report(on: Case, pointer: string, code: BlockProblemCode, message: string): void {
  on.problems.push(problem(pointer, code, message));
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const need = (rule: Rule): Field => ({ rule, required: true });
const may = (rule: Rule): Field => ({ rule, required: false });

/** An object with exactly these fields; `also` sees it once its fields were checked. */
function object(fields: Readonly<Record<string, Field>>, also?: Rule): Rule {
  return (value, pointer, on) => {
    if (!isObject(value)) return report(on, pointer, 'invalid_type', 'must be an object');
    for (const [name, field] of Object.entries(fields)) {
      if (value[name] !== undefined) field.rule(value[name], `${pointer}/${name}`, on);
      else if (field.required)
        report(on, pointer, 'missing_field', `missing required field: ${name}`);
    }
    for (const name of Object.keys(value)) {
      if (name === 'type' || fields[name] !== undefined) continue;
      report(on, `${pointer}/${name}`, 'unexpected_field', `invalid additional property: ${name}`);
    }
    also?.(value, pointer, on);
  };
}

function string({ min = 1, max }: { readonly min?: number; readonly max: number }): Rule {
  return (value, pointer, on) => {
    if (typeof value !== 'string') return report(on, pointer, 'invalid_type', 'must be a string');
    if (value.length < min) {
      report(on, pointer, 'too_short', `must be more than ${min - 1} characters`);
    } else if (value.length > max) {
      report(on, pointer, 'too_long', `must be less than ${max + 1} characters`);
    }
  };
}

function list(each: Rule, { min = 1, max }: { readonly min?: number; readonly max: number }): Rule {
  return (value, pointer, on) => {
    if (!Array.isArray(value)) return report(on, pointer, 'invalid_type', 'must be an array');
    if (value.length < min)
      report(on, pointer, 'too_few', `no fewer than ${min} items are allowed`);
    if (value.length > max)
      report(on, pointer, 'too_many', `no more than ${max} items allowed [${value.length}]`);
    for (const [index, item] of value.entries()) each(item, `${pointer}/${index}`, on);
  };
}

function oneOf(...allowed: readonly string[]): Rule {
  return (value, pointer, on) => {
    if (typeof value === 'string' && allowed.includes(value)) return;
    report(on, pointer, 'invalid_value', `must be one of: ${allowed.join(', ')}`);
  };
}

function ofKind(kind: 'boolean' | 'number' | 'string'): Rule {
  return (value, pointer, on) => {
    if (typeof value !== kind) report(on, pointer, 'invalid_type', `must be a ${kind}`);
  };
}

/** Picks the rule by the value's `type`; a type that is not in the table is a problem of its own. */
function byType(table: Readonly<Record<string, Rule>>, what: string): Rule {
  return (value, pointer, on) => {
    if (!isObject(value)) return report(on, pointer, 'invalid_type', `must be a ${what} object`);
    const type = value['type'];
    const rule = typeof type === 'string' && Object.hasOwn(table, type) ? table[type] : undefined;
    if (rule === undefined) {
      const said = typeof type === 'string' ? type : 'none';
      return report(on, `${pointer}/type`, 'unsupported', `unsupported ${what} type: ${said}`);
    }
    rule(value, pointer, on);
  };
}

/** A text object. Its length counts towards what a whole message may say. */
function text(
  kind: 'plain_text' | 'any',
  { min = 1, max }: { readonly min?: number; readonly max: number },
): Rule {
  const length = string({ min, max });
  return (value, pointer, on) => {
    if (!isObject(value)) return report(on, pointer, 'invalid_type', 'must be a text object');
    const type = value['type'];
    if (type !== 'plain_text' && (kind === 'plain_text' || type !== 'mrkdwn')) {
      const wanted = kind === 'any' ? 'plain_text or mrkdwn' : kind;
      return report(on, `${pointer}/type`, 'invalid_value', `must be ${wanted}`);
    }
    const flag = type === 'plain_text' ? 'emoji' : 'verbatim';
    object({ text: need(length), [flag]: may(boolean) })(value, pointer, on);
    if (typeof value['text'] === 'string') on.textChars += value['text'].length;
  };
}

// --- composition objects ----------------------------------------------------------------------

const boolean = ofKind('boolean');
const number = ofKind('number');
const anything: Rule = () => {};
const plain = (max: number): Rule => text('plain_text', { max });
const actionId = string({ max: limits.action.idChars });
const url = string({ max: limits.button.urlChars });
const placeholder = plain(limits.placeholder.textChars);

const confirm = object({
  title: need(plain(limits.confirm.titleChars)),
  text: need(text('any', { max: limits.confirm.textChars })),
  confirm: need(plain(limits.confirm.buttonChars)),
  deny: need(plain(limits.confirm.buttonChars)),
  style: may(oneOf('primary', 'danger')),
});

const option = object({
  text: need(text('any', { max: limits.option.textChars })),
  value: need(string({ max: limits.option.valueChars })),
  description: may(text('any', { max: limits.option.descriptionChars })),
  url: may(url),
});

const optionGroup = object({
  label: need(plain(limits.optionGroup.labelChars)),
  options: need(list(option, { max: limits.select.options })),
});

const imageSource: Rule = (value, pointer, on) => {
  if (!isObject(value)) return;
  if ((value['image_url'] === undefined) === (value['slack_file'] === undefined)) {
    report(on, pointer, 'missing_field', 'must have exactly one of image_url, slack_file');
  }
};

const slackFile = object({ id: may(string({ max: 255 })), url: may(url) });

// --- elements ---------------------------------------------------------------------------------

const interactive = {
  action_id: may(actionId),
  confirm: may(confirm),
  focus_on_load: may(boolean),
} as const;

const button = object({
  ...interactive,
  text: need(plain(limits.button.textChars)),
  url: may(url),
  value: may(string({ max: limits.button.valueChars })),
  style: may(oneOf('primary', 'danger')),
  accessibility_label: may(string({ max: limits.button.accessibilityLabelChars })),
});

const initialOptionKnown: Rule = (value, pointer, on) => {
  if (!isObject(value) || !isObject(value['initial_option'])) return;
  const groups = Array.isArray(value['option_groups']) ? value['option_groups'] : [];
  const grouped = groups.flatMap((group: unknown) => (isObject(group) ? group['options'] : []));
  const offered = [...(Array.isArray(value['options']) ? value['options'] : []), ...grouped];
  const wanted = value['initial_option']['value'];
  if (offered.some((one: unknown) => isObject(one) && one['value'] === wanted)) return;
  report(on, `${pointer}/initial_option`, 'invalid_value', 'must be one of the options');
};

const hasOptions: Rule = (value, pointer, on) => {
  if (!isObject(value)) return;
  if ((value['options'] === undefined) === (value['option_groups'] === undefined)) {
    report(on, pointer, 'missing_field', 'must have exactly one of options, option_groups');
  }
  initialOptionKnown(value, pointer, on);
};

const options = list(option, { max: limits.select.options });
const optionGroups = list(optionGroup, { max: limits.select.optionGroups });
const choices = list(option, { max: limits.choice.options });
const chooser = { ...interactive, placeholder: may(placeholder) } as const;
const several = { ...chooser, max_selected_items: may(number) } as const;
const offered = { options: may(options), option_groups: may(optionGroups) } as const;

const staticSelect = object({ ...chooser, ...offered, initial_option: may(option) }, hasOptions);
const multiStaticSelect = object(
  { ...several, ...offered, initial_options: may(options) },
  hasOptions,
);
const picker = (initial: string): Rule =>
  object({ ...chooser, [initial]: may(string({ max: 255 })), response_url_enabled: may(boolean) });
const multiPicker = (initial: string): Rule =>
  object({ ...several, [initial]: may(list(string({ max: 255 }), { max: 100 })) });
const numeric = { initial_value: may(ofKind('string')), placeholder: may(placeholder) } as const;

const inText = {
  ...interactive,
  placeholder: may(placeholder),
  dispatch_action_config: may(anything),
} as const;

const plainTextInput = object({
  ...inText,
  initial_value: may(string({ min: 0, max: limits.plainTextInput.lengthChars })),
  multiline: may(boolean),
  min_length: may(number),
  max_length: may(number),
});

const imageElement = object(
  {
    image_url: may(string({ max: limits.image.urlChars })),
    slack_file: may(slackFile),
    alt_text: need(string({ max: limits.image.altTextChars })),
  },
  imageSource,
);

const radioButtons = object(
  { ...interactive, options: need(choices), initial_option: may(option) },
  initialOptionKnown,
);
const checkboxes = object({
  ...interactive,
  options: need(choices),
  initial_options: may(choices),
});

const elements = {
  button,
  overflow: object({
    ...interactive,
    options: need(list(option, { max: limits.overflow.options })),
  }),
  checkboxes,
  radio_buttons: radioButtons,
  static_select: staticSelect,
  multi_static_select: multiStaticSelect,
  external_select: object({
    ...chooser,
    min_query_length: may(number),
    initial_option: may(option),
  }),
  users_select: picker('initial_user'),
  multi_users_select: multiPicker('initial_users'),
  conversations_select: picker('initial_conversation'),
  channels_select: picker('initial_channel'),
  multi_channels_select: multiPicker('initial_channels'),
  datepicker: picker('initial_date'),
  timepicker: picker('initial_time'),
  datetimepicker: object({ ...interactive, initial_date_time: may(number) }),
} as const satisfies Readonly<Record<string, Rule>>;

const inputElements = {
  ...elements,
  plain_text_input: plainTextInput,
  email_text_input: object({ ...inText, ...numeric }),
  url_text_input: object({ ...inText, ...numeric }),
  number_input: object({
    ...inText,
    ...numeric,
    is_decimal_allowed: need(boolean),
    min_value: may(ofKind('string')),
    max_value: may(ofKind('string')),
  }),
} as const;

const { button: _noButton, overflow: _noOverflow, ...inputOnly } = inputElements;

// --- blocks -----------------------------------------------------------------------------------

const actionIdsUnique: Rule = (value, pointer, on) => {
  if (!isObject(value) || !Array.isArray(value['elements'])) return;
  const seen = new Set<unknown>();
  for (const [index, element] of value['elements'].entries()) {
    const id: unknown = isObject(element) ? element['action_id'] : undefined;
    if (id === undefined) continue;
    if (seen.has(id)) {
      const where = `${pointer}/elements/${index}/action_id`;
      report(
        on,
        where,
        'duplicate',
        `\`action_id\` ${JSON.stringify(id)} already exists in this block`,
      );
    }
    seen.add(id);
  }
};

const hasTextOrFields: Rule = (value, pointer, on) => {
  if (!isObject(value) || value['text'] !== undefined || value['fields'] !== undefined) return;
  report(on, pointer, 'missing_field', 'must define one of: text, fields');
};

/** Counts what rich text says, whatever it consists of: Slack's own clients add new parts often. */
const richTextPart: Rule = (value, pointer, on) => {
  if (!isObject(value) || typeof value['type'] !== 'string') {
    return report(on, pointer, 'invalid_type', 'must be a rich text element with a type');
  }
  if (typeof value['text'] === 'string') {
    on.textChars += value['text'].length;
    string({ max: Number.MAX_SAFE_INTEGER })(value['text'], `${pointer}/text`, on);
  }
  if (Array.isArray(value['elements'])) {
    list(richTextPart, { min: 0, max: Infinity })(value['elements'], `${pointer}/elements`, on);
  }
};

const richTextRoot = byType(
  {
    rich_text_section: richTextPart,
    rich_text_list: richTextPart,
    rich_text_preformatted: richTextPart,
    rich_text_quote: richTextPart,
  },
  'rich text',
);
const richText = object({ elements: need(list(richTextRoot, { max: Infinity })) });

const cellText = string({ max: limits.table.textChars });
const countedText: Rule = (value, pointer, on) => {
  cellText(value, pointer, on);
  if (typeof value === 'string') on.textChars += value.length;
};
const cell = byType(
  {
    raw_text: object({ text: need(countedText) }),
    raw_number: object({ value: need(number), text: may(countedText) }),
    rich_text: richText,
  },
  'table cell',
);

const tableFits: Rule = (value, pointer, on) => {
  on.tables += 1;
  if (on.surface !== 'message') {
    report(on, `${pointer}/type`, 'unsupported', 'table blocks are allowed in messages only');
  }
  if (on.tables > limits.message.tables) {
    report(on, pointer, 'too_many', 'only one table block is allowed in a message');
  }
  if (!isObject(value) || !Array.isArray(value['rows'])) return;
  const widths = new Set(
    value['rows'].map((row: unknown) => (Array.isArray(row) ? row.length : 0)),
  );
  if (widths.size > 1) {
    report(on, `${pointer}/rows`, 'invalid_value', 'all rows must have the same number of cells');
  }
};

const markdownFits: Rule = (value, pointer, on) => {
  if (on.surface !== 'message') {
    report(on, `${pointer}/type`, 'unsupported', 'markdown blocks are allowed in messages only');
  }
  if (!isObject(value) || typeof value['text'] !== 'string') return;
  on.markdownChars += value['text'].length;
  if (on.markdownChars > limits.markdown.textChars) {
    const most = limits.markdown.textChars;
    report(on, `${pointer}/text`, 'too_long', `markdown must be at most ${most} characters`);
  }
};

const blockId = { block_id: may(string({ max: limits.block.idChars })) } as const;
const anyText = (max: number): Rule => text('any', { max });
const elementsOf = (table: Readonly<Record<string, Rule>>, max: number): Field =>
  need(list(byType(table, 'element'), { max }));

const anywhere = {
  header: object({ ...blockId, text: need(plain(limits.header.textChars)) }),
  section: object(
    {
      ...blockId,
      text: may(anyText(limits.section.textChars)),
      fields: may(list(anyText(limits.section.fieldChars), { max: limits.section.fields })),
      accessory: may(byType({ ...elements, image: imageElement }, 'element')),
      expand: may(boolean),
    },
    hasTextOrFields,
  ),
  context: object({
    ...blockId,
    elements: need(
      list(
        byType(
          {
            image: imageElement,
            plain_text: anyText(limits.context.textChars),
            mrkdwn: anyText(limits.context.textChars),
          },
          'context element',
        ),
        { max: limits.context.elements },
      ),
    ),
  }),
  actions: object(
    { ...blockId, elements: elementsOf(elements, limits.actions.elements) },
    actionIdsUnique,
  ),
  divider: object(blockId),
  image: object(
    {
      ...blockId,
      image_url: may(string({ max: limits.image.urlChars })),
      slack_file: may(slackFile),
      alt_text: need(string({ max: limits.image.altTextChars })),
      title: may(plain(limits.image.titleChars)),
    },
    imageSource,
  ),
  input: object({
    ...blockId,
    label: need(plain(limits.input.labelChars)),
    hint: may(plain(limits.input.hintChars)),
    optional: may(boolean),
    dispatch_action: may(boolean),
    element: need(byType(inputOnly, 'element')),
  }),
  rich_text: object({ ...blockId, elements: need(list(richTextRoot, { max: Infinity })) }),
  table: object(
    {
      ...blockId,
      rows: need(list(list(cell, { max: limits.table.columns }), { max: limits.table.rows })),
      column_settings: may(list(anything, { min: 0, max: limits.table.columnSettings })),
    },
    tableFits,
  ),
  markdown: object({ ...blockId, text: need(ofKind('string')) }, markdownFits),
} as const satisfies Readonly<Record<string, Rule>>;

const anyBlock = byType(anywhere, 'block');

const blockList: Rule = (value, pointer, on) => {
  const max = on.surface === 'message' ? limits.message.blocks : limits[on.surface].blocks;
  const min = on.surface === 'message' ? 0 : 1;
  list(oneBlock, { min, max })(value, pointer, on);
};

const oneBlock: Rule = (value, pointer, on) => {
  anyBlock(value, pointer, on);
  const id = isObject(value) ? value['block_id'] : undefined;
  if (typeof id !== 'string') return;
  if (on.blockIds.has(id)) {
    report(on, `${pointer}/block_id`, 'duplicate', `\`block_id\` ${id} already exists`);
  }
  on.blockIds.add(id);
};

// --- views ------------------------------------------------------------------------------------

const submitWhenInputs: Rule = (value, pointer, on) => {
  if (!isObject(value) || value['submit'] !== undefined || !Array.isArray(value['blocks'])) return;
  if (value['blocks'].some((block: unknown) => isObject(block) && block['type'] === 'input')) {
    report(on, pointer, 'missing_field', 'submit is required when blocks contain an input');
  }
};

const viewFields = {
  blocks: need(blockList),
  private_metadata: may(string({ min: 0, max: limits.modal.privateMetadataChars })),
  callback_id: may(string({ min: 0, max: limits.modal.callbackIdChars })),
  external_id: may(string({ min: 0, max: limits.modal.externalIdChars })),
} as const;

const modal = object(
  {
    ...viewFields,
    title: need(plain(limits.modal.titleChars)),
    submit: may(plain(limits.modal.submitChars)),
    close: may(plain(limits.modal.closeChars)),
    clear_on_close: may(boolean),
    notify_on_close: may(boolean),
    submit_disabled: may(boolean),
  },
  submitWhenInputs,
);

const home = object(viewFields);
