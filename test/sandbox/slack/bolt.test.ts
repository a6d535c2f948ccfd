// One scenario suite, played by the real Bolt app over signed HTTP and over Socket Mode.
import type { App } from '@slack/bolt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunningSlack } from '../../../sandbox/slack/server.ts';
import { capacity, mode, people, type RunningApp, startBolt, startWorkspace } from './bolt-app.ts';

const { ann, bob } = people;

function modalAsking(callbackId: string) {
  return {
    type: 'modal' as const,
    callback_id: callbackId,
    private_metadata: 'plan-1',
    notify_on_close: callbackId === 'deny',
    title: { type: 'plain_text' as const, text: 'Deny the plan' },
    submit: { type: 'plain_text' as const, text: 'Deny' },
    close: { type: 'plain_text' as const, text: 'Cancel' },
    blocks: [
      {
        type: 'input' as const,
        block_id: 'reason',
        label: { type: 'plain_text' as const, text: 'Why?' },
        element: { type: 'plain_text_input' as const, action_id: 'text', multiline: true },
      },
    ],
  };
}

const cardBlocks = [
  { type: 'section' as const, text: { type: 'mrkdwn' as const, text: '*5 → 8 workers*' } },
  {
    type: 'actions' as const,
    block_id: 'votes',
    elements: [
      {
        type: 'button' as const,
        action_id: 'approve',
        value: 'plan-1',
        text: { type: 'plain_text' as const, text: 'Approve' },
      },
      {
        type: 'button' as const,
        action_id: 'deny',
        text: { type: 'plain_text' as const, text: 'Deny' },
      },
    ],
  },
];

function register(app: App): void {
  app.command('/scale', async ({ ack, respond, command }) => {
    if (command.text === 'text') return ack(`seen ${command.command}`);
    if (command.text === 'everybody') {
      return ack({ response_type: 'in_channel', text: 'for everybody' });
    }
    await ack();
    await respond({ text: `you said ${command.text}` });
  });
  app.action('approve', async ({ ack, respond, body }) => {
    await ack();
    await respond({ response_type: 'ephemeral', text: `thanks, ${body.user.id}` });
  });
  app.action('rewrite', async ({ ack, respond }) => {
    await ack();
    await respond({ replace_original: true, text: 'rewritten' });
  });
  app.action('deny', async ({ ack, body, client }) => {
    await ack();
    if (!('trigger_id' in body)) return;
    await client.views.open({ trigger_id: body.trigger_id, view: modalAsking('deny') });
  });
  app.view('deny', async ({ ack, view, client }) => {
    const reason = view.state.values['reason']?.['text']?.value ?? '';
    if (reason === 'no') {
      return ack({ response_action: 'errors', errors: { reason: 'Say a little more.' } });
    }
    if (reason === 'push') return ack({ response_action: 'push', view: modalAsking('second') });
    if (reason === 'clear') return ack({ response_action: 'clear' });
    await ack();
    await client.chat.postMessage({ channel: capacity, text: `denied: ${reason}` });
  });
  app.view({ type: 'view_closed', callback_id: 'deny' }, async ({ ack, client }) => {
    await ack();
    await client.chat.postMessage({ channel: capacity, text: 'closed without a reason' });
  });
  app.event('app_home_opened', async ({ event, client }) => {
    const text = { type: 'mrkdwn' as const, text: 'Nothing waits for you.' };
    const view = { type: 'home' as const, blocks: [{ type: 'section' as const, text }] };
    await client.views.publish({ user_id: event.user, view });
  });
  app.event('app_mention', async ({ event, client }) => {
    await client.chat.postMessage({ channel: event.channel, thread_ts: event.ts, text: 'yes?' });
  });
}

