// The doctor at Slack: the tokens, the scopes of the manifest, and whether the bot is in every channel that gets cards.

import { askForSocket, createSlackLook, type SlackLook } from '../../adapters/slack-look.ts';
import { OperationError } from '../../errors.ts';
import type { Secret } from '../../secret.ts';
import type { SystemConfig } from '../../settings/headroom-config.ts';
import { broken, type Finding, fine, look, unknown } from './finding.ts';

/** What the app needs of Slack; the manifests ask for the same. */
export const slackScopes = [
  'commands',
  'chat:write',
  'files:write',
  'im:write',
  'channels:read',
  'groups:read',
] as const;

const deadlineMs = 10_000;

const reinstall =
  'paste manifest.yml (or manifest.http.yml) at https://api.slack.com/apps, "App Manifest", then "Reinstall to Workspace"';

export interface SlackAsked {
  readonly botToken: Secret;
  readonly appToken: Secret | undefined;
  readonly apiUrl: string;
  readonly systems: readonly SystemConfig[];
}

export async function slackFindings({
  botToken,
  appToken,
  apiUrl,
  systems,
}: SlackAsked): Promise<readonly Finding[]> {
  const slack = createSlackLook({ token: botToken, apiUrl, deadlineMs });
  const [socket, about] = await Promise.all([
    appToken === undefined ? [] : look('app-level token', () => socketFindings(appToken, apiUrl)),
    look('bot token', () => botFindings(slack, systems)),
  ]);
  return [...about, ...socket];
}

async function socketFindings(token: Secret, apiUrl: string): Promise<readonly Finding[]> {
  const what = 'app-level token';
  try {
    await askForSocket({ token, apiUrl, deadlineMs });
    return [fine(what, 'Socket Mode can be opened')];
  } catch (error) {
    const trouble = refusedOf(error);
    const fix =
      'make a token with the scope connections:write at https://api.slack.com/apps, "Basic Information", and set SLACK_APP_TOKEN';
    return [broken(what, trouble.message, fix)];
  }
}

/** A refusal is a finding; anything else means that nothing is known. */
function refusedOf(error: unknown): OperationError {
  if (error instanceof OperationError && ['unauthorized', 'refused'].includes(error.code)) {
    return error;
  }
  throw error;
}

async function botFindings(
  slack: SlackLook,
  systems: readonly SystemConfig[],
): Promise<readonly Finding[]> {
  let about: Awaited<ReturnType<SlackLook['who']>>;
  try {
    about = await slack.who();
  } catch (error) {
    const { message } = refusedOf(error);
    const fix =
      'take the bot token at https://api.slack.com/apps, "OAuth & Permissions", and set SLACK_BOT_TOKEN';
    return [
      broken('bot token', message, fix),
      unknown('scopes and channels', 'Slack tells them only to a good token'),
    ];
  }
  const { bot, team, scopes } = about;
  const channels = await Promise.all(
    [...channelsOf(systems)].map(([channel, of]) =>
      look(`channel ${channel}`, () => channelFinding(slack, { channel, of, bot })),
    ),
  );
  return [fine('bot token', `@${bot} in ${team}`), scopeFinding(scopes), ...channels.flat()];
}

function scopeFinding(scopes: readonly string[] | undefined): Finding {
  if (scopes === undefined) return unknown('scopes', 'Slack did not say which there are');
  const missing = slackScopes.filter((scope) => !scopes.includes(scope));
  if (missing.length > 0) return broken('scopes', `missing: ${missing.join(', ')}`, reinstall);
  return fine('scopes', slackScopes.join(', '));
}

/** Each channel with the systems whose cards it gets. */
function channelsOf(systems: readonly SystemConfig[]): ReadonlyMap<string, readonly string[]> {
  const channels = new Map<string, string[]>();
  for (const { id, channel } of systems)
    channels.set(channel, [...(channels.get(channel) ?? []), id]);
  return channels;
}

async function channelFinding(
  slack: SlackLook,
  {
    channel,
    of,
    bot,
  }: { readonly channel: string; readonly of: readonly string[]; readonly bot: string },
): Promise<readonly Finding[]> {
  const what = `channel ${channel} of ${of.join(', ')}`;
  const correct = `correct systems.${of[0] ?? ''}.channel in headroom.yaml`;
  const seen = await slack.channel(channel);
  switch (seen.kind) {
    case 'member':
      return [fine(what, `@${bot} is in #${seen.name}`)];
    case 'outside':
      return [broken(what, `@${bot} is not in #${seen.name}`, `in #${seen.name}: /invite @${bot}`)];
    case 'archived':
      return [broken(what, `#${seen.name} is archived`, `unarchive #${seen.name}, or ${correct}`)];
    case 'not-found':
      return [
        broken(
          what,
          'there is no such channel, or it is private and the bot is not in it',
          `there: /invite @${bot}; or ${correct}`,
        ),
      ];
    case 'no-scope':
      return [unknown(what, 'the scopes channels:read and groups:read are missing', reinstall)];
  }
}
