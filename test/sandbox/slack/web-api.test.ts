// The Web API as the real WebClient sees it: what each method gives, and each way it says no.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ErrorCode, type WebClient } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isObject, objectOr, objectsOf, stringOr } from '../../../sandbox/slack/json.ts';
import type { RunningSlack } from '../../../sandbox/slack/server.ts';
import { capacity, clientOf, manifestPath, people, secrets, startWorkspace } from './bolt-app.ts';

const { ann, bob, eve } = people;
const random = 'C0RANDOM001';
const plain = (text: string) => ({ type: 'plain_text' as const, text });
const section = (text: string) => ({
  type: 'section' as const,
  text: { type: 'mrkdwn' as const, text },
});

/** A clock that only a test moves. */
function handMovedClock() {
  let at = Date.UTC(2026, 10, 22, 9);
  return {
    now: () => new Date(at),
    moveMs: (ms: number) => {
      at += ms;
    },
  };
}

let clock: ReturnType<typeof handMovedClock>;
let slack: RunningSlack;
let client: WebClient;

beforeEach(async () => {
  clock = handMovedClock();
  slack = await startWorkspace({ clock });
  client = clientOf(slack);
});
afterEach(() => slack.stop());

/** What Slack answered, for calls that are to be refused. */
async function refusal(call: Promise<unknown>): Promise<Readonly<Record<string, unknown>>> {
  try {
    await call;
  } catch (failure) {
    if (isObject(failure) && failure['code'] === ErrorCode.PlatformError) {
      return objectOr(failure['data']);
    }
    throw failure;
  }
  throw new Error('the call was not refused');
}

async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return (await refusal(call))['error'];
}

const say = (text: string, channel: string = capacity) =>
  client.chat.postMessage({ channel, text });

describe('tokens and scopes', () => {
  test('auth.test names the bot and gives the scopes', async () => {
    const me = await client.auth.test();
    expect(me).toMatchObject({
      user_id: 'U0HEADROOM',
      bot_id: 'B0HEADROOM',
      team_id: 'T0HEADROOM',
    });
    expect(me.response_metadata?.scopes).toContain('chat:write');
  });

  test('a wrong, missing or misplaced token is refused', async () => {
    expect(await errorOf(clientOf(slack, 'xoxb-wrong').auth.test())).toBe('invalid_auth');
    expect(await errorOf(client.apps.connections.open({}))).toBe('not_allowed_token_type');
    const withApp = clientOf(slack, secrets.appToken);
    expect(await errorOf(withApp.auth.test())).toBe('not_allowed_token_type');
    const response = await fetch(`${slack.apiUrl}auth.test`, { method: 'POST' });
    expect([response.status, await response.json()]).toEqual([
      200,
      { ok: false, error: 'not_authed' },
    ]);
  });

  test('a method without its scope says what it needs and what there is', async () => {
    const answer = await refusal(client.conversations.open({ users: 'U0NOBODY' }));
    expect(answer['error']).toBe('user_not_found');
    const kick = await refusal(
      client.apiCall('conversations.history', { channel: await hidden() }),
    );
    expect(kick).toMatchObject({ error: 'missing_scope', needed: 'groups:history' });
    expect(kick['provided']).toContain('commands');
  });

  test('an unknown method is no HTTP error', async () => {
    expect(await errorOf(client.apiCall('chat.shout'))).toBe('unknown_method');
    expect(await errorOf(client.apiCall('constructor'))).toBe('unknown_method');
  });

  async function hidden(): Promise<string> {
    const members = [ann, 'U0HEADROOM'];
    const channel = await slack.control.addChannel({ name: 'hidden', kind: 'private', members });
    return channel.id;
  }
});

