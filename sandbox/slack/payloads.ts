// Builds what Slack sends to an app, field by field as in recorded payloads, oddities included.
import type { JsonObject } from './json.ts';
import type { StateValues } from './view-state.ts';
import { type View, viewJson } from './views.ts';
import { app, type Channel, type Message, type Person, team } from './workspace.ts';

/** Slack's old way of proving itself; apps must look at the signature instead. */
const token = 'verification-token';

const teamJson = { id: team.id, domain: team.domain };

function userJson(person: Person): JsonObject {
  return { id: person.id, username: person.name, name: person.name, team_id: team.id };
}

function channelName(channel: Channel): string {
  return channel.kind === 'im' ? 'directmessage' : channel.name;
}

/** A message as the Web API and payloads show it. */
export function messageJson(message: Message, { withMetadata = true } = {}): JsonObject {
  const own = message.botId === undefined ? {} : { bot_id: message.botId, app_id: app.id };
  return {
    user: message.user,
    type: 'message',
    ts: message.ts,
    ...own,
    text: message.text,
    team: team.id,
    ...(message.subtype === undefined ? {} : { subtype: message.subtype }),
    ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
    ...(message.edited === undefined ? {} : { edited: message.edited }),
    ...(message.blocks.length === 0 ? {} : { blocks: message.blocks }),
    ...(message.attachments === undefined ? {} : { attachments: message.attachments }),
    ...(message.files === undefined ? {} : { files: message.files }),
    ...(message.metadata === undefined || !withMetadata ? {} : { metadata: message.metadata }),
    ...(message.reactions.length === 0
      ? {}
      : { reactions: message.reactions.map((one) => ({ ...one, count: one.users.length })) }),
  };
}

/** The form of a slash command. All fields are strings, `is_enterprise_install` too. */
export function commandForm(given: {
  readonly person: Person;
  readonly channel: Channel;
  readonly command: string;
  readonly text: string;
  readonly responseUrl: string;
  readonly triggerId: string;
}): Readonly<Record<string, string>> {
  return {
    token,
    team_id: team.id,
    team_domain: team.domain,
    channel_id: given.channel.id,
    channel_name: channelName(given.channel),
    user_id: given.person.id,
    user_name: given.person.name,
    command: given.command,
    text: given.text,
    api_app_id: app.id,
    is_enterprise_install: 'false',
    response_url: given.responseUrl,
    trigger_id: given.triggerId,
  };
}

interface Acted {
  readonly person: Person;
  readonly triggerId: string;
  readonly action: JsonObject;
}

/** A press in a message. An ephemeral message is not part of its payload: Slack does not keep it. */
export function messageActionPayload(
  given: Acted & {
    readonly channel: Channel;
    readonly message: Message;
    readonly parentUser: string | undefined;
    readonly values: StateValues;
    readonly responseUrl: string;
  },
): JsonObject {
  const { channel, message } = given;
  const isEphemeral = message.ephemeralFor !== undefined;
  const thread = message.threadTs === undefined ? {} : { thread_ts: message.threadTs };
  const parent = given.parentUser === undefined ? {} : { parent_user_id: given.parentUser };
  return {
    type: 'block_actions',
    user: userJson(given.person),
    api_app_id: app.id,
    token,
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: channel.id,
      is_ephemeral: isEphemeral,
      ...thread,
    },
    trigger_id: given.triggerId,
    team: teamJson,
    enterprise: null,
    is_enterprise_install: false,
    channel: { id: channel.id, name: channelName(channel) },
    ...(isEphemeral ? {} : { message: { ...messageJson(message), ...parent } }),
    state: { values: given.values },
    response_url: given.responseUrl,
    actions: [given.action],
  };
}

/** A press in a modal or the Home tab: there is no channel and no response URL. */
export function viewActionPayload(given: Acted & { readonly view: View }): JsonObject {
  return {
    type: 'block_actions',
    user: userJson(given.person),
    api_app_id: app.id,
    token,
    container: { type: 'view', view_id: given.view.id },
    trigger_id: given.triggerId,
    team: teamJson,
    enterprise: null,
    is_enterprise_install: false,
    view: viewJson(given.view),
    actions: [given.action],
  };
}

export function viewSubmissionPayload(given: {
  readonly person: Person;
  readonly view: View;
  readonly triggerId: string;
}): JsonObject {
  return {
    type: 'view_submission',
    team: teamJson,
    user: userJson(given.person),
    api_app_id: app.id,
    token,
    trigger_id: given.triggerId,
    view: viewJson(given.view),
    response_urls: [],
    is_enterprise_install: false,
    enterprise: null,
  };
}

export function viewClosedPayload(given: {
  readonly person: Person;
  readonly view: View;
  readonly isCleared: boolean;
}): JsonObject {
  return {
    type: 'view_closed',
    team: teamJson,
    user: userJson(given.person),
    api_app_id: app.id,
    token,
    view: viewJson(given.view),
    is_cleared: given.isCleared,
    is_enterprise_install: false,
    enterprise: null,
  };
}

/** The envelope around an event of the Events API. */
export function eventPayload(given: {
  readonly event: JsonObject;
  readonly eventId: string;
  readonly at: Date;
}): JsonObject {
  const authorization = {
    enterprise_id: null,
    team_id: team.id,
    user_id: app.botUserId,
    is_bot: true,
    is_enterprise_install: false,
  };
  return {
    token,
    team_id: team.id,
    api_app_id: app.id,
    event: given.event,
    type: 'event_callback',
    event_id: given.eventId,
    event_time: Math.floor(given.at.getTime() / 1000),
    authorizations: [authorization],
    is_ext_shared_channel: false,
  };
}
