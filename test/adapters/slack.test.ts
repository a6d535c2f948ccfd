import { WebClient } from '@slack/web-api';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunningSlack } from '../../sandbox/slack/server.ts';
import { createChat } from '../../src/adapters/slack.ts';
import { OperationError } from '../../src/errors.ts';
import { type Message, plainMessage } from '../../src/message/message.ts';
import type { Chat, Picture } from '../../src/ports.ts';
import { capacity, clientOf, people, secrets, startWorkspace } from '../sandbox/slack/bolt-app.ts';
import { type Receiver, startReceiver } from '../sandbox/slack/receiver.ts';

let slack: RunningSlack;
let receiver: Receiver;
let chat: Chat;

beforeAll(async () => {
  receiver = await startReceiver();
  slack = await startWorkspace({ deliverTo: { url: receiver.url } });
  chat = createChat(clientOf(slack));
});
afterAll(async () => {
  await slack.stop();
  await receiver.stop();
});
beforeEach(async () => {
  await slack.control.reset();
});

async function trouble(work: Promise<unknown>): Promise<OperationError> {
  const error = await work.then(
    (value) => value,
    (reason: unknown) => reason,
  );
  if (!(error instanceof OperationError)) throw new Error(`expected trouble, got ${String(error)}`);
  expect(error.message).not.toMatch(/xoxb-/);
  return error;
}

async function responseUrl(): Promise<string> {
  await slack.control.command(people.ann, capacity, '/scale x');
  return new URLSearchParams(receiver.arrived.at(-1)?.body).get('response_url') ?? '';
}

describe('posting and updating', () => {
  it('a message is posted, answered in its thread and brought up to date', async () => {
    const posted = await chat.post(capacity, plainMessage('*one*'));
    if (posted.kind !== 'sent') throw new Error(posted.kind);
    const reply = await chat.post(capacity, plainMessage('a reply'), posted.ts);
    expect(reply.kind).toBe('sent');
    expect(await chat.update(capacity, posted.ts, plainMessage('two'))).toEqual(posted);
    const messages = await slack.control.messages(capacity);
    expect(messages.map(({ text, threadTs }) => [text, threadTs])).toEqual([
      ['two', expect.anything()],
      ['a reply', posted.ts],
    ]);
    const [call] = await slack.control.apiCalls('chat.postMessage');
    expect(call?.args).toMatchObject({ unfurl_links: 'false', unfurl_media: 'false' });
  });

  it('being asked to wait is trouble with the time to wait, and nothing waits in the client', async () => {
    await slack.control.injectFault({
      method: 'chat.postMessage',
      times: 1,
      status: 429,
      retryAfter: 17,
    });
    const error = await trouble(chat.post(capacity, plainMessage('one')));
    expect([error.code, error.retryable, error.retryAfterMs]).toEqual([
      'rate-limited',
      true,
      17_000,
    ]);
    expect((await chat.post(capacity, plainMessage('two'))).kind).toBe('sent');
    expect(await slack.control.apiCalls('chat.postMessage')).toHaveLength(2);
  });

  it('what Slack will never take is rejected, and not tried again', async () => {
    const bad: Message = {
      text: 'x',
      blocks: [{ type: 'section', text: { type: 'mrkdwn', text: '' } }],
    };
    expect(await chat.post(capacity, bad)).toEqual({
      kind: 'rejected',
      because: `posting to channel ${capacity}: Slack answers invalid_blocks`,
    });
    expect(await chat.update(capacity, '1.000001', plainMessage('x'))).toEqual({ kind: 'gone' });
  });

  it.each([
    'channel_not_found',
    'not_in_channel',
    'is_archived',
    'missing_scope',
    'invalid_auth',
    'token_revoked',
    'account_inactive',
    'internal_error',
    'fatal_error',
    'ratelimited',
    'rate_limited',
  ])('%s passes or can be mended, so it is tried again later', async (code) => {
    await slack.control.injectFault({ method: 'chat.postMessage', times: 1, error: code });
    const error = await trouble(chat.post(capacity, plainMessage('one')));
    expect(error.retryable).toBe(true);
    expect(error.message).toContain(code);
    expect((await chat.post(capacity, plainMessage('one'))).kind).toBe('sent');
  });

  it('really not being in the channel, or there being none, is such trouble', async () => {
    const archived = await slack.control.addChannel({ name: 'old' });
    await slack.control.archive(archived.id);
    for (const channel of ['C0NOWHERE01', archived.id]) {
      expect((await trouble(chat.post(channel, plainMessage('one')))).code).toBe('refused');
    }
  });

  it.each([500, 502, 503])('an answer %i of Slack is trouble that passes', async (status) => {
    await slack.control.injectFault({ method: 'chat.update', times: 1, status });
    const error = await trouble(chat.update(capacity, '1.1', plainMessage('one')));
    expect([error.code, error.retryable]).toEqual(['unreachable', true]);
  });

  it('no answer, and nobody there, is trouble that passes', async () => {
    const impatient = createChat(
      new WebClient(secrets.botToken, {
        slackApiUrl: slack.apiUrl,
        retryConfig: { retries: 0 },
        rejectRateLimitedCalls: true,
        timeout: 200,
      }),
    );
    await slack.control.injectFault({ method: 'chat.postMessage', times: 1, hang: true });
    expect((await trouble(impatient.post(capacity, plainMessage('one')))).retryable).toBe(true);
    const away = await startWorkspace();
    const lost = createChat(clientOf(away));
    await away.stop();
    const error = await trouble(lost.post(capacity, plainMessage('one')));
    expect([error.code, error.retryable]).toEqual(['unreachable', true]);
  });
});

