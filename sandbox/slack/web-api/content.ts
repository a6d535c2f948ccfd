// Checks what a message or view says before it is stored: blocks, lengths, files that are not there.
import { slackLimits } from '../../../src/message/limits.ts';
import {
  type BlockProblem,
  validateBlocks,
  validateView,
} from '../../../src/message/validate-blocks.ts';
import { storedBlocks } from '../blocks.ts';
import { isObject, type JsonObject, objectsOf, stringOr } from '../json.ts';
import type { World } from '../world.ts';
import { ApiFailure, type Args } from './method.ts';

export interface Content {
  readonly text: string;
  readonly blocks: readonly JsonObject[];
  readonly attachments?: readonly JsonObject[];
  readonly metadata?: JsonObject;
}

/** Reads text, blocks, attachments and metadata of a call. Throws what Slack answers when they are wrong. */
export function contentOf(args: Args, world: World): Content {
  const text = args.optional('text') ?? '';
  if (text.length > slackLimits.message.textChars) throw new ApiFailure('msg_too_long');
  const blocks = checkedBlocks(args.nested('blocks', 'invalid_blocks_format'), world);
  const attachments = args.nested('attachments', 'invalid_attachments');
  const metadata = args.object('metadata', 'invalid_metadata_format');
  return {
    text,
    blocks,
    ...(attachments === undefined ? {} : { attachments: objectsOf(attachments) }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/** Throws `no_text` for a message that says nothing. */
export function requireSomething(content: Content): void {
  const empty = content.text === '' && content.blocks.length === 0;
  if (empty && (content.attachments ?? []).length === 0) throw new ApiFailure('no_text');
}

function checkedBlocks(blocks: unknown, world: World): readonly JsonObject[] {
  if (blocks === undefined) return [];
  if (!Array.isArray(blocks)) throw new ApiFailure('invalid_blocks_format');
  const problems = validateBlocks('message', blocks);
  const tooLong = problems.find((one) => one.pointer === '/blocks' && one.code === 'too_long');
  if (tooLong !== undefined) throw new ApiFailure('msg_blocks_too_long', saying([tooLong], ''));
  if (problems.length > 0) throw new ApiFailure('invalid_blocks', saying(problems, ''));
  const objects = objectsOf(blocks);
  requireFiles(objects, world);
  return storedBlocks(objects);
}

/** Checks a view. Throws what `views.*` answer when it is wrong. */
export function checkedView(args: Args, type: 'modal' | 'home'): JsonObject {
  const view = args.nested('view', 'invalid_arguments');
  if (!isObject(view)) args.required('view');
  const definition = isObject(view) ? view : {};
  if (definition['type'] !== type) {
    const wrong = { pointer: '/type', message: `must be "${type}"` };
    throw new ApiFailure('invalid_arguments', saying([wrong], '/view'));
  }
  const problems = validateView(definition);
  if (problems.some((one) => one.pointer === '' && one.code === 'too_long')) {
    throw new ApiFailure('view_too_large');
  }
  if (problems.length > 0) throw new ApiFailure('invalid_arguments', saying(problems, '/view'));
  return definition;
}

function saying(
  problems: readonly Pick<BlockProblem, 'pointer' | 'message'>[],
  prefix: string,
): JsonObject {
  const lines = problems.map((one) => `${one.message} [json-pointer:${prefix}${one.pointer}]`);
  const messages = lines.map((line) => `[ERROR] ${line}`);
  return { errors: lines, response_metadata: { messages } };
}

/** An image block may name an uploaded file only once that was processed. */
function requireFiles(blocks: readonly JsonObject[], world: World): void {
  for (const [index, block] of blocks.entries()) {
    const places = [
      ['', block],
      ['/accessory', block['accessory']],
      ...objectsOf(block['elements']).map((one, at) => [`/elements/${at}`, one] as const),
    ] as const;
    for (const [where, place] of places) {
      if (!isObject(place) || !isObject(place['slack_file'])) continue;
      const file = world.files.byId(stringOr(place['slack_file']['id'], ''));
      if (file !== undefined && world.files.isProcessed(file)) continue;
      const pointer = `/blocks/${index}${where}/slack_file`;
      throw new ApiFailure(
        'invalid_blocks',
        saying([{ pointer, message: 'invalid slack file' }], ''),
      );
    }
  }
}
