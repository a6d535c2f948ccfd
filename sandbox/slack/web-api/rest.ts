// auth.*, apps.*, files.*, reactions.* and blocks.validate: the methods that come alone.
import {
  type Surface,
  validateBlocks,
  validateView,
} from '../../../src/message/validate-blocks.ts';
import { fileJson, type StoredFile } from '../files.ts';
import { isObject, type JsonObject, objectsOf, stringOrNone } from '../json.ts';
import { app, team } from '../workspace.ts';
import type { World } from '../world.ts';
import { channelToPost } from './chat.ts';
import { contentOf } from './content.ts';
import { ApiFailure, Args, channelById, type Method } from './method.ts';

const writeFiles = { token: 'bot', scopes: ['files:write'], tier: 4 } as const;

export const restMethods = {
  'api.test': { token: 'none', scopes: [], tier: 4, run: ({ all }) => ({ args: all }) },
  'auth.test': { token: 'bot', scopes: [], tier: 4, run: whoAmI },
  'apps.connections.open': { token: 'app', scopes: [], tier: 3, run: connect },
  'files.getUploadURLExternal': { ...writeFiles, run: reserve },
  'files.completeUploadExternal': { ...writeFiles, run: complete },
  'files.info': { token: 'bot', scopes: ['files:read'], tier: 4, run: describeFile },
  'reactions.add': { token: 'bot', scopes: ['reactions:write'], tier: 3, run: react },
  'blocks.validate': { token: 'none', scopes: [], tier: 4, run: validate },
} as const satisfies Readonly<Record<string, Method>>;

function whoAmI(_args: Args, world: World): JsonObject {
  return {
    url: `${world.url}/`,
    team: team.name,
    user: world.manifest.botName,
    team_id: team.id,
    user_id: app.botUserId,
    bot_id: app.botId,
    is_enterprise_install: false,
  };
}

function connect(_args: Args, world: World): JsonObject {
  return { url: `${world.url.replace('http', 'ws')}${world.socket.issueTicket()}` };
}

function reserve(args: Args, world: World): JsonObject {
  const name = args.required('filename');
  const length = Number(args.required('length'));
  const altText = args.optional('alt_txt') ?? '';
  const file = world.files.reserve({ name, length, altText });
  return { upload_url: `${world.url}/upload/v1/${file.uploadToken}`, file_id: file.id };
}

function complete(args: Args, world: World): JsonObject {
  const named = objectsOf(args.nested('files', 'invalid_arguments'));
  const files = named.map((one): StoredFile => {
    const file = world.files.byId(stringOrNone(one['id']) ?? '');
    if (file?.bytes === undefined) throw new ApiFailure('file_not_found');
    return file;
  });
  if (files.length === 0) args.required('files');
  for (const [index, file] of files.entries()) {
    world.files.complete(file, stringOrNone(named[index]?.['title']));
  }
  if (args.has('channel_id')) share(args, files, world);
  const processed = files.map((file) => world.files.isProcessed(file));
  return {
    files: files.map((file, at) =>
      fileJson(file, { url: world.url, processed: processed[at] === true }),
    ),
  };
}

/** Shows completed files in a channel or thread, as one message of the bot. */
function share(args: Args, files: readonly StoredFile[], world: World): void {
  const channel = channelToPost(new Args({ channel: args.required('channel_id') }), world);
  const said = new Args({ text: args.optional('initial_comment'), blocks: args.all['blocks'] });
  const content = args.has('initial_comment')
    ? { text: args.required('initial_comment') }
    : contentOf(said, world);
  for (const file of files) file.channels.add(channel.id);
  const threadTs = args.optional('thread_ts');
  world.workspace.post({
    ...content,
    channel: channel.id,
    user: app.botUserId,
    botId: app.botId,
    ...(threadTs === undefined ? {} : { threadTs }),
    files: files.map((file) => fileJson(file, { url: world.url, processed: true })),
  });
}

function describeFile(args: Args, world: World): JsonObject {
  const file = world.files.byId(args.required('file'));
  if (file?.completedAt === undefined) throw new ApiFailure('file_not_found');
  const processed = world.files.isProcessed(file);
  return { file: fileJson(file, { url: world.url, processed }), comments: [] };
}

function react(args: Args, world: World): JsonObject {
  const channel = channelById(world, args.required('channel'));
  const message = world.workspace.message(channel.id, args.required('timestamp'));
  const name = args.required('name').replaceAll(':', '');
  if (message === undefined) throw new ApiFailure('message_not_found');
  if (!/^[a-z0-9_+'-]+$/u.test(name)) throw new ApiFailure('invalid_name');
  const before = message.reactions.find((one) => one.name === name);
  if (before?.users.includes(app.botUserId)) throw new ApiFailure('already_reacted');
  const others = message.reactions.filter((one) => one.name !== name);
  const users = [...(before?.users ?? []), app.botUserId];
  world.workspace.replace({ ...message, reactions: [...others, { name, users }] });
  return {};
}

function validate(args: Args): JsonObject {
  const view = args.object('view', 'invalid_arguments');
  const message = args.object('message', 'invalid_arguments');
  const blocks = args.nested('blocks', 'invalid_blocks_format') ?? message?.['blocks'];
  if (view === undefined && blocks === undefined) args.required('blocks');
  const surface: Surface = 'message';
  const problems = isObject(view) ? validateView(view) : validateBlocks(surface, blocks);
  if (problems.length === 0) return {};
  throw new ApiFailure('invalid_blocks', { errors: problems });
}
