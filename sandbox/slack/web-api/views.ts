// views.*: opening, pushing, changing and publishing.
import type { JsonObject } from '../json.ts';
import type { Trigger } from '../tickets.ts';
import { type View, type ViewError, viewJson } from '../views.ts';
import type { World } from '../world.ts';
import { checkedView } from './content.ts';
import { ApiFailure, type Args, type Method } from './method.ts';

export const viewMethods = {
  'views.open': { token: 'bot', scopes: [], tier: 4, run: open },
  'views.push': { token: 'bot', scopes: [], tier: 4, run: push },
  'views.update': { token: 'bot', scopes: [], tier: 4, run: update },
  'views.publish': { token: 'bot', scopes: [], tier: 4, run: publish },
} as const satisfies Readonly<Record<string, Method>>;

function answered(view: View | ViewError): JsonObject {
  if (typeof view === 'string') throw new ApiFailure(view);
  return { view: viewJson(view) };
}

/** Uses the trigger up only after the view itself was found right, as Slack does. */
function triggered(args: Args, world: World): Trigger {
  const id = args.optional('trigger_id') ?? args.required('interactivity_pointer');
  const trigger = world.triggers.take(id);
  if (typeof trigger === 'string') throw new ApiFailure(trigger);
  return trigger;
}

function open(args: Args, world: World): JsonObject {
  const definition = checkedView(args, 'modal');
  return answered(world.views.open(triggered(args, world).user, definition));
}

function push(args: Args, world: World): JsonObject {
  const definition = checkedView(args, 'modal');
  const trigger = triggered(args, world);
  const below = world.views.stack(trigger.user).some((one) => one.id === trigger.viewId);
  if (!below) throw new ApiFailure('not_found');
  return answered(world.views.open(trigger.user, definition));
}

function update(args: Args, world: World): JsonObject {
  const externalId = args.optional('external_id');
  const viewId =
    externalId === undefined ? args.required('view_id') : world.views.findExternal(externalId)?.id;
  const before = world.views.find(viewId ?? '');
  const definition = checkedView(args, before?.type ?? 'modal');
  return answered(world.views.update(viewId ?? '', definition, args.optional('hash')));
}

function publish(args: Args, world: World): JsonObject {
  const user = args.required('user_id');
  const definition = checkedView(args, 'home');
  if (!world.workspace.people.has(user)) throw new ApiFailure('user_not_found');
  if (!world.manifest.homeTabEnabled) throw new ApiFailure('not_enabled');
  return answered(world.views.publish(user, definition, args.optional('hash')));
}