describe('chat', () => {
  test('times are unique and rising though the clock stands still', async () => {
    const stamps = [await say('a'), await say('b')].map((one) => one.ts ?? '');
    expect(stamps[0]).toMatch(/^\d{10}\.\d{6}$/u);
    expect(Number(stamps[1])).toBeGreaterThan(Number(stamps[0]));
  });

  test('blocks come back with ids and defaults', async () => {
    const posted = await client.chat.postMessage({
      channel: capacity,
      text: 'x',
      blocks: [section('*x*')],
    });
    const [block] = posted.message?.blocks ?? [];
    expect(block).toMatchObject({ type: 'section', text: { verbatim: false } });
    expect(block?.block_id).toMatch(/^.{5}$/u);
  });

  test('form and JSON bodies mean the same', async () => {
    const body = JSON.stringify({ channel: capacity, text: 'x', blocks: [section('from JSON')] });
    const authorization = `Bearer ${secrets.botToken}`;
    const headers = { authorization, 'content-type': 'application/json; charset=utf-8' };
    await fetch(`${slack.apiUrl}chat.postMessage`, { method: 'POST', headers, body });
    await slack.control.waitForMessage({ contains: 'from JSON' });
  });

  test('wrong blocks are refused with a pointer to each mistake', async () => {
    const blocks = [section('ok'), { type: 'header' as const, text: plain('x'.repeat(151)) }];
    const answer = await refusal(client.chat.postMessage({ channel: capacity, text: 'x', blocks }));
    expect(answer).toMatchObject({
      error: 'invalid_blocks',
      response_metadata: {
        messages: ['[ERROR] must be less than 151 characters [json-pointer:/blocks/1/text/text]'],
      },
    });
    expect(await slack.control.messages(capacity)).toHaveLength(0);
  });

  test('nothing to say, too much to say, and blocks that are no JSON', async () => {
    expect(await errorOf(client.apiCall('chat.postMessage', { channel: capacity }))).toBe(
      'no_text',
    );
    expect(await errorOf(say('x'.repeat(40_001)))).toBe('msg_too_long');
    const blocks = Array.from({ length: 5 }, () => section('x'.repeat(3000)));
    const long = client.chat.postMessage({ channel: capacity, text: 'x', blocks });
    expect(await errorOf(long)).toBe('msg_blocks_too_long');
    const broken = client.apiCall('chat.postMessage', { channel: capacity, blocks: '[{' });
    expect(await errorOf(broken)).toBe('invalid_blocks_format');
  });

  test('a channel must exist, be open to the bot and not be archived', async () => {
    expect(await errorOf(say('x', 'C0NOWHERE'))).toBe('channel_not_found');
    const secret = await slack.control.addChannel({
      name: 'secret',
      kind: 'private',
      members: [ann],
    });
    expect(await errorOf(say('x', secret.id))).toBe('channel_not_found');
    expect((await say('a public channel the bot is not in', random)).ok).toBe(true);
    expect(await errorOf(client.conversations.history({ channel: random }))).toBe('not_in_channel');
    await client.conversations.join({ channel: random });
    expect((await client.conversations.history({ channel: random })).messages).toHaveLength(1);
    await slack.control.archive(random);
    expect(await errorOf(say('x', random))).toBe('is_archived');
  });

  test('a person or a channel name is an address, too', async () => {
    const direct = await say('hello', ann);
    expect(direct.channel).toMatch(/^D/u);
    expect((await say('hello', '#capacity')).channel).toBe(capacity);
  });

  test('replies belong to their thread and stay out of the history', async () => {
    const root = await say('root');
    const thread_ts = root.ts ?? '';
    const reply = await client.chat.postMessage({ channel: capacity, thread_ts, text: 'reply' });
    await client.chat.postMessage({
      channel: capacity,
      thread_ts: reply.ts ?? '',
      text: 'to the reply',
    });
    const { messages } = await client.conversations.history({ channel: capacity });
    expect(messages).toMatchObject([{ text: 'root', reply_count: 2 }]);
    const thread = await client.conversations.replies({ channel: capacity, ts: thread_ts });
    expect(thread.messages?.map((one) => one.text)).toEqual(['root', 'reply', 'to the reply']);
    const nowhere = client.chat.postMessage({
      channel: capacity,
      thread_ts: '1.000001',
      text: 'x',
    });
    expect(await errorOf(nowhere)).toBe('thread_not_found');
  });

  test('an update with text alone takes the blocks away, with neither it keeps them', async () => {
    const posted = await client.chat.postMessage({
      channel: capacity,
      text: 'x',
      blocks: [section('b')],
    });
    const ts = posted.ts ?? '';
    const metadata = { event_type: 'plan', event_payload: { id: 'p-1' } };
    await client.apiCall('chat.update', { channel: capacity, ts, metadata });
    expect((await slack.control.messages(capacity))[0]).toMatchObject({ text: 'x', metadata });
    expect((await slack.control.messages(capacity))[0]?.blocks).toHaveLength(1);
    await client.chat.update({ channel: capacity, ts, text: 'only text' });
    expect((await slack.control.messages(capacity))[0]).toMatchObject({
      text: 'only text',
      blocks: [],
    });
    expect((await slack.control.messages(capacity))[0]?.edited).toBeDefined();
  });

  test('only own messages that are there can be changed or deleted', async () => {
    const theirs = await slack.control.say(ann, capacity, 'mine');
    const change = (ts: string) => client.chat.update({ channel: capacity, ts, text: 'x' });
    expect(await errorOf(change(theirs.ts))).toBe('cant_update_message');
    expect(await errorOf(change('1.000001'))).toBe('message_not_found');
    const remove = (ts: string) => client.chat.delete({ channel: capacity, ts });
    expect(await errorOf(remove(theirs.ts))).toBe('cant_delete_message');
    const own = await say('to go');
    await remove(own.ts ?? '');
    expect(await errorOf(remove(own.ts ?? ''))).toBe('message_not_found');
  });

  test('an ephemeral message is in no history and cannot be changed', async () => {
    const whisper = (user: string) =>
      client.chat.postEphemeral({ channel: capacity, user, text: 'psst' });
    const { message_ts } = await whisper(ann);
    expect((await client.conversations.history({ channel: capacity })).messages).toEqual([]);
    const change = client.chat.update({ channel: capacity, ts: message_ts ?? '', text: 'x' });
    expect(await errorOf(change)).toBe('message_not_found');
    await slack.control.setMember(capacity, eve, false);
    expect(await errorOf(whisper(eve))).toBe('user_not_in_channel');
    expect(await slack.control.ephemerals(bob)).toEqual([]);
  });

  test('a permalink and a reaction need the message', async () => {
    const { ts = '' } = await say('x');
    const { permalink } = await client.chat.getPermalink({ channel: capacity, message_ts: ts });
    expect(permalink).toContain(`/archives/${capacity}/p${ts.replace('.', '')}`);
    const react = (name: string) =>
      client.reactions.add({ channel: capacity, timestamp: ts, name });
    await react('eyes');
    expect(await errorOf(react('eyes'))).toBe('already_reacted');
    const [message] = (await client.conversations.history({ channel: capacity })).messages ?? [];
    expect(message?.reactions).toMatchObject([{ name: 'eyes', count: 1 }]);
  });

  test('metadata is shown in the history only when asked for', async () => {
    const metadata = { event_type: 'plan', event_payload: { id: 'p-1' } };
    await client.chat.postMessage({ channel: capacity, text: 'x', metadata });
    const history = (include_all_metadata: boolean) =>
      client.conversations.history({ channel: capacity, include_all_metadata });
    expect((await history(false)).messages?.[0]).not.toHaveProperty('metadata');
    expect((await history(true)).messages?.[0]).toMatchObject({ metadata });
  });
});

