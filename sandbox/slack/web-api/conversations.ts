// conversations.*: which channels there are, who is in them, what was said.
import type { JsonObject } from '../json.ts';
import { messageJson } from '../payloads.ts';
import { app, type Channel, type Message, team } from '../workspace.ts';
import type { World } from '../world.ts';
import {
  ApiFailure,
  type Args,
  channelById,
  type Method,
  pageOf,
  requireChannelScope,
} from './method.ts';

const reads = ['channels:read', 'groups:read', 'im:read'];

export const conversationMethods = {
  'conversations.open': { token: 'bot', scopes: ['im:write'], tier: 3, run: open },
  'conversations.info': { token: 'bot', scopes: reads, tier: 3, run: describe },
  'conversations.list': { token: 'bot', scopes: reads, tier: 2, run: listAll },
  'conversations.members': { token: 'bot', scopes: reads, tier: 4, run: members },
  'conversations.history': { token: 'bot', scopes: [], tier: 3, run: history },
  'conversations.replies': { token: 'bot', scopes: [], tier: 3, run: replies },
  'conversations.join': { token: 'bot', scopes: ['channels:join'], tier: 3, run: join },
} as const satisfies Readonly<Record<string, Method>>;

function channelJson(channel: Channel): JsonObject {
  const isMember = channel.members.has(app.botUserId);
  if (channel.kind === 'im') {
    const user = [...channel.members].find((one) => one !== app.botUserId) ?? '';
    return { id: channel.id, created: 0, is_im: true, is_archived: false, user, is_open: true };
  }
  return {
    id: channel.id,
    name: channel.name,
    is_channel: channel.kind === 'public',
    is_group: channel.kind === 'private',
    is_im: false,
    is_mpim: false,
    is_private: channel.kind === 'private',
    created: 0,
    is_archived: channel.archived,
    is_general: channel.name === 'general',
    name_normalized: channel.name,
    is_shared: false,
    is_member: isMember,
    context_team_id: team.id,
    topic: { value: channel.topic, creator: '', last_set: 0 },
    purpose: { value: '', creator: '', last_set: 0 },
    num_members: channel.members.size,
  };
}

function open(args: Args, world: World): JsonObject {
  const known = args.optional('channel');
  if (known !== undefined) return { channel: channelJson(channelById(world, known)) };
  const users = args.required('users').split(',');
  const [user] = users;
  if (user === undefined || !world.workspace.people.has(user))
    throw new ApiFailure('user_not_found');
  if (users.length > 1) throw new ApiFailure('method_not_supported_for_channel_type');
  const channel = world.workspace.directChannel(user);
  const brief = { id: channel.id };
  return { channel: args.flag('return_im') ? channelJson(channel) : brief };
}

function describe(args: Args, world: World): JsonObject {
  const channel = channelById(world, args.required('channel'));
  requireChannelScope(world, channel, 'read');
  return { channel: channelJson(channel) };
}

function listAll(args: Args, world: World): JsonObject {
  const types = (args.optional('types') ?? 'public_channel').split(',');
  const names = { public: 'public_channel', private: 'private_channel', im: 'im' } as const;
  const visible = [...world.workspace.channels.values()].filter((channel) => {
    const isMember = channel.members.has(app.botUserId);
    if (!types.includes(names[channel.kind])) return false;
    if (args.flag('exclude_archived') && channel.archived) return false;
    return channel.kind === 'public' || isMember;
  });
  const { page, nextCursor } = pageOf(visible, args);
  return { channels: page.map(channelJson), response_metadata: { next_cursor: nextCursor } };
}

function members(args: Args, world: World): JsonObject {
  const channel = channelById(world, args.required('channel'));
  requireChannelScope(world, channel, 'read');
  const { page, nextCursor } = pageOf([...channel.members], args);
  return { members: page, response_metadata: { next_cursor: nextCursor } };
}

function readable(args: Args, world: World): Channel {
  const channel = channelById(world, args.required('channel'));
  requireChannelScope(world, channel, 'history');
  if (world.strict && !channel.members.has(app.botUserId)) throw new ApiFailure('not_in_channel');
  return channel;
}

function inRange(args: Args): (message: Message) => boolean {
  const oldest = Number(args.optional('oldest') ?? 0);
  const latest = Number(args.optional('latest') ?? Number.MAX_SAFE_INTEGER);
  const isInclusive = args.flag('inclusive');
  return ({ ts }) => {
    const at = Number(ts);
    return isInclusive ? at >= oldest && at <= latest : at > oldest && at < latest;
  };
}

/** A message in a list of messages; the root of a thread also says how many answered. */
function listed(message: Message, args: Args, world: World): JsonObject {
  const json = messageJson(message, { withMetadata: args.flag('include_all_metadata') });
  if (message.threadTs !== message.ts) return json;
  const answers = world.workspace
    .replies(message.channel, message.ts)
    .filter((one) => one.ts !== message.ts);
  return {
    ...json,
    reply_count: answers.length,
    reply_users: [...new Set(answers.map((one) => one.user))],
    latest_reply: answers.at(-1)?.ts,
  };
}

function history(args: Args, world: World): JsonObject {
  const channel = readable(args, world);
  const onTop = world.workspace
    .messages(channel.id)
    .filter((one) => one.threadTs === undefined || one.threadTs === one.ts || one.broadcast)
    .filter(inRange(args))
    .toReversed();
  const { page, nextCursor, hasMore } = pageOf(onTop, args);
  return {
    messages: page.map((one) => listed(one, args, world)),
    has_more: hasMore,
    pin_count: 0,
    response_metadata: { next_cursor: nextCursor },
  };
}

function replies(args: Args, world: World): JsonObject {
  const channel = readable(args, world);
  const ts = args.required('ts');
  const root = world.workspace.message(channel.id, ts);
  if (root === undefined) throw new ApiFailure('thread_not_found');
  const answers = world.workspace.replies(channel.id, root.threadTs ?? ts).filter(inRange(args));
  const { page, nextCursor, hasMore } = pageOf(answers.length === 0 ? [root] : answers, args);
  return {
    messages: page.map((one) => listed(one, args, world)),
    has_more: hasMore,
    response_metadata: { next_cursor: nextCursor },
  };
}

function join(args: Args, world: World): JsonObject {
  const channel = channelById(world, args.required('channel'));
  if (channel.kind !== 'public') throw new ApiFailure('method_not_supported_for_channel_type');
  if (channel.archived) throw new ApiFailure('is_archived');
  const isNew = !channel.members.has(app.botUserId);
  channel.members.add(app.botUserId);
  world.workspace.touch();
  return { channel: channelJson(channel), ...(isNew ? {} : { warning: 'already_in_channel' }) };
}
