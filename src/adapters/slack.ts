// Speaks to Slack's Web API, and turns its errors into ours: what will never be accepted, and what to try later.

import {
  type KnownBlock,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  type WebClient,
} from '@slack/web-api';
import { OperationError } from '../errors.ts';
import { slackLimits } from '../message/limits.ts';
import type { Message } from '../message/message.ts';
import type { Chat, ChatAnswer } from '../ports.ts';

const respondDeadlineMs = 10_000;

/** Errors that pass by themselves or that a person can mend without us sending something else. */
const passing = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'ratelimited',
  'rate_limited',
  'team_added_to_org',
]);
/** The token is wrong or no longer good: while starting that is a mistake in the settings. */
const tokenErrors = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'not_allowed_token_type',
]);
const mendable = new Set(['missing_scope', 'not_in_channel', 'channel_not_found', 'is_archived']);

/** `client` must reject rate-limited calls, so that the channel's pace is kept in one place. */
export function createChat(client: WebClient): Chat {
  return {
    post: (channel, message, threadTs) =>
      ask(`posting to channel ${channel}`, async () => {
        const answer = await client.chat.postMessage({
          channel,
          ...content(message),
          unfurl_links: false,
          unfurl_media: false,
          ...(threadTs !== undefined && { thread_ts: threadTs }),
        });
        return answer.ts;
      }),
    update: (channel, ts, message) =>
      ask(`updating a message in channel ${channel}`, async () => {
        const answer = await client.chat.update({ channel, ts, ...content(message) });
        return answer.ts;
      }),
    respond: (responseUrl, message) => respond(responseUrl, message),
  };
}

function content(message: Message): { readonly text: string; readonly blocks: KnownBlock[] } {
  return { text: message.text, blocks: [...message.blocks].slice(0, slackLimits.message.blocks) };
}

async function ask(doing: string, call: () => Promise<string | undefined>): Promise<ChatAnswer> {
  try {
    const ts = await call();
    return ts === undefined
      ? { kind: 'rejected', because: `${doing}: Slack named no message` }
      : { kind: 'sent', ts };
  } catch (error) {
    if (error instanceof WebAPIPlatformError && error.data.error === 'message_not_found') {
      return { kind: 'gone' };
    }
    const trouble = slackTrouble(doing, error);
    if (trouble instanceof OperationError && !trouble.retryable) {
      return { kind: 'rejected', because: trouble.message };
    }
    throw trouble;
  }
}

/** Slack's error in our words; anything that is no answer of Slack's is handed back as it came. */
export function slackTrouble(doing: string, error: unknown): unknown {
  if (error instanceof WebAPIRateLimitedError) {
    return new OperationError(`${doing}: Slack asks us to wait`, {
      code: 'rate-limited',
      retryable: true,
      cause: error,
      retryAfterMs: error.retryAfter * 1000,
    });
  }
  if (error instanceof WebAPIPlatformError) {
    const answer = error.data.error;
    return new OperationError(`${doing}: Slack answers ${answer}`, {
      code: tokenErrors.has(answer) ? 'unauthorized' : 'refused',
      retryable:
        passing.has(answer) ||
        mendable.has(answer) ||
        tokenErrors.has(answer) ||
        // A proxy's page in place of Slack's answer.
        !/^[a-z_]+$/.test(answer),
      cause: error,
    });
  }
  if (error instanceof WebAPIHTTPError || error instanceof WebAPIRequestError) {
    return new OperationError(`${doing}: Slack cannot be reached`, {
      code: 'unreachable',
      retryable: true,
      cause: error,
    });
  }
  // Everything else that a call can throw is an answer we cannot read: cut off, not JSON, a limit without a time.
  return error instanceof Error
    ? new OperationError(`${doing}: Slack's answer cannot be read`, {
        code: 'bad-answer',
        retryable: true,
        cause: error,
      })
    : error;
}

async function respond(responseUrl: string, message: Message): Promise<ChatAnswer> {
  const doing = 'answering a command';
  let response: Response;
  try {
    response = await fetch(responseUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        response_type: 'ephemeral',
        replace_original: false,
        ...content(message),
      }),
      signal: AbortSignal.timeout(respondDeadlineMs),
      redirect: 'error',
    });
  } catch (error) {
    throw new OperationError(`${doing}: Slack cannot be reached`, {
      code: 'unreachable',
      retryable: true,
      cause: error,
    });
  }
  await response.body?.cancel();
  if (response.ok) return { kind: 'sent', ts: '' };
  if (response.status === 429 || response.status >= 500) {
    throw new OperationError(`${doing}: Slack answers ${response.status}`, {
      code: 'unavailable',
      retryable: true,
    });
  }
  return { kind: 'rejected', because: `${doing}: Slack answers ${response.status}` };
}