describe('people and places', () => {
  test('users, by id and by mail, groups, team and bot', async () => {
    expect((await client.users.info({ user: ann })).user).toMatchObject({
      name: 'ann',
      tz_offset: 3600,
    });
    expect(await errorOf(client.users.info({ user: 'U0NOBODY' }))).toBe('user_not_found');
    const byMail = await client.users.lookupByEmail({ email: 'bob@example.com' });
    expect(byMail.user?.id).toBe(bob);
    expect((await client.users.list({})).members?.length).toBeGreaterThan(4);
    const { usergroups } = await client.usergroups.list({});
    const members = await client.usergroups.users.list({ usergroup: usergroups?.[0]?.id ?? '' });
    expect(members.users).toEqual([ann, bob]);
    expect(await errorOf(client.usergroups.users.list({ usergroup: 'S0NONE' }))).toBe(
      'no_such_subteam',
    );
    expect((await client.team.info()).team?.domain).toBe('headroom-sandbox');
    expect((await client.bots.info({ bot: 'B0HEADROOM' })).bot?.user_id).toBe('U0HEADROOM');
  });

  test('channels are listed page by page', async () => {
    const names: string[] = [];
    for await (const page of client.paginate('conversations.list', { limit: 2 })) {
      names.push(...objectsOf(objectOr(page)['channels']).map((one) => stringOr(one['name'], '')));
    }
    expect(names).toEqual(['capacity', 'general', 'random']);
    const { members } = await client.conversations.members({ channel: capacity });
    expect(members).toContain(eve);
    const opened = await client.conversations.open({ users: ann });
    expect(opened.channel?.id).toMatch(/^D/u);
    const again = await client.conversations.open({ users: ann });
    expect(again.channel?.id).toBe(opened.channel?.id);
  });
});