describe('pictures', () => {
  const picture: Picture = {
    fileName: 'forecast-gl-008.png',
    title: 'Forecast of gl-008',
    altText: 'sites: 100 now, 314 in month 12.',
    comment: '*gl-008* over the next 12 months',
    png: Buffer.from('as if a picture'),
  };

  it('a picture comes whole: its words above it, its title, its description, its bytes', async () => {
    expect(await chat.postPicture(capacity, picture)).toEqual({ kind: 'sent', ts: '' });
    const [message] = await slack.control.messages(capacity);
    expect(message).toMatchObject({
      text: picture.comment,
      files: [
        {
          name: picture.fileName,
          title: picture.title,
          alt_txt: picture.altText,
          mimetype: 'image/png',
        },
      ],
    });
    const address = String(message?.files?.[0]?.['url_private']);
    const headers = { authorization: `Bearer ${secrets.botToken}` };
    const got = await fetch(address, { headers });
    expect(Buffer.from(await got.arrayBuffer())).toEqual(picture.png);
  });

  it('a person gets it as a direct message that nobody else sees', async () => {
    expect((await chat.postPicture(people.ann, picture)).kind).toBe('sent');
    const { channels, messages } = await slack.control.state();
    const place = channels.find(({ id }) => id === messages[0]?.channel);
    expect(place).toMatchObject({ kind: 'im', members: [people.ann, 'U0HEADROOM'] });
    expect(messages).toHaveLength(1);
  });

  it('it can be the answer in a thread', async () => {
    const root = await chat.post(capacity, plainMessage('root'));
    if (root.kind !== 'sent') throw new Error(root.kind);
    await chat.postPicture(capacity, picture, root.ts);
    expect((await slack.control.messages(capacity)).at(-1)).toMatchObject({ threadTs: root.ts });
  });

  it('too long a description is cut, and the picture still comes', async () => {
    await chat.postPicture(capacity, { ...picture, altText: 'x'.repeat(3_000) });
    const [message] = await slack.control.messages(capacity);
    expect(String(message?.files?.[0]?.['alt_txt'])).toMatch(/^x{999}…$/);
  });

  it.each([
    ['files.getUploadURLExternal', { status: 503 }, 'unreachable'],
    ['files.getUploadURLExternal', { status: 429, retryAfter: 9 }, 'rate-limited'],
    ['upload', { status: 500 }, 'unavailable'],
    ['files.completeUploadExternal', { error: 'internal_error' }, 'refused'],
    ['conversations.open', { error: 'missing_scope' }, 'refused'],
  ])('%s answering %o is trouble that passes, and nothing is seen', async (method, fault, code) => {
    await slack.control.injectFault({ method, times: 1, ...fault });
    const error = await trouble(chat.postPicture(people.ann, picture));
    expect([error.code, error.retryable]).toEqual([code, true]);
    expect(error.message).toContain('picture');
    expect(error.message).not.toContain('/upload/');
    expect(await slack.control.everyMessage()).toEqual([]);
    expect((await chat.postPicture(people.ann, picture)).kind).toBe('sent');
  });

  it.each([
    ['files.getUploadURLExternal', { error: 'file_uploads_disabled' }],
    ['upload', { status: 400 }],
    ['files.completeUploadExternal', { error: 'posting_to_channel_denied' }],
  ])('%s answering %o will not be otherwise, so the picture is rejected', async (method, fault) => {
    await slack.control.injectFault({ method, times: 1, ...fault });
    const answer = await chat.postPicture(capacity, picture);
    expect(answer).toMatchObject({ kind: 'rejected', because: expect.stringContaining('picture') });
    expect(await slack.control.everyMessage()).toEqual([]);
  });

  it('nothing is uploaded for a person who is not there', async () => {
    expect(await chat.postPicture('U0NOBODY01', picture)).toEqual({
      kind: 'rejected',
      because: 'posting a picture to U0NOBODY01: Slack answers user_not_found',
    });
    expect(await slack.control.apiCalls('files.getUploadURLExternal')).toEqual([]);
  });

  it('a channel without the bot is trouble a person can mend', async () => {
    const error = await trouble(chat.postPicture('C0RANDOM001', picture));
    expect(error.message).toBe('posting a picture to C0RANDOM001: Slack answers not_in_channel');
    expect(error.retryable).toBe(true);
  });
});

describe('answering through the address that came with a command', () => {
  it('is seen by one person and replaces nothing', async () => {
    expect(await chat.respond(await responseUrl(), plainMessage('only for you'))).toMatchObject({
      kind: 'sent',
    });
    const told = await slack.control.ephemerals(people.ann);
    expect(told.map(({ text }) => text)).toEqual(['only for you']);
    expect(await slack.control.messages(capacity)).toEqual([]);
  });

  it('used up, it is a rejection', async () => {
    const url = await responseUrl();
    for (let use = 0; use < 5; use++) await chat.respond(url, plainMessage(`answer ${use}`));
    expect(await chat.respond(url, plainMessage('one more'))).toEqual({
      kind: 'rejected',
      because: 'answering a command: Slack answers 404',
    });
  });

  it('an outage is trouble that passes; the address, which lets anybody answer, is in no error', async () => {
    const url = await responseUrl();
    await slack.control.injectFault({ method: 'response_url', times: 1, status: 503 });
    const error = await trouble(chat.respond(url, plainMessage('x')));
    expect([error.code, error.retryable]).toEqual(['unavailable', true]);
    const away = await trouble(
      chat.respond('http://127.0.0.1:1/commands/secret', plainMessage('x')),
    );
    expect([away.code, away.retryable]).toEqual(['unreachable', true]);
    expect(`${error.message}${away.message}`).not.toContain('secret');
  });
});
