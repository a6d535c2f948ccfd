// Deadlines, retries, tickets, triggers and response URLs: the rules about time and number of uses.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { isObject, type JsonObject, parseJson, stringOr } from '../../../sandbox/slack/json.ts';
import { connectSlackControl } from '../../../sandbox/slack/remote-control.ts';
import type { RunningSlack } from '../../../sandbox/slack/server.ts';
import { capacity, clientOf, people, secrets, startWorkspace } from './bolt-app.ts';
import { payloadOf, type Receiver, startReceiver } from './receiver.ts';

const { ann, bob } = people;
const plain = (text: string) => ({ type: 'plain_text' as const, text });
const modal = {
  type: 'modal' as const,
  title: plain('Deny'),
  blocks: [{ type: 'divider' as const }],
};
const home = { type: 'home' as const, blocks: [{ type: 'divider' as const }] };

let slack: RunningSlack;
let receiver: Receiver;
let at = 0;
const clock = { now: () => new Date(at) };

beforeEach(async () => {
  at = Date.UTC(2026, 10, 22, 9);
  receiver = await startReceiver();
  slack = await startWorkspace({ clock, deliverTo: { url: receiver.url }, ackTimeoutMs: 100 });
});
afterEach(async () => {
  await slack.stop();
  await receiver.stop();
});

async function commandForm(): Promise<URLSearchParams> {
  await slack.control.command(ann, capacity, '/scale x');
  return new URLSearchParams(receiver.arrived.at(-1)?.body);
}

const errorOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'none',
    (failure: unknown) => (failure instanceof Error ? failure.message : 'unknown'),
  );

describe('an app that does not acknowledge', () => {
  test('late: the person reads of a timeout, and nobody else does', async () => {
    receiver.answer = () => {};
    const outcome = await slack.control.command(ann, capacity, '/scale x');
    expect(outcome).toMatchObject({ acked: false, status: 0, error: 'operation_timeout' });
    const [notice] = await slack.control.ephemerals(ann);
    expect(notice?.text).toBe('/scale failed with the error "operation_timeout"');
    expect(await slack.control.ephemerals(bob)).toEqual([]);
  });

  test.each([
    [401, 'http_client_error'],
    [500, 'http_service_error'],
  ] as const)('with HTTP %i', async (status, error) => {
    receiver.answer = (response) => response.writeHead(status).end();
    const outcome = await slack.control.command(ann, capacity, '/scale x');
    expect(outcome).toMatchObject({ acked: false, status, error });
  });

  test('not there at all, or without a socket', async () => {
    await slack.control.setDelivery({ url: 'http://127.0.0.1:9/' });
    expect(await slack.control.command(ann, capacity, '/scale x')).toMatchObject({
      error: 'dispatch_failed',
    });
    await slack.control.setDelivery('socket');
    expect(await slack.control.command(ann, capacity, '/scale x')).toMatchObject({
      error: 'dispatch_failed',
    });
  });

  test('an event is tried again, marked as a retry', async () => {
    receiver.answer = (response) =>
      response.writeHead(receiver.arrived.length === 1 ? 500 : 200).end();
    await slack.control.openHome(ann);
    await expect.poll(() => receiver.arrived.length).toBe(2);
    expect(receiver.arrived[1]?.headers['x-slack-retry-num']).toBe('1');
    expect(receiver.arrived[1]?.body).toBe(receiver.arrived[0]?.body);
  });

  test('an interaction is not tried again by itself, but can be', async () => {
    await slack.control.command(ann, capacity, '/scale x');
    await slack.control.redeliver();
    expect(receiver.arrived[1]?.body).toBe(receiver.arrived[0]?.body);
  });

  test('a view stays open and says so', async () => {
    const form = await commandForm();
    const trigger_id = form.get('trigger_id') ?? '';
    const opened = await clientOf(slack).views.open({ trigger_id, view: modal });
    receiver.answer = (response) => response.writeHead(500).end();
    await slack.control.submitView(ann, opened.view?.id ?? '');
    const [view] = await slack.control.views(ann);
    expect(view?.trouble).toMatch(/trouble connecting/u);
  });
});

