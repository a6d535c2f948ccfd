// Each rule is tried at its limit, where it must be silent, and one past it, where it must speak.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { slackLimits as limits } from '../../src/message/limits.ts';
import { type Surface, validateBlocks, validateView } from '../../src/message/validate-blocks.ts';

const plain = (text: string) => ({ type: 'plain_text', text });
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text });
const long = (chars: number) => 'x'.repeat(chars);
const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(index));
const section = (text: string) => ({ type: 'section', text: mrkdwn(text) });
const button = (more: object = {}) => ({ type: 'button', text: plain('Go'), ...more });
const actions = (...elements: readonly object[]) => ({ type: 'actions', elements });
const option = (value: string, text = value) => ({ text: plain(text), value });
const select = (more: object) => ({ type: 'static_select', ...more });
const input = (element: object, more: object = {}) => ({
  type: 'input',
  label: plain('Label'),
  element,
  ...more,
});
const table = (rows: number, columns: number) => ({
  type: 'table',
  rows: times(rows, () => times(columns, () => ({ type: 'raw_text', text: 'x' }))),
});
const confirm = (more: object = {}) => ({
  title: plain('Sure?'),
  text: plain('Really'),
  confirm: plain('Yes'),
  deny: plain('No'),
  ...more,
});

function codes(blocks: unknown, surface: Surface = 'message'): readonly string[] {
  return validateBlocks(surface, blocks).map(({ pointer, code }) => `${pointer} ${code}`);
}

describe('limits', () => {
  const cases: readonly (readonly [what: string, fits: object, breaks: object, at: string])[] = [
    ['section text', section(long(3000)), section(long(3001)), '/blocks/0/text/text too_long'],
    [
      'header',
      { type: 'header', text: plain(long(150)) },
      { type: 'header', text: plain(long(151)) },
      '/blocks/0/text/text too_long',
    ],
    [
      'field text',
      { type: 'section', fields: [mrkdwn(long(2000))] },
      { type: 'section', fields: [mrkdwn(long(2001))] },
      '/blocks/0/fields/0/text too_long',
    ],
    [
      'fields',
      { type: 'section', fields: times(10, () => mrkdwn('x')) },
      { type: 'section', fields: times(11, () => mrkdwn('x')) },
      '/blocks/0/fields too_many',
    ],
    [
      'context elements',
      { type: 'context', elements: times(10, () => mrkdwn('x')) },
      { type: 'context', elements: times(11, () => mrkdwn('x')) },
      '/blocks/0/elements too_many',
    ],
    [
      'actions elements',
      actions(...times(25, () => button())),
      actions(...times(26, () => button())),
      '/blocks/0/elements too_many',
    ],
    [
      'button text',
      actions(button({ text: plain(long(75)) })),
      actions(button({ text: plain(long(76)) })),
      '/blocks/0/elements/0/text/text too_long',
    ],
    [
      'button value',
      actions(button({ value: long(2000) })),
      actions(button({ value: long(2001) })),
      '/blocks/0/elements/0/value too_long',
    ],
    [
      'button url',
      actions(button({ url: long(3000) })),
      actions(button({ url: long(3001) })),
      '/blocks/0/elements/0/url too_long',
    ],
    [
      'action_id',
      actions(button({ action_id: long(255) })),
      actions(button({ action_id: long(256) })),
      '/blocks/0/elements/0/action_id too_long',
    ],
    [
      'block_id',
      { type: 'divider', block_id: long(255) },
      { type: 'divider', block_id: long(256) },
      '/blocks/0/block_id too_long',
    ],
    [
      'confirm title',
      actions(button({ confirm: confirm({ title: plain(long(100)) }) })),
      actions(button({ confirm: confirm({ title: plain(long(101)) }) })),
      '/blocks/0/elements/0/confirm/title/text too_long',
    ],
    [
      'confirm button',
      actions(button({ confirm: confirm({ deny: plain(long(30)) }) })),
      actions(button({ confirm: confirm({ deny: plain(long(31)) }) })),
      '/blocks/0/elements/0/confirm/deny/text too_long',
    ],
    [
      'select options',
      actions(select({ options: times(100, (at) => option(`${at}`)) })),
      actions(select({ options: times(101, (at) => option(`${at}`)) })),
      '/blocks/0/elements/0/options too_many',
    ],
    [
      'option text',
      actions(select({ options: [option('a', long(75))] })),
      actions(select({ options: [option('a', long(76))] })),
      '/blocks/0/elements/0/options/0/text/text too_long',
    ],
    [
      'overflow options',
      actions({ type: 'overflow', options: times(5, (at) => option(`${at}`)) }),
      actions({ type: 'overflow', options: times(6, (at) => option(`${at}`)) }),
      '/blocks/0/elements/0/options too_many',
    ],
    [
      'image alt text',
      { type: 'image', image_url: 'u', alt_text: long(2000) },
      { type: 'image', image_url: 'u', alt_text: long(2001) },
      '/blocks/0/alt_text too_long',
    ],
    ['table rows', table(100, 1), table(101, 1), '/blocks/0/rows too_many'],
    ['table columns', table(1, 20), table(1, 21), '/blocks/0/rows/0 too_many'],
    [
      'input label',
      input({ type: 'plain_text_input' }, { label: plain(long(2000)) }),
      input({ type: 'plain_text_input' }, { label: plain(long(2001)) }),
      '/blocks/0/label/text too_long',
    ],
    [
      'placeholder',
      input({ type: 'plain_text_input', placeholder: plain(long(150)) }),
      input({ type: 'plain_text_input', placeholder: plain(long(151)) }),
      '/blocks/0/element/placeholder/text too_long',
    ],
  ];

  test.each(cases)('%s', (_what, fits, breaks, at) => {
    expect(codes([fits])).toEqual([]);
    expect(codes([breaks])).toEqual([at]);
  });

  test('blocks of a message, of a modal and of Home', () => {
    const dividers = (count: number) => times(count, () => ({ type: 'divider' }));
    expect(codes(dividers(50))).toEqual([]);
    expect(codes(dividers(51))).toEqual(['/blocks too_many']);
    for (const surface of ['modal', 'home'] as const) {
      expect(codes(dividers(100), surface)).toEqual([]);
      expect(codes(dividers(101), surface)).toEqual(['/blocks too_many']);
    }
  });

  test('the text of all blocks of a message together, but not of a modal', () => {
    const full = times(4, () => section(long(3000)));
    const rest = limits.message.allBlocksTextChars - 4 * 3000;
    expect(codes([...full, section(long(rest))])).toEqual([]);
    expect(codes([...full, section(long(rest + 1))])).toEqual(['/blocks too_long']);
    expect(codes([...full, section(long(rest + 1))], 'modal')).toEqual([]);
  });

  test('the words are those of Slack', () => {
    const [problem] = validateBlocks('message', [{ type: 'header', text: plain(long(151)) }]);
    expect(problem?.message).toBe('must be less than 151 characters');
  });
});

