// Who may speak to the app as Slack, through the real receiver over real HTTP, and how it stops.

import { EventEmitter, once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signature } from '../../sandbox/slack/deliver.ts';
import { type RunningSlack, startSlack } from '../../sandbox/slack/server.ts';
import { realClock } from '../../src/adapters/clock.ts';
import { createLog } from '../../src/adapters/log.ts';
import { createSlackApp, type SlackApp } from '../../src/adapters/slack-app.ts';
import { Secret } from '../../src/secret.ts';
import { freePort } from '../free-port.ts';
import { capacity, manifestPath, people, secrets } from '../sandbox/slack/bolt-app.ts';

const form = 'application/x-www-form-urlencoded';
const seen: string[] = [];
const logged: string[] = [];
let slack: RunningSlack;
let app: SlackApp;
let url: string;

beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}/slack/events`;
  slack = await startSlack({ manifestPath, ...secrets, deliverTo: { url } });
  app = makeApp(slack, { kind: 'http', port });
  app.app.command('/scale', async ({ ack, body }) => {
    seen.push(body.text);
    if (body.text === 'fail') throw new Error('storing it failed');
    await ack();
  });
  await app.start();
});
afterAll(async () => {
  await app.stop();
  await slack.stop();
});
beforeEach(() => {
  seen.length = 0;
});

type Way =
  | { readonly kind: 'http'; readonly port: number }
  | { readonly kind: 'socket'; readonly appToken: Secret };

function makeApp(
  { apiUrl }: RunningSlack,
  connection: Way,
  botToken: string = secrets.botToken,
): SlackApp {
  const log = createLog('debug', (line) => logged.push(line));
  return createSlackApp(
    {
      botToken: new Secret(botToken),
      apiUrl,
      connection:
        connection.kind === 'http'
          ? { ...connection, signingSecret: new Secret(secrets.signingSecret) }
          : connection,
    },
    { log, clock: realClock },
  );
}

function command(text: string, name = '/scale'): string {
  return new URLSearchParams({
    command: name,
    text,
    user_id: people.ann,
    channel_id: capacity,
    team_id: 'T0TEAM00001',
    api_app_id: 'A0APP000001',
    response_url: 'http://127.0.0.1:9/nowhere',
    trigger_id: '1.2.abc',
  }).toString();
}

interface Forgery {
  readonly secret?: string;
  /** Seconds from now. */
  readonly skew?: number;
  readonly timestamp?: string;
  readonly contentType?: string;
  /** Signed is this, sent is the body. */
  readonly signed?: string;
  readonly headers?: (genuine: Record<string, string>) => Record<string, string>;
}

function without(headers: Record<string, string>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));
}

async function send(body: string, forgery: Forgery = {}): Promise<number> {
  const now = Math.floor(Date.now() / 1000);
  const timestamp = forgery.timestamp ?? String(now + (forgery.skew ?? 0));
  const genuine = {
    'content-type': forgery.contentType ?? form,
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': signature(
      forgery.secret ?? secrets.signingSecret,
      timestamp,
      forgery.signed ?? body,
    ),
  };
  const headers = forgery.headers?.(genuine) ?? genuine;
  const answer = await fetch(url, { method: 'POST', body, headers });
  await answer.text();
  return answer.status;
}

describe('signed HTTP', () => {
  it('takes what Slack signed, also with a clock that is some minutes off', async () => {
    expect(await send(command('one'))).toBe(200);
    expect(await send(command('two'), { skew: -240 })).toBe(200);
    expect(await send(command('three'), { skew: 240 })).toBe(200);
    expect(seen).toEqual(['one', 'two', 'three']);
  });

  it('answers the handshake of a request URL', async () => {
    expect(await slack.control.verifyUrl()).toBe(true);
  });

  it.each<[string, Forgery]>([
    ['signed with another secret', { secret: 'another-secret' }],
    ['signed for another body', { signed: command('something harmless') }],
    ['replayed after six minutes', { skew: -360 }],
    ['dated an hour ahead', { skew: 3600 }],
    ['dated with a word', { timestamp: 'now' }],
    ['dated with infinity', { timestamp: 'Infinity' }],
    ['dated with nothing', { timestamp: '' }],
    ['without a signature', { headers: (genuine) => without(genuine, 'x-slack-signature') }],
    ['without a time', { headers: (genuine) => without(genuine, 'x-slack-request-timestamp') }],
    ['without any header', { headers: () => ({ 'content-type': form }) }],
    [
      'with an older kind of signature',
      { headers: (h) => ({ ...h, 'x-slack-signature': `v1=${h['x-slack-signature']?.slice(3)}` }) },
    ],
    ['with an empty signature', { headers: (h) => ({ ...h, 'x-slack-signature': 'v0=' }) }],
  ])('refuses with 401 what is %s', async (_, forgery) => {
    expect(await send(command('forged'), forgery)).toBe(401);
    expect(seen).toEqual([]);
  });

  it('a request that claims to be a check of certificates gets past nothing', async () => {
    const body = `${command('forged')}&ssl_check=1`;
    await send(body, { secret: 'another-secret' });
    expect(seen).toEqual([]);
  });

  it('refuses a body above a mebibyte with 413, signed or not', async () => {
    const body = command('x'.repeat(1024 * 1024));
    expect(await send(body)).toBe(413);
    expect(await send(body, { secret: 'another-secret' })).toBe(413);
    expect(seen).toEqual([]);
  });

  it('refuses other content types and bodies that are not what they say', async () => {
    expect(await send(command('one'), { contentType: 'text/plain' })).toBe(400);
    expect(await send('{', { contentType: 'application/json' })).toBe(400);
    expect(await send('payload=%7Bnot-json')).toBe(400);
    expect(await send('')).not.toBe(200);
    expect(seen).toEqual([]);
  });

  it('other paths and methods lead nowhere', async () => {
    for (const path of ['/', '/slack', '/slack/events/', '/slack/install']) {
      expect((await fetch(new URL(path, url), { method: 'POST' })).status).toBe(404);
    }
    expect((await fetch(url)).status).toBe(404);
  });

  it('a command and a button nobody registered are not acknowledged', async () => {
    const action = {
      type: 'block_actions',
      user: { id: people.ann, team_id: 'T0TEAM00001' },
      team: { id: 'T0TEAM00001' },
      api_app_id: 'A0APP000001',
      trigger_id: '1.2.abc',
      response_url: 'http://127.0.0.1:9/nowhere',
      actions: [{ type: 'button', action_id: 'unheard-of', block_id: 'b', value: 'v' }],
    };
    const statuses = await Promise.all([
      send(command('one', '/unheard-of')),
      send(new URLSearchParams({ payload: JSON.stringify(action) }).toString()),
    ]);
    expect(statuses).toEqual([404, 404]);
  });

  it('a handler that fails before it acknowledged is answered 500 at once, and logged without the request', async () => {
    expect(await send(command('fail'))).toBe(500);
    expect(logged.join('')).toContain('storing it failed');
    expect(logged.join('')).not.toContain('1.2.abc');
  });

  it('no secret is in the log', () => {
    const everything = logged.join('');
    for (const secret of Object.values(secrets)) expect(everything).not.toContain(secret);
  });
});

describe.each(['http', 'socket'] as const)('stopping, over %s', (mode) => {
  it('takes nothing new and waits for the handler at work', async () => {
    const port = await freePort();
    const workspace = await startSlack({
      manifestPath,
      ...secrets,
      deliverTo: mode === 'socket' ? 'socket' : { url: `http://127.0.0.1:${port}/slack/events` },
    });
    const stopping = makeApp(
      workspace,
      mode === 'http'
        ? { kind: 'http', port }
        : { kind: 'socket', appToken: new Secret(secrets.appToken) },
    );
    const order: string[] = [];
    const gate = new EventEmitter();
    const begun = once(gate, 'begun');
    const released = once(gate, 'released');
    stopping.app.command('/scale', async ({ ack }) => {
      await ack();
      gate.emit('begun');
      await released;
      order.push('handler ended');
    });
    await stopping.start();
    const outcome = await workspace.control.command(people.ann, capacity, '/scale x');
    expect(outcome.acked).toBe(true);
    await begun;
    const stopped = stopping.stop().then(() => order.push('stopped'));
    const late = await workspace.control.command(people.ann, capacity, '/scale y');
    expect(late.acked).toBe(false);
    gate.emit('released');
    await stopped;
    expect(order).toEqual(['handler ended', 'stopped']);
    await workspace.stop();
  });

  it('a wrong token is said at the start, without the token', async () => {
    const workspace = await startSlack({ manifestPath, ...secrets });
    const wrong = makeApp(
      workspace,
      mode === 'http'
        ? { kind: 'http', port: await freePort() }
        : { kind: 'socket', appToken: new Secret(secrets.appToken) },
      'xoxb-wrong-token',
    );
    const failure = await wrong.start().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(String(failure)).toContain('invalid_auth');
    expect(String(failure)).not.toContain('xoxb-wrong-token');
    await workspace.stop();
  });
});
