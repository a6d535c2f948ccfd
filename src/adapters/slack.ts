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
import { cut, type Message } from '../message/message.ts';
import type { Chat, ChatAnswer, Picture } from '../ports.ts';

const respondDeadlineMs = 10_000;
const uploadDeadlineMs = 30_000;
/** Slack refuses a file with a longer description (alt_txt_too_large). */
const altTextMaxChars = 1_000;

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
    postPicture: (to, picture, threadTs) =>
      ask(`posting a picture to ${to}`, async () => {
        // First of all, so that nothing is uploaded for somebody who is not there.
        const channel = isPerson(to) ? await directChannel(client, to) : to;
        const id = await upload(client, picture);
        await client.files.completeUploadExternal({
          files: [{ id, title: picture.title }],
          channel_id: channel,
          initial_comment: picture.comment,
          ...(threadTs !== undefined && { thread_ts: threadTs }),
        });
        return '';
      }),
    respond: (responseUrl, message) => respond(responseUrl, message),
  };
}

function isPerson(id: string): boolean {
  return /^[UW]/.test(id);
}

/** Files go to channels only, and the one between the bot and a person has an id of its own. */
async function directChannel(client: WebClient, user: string): Promise<string> {
  const { channel } = await client.conversations.open({ users: user });
  return named(channel?.id, 'the direct conversation');
}

/** The id of the uploaded file, which nobody sees yet; Slack throws away what is never completed. */
async function upload(client: WebClient, { fileName, png, altText }: Picture): Promise<string> {
  // Slack calls it alt_txt; the client's own files.uploadV2 says alt_text, and the words would be lost.
  const file = { filename: fileName, length: png.length, alt_txt: cut(altText, altTextMaxChars) };
  const place = await client.files.getUploadURLExternal(file);
  const response = await reach('uploading a picture', named(place.upload_url, 'the address'), {
    headers: { 'content-type': 'image/png' },
    body: Buffer.from(png),
    signal: AbortSignal.timeout(uploadDeadlineMs),
  });
  if (response.status !== 200) throw refusal('uploading a picture', response.status);
  return named(place.file_id, 'the file');
}

function named(id: string | undefined, what: string): string {
  if (id === undefined || id === '') throw new Error(`Slack does not name ${what}`);
  return id;
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
    const trouble = error instanceof OperationError ? error : slackTrouble(doing, error);
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
  const response = await reach(doing, responseUrl, {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      response_type: 'ephemeral',
      replace_original: false,
      ...content(message),
    }),
    signal: AbortSignal.timeout(respondDeadlineMs),
  });
  if (response.ok) return { kind: 'sent', ts: '' };
  const refused = refusal(doing, response.status);
  if (refused.retryable) throw refused;
  return { kind: 'rejected', because: refused.message };
}

/** Posts to an address that Slack gave out. The address lets anybody in, so no error may name it. */
async function reach(doing: string, url: string, request: RequestInit): Promise<Response> {
  try {
    const response = await fetch(url, { method: 'POST', redirect: 'error', ...request });
    // The status says it all; a connection that breaks after it changes nothing.
    await response.body?.cancel().catch(() => undefined);
    return response;
  } catch (error) {
    throw new OperationError(`${doing}: Slack cannot be reached`, {
      code: 'unreachable',
      retryable: true,
      cause: error,
    });
  }
}

function refusal(doing: string, status: number): OperationError {
  const passes = status === 429 || status >= 500;
  return new OperationError(`${doing}: Slack answers ${status}`, {
    code: passes ? 'unavailable' : 'refused',
    retryable: passes,
  });
}