describe('shapes', () => {
  test.each([
    ['no list', 'text', ['/blocks invalid_type']],
    ['no object', ['text'], ['/blocks/0 invalid_type']],
    ['an unknown block', [{ type: 'carousel' }], ['/blocks/0/type unsupported']],
    ['a name every object inherits', [{ type: 'constructor' }], ['/blocks/0/type unsupported']],
    [
      'an unknown element',
      [actions({ type: 'workflow_button' })],
      ['/blocks/0/elements/0/type unsupported'],
    ],
    [
      'an input in actions',
      [actions({ type: 'plain_text_input' })],
      ['/blocks/0/elements/0/type unsupported'],
    ],
    ['a button in an input', [input(button())], ['/blocks/0/element/type unsupported']],
    ['empty text', [section('')], ['/blocks/0/text/text too_short']],
    ['an empty section', [{ type: 'section' }], ['/blocks/0 missing_field']],
    [
      'markup in a header',
      [{ type: 'header', text: mrkdwn('x') }],
      ['/blocks/0/text/type invalid_value'],
    ],
    ['a missing text', [actions({ type: 'button' })], ['/blocks/0/elements/0 missing_field']],
    [
      'a misspelt field',
      [{ type: 'divider', blockid: 'x' }],
      ['/blocks/0/blockid unexpected_field'],
    ],
    [
      'a wrong style',
      [actions(button({ style: 'green' }))],
      ['/blocks/0/elements/0/style invalid_value'],
    ],
    ['an image without source', [{ type: 'image', alt_text: 'x' }], ['/blocks/0 missing_field']],
    ['a select without options', [actions(select({}))], ['/blocks/0/elements/0 missing_field']],
    [
      'an initial option that is not offered',
      [actions(select({ options: [option('a')], initial_option: option('b') }))],
      ['/blocks/0/elements/0/initial_option invalid_value'],
    ],
    [
      'rows of different lengths',
      [
        {
          type: 'table',
          rows: [
            [{ type: 'raw_text', text: 'a' }],
            [
              { type: 'raw_text', text: 'a' },
              { type: 'raw_text', text: 'b' },
            ],
          ],
        },
      ],
      ['/blocks/0/rows invalid_value'],
    ],
    ['two tables', [table(1, 1), table(1, 1)], ['/blocks/1 too_many']],
    [
      'an empty cell',
      [{ type: 'table', rows: [[{ type: 'raw_text', text: '' }]] }],
      ['/blocks/0/rows/0/0/text too_short'],
    ],
    [
      'an incomplete confirm',
      [actions(button({ confirm: { title: plain('x') } }))],
      [
        '/blocks/0/elements/0/confirm missing_field',
        '/blocks/0/elements/0/confirm missing_field',
        '/blocks/0/elements/0/confirm missing_field',
      ],
    ],
  ] as const)('%s is refused', (_what, blocks, expected) => {
    expect(codes(blocks)).toEqual(expected);
  });

  test('a block_id may not come twice in a message, nor an action_id twice in a block', () => {
    const twice = [
      { type: 'divider', block_id: 'a' },
      { type: 'divider', block_id: 'a' },
    ];
    expect(codes(twice)).toEqual(['/blocks/1/block_id duplicate']);
    const same = button({ action_id: 'go' });
    expect(codes([actions(same, same)])).toEqual(['/blocks/0/elements/1/action_id duplicate']);
    expect(codes([actions(same), actions(same)])).toEqual([]);
  });

  test('rich text is taken leniently but needs one of its four roots', () => {
    const elements = [
      { type: 'text', text: 'hello', style: { bold: true } },
      { type: 'emoji', name: 'x' },
    ];
    const rich = { type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] };
    expect(codes([rich])).toEqual([]);
    expect(codes([{ type: 'rich_text', elements }])).toHaveLength(2);
  });

  test('it never throws, whatever it is given', () => {
    const type = fc.constantFrom(
      'section',
      'actions',
      'table',
      'input',
      'rich_text',
      'context',
      'nonsense',
    );
    const block = fc.oneof(
      fc.jsonValue(),
      fc.record({
        type,
        text: fc.jsonValue(),
        elements: fc.jsonValue(),
        rows: fc.jsonValue(),
        element: fc.jsonValue(),
      }),
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.array(block)), (blocks) => {
        validateBlocks('message', blocks);
        validateView({ type: 'modal', blocks });
      }),
    );
  });
});

