// The whole way from a measured series to a card: a real Prometheus with generated rules, a real Alertmanager with the generated receiver.

import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { System } from '../../src/plan/system.ts';
import { receiver } from '../../src/rules/receiver.ts';
import { ruleGroup } from '../../src/rules/rule-group.ts';
import { yamlText } from '../../src/rules/rules-text.ts';
import { alertToken, Bot, channel, isCard, namespace, words } from '../bot.ts';
import { makeProfile, makeSystem } from '../make.ts';
import { findProgram, installed, mayBeSkipped } from './programs.ts';
import { type Running, startAlertmanager, startPrometheus } from './start-programs.ts';

const prometheus = findProgram('prometheus');
const alertmanager = findProgram('prometheus-alertmanager', 'alertmanager');

/** The system the bot looks after, with alerts that need not last and with a warning at once. */
function hastySystem(): System {
  const profile = makeProfile();
  const triggers = new Map(
    [...profile.triggers].map(([id, trigger]) => [
      id,
      {
        ...trigger,
        // A rate that has seen seconds of its five minutes is below everything.
        ...(trigger.fires === 'above' && { forMs: 0 }),
        ...(id === 'inspection-backlog' && { warnAt: 300 }),
      },
    ]),
  );
  return makeSystem({ id: 'gl-008', title: profile.title, profile: { ...profile, triggers } });
}

describe.skipIf(mayBeSkipped(prometheus, alertmanager))('the generated rules and receiver', () => {
  let bot: Bot;
  let target: Listener;
  let watchdog: Listener;
  const running: Running[] = [];
  beforeEach(async () => {
    bot = await Bot.start();
    target = await listen(() => '');
    watchdog = await listen(() => '');
  });
  afterEach(async () => {
    for (const each of running.splice(0).toReversed()) await each.stop();
    await target.stop();
    await watchdog.stop();
    await bot.stop();
  });

  async function begin(): Promise<Running> {
    const system = hastySystem();
    const bridge = await startAlertmanager(installed(alertmanager, 'prometheus-alertmanager'), {
      'alertmanager.yml': merged(system, { webhook: `${bot.url}/alertmanager`, watchdog }),
      'headroom-token': alertToken,
    });
    running.push(bridge);
    running.push(
      await startPrometheus(installed(prometheus, 'prometheus'), {
        'prometheus.yml': prometheusConfig(target.url, bridge.url),
        'rules.yml': yamlText(ruleGroup(system, 'prometheus')),
      }),
    );
    return bridge;
  }

  it('lead one alertname to the card of the component that it is about', async () => {
    const startedMs = Date.now();
    // Rates look back five minutes, of which the test has seconds: the counter runs ahead.
    target.say = () => cpuSeries('steam-trap-inspector', (Date.now() - startedMs) / 2);
    await begin();
    const card = await bot.card('steam-trap-inspector');
    expect(words(card)).toMatch(
      /Alert says: steam-trap-inspector of SteamTrapInspector: [\d.]+%, above 80 %/,
    );
    // Headroom asks a Prometheus that has no such series: the number that the alert carries stands in.
    expect(words(card)).toMatch(/the alert's [\d.]+ % is used/);
    expect(await alertsStored()).toEqual([
      { name: 'HighCPUUtilization', component: 'steam-trap-inspector', severity: 'critical' },
    ]);
    expect((await bot.control.messages(channel)).filter(isCard)).toHaveLength(1);
  });

  it('leave warnings to others, and let silence be noticed', async () => {
    target.say = () => backlogSeries(400);
    const { url } = await begin();
    await bot.until('the warning in Alertmanager', async () => {
      const known = await (await fetch(`${url}/api/v2/alerts`)).text();
      return known.includes('"InspectionQueueBacklogWarning"') ? true : undefined;
    });
    await bot.until('the watchdog', async () => (watchdog.heard.length > 0 ? true : undefined));
    expect(watchdog.heard.join()).toContain('"HeadroomWatchdog"');
    expect(watchdog.heard.join()).not.toContain('InspectionQueueBacklog');
    target.say = () => backlogSeries(812);
    const card = await bot.card('worker');
    expect(words(card)).toContain(
      'Alert says: worker of SteamTrapInspector: 812 jobs, above 500 jobs',
    );
    expect(await alertsStored()).toEqual([
      { name: 'InspectionQueueBacklog', component: 'worker', severity: 'critical' },
    ]);
  });

  async function alertsStored() {
    const { rows } = await bot.database.pool.query(
      `select labels ->> 'alertname' as name, labels ->> 'headroom_component' as component,
              labels ->> 'severity' as severity
         from alert where status = 'firing' order by 1, 2`,
    );
    return rows;
  }
});

/** What cadvisor and kube-state-metrics would say of two pods that have used so many CPU seconds. */
function cpuSeries(workload: string, seconds: number): string {
  const pods = ['x2k9p', 'q8w4z'].map((end) => `${workload}-7d9f8b6c5d-${end}`);
  return pods
    .map((pod) => {
      const labels = `namespace="${namespace}",pod="${pod}",container="${workload}"`;
      return (
        `container_cpu_usage_seconds_total{${labels},cpu="total"} ${seconds}\n` +
        `kube_pod_container_resource_requests{${labels},resource="cpu",unit="core"} 2\n`
      );
    })
    .join('');
}

function backlogSeries(depth: number): string {
  return `inspection_queue_depth{namespace="${namespace}"} ${depth}\n`;
}

function prometheusConfig(target: string, alertmanagerUrl: string): string {
  return JSON.stringify({
    global: { scrape_interval: '200ms', scrape_timeout: '200ms', evaluation_interval: '200ms' },
    rule_files: ['rules.yml'],
    scrape_configs: [
      {
        job_name: 'small-target',
        honor_labels: true,
        static_configs: [{ targets: [new URL(target).host] }],
      },
    ],
    alerting: {
      alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanagerUrl).host] }] }],
    },
  });
}

interface Snippet {
  readonly route: { readonly routes: readonly Record<string, unknown>[] };
  readonly receivers: readonly {
    readonly name: string;
    readonly webhook_configs: readonly Record<string, unknown>[];
  }[];
  readonly inhibit_rules: readonly unknown[];
}

/** An operator's own configuration with the snippet in it: addresses set, nothing waited for. */
function merged(
  system: System,
  to: { readonly webhook: string; readonly watchdog: Listener },
): string {
  const snippet = parse(yamlText(receiver(system))) as Snippet;
  const addresses: Readonly<Record<string, string>> = {
    headroom: to.webhook,
    'headroom-watchdog': to.watchdog.url,
  };
  const receivers = snippet.receivers.map(({ name, webhook_configs: hooks }) => ({
    name,
    webhook_configs: hooks.map((hook) => ({
      ...hook,
      url: addresses[name],
      ...(name === 'headroom' && {
        http_config: { authorization: { type: 'Bearer', credentials_file: 'headroom-token' } },
      }),
    })),
  }));
  const routes = snippet.route.routes.map((route) => ({ ...route, group_wait: '100ms' }));
  return JSON.stringify({
    ...snippet,
    route: { receiver: 'nobody', routes },
    receivers: [{ name: 'nobody' }, ...receivers],
  });
}

/** Answers every call with what a test says, and writes down what it was sent. */
interface Listener {
  readonly url: string;
  readonly heard: string[];
  say: () => string;
  stop(): Promise<void>;
}

async function listen(say: () => string): Promise<Listener> {
  const heard: string[] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      if (body !== '') heard.push(body);
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
      response.end(listener.say());
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const listener: Listener = {
    url: `http://127.0.0.1:${port}/`,
    heard,
    say,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return listener;
}
