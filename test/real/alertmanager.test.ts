// The whole way from a real Alertmanager to a card and back: delivered once, repeated after failures, ended when it resolves.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alertToken, Bot, channel, isCard, namespace } from '../bot.ts';
import { findProgram, installed, mayBeSkipped } from './programs.ts';
import { startAlertmanager as startProgram } from './start-programs.ts';

const alertmanager = findProgram('prometheus-alertmanager', 'alertmanager');

describe.skipIf(mayBeSkipped(alertmanager))('a real Alertmanager', () => {
  let bot: Bot;
  let real: RealAlertmanager | undefined;
  let between: Between;
  beforeEach(async () => {
    bot = await Bot.start();
    between = await startBetween(`${bot.url}/alertmanager`);
    real = await startAlertmanager(between.url);
  });
  afterEach(async () => {
    await real?.stop();
    await between.stop();
    await bot.stop();
  });

  it('brings an alert that becomes one card, repeats it without another, and brings its end', async () => {
    await real?.fire('worker');
    const card = await bot.card('Waiting for approval');
    await bot.until('the repetition', async () => (between.answers.length >= 3 ? true : undefined));
    expect(new Set(between.answers)).toEqual(new Set([200]));
    expect((await bot.control.messages(channel)).filter(isCard)).toHaveLength(1);

    await real?.resolve('worker');
    const cleared = await bot.card('cleared');
    expect(cleared.ts).toBe(card.ts);
    const { rows } = await bot.database.pool.query(
      `select status, count(*)::int as n, count(distinct fingerprint)::int as fingerprints
         from alert group by status order by status`,
    );
    expect(rows).toEqual([
      { status: 'firing', n: 1, fingerprints: 1 },
      { status: 'resolved', n: 1, fingerprints: 1 },
    ]);
  });

  it('brings again what could not be stored, and loses nothing', async () => {
    between.failing = 503;
    await real?.fire('worker');
    await real?.fire('steam-trap-inspector');
    await bot.until('three attempts', async () => (between.answers.length >= 3 ? true : undefined));
    expect(await storedComponents()).toEqual([]);
    between.failing = undefined;
    await bot.card('Waiting for approval');
    await bot.until('both alerts', async () =>
      (await storedComponents()).length === 2 ? true : undefined,
    );
    expect(await storedComponents()).toEqual(['steam-trap-inspector', 'worker']);
  });

  it('brings again what came while the app was down', async () => {
    await bot.stopApp();
    await real?.fire('worker');
    await bot.until('an attempt', async () => (between.answers.length >= 1 ? true : undefined));
    expect(between.answers[0]).toBe(502);
    await bot.startApp();
    await bot.card('Waiting for approval');
    expect(await storedComponents()).toEqual(['worker']);
  });

  async function storedComponents(): Promise<string[]> {
    const { rows } = await bot.database.pool.query(
      `select labels ->> 'headroom_component' as component from alert where status = 'firing' order by 1`,
    );
    return rows.map(({ component }) => component);
  }
});

interface RealAlertmanager {
  fire(component: string): Promise<void>;
  resolve(component: string): Promise<void>;
  stop(): Promise<void>;
}

async function startAlertmanager(webhook: string): Promise<RealAlertmanager> {
  const program = await startProgram(installed(alertmanager, 'prometheus-alertmanager'), {
    'alertmanager.yml': `route:
  receiver: headroom
  group_by: [alertname, namespace]
  group_wait: 100ms
  group_interval: 1s
  repeat_interval: 1s
receivers:
  - name: headroom
    webhook_configs:
      - url: ${webhook}
        send_resolved: true
        http_config:
          authorization: { type: Bearer, credentials: ${alertToken} }
`,
  });
  const startsAt = new Date().toISOString();
  const send = async (component: string, endsAt: Date) => {
    const answer = await fetch(`${program.url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([
        {
          labels: {
            alertname: 'InspectionQueueBacklog',
            namespace,
            headroom_system: 'gl-008',
            headroom_component: component,
          },
          annotations: { summary: 'Inspection backlog is <!channel> 812' },
          startsAt,
          endsAt: endsAt.toISOString(),
          generatorURL: 'http://prometheus.example/graph',
        },
      ]),
    });
    expect(answer.status).toBe(200);
  };
  return {
    fire: (component) => send(component, new Date(Date.now() + 600_000)),
    resolve: (component) => send(component, new Date()),
    stop: () => program.stop(),
  };
}

/** Stands between the two, writes down what the app answered, and can fail in its place. */
interface Between {
  readonly url: string;
  readonly answers: readonly number[];
  failing: number | undefined;
  stop(): Promise<void>;
}

async function startBetween(target: string): Promise<Between> {
  const answers: number[] = [];
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const status = between.failing ?? (await forward(request, Buffer.concat(chunks)));
    answers.push(status);
    response.writeHead(status).end();
  };
  const forward = async (request: IncomingMessage, body: Buffer): Promise<number> => {
    const answer = await fetch(target, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: request.headers.authorization ?? '',
      },
      body: body.toString('utf8'),
    }).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.status ?? 502;
  };
  const server: Server = createServer((request, response) => void pass(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const between: Between = {
    url: `http://127.0.0.1:${port}/`,
    answers,
    failing: undefined,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return between;
}
