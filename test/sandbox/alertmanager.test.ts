// The small Alertmanager delivers what the real one would: the same format, the same fingerprints, the same patience.
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  fingerprintOf,
  type RunningAlertmanager,
  startAlertmanager,
  type WebhookBody,
} from '../../sandbox/alertmanager.ts';
import { type RunningPrometheus, startPrometheus } from '../../sandbox/prometheus/server.ts';
import { parseDelivery } from '../../src/alert/parse-delivery.ts';

const token = 'a-token-for-alertmanager';
const startedAt = new Date('2026-11-22T10:00:00Z');

interface Received {
  readonly authorization: string;
  readonly text: string;
  readonly body: WebhookBody;
}

let now: Date;
let prometheus: RunningPrometheus;
let alertmanager: RunningAlertmanager;
let answers: number[];
let received: Received[];
let close: () => Promise<void>;

const clock = { now: () => now };
const later = (seconds: number): void => {
  now = new Date(now.getTime() + seconds * 1000);
};

beforeEach(async () => {
  now = startedAt;
  answers = [];
  received = [];
  prometheus = await startPrometheus({ clock });
  prometheus.control.setRules([
    {
      alert: 'QueueBacklog',
      expr: 'queue_depth > 500',
      for: '1m',
      labels: { severity: 'warning' },
      annotations: { summary: '{{ $value }} jobs wait' },
    },
  ]);
  const receiver = await startReceiver();
  close = receiver.close;
  alertmanager = startAlertmanager({
    prometheus: prometheus.control,
    prometheusUrl: prometheus.url,
    webhook: { url: receiver.url, token },
    evaluateMs: 0,
    repeatMs: 3_600_000,
    clock,
  });
});

afterEach(async () => {
  await alertmanager.stop();
  await prometheus.stop();
  await close();
});

describe('an alert', () => {
  test('is delivered once it has been true for as long as its rule says, and not before', async () => {
    await fire();
    expect(received.length).toBe(1);
    const [delivery] = received;
    expect(delivery?.authorization).toBe(`Bearer ${token}`);
    expect(delivery?.body).toMatchObject({
      version: '4',
      status: 'firing',
      receiver: 'headroom',
      groupKey: '{}:{alertname="QueueBacklog", namespace="shop"}',
      groupLabels: { alertname: 'QueueBacklog', namespace: 'shop' },
      commonLabels: { alertname: 'QueueBacklog', namespace: 'shop', severity: 'warning' },
      commonAnnotations: { summary: '812 jobs wait' },
      truncatedAlerts: 0,
      alerts: [{ status: 'firing', endsAt: '0001-01-01T00:00:00Z' }],
    });
    expect(parseDelivery(delivery?.text ?? '').ok).toBe(true);
  });

  test('is not delivered again while nothing changes, until it is time to repeat', async () => {
    await fire();
    later(1_800);
    await alertmanager.evaluate();
    expect(received.length).toBe(1);
    later(1_801);
    await alertmanager.evaluate();
    expect(received.length).toBe(2);
    expect(received[1]?.body.alerts[0]?.startsAt).toBe(received[0]?.body.alerts[0]?.startsAt);
  });

  test('is resolved once, with the time it ended', async () => {
    await fire();
    depth(400);
    later(30);
    await alertmanager.evaluate();
    await alertmanager.evaluate();
    later(7_200);
    await alertmanager.evaluate();
    expect(received.map(({ body }) => body.status)).toEqual(['firing', 'resolved']);
    expect(received[1]?.body.alerts).toMatchObject([
      { status: 'resolved', endsAt: new Date(startedAt.getTime() + 90_000).toISOString() },
    ]);
  });

  test('that comes back has a new start', async () => {
    await fire();
    depth(0);
    await alertmanager.evaluate();
    await fire();
    expect(received.map(({ body }) => body.status)).toEqual(['firing', 'resolved', 'firing']);
    const starts = received.map(({ body }) => body.alerts[0]?.startsAt);
    expect(starts[2]).not.toBe(starts[0]);
  });
});

describe('a delivery that is not taken', () => {
  test('is tried again after a 5xx, later and later', async () => {
    answers = [503, 500];
    await fire();
    await alertmanager.evaluate();
    expect(received.length).toBe(1);
    later(0.5);
    await alertmanager.evaluate();
    later(0.5);
    await alertmanager.evaluate();
    expect(received.length).toBe(2);
    later(0.5);
    await alertmanager.evaluate();
    expect(received.length).toBe(3);
    expect(alertmanager.deliveries.map(({ answered }) => answered)).toEqual([503, 500, 200]);
  });

  test('is not tried again after a 4xx before the next turn', async () => {
    answers = [400];
    await fire();
    later(60);
    await alertmanager.evaluate();
    expect(alertmanager.deliveries.map(({ answered }) => answered)).toEqual([400]);
    later(3_600);
    await alertmanager.evaluate();
    expect(alertmanager.deliveries.map(({ answered }) => answered)).toEqual([400, 200]);
  });

  test('is tried again when nobody listens', async () => {
    await close();
    await fire();
    later(60);
    await alertmanager.evaluate();
    expect(alertmanager.deliveries.map(({ answered }) => answered)).toEqual([0, 0]);
  });
});

test('fingerprints are those of the real Alertmanager', async () => {
  const file = new URL('../fixtures/alertmanager/deliveries.json', import.meta.url);
  const alert = z.object({ labels: z.record(z.string(), z.string()), fingerprint: z.string() });
  const recorded = z
    .array(z.object({ body: z.object({ alerts: z.array(alert) }) }))
    .parse(JSON.parse(await readFile(file, 'utf8')))
    .flatMap(({ body }) => body.alerts);
  expect(recorded.length).toBeGreaterThan(10);
  for (const { labels, fingerprint } of recorded) expect(fingerprintOf(labels)).toBe(fingerprint);
});

function depth(jobs: number): void {
  prometheus.control.set({ name: 'queue_depth', labels: { namespace: 'shop' } }, jobs);
}

/** Lets the alert become true, wait, and fire. */
async function fire(): Promise<void> {
  depth(812);
  const before = alertmanager.deliveries.length;
  await alertmanager.evaluate();
  later(59);
  await alertmanager.evaluate();
  expect(alertmanager.deliveries.length).toBe(before);
  later(1);
  await alertmanager.evaluate();
}

async function startReceiver() {
  const server = createServer((request, response) => {
    void read(request).then((text) => {
      const { authorization = '' } = request.headers;
      received.push({ authorization, text, body: JSON.parse(text) });
      return response.writeHead(answers.shift() ?? 200).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return {
    url: `http://127.0.0.1:${address.port}/alertmanager`,
    close: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request) text += String(part);
  return text;
}
