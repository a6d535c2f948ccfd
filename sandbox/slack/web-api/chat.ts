// chat.*: posting, changing, deleting and whispering.
import type { JsonObject } from '../json.ts';
import { messageJson } from '../payloads.ts';
import { app, type Channel, type Message } from '../workspace.ts';
import type { World } from '../world.ts';
import { contentOf, requireSomething } from './content.ts';
import { ApiFailure, type Args, channelById, type Method } from './method.ts';

const write = { token: 'bot', scopes: ['chat:write'] } as const;

export const chatMethods = {
  'chat.postMessage': { ...write, tier: 'post', run: postMessage },
  'chat.update': { ...write, tier: 3, run: update },
  'chat.delete': { ...write, tier: 3, run: remove },
  'chat.postEphemeral': { ...write, tier: 4, run: postEphemeral },
  'chat.getPermalink': { token: 'bot', scopes: [], tier: 4, run: permalink },
} as const satisfies Readonly<Record<string, Method>>;

/** The channel a message goes to: by id, by name, or a person's direct channel. */
export function channelToPost(args: Args, world: World): Channel {
  const wanted = args.required('channel');
  const { workspace } = world;
  if (workspace.people.has(wanted)) {
    const direct = workspace.directChannel(wanted);
    requireWritable(direct, world);
    return direct;
  }
  const named = [...workspace.channels.values()].find(
    (one) => one.kind !== 'im' && one.name === wanted.replace(/^#/u, ''),
  );
  const channel = channelById(world, named?.id ?? wanted);
  requireWritable(channel, world);
  const open = channel.kind === 'public' && world.manifest.scopes.includes('chat:write.public');
  if (world.strict && !open && !channel.members.has(app.botUserId)) {
    throw new ApiFailure('not_in_channel');
  }
  return channel;
}

/** Throws where nobody may write, or where the bot may not although it is a member. */
export function requireWritable(channel: Channel, world: World): void {
  if (channel.archived) throw new ApiFailure('is_archived');
  if (world.strict && channel.kind === 'im' && !world.manifest.messagesTabEnabled) {
    throw new ApiFailure('messages_tab_disabled');
  }
}

/** The root of the thread a reply goes to; replying to a reply means its thread. */
export function threadOf(
  args: Args,
  channel: Channel,
  world: World,
): { readonly threadTs?: string } {
  const wanted = args.optional('thread_ts');
  if (wanted === undefined) return {};
  const parent = world.workspace.message(channel.id, wanted);
  if (parent === undefined) throw new ApiFailure('thread_not_found');
  const threadTs = parent.threadTs ?? parent.ts;
  const root = world.workspace.message(channel.id, threadTs);
  if (root !== undefined && root.threadTs === undefined) {
    world.workspace.replace({ ...root, threadTs });
  }
  return { threadTs };
}

function postMessage(args: Args, world: World): JsonObject {
  const channel = channelToPost(args, world);
  const content = contentOf(args, world);
  requireSomething(content);
  const message = world.workspace.post({
    ...content,
    ...threadOf(args, channel, world),
    ...(args.flag('reply_broadcast') ? { broadcast: true } : {}),
    channel: channel.id,
    user: app.botUserId,
    botId: app.botId,
  });
  return { channel: channel.id, ts: message.ts, message: messageJson(message) };
}

function update(args: Args, world: World): JsonObject {
  const channel = channelById(world, args.required('channel'));
  const message = world.workspace.message(channel.id, args.required('ts'));
  if (message === undefined) throw new ApiFailure('message_not_found');
  if (message.botId !== app.botId) throw new ApiFailure('cant_update_message');
  const content = contentOf(args, world);
  const says = args.has('text') || args.has('blocks');
  if (!says && !args.has('attachments') && !args.has('metadata')) throw new ApiFailure('no_text');
  const changed = changedMessage(message, { args, content, says });
  world.workspace.replace(changed);
  return { channel: channel.id, ts: changed.ts, text: changed.text, message: messageJson(changed) };
}

/** Text without blocks removes the blocks; only when neither is given they stay. */
function changedMessage(
  message: Message,
  given: {
    readonly args: Args;
    readonly content: ReturnType<typeof contentOf>;
    readonly says: boolean;
  },
): Message {
  const { content, says, args } = given;
  const text = args.has('text') ? content.text : args.has('blocks') ? '' : message.text;
  const isEdited = says && content.blocks.length === 0;
  return {
    ...message,
    ...content,
    text,
    blocks: says ? content.blocks : message.blocks,
    ...(isEdited ? { edited: { user: app.botUserId, ts: message.ts } } : {}),
  };
}

function remove(args: Args, world: World): JsonObject {
  const channel = channelById(world, args.required('channel'));
  const message = world.workspace.message(channel.id, args.required('ts'));
  if (message === undefined) throw new ApiFailure('message_not_found');
  if (message.botId !== app.botId) throw new ApiFailure('cant_delete_message');
  const { ts } = message;
  const isRoot = world.workspace.replies(channel.id, ts).some((one) => one.ts !== ts);
  const text = 'This message was deleted.';
  if (isRoot) world.workspace.replace({ ...message, text, blocks: [], subtype: 'tombstone' });
  else world.workspace.remove(message);
  return { channel: channel.id, ts };
}

function postEphemeral(args: Args, world: World): JsonObject {
  const channel = channelToPost(args, world);
  const user = args.required('user');
  if (!world.workspace.people.has(user)) throw new ApiFailure('user_not_found');
  if (!channel.members.has(user)) throw new ApiFailure('user_not_in_channel');
  const content = contentOf(args, world);
  requireSomething(content);
  const message = world.workspace.post({
    ...content,
    ...threadOf(args, channel, world),
    channel: channel.id,
    user: app.botUserId,
    botId: app.botId,
    ephemeralFor: user,
  });
  return { message_ts: message.ts };
}

function permalink(args: Args, world: World): JsonObject {
  const channel = channelById(world, args.required('channel'));
  const ts = args.required('message_ts');
  if (world.workspace.message(channel.id, ts) === undefined) {
    throw new ApiFailure('message_not_found');
  }
  const link = `${world.url}/archives/${channel.id}/p${ts.replace('.', '')}`;
  return { channel: channel.id, permalink: link };
}
