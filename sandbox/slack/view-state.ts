// What people put into inputs, in the shape Slack sends it, and the checks Slack's own client makes before it submits.
import { elementsIn, type FoundElement } from './blocks.ts';
import { isObject, type JsonObject, objectsOf, stringOr } from './json.ts';

/** `values[block_id][action_id]`, as in a view's or message's `state`. */
export type StateValues = Readonly<Record<string, Readonly<Record<string, JsonObject>>>>;

/** Which key of the state carries a kind's value, and which key of the element its initial value. */
const stateKeys: Readonly<Record<string, readonly [state: string, initial: string]>> = {
  plain_text_input: ['value', 'initial_value'],
  email_text_input: ['value', 'initial_value'],
  url_text_input: ['value', 'initial_value'],
  number_input: ['value', 'initial_value'],
  static_select: ['selected_option', 'initial_option'],
  external_select: ['selected_option', 'initial_option'],
  radio_buttons: ['selected_option', 'initial_option'],
  checkboxes: ['selected_options', 'initial_options'],
  multi_static_select: ['selected_options', 'initial_options'],
  users_select: ['selected_user', 'initial_user'],
  multi_users_select: ['selected_users', 'initial_users'],
  channels_select: ['selected_channel', 'initial_channel'],
  multi_channels_select: ['selected_channels', 'initial_channels'],
  conversations_select: ['selected_conversation', 'initial_conversation'],
  datepicker: ['selected_date', 'initial_date'],
  timepicker: ['selected_time', 'initial_time'],
  datetimepicker: ['selected_date_time', 'initial_date_time'],
};

/** The state of untouched blocks: initial values, else null (an empty list where several can be chosen). */
export function initialState(blocks: readonly JsonObject[], kept: StateValues = {}): StateValues {
  const values: Record<string, Record<string, JsonObject>> = {};
  for (const { blockId, actionId, element } of elementsIn(blocks)) {
    const type = stringOr(element['type'], '');
    const keys = stateKeys[type];
    if (keys === undefined) continue;
    const [state, initial] = keys;
    const before = kept[blockId]?.[actionId];
    const nothing = state.endsWith('s') ? [] : null;
    const untouched = { type, [state]: element[initial] ?? nothing };
    const block = (values[blockId] ??= {});
    block[actionId] = before?.['type'] === type ? before : untouched;
  }
  return values;
}

/** Turns what a person typed or chose into the element's state. Throws when the choice is not offered. */
export function stateOf({ element }: FoundElement, chosen: unknown): JsonObject {
  const type = stringOr(element['type'], '');
  const keys = stateKeys[type];
  if (keys === undefined) throw new Error(`an element of type ${type} has no value to set`);
  const [state] = keys;
  const several = Array.isArray(chosen) ? chosen : chosen === null || chosen === '' ? [] : [chosen];
  if (state === 'selected_options') {
    return { type, [state]: several.map((value) => optionOf(element, value)) };
  }
  if (state.endsWith('s')) return { type, [state]: several };
  const empty = chosen === null || chosen === '' || chosen === undefined;
  if (state === 'selected_option')
    return { type, [state]: empty ? null : optionOf(element, chosen) };
  return { type, [state]: empty ? null : chosen };
}

/** The option with this value. Throws with what is offered when there is none. */
export function optionOf(element: JsonObject, value: unknown): JsonObject {
  const grouped = objectsOf(element['option_groups']).flatMap((one) => objectsOf(one['options']));
  const options = [...objectsOf(element['options']), ...grouped];
  const wanted = isObject(value) ? value['value'] : value;
  const found = options.find((one) => one['value'] === wanted);
  if (found !== undefined) return found;
  const offered = options.map((one) => stringOr(one['value'], '')).join(', ');
  throw new Error(`option ${JSON.stringify(wanted)} is not offered (there is: ${offered})`);
}

/** Mistakes that Slack's client shows without asking the app, by block id. */
export function clientErrors(
  blocks: readonly JsonObject[],
  values: StateValues,
): Readonly<Record<string, string>> {
  const errors: Record<string, string> = {};
  for (const found of elementsIn(blocks)) {
    if (found.block['type'] !== 'input') continue;
    const error = inputError(found, values[found.blockId]?.[found.actionId]);
    if (error !== undefined) errors[found.blockId] = error;
  }
  return errors;
}

function inputError(
  { block, element }: FoundElement,
  state: JsonObject | undefined,
): string | undefined {
  const key = stateKeys[stringOr(element['type'], '')]?.[0] ?? 'value';
  const value = state?.[key] ?? null;
  if (value === null || (Array.isArray(value) && value.length === 0)) {
    return block['optional'] === true ? undefined : 'Please complete this required field.';
  }
  if (typeof value !== 'string') return undefined;
  const { min_length: least, max_length: most } = element;
  if (typeof least === 'number' && value.length < least) {
    return `Please enter at least ${least} characters.`;
  }
  if (typeof most === 'number' && value.length > most) {
    return `Please enter at most ${most} characters.`;
  }
  return element['type'] === 'number_input' ? numberError(element, value) : undefined;
}

function numberError(element: JsonObject, value: string): string | undefined {
  const number = Number(value);
  if (Number.isNaN(number)) return 'Please enter a number.';
  if (element['is_decimal_allowed'] !== true && !Number.isInteger(number)) {
    return 'Please enter a whole number.';
  }
  const least = Number(stringOr(element['min_value'], '-Infinity'));
  const most = Number(stringOr(element['max_value'], 'Infinity'));
  if (number < least) return `Please enter a number of at least ${least}.`;
  return number > most ? `Please enter a number of at most ${most}.` : undefined;
}