describe.each(mode)('over %s', (delivery) => {
  let slack: RunningSlack;
  let bolt: RunningApp;

  beforeEach(async () => {
    slack = await startWorkspace();
    bolt = await startBolt(slack, { mode: delivery, register });
  });
  afterEach(async () => {
    await bolt.stop();
    await slack.stop();
  });

  async function postCard(): Promise<string> {
    const posted = await bolt.app.client.chat.postMessage({
      channel: capacity,
      text: 'card',
      blocks: cardBlocks,
    });
    return posted.ts ?? '';
  }

  async function openDeny(): Promise<string> {
    await slack.control.click(ann, capacity, await postCard(), 'deny');
    await expect.poll(() => slack.control.views(ann)).toHaveLength(1);
    return (await slack.control.views(ann))[0]?.id ?? '';
  }

  test('a command is acknowledged and answered through its response URL, visibly to one', async () => {
    const outcome = await slack.control.command(ann, capacity, '/scale worker replicas=8');
    expect(outcome).toMatchObject({ acked: true, ackBody: null });
    const contains = 'you said worker replicas=8';
    const answer = await slack.control.waitForMessage({ contains });
    expect(answer.ephemeralFor).toBe(ann);
    expect(await slack.control.messages(capacity)).toHaveLength(0);
  });

  test('an acknowledgement with words shows them to the person, or to all when it says so', async () => {
    const outcome = await slack.control.command(ann, capacity, '/scale text');
    expect(outcome.ackBody).toEqual({ text: 'seen /scale' });
    expect((await slack.control.ephemerals(ann)).map((one) => one.text)).toEqual(['seen /scale']);
    await slack.control.command(ann, capacity, '/scale everybody');
    expect((await slack.control.messages(capacity)).map((one) => one.text)).toEqual([
      'for everybody',
    ]);
  });

  test('a command that the manifest lacks never reaches the app', async () => {
    const outcome = await slack.control.command(ann, capacity, '/nonsense');
    expect(outcome).toMatchObject({ acked: false, error: 'unknown_command' });
    expect((await slack.control.ephemerals(ann))[0]?.text).toMatch(/not a valid command/u);
  });

  test('a press brings person and value, and the answer is seen by that person alone', async () => {
    const outcome = await slack.control.click(bob, capacity, await postCard(), 'approve');
    expect(outcome.acked).toBe(true);
    await slack.control.waitForMessage({ contains: `thanks, ${bob}`, ephemeralFor: bob });
    expect(await slack.control.ephemerals(ann)).toHaveLength(0);
  });

  test('an answer may replace the message whose button was pressed', async () => {
    const text = { type: 'plain_text' as const, text: 'Rewrite' };
    const button = { type: 'button' as const, action_id: 'rewrite', text };
    const posted = await bolt.app.client.chat.postEphemeral({
      channel: capacity,
      user: ann,
      text: 'only for ann',
      blocks: [{ type: 'actions', elements: [button] }],
    });
    await slack.control.click(ann, capacity, posted.message_ts ?? '', 'rewrite');
    await slack.control.waitForMessage({ contains: 'rewritten' });
    const seen = await slack.control.ephemerals(ann);
    expect(seen).toMatchObject([{ text: 'rewritten', blocks: [] }]);
  });

  test('a modal opens from a press, refuses empty input, shows the errors of the app, and closes', async () => {
    const viewId = await openDeny();
    const empty = await slack.control.submitView(ann, viewId, {});
    expect(empty).toMatchObject({ acked: false, error: 'invalid_input' });
    const short = await slack.control.submitView(ann, viewId, { reason: 'no' });
    expect(short).toMatchObject({ acked: true, errors: { reason: 'Say a little more.' } });
    expect((await slack.control.views(ann))[0]?.errors).toEqual({ reason: 'Say a little more.' });
    await slack.control.submitView(ann, viewId, { reason: 'too dear' });
    expect(await slack.control.views(ann)).toHaveLength(0);
    await slack.control.waitForMessage({ contains: 'denied: too dear' });
  });

  test('a submission may push a modal on top and clear the whole stack', async () => {
    const viewId = await openDeny();
    await slack.control.submitView(ann, viewId, { reason: 'push' });
    const stack = await slack.control.views(ann);
    expect(stack).toHaveLength(2);
    expect(stack[1]).toMatchObject({ previous_view_id: viewId, root_view_id: viewId });
    await expect(slack.control.submitView(ann, viewId, {})).rejects.toThrow(/covered/u);
    await slack.control.closeView(ann, stack[1]?.id ?? '');
    await slack.control.submitView(ann, viewId, { reason: 'clear' });
    expect(await slack.control.views(ann)).toHaveLength(0);
  });

  test('closing a modal is told to an app that asked for it', async () => {
    const outcome = await slack.control.closeView(ann, await openDeny());
    expect(outcome.acked).toBe(true);
    await slack.control.waitForMessage({ contains: 'closed without a reason' });
  });

  test('opening Home publishes it for that person', async () => {
    await slack.control.openHome(ann);
    await expect.poll(() => slack.control.home(ann)).not.toBeNull();
    expect(await slack.control.home(bob)).toBeNull();
  });

  test('a mention is heard, answered in a thread, and the app ignores its own message', async () => {
    const said = await slack.control.say(ann, capacity, 'hello @headroom');
    expect(said.text).toBe('hello <@U0HEADROOM>');
    const answer = await slack.control.waitForMessage({ contains: 'yes?' });
    expect(answer.threadTs).toBe(said.ts);
  });

  test('the same interaction can be delivered twice', async () => {
    await slack.control.click(bob, capacity, await postCard(), 'approve');
    await slack.control.waitForMessage({ contains: 'thanks' });
    expect(await slack.control.redeliver()).toMatchObject({ acked: true });
    await expect.poll(() => slack.control.ephemerals(bob)).toHaveLength(2);
  });
});
