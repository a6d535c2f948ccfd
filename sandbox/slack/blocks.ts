// What Slack does to blocks it stores: it fills in ids and defaults; and how an element is found again by its action id.
import { randomBytes } from 'node:crypto';
import { isObject, type JsonObject, objectsOf, stringOr } from './json.ts';

const shortId = (): string => randomBytes(4).toString('base64url').slice(0, 5);

/** Blocks as Slack gives them back: every block and element has its id, every text its flags. */
export function storedBlocks(blocks: readonly JsonObject[]): readonly JsonObject[] {
  return blocks.map((block) => {
    const filled = filledObject(block);
    const input = block['type'] === 'input' ? { optional: false, dispatch_action: false } : {};
    return { ...input, ...filled, block_id: stringOr(block['block_id'], shortId()) };
  });
}

/** Kinds of elements that carry an action id. */
const actionKinds = /^(?:button|overflow|.+_select|.+_input|.+picker|checkboxes|radio_buttons)$/u;

function filledObject(object: JsonObject): JsonObject {
  const filled: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(object)) filled[key] = filledValue(value);
  const type = object['type'];
  if (type === 'plain_text' && typeof object['text'] === 'string') filled['emoji'] ??= true;
  if (type === 'mrkdwn') filled['verbatim'] ??= false;
  if (type === 'plain_text_input') filled['multiline'] ??= false;
  if (typeof type === 'string' && actionKinds.test(type)) filled['action_id'] ??= shortId();
  return filled;
}

function filledValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filledValue);
  return isObject(value) ? filledObject(value) : value;
}

/** An interactive element together with the block it stands in. */
export interface FoundElement {
  readonly blockId: string;
  readonly actionId: string;
  readonly block: JsonObject;
  readonly element: JsonObject;
}

/** All interactive elements of stored blocks, in the order they are shown. */
export function elementsIn(blocks: readonly JsonObject[]): readonly FoundElement[] {
  return blocks.flatMap((block) => {
    const inside = [block['accessory'], block['element'], ...objectsOf(block['elements'])];
    const blockId = stringOr(block['block_id'], '');
    return inside.filter(isObject).flatMap((element) => {
      const actionId = element['action_id'];
      return typeof actionId === 'string' ? [{ blockId, actionId, block, element }] : [];
    });
  });
}

/** Finds one element. Throws with what is there when it is absent, because then the test is wrong. */
export function findElement(
  blocks: readonly JsonObject[],
  actionId: string,
  blockId?: string,
): FoundElement {
  const all = elementsIn(blocks);
  const fits = (one: FoundElement): boolean =>
    one.actionId === actionId && (blockId === undefined || one.blockId === blockId);
  const found = all.find(fits);
  if (found !== undefined) return found;
  const offered = all.map((one) => one.actionId).join(', ');
  throw new Error(
    `there is no element with action_id ${actionId} (there is: ${offered || 'none'})`,
  );
}
