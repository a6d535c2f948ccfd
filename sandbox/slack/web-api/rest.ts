// auth.*, apps.*, reactions.* and blocks.validate: the methods that come alone.
import {
  type Surface,
  validateBlocks,
  validateView,
} from '../../../src/message/validate-blocks.ts';
import { isObject, type JsonObject } from '../json.ts';
import { app, team } from '../workspace.ts';
import type { World } from '../world.ts';
import { ApiFailure, type Args, channelById, type Method } from './method.ts';

export const restMethods = {
  'api.test': { token: 'none', scopes: [], tier: 4, run: ({ all }) => ({ args: all }) },
  'auth.test': { token: 'bot', scopes: [], tier: 4, run: whoAmI },
  'apps.connections.open': { token: 'app', scopes: [], tier: 3, run: connect },
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