describe('files', () => {
  test('a file goes up, is processed after a while, and only then fits into an image block', async () => {
    await slack.control.setFileProcessingMs(1000);
    const uploaded = await client.files.uploadV2({
      filename: 'chart.png',
      file: Buffer.from('not really a png'),
    });
    const file = JSON.stringify(uploaded).match(/"id":"(F[A-Z0-9]+)"/u)?.[1] ?? '';
    const blocks = [{ type: 'image' as const, alt_text: 'chart', slack_file: { id: file } }];
    const post = () => client.chat.postMessage({ channel: capacity, text: 'x', blocks });
    expect((await client.files.info({ file })).file?.mimetype).toBe('');
    expect(await refusal(post())).toMatchObject({
      error: 'invalid_blocks',
      errors: ['invalid slack file [json-pointer:/blocks/0/slack_file]'],
    });
    clock.moveMs(1000);
    const info = await client.files.info({ file });
    expect(info.file).toMatchObject({ mimetype: 'image/png', size: 16 });
    expect((await post()).ok).toBe(true);
    const address = info.file?.url_private ?? '';
    expect((await fetch(address)).status).toBe(403);
    const headers = { authorization: `Bearer ${secrets.botToken}` };
    expect(await (await fetch(address, { headers })).text()).toBe('not really a png');
  });

  test('a file can be shared in a channel with words', async () => {
    await client.files.uploadV2({
      channel_id: capacity,
      initial_comment: 'the chart',
      filename: 'chart.png',
      file: Buffer.from('x'),
    });
    const [message] = await slack.control.messages(capacity);
    expect(message).toMatchObject({ text: 'the chart', files: [{ name: 'chart.png' }] });
  });

  const reserve = async (given: object = {}) => {
    const file = { filename: 'chart.png', length: 3, ...given };
    return objectOr(await client.apiCall('files.getUploadURLExternal', file));
  };
  const send = async (address: unknown, body = 'abc', method = 'POST') => {
    const request = method === 'POST' ? { method, body } : { method };
    return (await fetch(stringOr(address, ''), request)).status;
  };
  const complete = (id: unknown, given: object = {}) =>
    client.apiCall('files.completeUploadExternal', { files: [{ id, title: 'chart' }], ...given });

  test('the three steps come in their order, each once', async () => {
    const { upload_url: address, file_id: id } = await reserve();
    expect(await errorOf(complete(id))).toBe('file_not_found');
    expect(await send(address, 'abc', 'GET')).toBe(405);
    expect(await send(address, 'too long')).toBe(400);
    expect(await send(`${slack.url}/upload/v1/unknown`)).toBe(404);
    expect(await send(address)).toBe(200);
    expect(await complete(id)).toMatchObject({ files: [{ id, title: 'chart', mimetype: '' }] });
    expect(await send(address)).toBe(404);
    expect(await errorOf(complete(id))).toBe('file_not_found');
    expect(await errorOf(complete('F0NOWHERE1'))).toBe('file_not_found');
    expect(await errorOf(client.apiCall('files.completeUploadExternal'))).toBe('invalid_arguments');
  });

  test('a length and a description must be ones Slack takes', async () => {
    expect(await errorOf(reserve({ length: 0 }))).toBe('missing_argument');
    expect(await errorOf(reserve({ length: 'three' }))).toBe('invalid_arguments');
    expect(await errorOf(reserve({ filename: '' }))).toBe('invalid_arguments');
    expect(await errorOf(reserve({ alt_txt: 'x'.repeat(1_001) }))).toBe('alt_txt_too_large');
    expect(await reserve({ alt_txt: 'x'.repeat(1_000) })).toMatchObject({ ok: true });
  });

  test('only a channel with the bot in it can be shown a file; a refusal uses nothing up', async () => {
    const { upload_url: address, file_id: id } = await reserve();
    await send(address);
    const to = (channel_id: string, more: object = {}) =>
      errorOf(complete(id, { channel_id, ...more }));
    expect(await refusal(complete(id, { channel_id: ann }))).toMatchObject({
      error: 'invalid_arguments',
      response_metadata: { messages: [expect.stringContaining('[json-pointer:/channel_id]')] },
    });
    expect(await to('C0NOWHERE1')).toBe('channel_not_found');
    // The manifest has chat:write.public, which lets messages through and no files.
    expect(await to(random)).toBe('not_in_channel');
    expect(await to(capacity, { thread_ts: '1.000001' })).toBe('thread_not_found');
    expect(await to(capacity, { blocks: [{ type: 'nonsense' }] })).toBe('invalid_blocks');
    const old = await slack.control.addChannel({ name: 'old', members: ['U0HEADROOM'] });
    await slack.control.archive(old.id);
    expect(await to(old.id)).toBe('is_archived');
    expect((await slack.control.everyMessage()).length).toBe(0);
    const root = await say('root');
    await complete(id, { channel_id: capacity, thread_ts: root.ts, initial_comment: 'here' });
    const [, shown] = await slack.control.messages(capacity);
    expect(shown).toMatchObject({ threadTs: root.ts, text: 'here', files: [{ title: 'chart' }] });
  });

  test('a described file that is no picture is taken and shown to nobody, as by Slack', async () => {
    const { upload_url: address, file_id: id } = await reserve({
      filename: 'chart.csv',
      alt_txt: 'numbers',
    });
    await send(address);
    expect((await complete(id, { channel_id: capacity })).ok).toBe(true);
    expect(await slack.control.messages(capacity)).toEqual([]);
  });

  test('without the scope nothing can be uploaded, without the tab nobody written to', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'headroom-manifest-'));
    const path = join(folder, 'manifest.yml');
    const text = await readFile(manifestPath, 'utf8');
    await writeFile(
      path,
      text
        .replace('files:write, ', '')
        .replace('messages_tab_enabled: true', 'messages_tab_enabled: false'),
    );
    const poor = await startWorkspace({ manifestPath: path });
    const its = clientOf(poor);
    const file = { filename: 'chart.png', length: 3 };
    expect(await refusal(its.files.getUploadURLExternal(file))).toMatchObject({
      error: 'missing_scope',
      needed: 'files:write',
    });
    const direct = its.chat.postMessage({ channel: ann, text: 'x' });
    expect(await errorOf(direct)).toBe('messages_tab_disabled');
    await poor.stop();
    await rm(folder, { recursive: true });
  });
});