describe('views', () => {
  const modal = (more: object = {}) => ({
    type: 'modal',
    title: plain('Deny'),
    blocks: [section('x')],
    ...more,
  });
  const viewCodes = (view: unknown) =>
    validateView(view).map(({ pointer, code }) => `${pointer} ${code}`);

  test.each([
    ['title', { title: plain(long(24)) }, { title: plain(long(25)) }, '/title/text too_long'],
    ['submit', { submit: plain(long(24)) }, { submit: plain(long(25)) }, '/submit/text too_long'],
    [
      'private_metadata',
      { private_metadata: long(3000) },
      { private_metadata: long(3001) },
      '/private_metadata too_long',
    ],
    [
      'callback_id',
      { callback_id: long(255) },
      { callback_id: long(256) },
      '/callback_id too_long',
    ],
    ['blocks', {}, { blocks: [] }, '/blocks too_few'],
    ['an unknown field', {}, { heading: 'x' }, '/heading unexpected_field'],
  ] as const)('%s', (_what, fits, breaks, at) => {
    expect(viewCodes(modal(fits))).toEqual([]);
    expect(viewCodes(modal(breaks))).toEqual([at]);
  });

  test('a modal with an input needs a submit button', () => {
    const blocks = [input({ type: 'plain_text_input' })];
    expect(viewCodes(modal({ blocks }))).toEqual([' missing_field']);
    expect(viewCodes(modal({ blocks, submit: plain('Go') }))).toEqual([]);
  });

  test('a Home tab has no title, and a table stands in neither', () => {
    expect(viewCodes({ type: 'home', blocks: [section('x')] })).toEqual([]);
    expect(viewCodes({ type: 'home', title: plain('x'), blocks: [section('x')] })).toEqual([
      '/title unexpected_field',
    ]);
    expect(viewCodes(modal({ blocks: [table(1, 1)] }))).toEqual(['/blocks/0/type unsupported']);
  });

  test('something else is no view', () => {
    expect(viewCodes('x')).toEqual([' invalid_type']);
    expect(viewCodes({ type: 'message' })).toEqual(['/type invalid_value']);
  });
});
