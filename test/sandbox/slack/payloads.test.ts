// What the emulator sends has the same fields, with the same kinds of values, as what the real workspace was recorded sending.
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { objectsOf } from '../../../sandbox/slack/json.ts';
import type { RunningSlack } from '../../../sandbox/slack/server.ts';
import { capacity, clientOf, people, secrets, startWorkspace } from './bolt-app.ts';
import { payloadOf, type Receiver, shapeOf, startReceiver } from './receiver.ts';

const shapes: Readonly<Record<string, Readonly<Record<string, string>>>> = JSON.parse(
  readFileSync(new URL('../../fixtures/slack/payload-shapes.json', import.meta.url), 'utf8'),
);
const plain = (text: string) => ({ type: 'plain_text' as const, text });
const button = {
  type: 'button' as const,
  action_id: 'go',
  style: 'primary' as const,
  text: plain('Go'),
};
const buttons = [{ type: 'actions' as const, block_id: 'b', elements: [button] }];
const { style: _style, ...plainButton } = button;

describe('payloads', () => {
  let slack: RunningSlack;
  let receiver: Receiver;

  beforeEach(async () => {
    receiver = await startReceiver();
    slack = await startWorkspace({ deliverTo: { url: receiver.url } });
  });
  afterEach(async () => {
    await slack.stop();
    await receiver.stop();
  });

  async function threadOf(): Promise<string> {
    return (await slack.control.say(people.ann, capacity, 'root')).ts;
  }

  async function openForm(): Promise<string> {
    const client = clientOf(slack);
    const posted = await client.chat.postMessage({ channel: capacity, text: 'x', blocks: buttons });
    await slack.control.click(people.ann, capacity, posted.ts ?? '', 'go');
    const { trigger_id } = payloadOf(receiver.arrived.at(-1));
    const options = [{ text: plain('Bug'), value: 'bug' }];
    const opened = await client.views.open({
      trigger_id: String(trigger_id),
      view: {
        type: 'modal',
        title: plain('Form'),
        submit: plain('Send'),
        close: plain('Cancel'),
        notify_on_close: true,
        blocks: [
          {
            type: 'input',
            block_id: 'message',
            label: plain('Message'),
            element: { type: 'plain_text_input', action_id: 'message' },
          },
          {
            type: 'input',
            block_id: 'category',
            label: plain('Category'),
            element: { type: 'static_select', action_id: 'category', options },
          },
        ],
      },
    });
    return opened.view?.id ?? '';
  }

  test('a slash command is a form of strings', async () => {
    await slack.control.command(people.ann, capacity, '/capacity plan gl-008 sites=10');
    const form = Object.fromEntries(new URLSearchParams(receiver.arrived[0]?.body));
    expect(shapeOf(form)).toEqual(shapes['slash_command']);
    expect(form).toMatchObject({
      command: '/capacity',
      text: 'plan gl-008 sites=10',
      is_enterprise_install: 'false',
      user_id: people.ann,
    });
    expect(form['trigger_id']).toMatch(/^\d+\.\d+\.[0-9a-f]{32}$/u);
  });

  test('mentions in a command are sent as ids only where the manifest says so', async () => {
    await slack.control.command(people.ann, capacity, '/scale tell @bob in #general');
    await slack.control.command(people.ann, capacity, '/capacity tell @bob');
    const texts = receiver.arrived.map(({ body }) => new URLSearchParams(body).get('text'));
    expect(texts).toEqual(['tell <@U0BOB00001> in <#C0GENERAL01|general>', 'tell @bob']);
  });

  test('a press in a thread', async () => {
    const blocks = [{ ...buttons[0], type: 'actions' as const, elements: [plainButton] }];
    const posted = await clientOf(slack).chat.postMessage({
      channel: capacity,
      thread_ts: await threadOf(),
      text: 'x',
      blocks,
    });
    await slack.control.click(people.bob, capacity, posted.ts ?? '', 'go');
    const payload = payloadOf(receiver.arrived.at(-1));
    expect(shapeOf(payload, ['message.blocks'])).toEqual(shapes['block_actions']);
  });

  test('a press in an ephemeral message carries no message', async () => {
    const posted = await clientOf(slack).chat.postEphemeral({
      channel: capacity,
      user: people.ann,
      thread_ts: await threadOf(),
      text: 'x',
      blocks: buttons,
    });
    await slack.control.click(people.ann, capacity, posted.message_ts ?? '', 'go');
    const payload = payloadOf(receiver.arrived.at(-1));
    expect(shapeOf(payload)).toEqual(shapes['ephemeral_block_actions']);
  });

  test('a submitted view, its inputs and its values', async () => {
    const values = { message: 'Hello', category: 'bug' };
    await slack.control.submitView(people.ann, await openForm(), values);
    const payload = payloadOf(receiver.arrived.at(-1));
    expect(shapeOf(payload, ['view.blocks'])).toEqual(shapes['view_submission']);
    const blocks = objectsOf(Object(payload['view']).blocks);
    expect(shapeOf(blocks[0])).toEqual(shapes['input_block']);
  });

  test('untouched inputs are null', async () => {
    await openForm();
    const [view] = await slack.control.views(people.ann);
    expect(view).toMatchObject({
      state: {
        values: {
          message: { message: { type: 'plain_text_input', value: null } },
          category: { category: { type: 'static_select', selected_option: null } },
        },
      },
    });
  });

  test('a closed view says whether all were cleared', async () => {
    await slack.control.closeView(people.ann, await openForm(), { all: true });
    const payload = payloadOf(receiver.arrived.at(-1));
    expect(payload).toMatchObject({ type: 'view_closed', is_cleared: true });
    expect(payload).not.toHaveProperty('trigger_id');
  });

  test('an event comes in its envelope, once as a message and once as a mention', async () => {
    await slack.control.say(people.ann, capacity, 'hey @headroom');
    const events = receiver.arrived.map(({ body }): unknown => JSON.parse(body));
    expect(events).toMatchObject([
      { event: { type: 'message', channel_type: 'channel' } },
      { event: { type: 'app_mention' } },
    ]);
    expect(shapeOf(events[1])).toEqual(shapes['event']);
  });

  test('everything is signed over its exact bytes, with the content types receivers compare', async () => {
    await slack.control.command(people.ann, capacity, '/scale ünïcode & "quotes"');
    await slack.control.say(people.ann, capacity, 'hello');
    const types = receiver.arrived.map(({ headers }) => headers['content-type']);
    expect(types).toEqual(['application/x-www-form-urlencoded', 'application/json']);
    for (const { headers, body } of receiver.arrived) {
      const base = `v0:${String(headers['x-slack-request-timestamp'])}:${body}`;
      const hmac = createHmac('sha256', secrets.signingSecret).update(base).digest('hex');
      expect(headers['x-slack-signature']).toBe(`v0=${hmac}`);
    }
  });

  test('the handshake of a request URL succeeds only when the challenge comes back', async () => {
    expect(await slack.control.verifyUrl()).toBe(false);
    receiver.answer = (response) => {
      const sent: { readonly challenge: string } = JSON.parse(
        receiver.arrived.at(-1)?.body ?? '{}',
      );
      response.writeHead(200).end(sent.challenge);
    };
    expect(await slack.control.verifyUrl()).toBe(true);
  });
});