describe('rate limits and faults', () => {
  test('a short burst of posts passes, then one a second and channel', async () => {
    await slack.control.setRateLimits(true);
    for (const text of ['a', 'b', 'c']) await say(text);
    await expect(say('d')).rejects.toMatchObject({
      code: ErrorCode.RateLimitedError,
      retryAfter: 1,
    });
    await say('another channel', 'C0GENERAL01');
    clock.moveMs(1000);
    await say('d');
    await expect(say('e')).rejects.toMatchObject({ retryAfter: 1 });
  });

  test('updates have a minute budget of fifty', async () => {
    const { ts = '' } = await say('x');
    await slack.control.setRateLimits(true);
    const change = () => client.chat.update({ channel: capacity, ts, text: 'y' });
    for (let count = 0; count < 50; count += 1) await change();
    await expect(change()).rejects.toMatchObject({ retryAfter: 2 });
  });

  test('an ordered fault hits the calls it was ordered for and no other', async () => {
    await slack.control.injectFault({ method: 'chat.postMessage', error: 'fatal_error', times: 1 });
    await slack.control.injectFault({ method: 'chat.postMessage', retryAfter: 7, times: 1 });
    await slack.control.injectFault({ method: 'chat.postMessage', status: 500, times: 1 });
    expect((await client.auth.test()).ok).toBe(true);
    expect(await errorOf(say('a'))).toBe('fatal_error');
    await expect(say('b')).rejects.toMatchObject({ retryAfter: 7 });
    await expect(say('c')).rejects.toMatchObject({ code: ErrorCode.HTTPError, statusCode: 500 });
    expect((await say('d')).ok).toBe(true);
    expect((await slack.control.messages(capacity)).map((one) => one.text)).toEqual(['d']);
    const calls = await slack.control.apiCalls('chat.postMessage');
    expect(calls.map((one) => [one.status, one.ok])).toEqual([
      [200, false],
      [429, false],
      [500, false],
      [200, true],
    ]);
    expect(JSON.stringify(calls)).not.toContain(secrets.botToken);
  });

  test('a call can be carried out although its answer is lost', async () => {
    await slack.control.injectFault({
      method: 'chat.postMessage',
      status: 502,
      times: 1,
      applied: true,
    });
    await expect(say('posted all the same')).rejects.toThrow();
    expect(await slack.control.messages(capacity)).toHaveLength(1);
  });

  test('a hanging call ends when the caller gives up', async () => {
    await slack.control.injectFault({ method: 'auth.test', hang: true, times: 1 });
    const signal = AbortSignal.timeout(50);
    await expect(fetch(`${slack.apiUrl}auth.test`, { method: 'POST', signal })).rejects.toThrow(
      /timeout/u,
    );
  });

  test('blocks.validate needs no token and names every mistake', async () => {
    const body = JSON.stringify({ blocks: [{ type: 'section' }] });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${slack.apiUrl}blocks.validate`, {
      method: 'POST',
      headers,
      body,
    });
    expect(await response.json()).toMatchObject({
      ok: false,
      errors: [{ pointer: '/blocks/0', code: 'missing_field' }],
    });
  });
});
