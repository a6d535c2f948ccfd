// What an app may say back: in the acknowledgement of a command or a submission, or later through a response URL.
import { validateView } from '../../src/message/validate-blocks.ts';
import type { Delivered } from './deliver.ts';
import type { Outcome } from './interactions.ts';
import { type JsonObject, objectOr, objectsOf, stringOr } from './json.ts';
import type { ResponseTarget } from './tickets.ts';
import type { View } from './views.ts';
import { contentOf, requireSomething } from './web-api/content.ts';
import { ApiFailure, Args } from './web-api/method.ts';
import type { Message } from './workspace.ts';
import type { World } from './world.ts';

/** What Slack shows in a modal whose app did not answer, or answered nonsense. */
export const troubleConnecting = 'We had some trouble connecting. Try again?';

/** Shows the message an app put into its acknowledgement of a command, if it did. */
export function applyCommandAnswer(
  body: JsonObject | null,
  where: { readonly user: string; readonly channel: string; readonly command: string },
  world: World,
): void {
  if (body === null || (body['text'] === undefined && body['blocks'] === undefined)) return;
  try {
    postAnswer(body, where, world);
  } catch (failure) {
    if (!(failure instanceof ApiFailure)) throw failure;
    const notice = `${where.command} failed with the error "${failure.code}"`;
    world.workspace.notice(where.user, where.channel, notice);
  }
}

/** Does what an app's answer to a submission says: close, show errors, update, push or clear. */
export function applySubmissionAnswer(delivered: Delivered, view: View, world: World): Outcome {
  const body = objectOr(delivered.ackBody);
  const now = world.views.find(view.id);
  if (now === undefined) return delivered;
  const definition = objectOr(body['view']);
  const wrong = (): Outcome => {
    world.views.showErrors(now, {}, troubleConnecting);
    return { ...delivered, notice: troubleConnecting };
  };
  switch (body['response_action']) {
    case undefined:
      world.views.close(now, { all: false });
      return delivered;
    case 'clear':
      world.views.close(now, { all: true });
      return delivered;
    case 'errors':
      return showErrors(delivered, now, world) ?? wrong();
    case 'update':
    case 'push': {
      if (validateView(definition).length > 0) return wrong();
      const isPush = body['response_action'] === 'push';
      const result = isPush
        ? world.views.open(now.user, definition)
        : world.views.update(now.id, definition);
      return typeof result === 'string' ? wrong() : delivered;
    }
    default:
      return wrong();
  }
}

/** Errors must name input blocks that are there; otherwise Slack shows none of them. */
function showErrors(delivered: Delivered, view: View, world: World): Outcome | undefined {
  const named = Object.entries(objectOr(delivered.ackBody?.['errors']));
  const inputs = view.blocks.filter((block) => block['type'] === 'input');
  const known = new Set(inputs.map((block) => block['block_id']));
  if (named.length === 0 || named.some(([blockId]) => !known.has(blockId))) return undefined;
  const errors = Object.fromEntries(named.map(([id, text]) => [id, stringOr(text, '')] as const));
  world.views.showErrors(view, errors);
  return { ...delivered, errors };
}

/** Carries out one post to a response URL. Throws {@link ApiFailure} for a message Slack would not take. */
export function applyResponse(body: JsonObject, target: ResponseTarget, world: World): void {
  const original = originalOf(target, world);
  if (body['delete_original'] === true) {
    if (original !== undefined) world.workspace.remove(original);
    return;
  }
  if (body['replace_original'] !== true || original === undefined) {
    postAnswer(body, target, world);
    return;
  }
  const content = contentOf(new Args(body), world);
  requireSomething(content);
  world.workspace.replace({ ...original, ...content });
}

function originalOf(target: ResponseTarget, world: World): Message | undefined {
  const { originalTs } = target;
  if (originalTs === undefined) return undefined;
  const own = world.workspace.ephemerals(target.user).find((one) => one.ts === originalTs);
  return own ?? world.workspace.message(target.channel, originalTs);
}

/** Answers are seen by one person unless they say `in_channel`; the bot needs no membership for them. */
function postAnswer(
  body: JsonObject,
  where: { readonly user: string; readonly channel: string },
  world: World,
): void {
  const content = contentOf(new Args(body), world);
  requireSomething(content);
  const attachments = objectsOf(body['attachments']);
  const threadTs = stringOr(body['thread_ts'], '');
  const { botId, botUserId } = world.identity;
  world.workspace.post({
    ...content,
    ...(attachments.length === 0 ? {} : { attachments }),
    ...(threadTs === '' ? {} : { threadTs }),
    ...(body['response_type'] === 'in_channel' ? {} : { ephemeralFor: where.user }),
    channel: where.channel,
    user: botUserId,
    botId,
  });
}