describe('trigger ids', () => {
  const open = (trigger_id: string) => clientOf(slack).views.open({ trigger_id, view: modal });

  test('last three seconds', async () => {
    const first = (await commandForm()).get('trigger_id') ?? '';
    at += 3000;
    await open(first);
    const second = (await commandForm()).get('trigger_id') ?? '';
    at += 3001;
    expect(await errorOf(open(second))).toContain('expired_trigger_id');
  });

  test('work once, and only if they were issued', async () => {
    const trigger = (await commandForm()).get('trigger_id') ?? '';
    await open(trigger);
    expect(await errorOf(open(trigger))).toContain('exchanged_trigger_id');
    expect(await errorOf(open('1.2.3'))).toContain('invalid_trigger_id');
  });

  test('a fourth modal does not fit on the stack', async () => {
    for (let count = 0; count < 3; count += 1)
      await open((await commandForm()).get('trigger_id') ?? '');
    const fourth = open((await commandForm()).get('trigger_id') ?? '');
    expect(await errorOf(fourth)).toContain('push_limit_reached');
  });

  test('a wrong view does not use the trigger up', async () => {
    const trigger_id = (await commandForm()).get('trigger_id') ?? '';
    const view = { ...modal, title: plain('a title that is far too long for Slack') };
    expect(await errorOf(clientOf(slack).views.open({ trigger_id, view }))).toContain(
      'invalid_arguments',
    );
    await open(trigger_id);
  });
});

describe('views', () => {
  test('an update with an old hash is refused, and a gone view is not found', async () => {
    const client = clientOf(slack);
    const trigger_id = (await commandForm()).get('trigger_id') ?? '';
    const { view } = await client.views.open({ trigger_id, view: modal });
    const view_id = view?.id ?? '';
    const hash = view?.hash ?? '';
    await client.views.update({ view_id, hash, view: modal });
    expect(await errorOf(client.views.update({ view_id, hash, view: modal }))).toContain(
      'hash_conflict',
    );
    await slack.control.closeView(ann, view_id);
    expect(await errorOf(client.views.update({ view_id, view: modal }))).toContain('not_found');
  });

  test('an external id is taken once and finds its view', async () => {
    const client = clientOf(slack);
    const view = { ...modal, external_id: 'mine' };
    await client.views.open({ trigger_id: (await commandForm()).get('trigger_id') ?? '', view });
    const second = (await commandForm()).get('trigger_id') ?? '';
    expect(await errorOf(client.views.open({ trigger_id: second, view }))).toContain(
      'duplicate_external_id',
    );
    const updated = await client.views.update({ external_id: 'mine', view });
    expect(updated.view?.external_id).toBe('mine');
  });

  test('Home is published for one person, and guarded by its hash', async () => {
    const client = clientOf(slack);
    const first = await client.views.publish({ user_id: ann, view: home });
    const hash = first.view?.hash ?? '';
    await client.views.publish({ user_id: ann, view: home, hash });
    const late = client.views.publish({ user_id: ann, view: home, hash });
    expect(await errorOf(late)).toContain('hash_conflict');
    expect(await slack.control.home(bob)).toBeNull();
  });

  test('an answer with errors for blocks that are not there shows trouble instead', async () => {
    const trigger_id = (await commandForm()).get('trigger_id') ?? '';
    const opened = await clientOf(slack).views.open({ trigger_id, view: modal });
    receiver.answer = (response) =>
      response.end(JSON.stringify({ response_action: 'errors', errors: { nowhere: 'wrong' } }));
    await slack.control.submitView(ann, opened.view?.id ?? '');
    expect((await slack.control.views(ann))[0]?.trouble).toMatch(/trouble/u);
  });
});

describe('response URLs', () => {
  const post = async (url: string, body: JsonObject): Promise<number> =>
    (await fetch(url, { method: 'POST', body: JSON.stringify(body) })).status;

  test('work five times', async () => {
    const url = (await commandForm()).get('response_url') ?? '';
    const statuses: number[] = [];
    for (let use = 0; use < 6; use += 1) statuses.push(await post(url, { text: `use ${use}` }));
    expect(statuses).toEqual([200, 200, 200, 200, 200, 404]);
    expect(await slack.control.ephemerals(ann)).toHaveLength(5);
  });

  test('work for thirty minutes', async () => {
    const url = (await commandForm()).get('response_url') ?? '';
    at += 30 * 60_000;
    expect(await post(url, { text: 'in time' })).toBe(200);
    at += 1;
    expect(await post(url, { text: 'late' })).toBe(404);
  });

  test('speak to everybody only when told, and refuse what no message may be', async () => {
    const url = (await commandForm()).get('response_url') ?? '';
    await post(url, { text: 'for all', response_type: 'in_channel' });
    expect((await slack.control.messages(capacity)).map((one) => one.text)).toEqual(['for all']);
    expect(await post(url, { blocks: [{ type: 'section' }] })).toBe(400);
    expect(await post(url, {})).toBe(400);
  });

  test('replace or delete the message whose button was pressed', async () => {
    const button = { type: 'button' as const, action_id: 'go', text: plain('Go') };
    const blocks = [{ type: 'actions' as const, elements: [button] }];
    const { ts = '' } = await clientOf(slack).chat.postMessage({
      channel: capacity,
      text: 'x',
      blocks,
    });
    await slack.control.click(bob, capacity, ts, 'go');
    const url = stringOr(payloadOf(receiver.arrived.at(-1))['response_url'], '');
    await post(url, { replace_original: true, text: 'replaced' });
    expect(await slack.control.messages(capacity)).toMatchObject([
      { ts, text: 'replaced', blocks: [] },
    ]);
    await post(url, { delete_original: true });
    expect(await slack.control.messages(capacity)).toEqual([]);
  });
});

