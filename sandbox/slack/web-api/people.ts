// users.*, usergroups.*, team.info, bots.info: who is who.
import type { JsonObject } from '../json.ts';
import { app, type Person, team, type UserGroup } from '../workspace.ts';
import type { World } from '../world.ts';
import { ApiFailure, type Args, type Method, pageOf } from './method.ts';

export const peopleMethods = {
  'users.info': { token: 'bot', scopes: ['users:read'], tier: 4, run: describe },
  'users.list': { token: 'bot', scopes: ['users:read'], tier: 2, run: listAll },
  'users.lookupByEmail': { token: 'bot', scopes: ['users:read.email'], tier: 3, run: byEmail },
  'usergroups.list': { token: 'bot', scopes: ['usergroups:read'], tier: 2, run: groups },
  'usergroups.users.list': { token: 'bot', scopes: ['usergroups:read'], tier: 2, run: groupUsers },
  'team.info': { token: 'bot', scopes: ['team:read'], tier: 3, run: describeTeam },
  'bots.info': { token: 'bot', scopes: ['users:read'], tier: 3, run: describeBot },
} as const satisfies Readonly<Record<string, Method>>;

/** Minutes east of UTC that a zone is at this moment, as seconds. */
function zoneOffsetSeconds(zone: string, at: Date): number {
  const shown = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  const name = shown.formatToParts(at).find((part) => part.type === 'timeZoneName')?.value ?? '';
  const found = /GMT([+-])(\d\d):(\d\d)/u.exec(name);
  if (found === null) return 0;
  const seconds = Number(found[2]) * 3600 + Number(found[3]) * 60;
  return found[1] === '-' ? -seconds : seconds;
}

function personJson(person: Person, world: World): JsonObject {
  const withEmail = !world.strict || world.manifest.scopes.includes('users:read.email');
  return {
    id: person.id,
    team_id: team.id,
    name: person.name,
    deleted: person.deleted,
    color: '4bbe2e',
    real_name: person.realName,
    tz: person.tz,
    tz_label: person.tz,
    tz_offset: zoneOffsetSeconds(person.tz, world.clock.now()),
    profile: {
      real_name: person.realName,
      real_name_normalized: person.realName,
      display_name: person.name,
      display_name_normalized: person.name,
      status_text: '',
      status_emoji: '',
      team: team.id,
      ...(withEmail && !person.isBot ? { email: person.email } : {}),
      ...(person.isBot ? { api_app_id: app.id, bot_id: app.botId } : {}),
    },
    is_admin: false,
    is_owner: false,
    is_primary_owner: false,
    is_restricted: false,
    is_ultra_restricted: false,
    is_bot: person.isBot,
    is_app_user: false,
    updated: 0,
  };
}

function describe(args: Args, world: World): JsonObject {
  const person = world.workspace.people.get(args.required('user'));
  if (person === undefined) throw new ApiFailure('user_not_found');
  return { user: personJson(person, world) };
}

function listAll(args: Args, world: World): JsonObject {
  const { page, nextCursor } = pageOf([...world.workspace.people.values()], args);
  const members = page.map((person) => personJson(person, world));
  return { members, cache_ts: 0, response_metadata: { next_cursor: nextCursor } };
}

function byEmail(args: Args, world: World): JsonObject {
  const email = args.required('email').toLowerCase();
  const person = [...world.workspace.people.values()].find((one) => one.email === email);
  if (person === undefined || person.isBot) throw new ApiFailure('users_not_found');
  return { user: personJson(person, world) };
}

function groupJson(group: UserGroup, withUsers: boolean): JsonObject {
  return {
    id: group.id,
    team_id: team.id,
    is_usergroup: true,
    is_subteam: true,
    name: group.name,
    description: '',
    handle: group.handle,
    is_external: false,
    date_create: 0,
    date_update: 0,
    date_delete: 0,
    prefs: { channels: [], groups: [] },
    user_count: group.users.length,
    ...(withUsers ? { users: group.users } : {}),
  };
}

function groups(args: Args, world: World): JsonObject {
  const withUsers = args.flag('include_users');
  return {
    usergroups: [...world.workspace.groups.values()].map((one) => groupJson(one, withUsers)),
  };
}

function groupUsers(args: Args, world: World): JsonObject {
  const group = world.workspace.groups.get(args.required('usergroup'));
  if (group === undefined) throw new ApiFailure('no_such_subteam');
  return { users: group.users };
}

function describeTeam(_args: Args, world: World): JsonObject {
  return { team: { id: team.id, name: team.name, domain: team.domain, url: `${world.url}/` } };
}

function describeBot(args: Args, world: World): JsonObject {
  const bot = args.optional('bot') ?? app.botId;
  if (bot !== app.botId) throw new ApiFailure('bot_not_found');
  const { appName } = world.manifest;
  return {
    bot: {
      id: bot,
      deleted: false,
      name: appName,
      updated: 0,
      app_id: app.id,
      user_id: app.botUserId,
    },
  };
}
