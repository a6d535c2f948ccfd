// files.*: the three steps of an upload, as strict as Slack: where to, the bytes (see the server), and only then who sees it.
import { fileJson, mimetypeOf, type StoredFile } from '../files.ts';
import { type JsonObject, objectsOf, stringOrNone } from '../json.ts';
import { app, type Channel } from '../workspace.ts';
import type { World } from '../world.ts';
import { requireWritable, threadOf } from './chat.ts';
import { contentOf } from './content.ts';
import { ApiFailure, Args, channelById, type Method } from './method.ts';

const writeFiles = { token: 'bot', scopes: ['files:write'], tier: 4 } as const;

export const fileMethods = {
  'files.getUploadURLExternal': { ...writeFiles, run: reserve },
  'files.completeUploadExternal': { ...writeFiles, run: complete },
  'files.info': { token: 'bot', scopes: ['files:read'], tier: 4, run: describe },
} as const satisfies Readonly<Record<string, Method>>;

const altTextMaxChars = 1_000;
/** People have no place here, although messages can be sent to them. */
const channelPattern = '^[CGDZ][A-Z0-9]{8,}$';

function reserve(args: Args, world: World): JsonObject {
  const name = args.required('filename');
  const length = Number(args.required('length'));
  if (length === 0) throw new ApiFailure('missing_argument');
  if (!Number.isInteger(length) || length < 0) throw wrong('must be an integer', '/length');
  const altText = args.optional('alt_txt') ?? '';
  if (altText.length > altTextMaxChars) throw new ApiFailure('alt_txt_too_large');
  const file = world.files.reserve({ name, length, altText });
  return { upload_url: `${world.url}/upload/v1/${file.uploadToken}`, file_id: file.id };
}

function complete(args: Args, world: World): JsonObject {
  const named = objectsOf(args.nested('files', 'invalid_arguments'));
  if (named.length === 0) args.required('files');
  const files = named.map((one): StoredFile => {
    const file = world.files.byId(stringOrNone(one['id']) ?? '');
    // Nothing was uploaded yet, or it was completed before: each can be done once.
    if (file?.bytes === undefined || file.completedAt !== undefined) {
      throw new ApiFailure('file_not_found');
    }
    return file;
  });
  const share = args.has('channel_id') ? shareOf(args, world) : undefined;
  for (const [index, file] of files.entries()) {
    world.files.complete(file, stringOrNone(named[index]?.['title']));
  }
  // It is shared after the answer, so the answer names no channel and knows no kind yet.
  const answer = files.map((file) => fileJson(file, { url: world.url, processed: false }));
  share?.(files);
  return { files: answer };
}

/** Checks where and with what words files are to be shown; gives back what then shows them, as one message of the bot. */
function shareOf(args: Args, world: World): (files: readonly StoredFile[]) => void {
  const channel = openTo(args.required('channel_id'), world);
  const said = args.has('initial_comment')
    ? { text: args.required('initial_comment') }
    : contentOf(new Args({ blocks: args.all['blocks'] }), world);
  const thread = threadOf(args, channel, world);
  return (files) => {
    const shown = files.filter(isShared);
    if (shown.length === 0) return;
    for (const file of shown) file.channels.add(channel.id);
    world.workspace.post({
      ...said,
      ...thread,
      channel: channel.id,
      user: app.botUserId,
      botId: app.botId,
      files: shown.map((file) => fileJson(file, { url: world.url, processed: true })),
    });
  };
}

/** Files need membership, also where chat:write.public lets messages through. */
function openTo(id: string, world: World): Channel {
  if (!new RegExp(channelPattern, 'u').test(id)) {
    throw wrong(`input must match regex pattern: ${channelPattern}`, '/channel_id');
  }
  const channel = channelById(world, id);
  requireWritable(channel, world);
  if (world.strict && !channel.members.has(app.botUserId)) throw new ApiFailure('not_in_channel');
  return channel;
}

/** Slack says yes to a file that is no picture and has a description, and then shows it to nobody. */
function isShared(file: StoredFile): boolean {
  return file.altText === '' || mimetypeOf(file).startsWith('image/');
}

function describe(args: Args, world: World): JsonObject {
  const file = world.files.byId(args.required('file'));
  if (file?.completedAt === undefined) throw new ApiFailure('file_not_found');
  const processed = world.files.isProcessed(file);
  return { file: fileJson(file, { url: world.url, processed }), comments: [] };
}

function wrong(what: string, pointer: string): ApiFailure {
  const messages = [`[ERROR] ${what} [json-pointer:${pointer}]`];
  return new ApiFailure('invalid_arguments', { response_metadata: { messages } });
}
