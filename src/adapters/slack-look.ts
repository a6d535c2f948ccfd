// Asks Slack who the app is, what it may do and which channels it is in; for the doctor, so nothing is posted.

import { LogLevel, WebAPIPlatformError, WebClient } from '@slack/web-api';
import type { Secret } from '../secret.ts';
import { slackTrouble } from './slack.ts';

/** What Slack says of a channel. */
export type ChannelSeen =
  | { readonly kind: 'member' | 'outside' | 'archived'; readonly name: string }
  /** It does not exist, or it is private and the bot is not in it: Slack makes no difference. */
  | { readonly kind: 'not-found' }
  | { readonly kind: 'no-scope' };

export interface SlackLook {
  /** @throws OperationError, `unauthorized` when Slack refuses the token. */
  who(): Promise<{
    readonly bot: string;
    readonly team: string;
    /** Undefined where the answer does not say. */
    readonly scopes: readonly string[] | undefined;
  }>;
  /** @throws OperationError when Slack cannot be asked. */
  channel(id: string): Promise<ChannelSeen>;
}

interface Options {
  readonly token: Secret;
  /** Ends with a slash. */
  readonly apiUrl: string;
  readonly deadlineMs: number;
}

const clientOf = ({ token, apiUrl, deadlineMs }: Options) =>
  new WebClient(token.reveal(), {
    slackApiUrl: apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: deadlineMs,
    // What goes wrong is told by whoever asked.
    logLevel: LogLevel.ERROR,
  });

/** Looks with a bot token. */
export function createSlackLook(options: Options): SlackLook {
  const client = clientOf(options);
  return {
    async who() {
      try {
        const { user = '', team = '', response_metadata: about } = await client.auth.test();
        return { bot: user, team, scopes: about?.scopes };
      } catch (error) {
        throw slackTrouble('asking who the app is', error);
      }
    },
    async channel(id) {
      try {
        const { channel } = await client.conversations.info({ channel: id });
        const name = channel?.name ?? id;
        if (channel?.is_archived === true) return { kind: 'archived', name };
        return { kind: channel?.is_member === true ? 'member' : 'outside', name };
      } catch (error) {
        if (error instanceof WebAPIPlatformError) {
          if (error.data.error === 'channel_not_found') return { kind: 'not-found' };
          if (error.data.error === 'missing_scope') return { kind: 'no-scope' };
        }
        throw slackTrouble(`looking at channel ${id}`, error);
      }
    },
  };
}

/**
 * Asks for the address of a socket, as the app does at its start, and opens none.
 * @throws OperationError, `unauthorized` when Slack refuses the app-level token.
 */
export async function askForSocket(options: Options): Promise<void> {
  try {
    await clientOf(options).apps.connections.open();
  } catch (error) {
    throw slackTrouble('asking for a socket', error);
  }
}