describe('Socket Mode', () => {
  async function address(): Promise<string> {
    const answer = await clientOf(slack, secrets.appToken).apps.connections.open({});
    return answer.url ?? '';
  }

  /** A bare client that keeps what it is sent and acknowledges nothing. */
  async function connect(
    url: string,
  ): Promise<{ readonly socket: WebSocket; readonly said: JsonObject[] }> {
    const socket = new WebSocket(url);
    const said: JsonObject[] = [];
    socket.on('message', (bytes) => {
      const message = parseJson(Buffer.isBuffer(bytes) ? bytes.toString('utf8') : '');
      if (isObject(message)) said.push(message);
    });
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return { socket, said };
  }

  beforeEach(() => slack.control.setDelivery('socket'));

  test('a ticket opens one connection', async () => {
    const url = await address();
    const { socket, said } = await connect(url);
    await expect.poll(() => said[0]?.['type']).toBe('hello');
    await expect(connect(url)).rejects.toThrow(/401/u);
    socket.close();
  });

  test('an unacknowledged command times out; an unacknowledged event comes again', async () => {
    const { socket, said } = await connect(await address());
    expect(await slack.control.command(ann, capacity, '/scale x')).toMatchObject({
      acked: false,
      error: 'operation_timeout',
    });
    await slack.control.openHome(ann);
    const events = () => said.filter((one) => one['type'] === 'events_api');
    await expect.poll(() => events().length).toBe(2);
    expect(events().map((one) => one['retry_attempt'])).toEqual([0, 1]);
    expect(events()[1]?.['payload']).toEqual(events()[0]?.['payload']);
    expect(said.find((one) => one['type'] === 'slash_commands')).toMatchObject({
      accepts_response_payload: true,
    });
    socket.close();
  });

  test('one of two connections gets a command, and the other one the next', async () => {
    const first = await connect(await address());
    const second = await connect(await address());
    await slack.control.command(ann, capacity, '/scale 1');
    await slack.control.command(ann, capacity, '/scale 2');
    const commands = ({ said }: typeof first) =>
      said.filter((one) => one['type'] === 'slash_commands').length;
    expect([commands(first), commands(second)]).toEqual([1, 1]);
    first.socket.close();
    second.socket.close();
  });

  test('a disconnect is announced, with its reason', async () => {
    const { socket, said } = await connect(await address());
    const closed = new Promise((resolve) => {
      socket.once('close', resolve);
    });
    await slack.control.disconnectSockets({ reason: 'refresh_requested' });
    await closed;
    expect(said.at(-1)).toMatchObject({ type: 'disconnect', reason: 'refresh_requested' });
  });
});

describe('control over HTTP', () => {
  test('does the same as in process', async () => {
    const remote = connectSlackControl(slack.url);
    const outcome = await remote.command(ann, capacity, '/scale x');
    expect(outcome).toMatchObject({ acked: true, status: 200 });
    await remote.say(bob, capacity, 'hello there');
    const found = await remote.waitForMessage((message) => message.text.startsWith('hello'));
    expect(await remote.waitForMessage({ contains: 'hello there' })).toEqual(found);
    expect((await remote.users()).map((one) => one.name)).toContain('eve');
    await remote.reset();
    expect(await slack.control.messages(capacity)).toEqual([]);
  });

  test('says what makes no sense', async () => {
    const remote = connectSlackControl(slack.url);
    const { ts } = await remote.say(bob, capacity, 'no buttons here');
    await expect(remote.click(ann, capacity, ts, 'approve')).rejects.toThrow(
      /no element with action_id/u,
    );
    await expect(remote.command('U0NOBODY', capacity, '/scale')).rejects.toThrow(/no person/u);
    await expect(remote.waitForMessage({ contains: 'never' }, 20)).rejects.toThrow(/there was/u);
  });

  test('is closed to pages of other places', async () => {
    const url = `${slack.url}/_control/state`;
    const foreign = { method: 'POST', body: '{}', headers: { origin: 'https://example.com' } };
    expect((await fetch(url, foreign)).status).toBe(403);
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(200);
  });
});
