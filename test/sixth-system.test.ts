// A sixth system is one file: the built program with a folder of somebody else's profiles, from the plan to a card.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../sandbox/cluster/server.ts';
import { type RunningPrometheus, startPrometheus } from '../sandbox/prometheus/server.ts';
import { wordsOf } from '../sandbox/slack/control.ts';
import { type RunningSlack, startSlack } from '../sandbox/slack/server.ts';
import { actionIds } from '../src/message/action-ids.ts';
import { withDatabase } from './database.ts';
import { freePort } from './free-port.ts';
import { bundle, runHeadroom } from './run-headroom.ts';

const root = resolve(import.meta.dirname, '..');
const database = withDatabase();
const channel = 'C0CAPACITY1';
const ann = 'U0ANN00001';
const token = 'alertmanager-token-for-tests';
let directory: string;
let env: Record<string, string>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headroom-shop-'));
  // Away from the repository, as a mounted volume is: nothing that ships is in there.
  const profiles = join(directory, 'profiles');
  await mkdir(profiles);
  await copyFile(join(root, 'docs/examples/web-shop.yaml'), join(profiles, 'web-shop.yaml'));
  env = { PATH: process.env['PATH'] ?? '', PROFILES_DIR: profiles };
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function headroom(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await runHeadroom(args, env, directory);
  if (code !== 0) throw new Error(`headroom ${args.join(' ')} ended with ${code}: ${err}`);
  return out;
}

describe('a web shop, sized by requests per second', () => {
  it('is planned: pods, connections, database, money', async () => {
    const plan = JSON.parse(
      await headroom('plan', 'web-shop', 'requests_per_second=2000', '--json'),
    );
    // 2000 ÷ 120 × 1.25 = 20.83 → 21 pods of (0.5 × 0.042 + 0.75 × 0.0055) × 730 USD.
    expect(plan).toMatchObject({
      system: 'web-shop',
      recommended: 'load-test',
      sizings: [
        {
          shards: 1,
          components: [{ name: 'web', replicas: 21, cpuRequestMillicores: 500 }],
          costUsdPerMonth: 385.17,
        },
      ],
      // (21 + 6 in a rollout) × 10 connections are more than 197.
      database: { stage: 'primary + PgBouncer', pooler: true, storageGiB: { provisioned: 440 } },
      storageUsdPerMonth: 50.6,
      budget: { state: 'ok', usedPercent: 48.4 },
      warnings: ['autoscaler web allows web 20 replicas: raise its maximum to 21'],
    });
  });

  it('is split where one zone is full', async () => {
    const plan = JSON.parse(
      await headroom('plan', 'web-shop', 'requests_per_second=9000', '--json'),
    );
    // 93.75 → 94 pods in three zones of 32.
    expect(plan.sizings[0]).toMatchObject({
      shards: 3,
      splitInto: 'regions',
      components: [{ replicas: 32 }],
    });
  });

  it('is forecast with its milestones', async () => {
    const forecast = JSON.parse(
      await headroom('forecast', 'web-shop', 'requests_per_second=1500', '--json'),
    );
    expect(forecast.rows).toHaveLength(12);
    expect(forecast.rows[11]).toMatchObject({
      period: 12,
      requests_per_second: 3777,
      replicas: 40,
    });
    expect(forecast.milestones.map(({ id }: { id: string }) => id)).toEqual([
      'autoscaler-full',
      'budget-warning',
    ]);
  });

  it('has alert rules for its own names', async () => {
    const rules = await headroom('rules', 'web-shop');
    expect(rules).toContain('alert: ShopHighCPU');
    expect(rules).toContain('headroom_component: web');
    expect(rules).toContain('> 0.85');
  });

  it('shows its procedure', async () => {
    const steps = await headroom('procedures', 'web-shop', 'sale');
    expect(steps).toContain('Tell the payment provider how much is expected');
  });
});

describe('its alert', () => {
  let slack: RunningSlack;
  let cluster: Cluster;
  let prometheus: RunningPrometheus;
  let stop: (() => Promise<void>) | undefined;
  let url: string;

  beforeAll(async () => {
    [slack, cluster, prometheus] = await Promise.all([
      startSlack({
        manifestPath: fileURLToPath(new URL('fixtures/slack/manifest.yml', import.meta.url)),
        signingSecret: 'signing-secret-for-tests',
        botToken: 'xoxb-1-test',
        appToken: 'xapp-1-test',
        deliverTo: 'socket',
        rateLimits: false,
      }),
      startCluster({ timings: { startMs: 20, stopMs: 20 } }),
      startPrometheus({ scrapeIntervalMs: 200 }),
    ]);
    cluster.control.seed([webDeployment(4)]);
    cluster.control.settle();
    measureCpu(1.82);
    ({ stop, url } = await serve());
  }, 60_000);
  afterAll(async () => {
    await stop?.();
    await Promise.all([slack.stop(), cluster.stop(), prometheus.stop()]);
  });

  /** Cores that four pods of half a core use together. */
  function measureCpu(cores: number): void {
    const pod = { namespace: 'shop', pod: 'web-6d5f7c9b8-abcde', container: 'web' };
    prometheus.control.setRate({ name: 'container_cpu_usage_seconds_total', labels: pod }, cores);
    prometheus.control.set(
      {
        name: 'kube_pod_container_resource_requests',
        labels: { ...pod, resource: 'cpu' },
      },
      2,
    );
  }

  async function serve() {
    const port = await freePort();
    const config = join(directory, 'headroom.yaml');
    const kubeconfig = join(directory, 'kubeconfig');
    await writeFile(kubeconfig, cluster.kubeconfig());
    await writeFile(
      config,
      `clusters: { c: {} }
systems: { web-shop: { profile: web-shop, mode: apply, cluster: c, channel: ${channel} } }
policy: { rules: [{ name: all, systems: ["*"], approvers: [${ann}] }] }
`,
    );
    const child = spawn(process.execPath, [bundle, 'serve'], {
      cwd: directory,
      env: {
        ...env,
        SLACK_BOT_TOKEN: 'xoxb-1-test',
        SLACK_APP_TOKEN: 'xapp-1-test',
        SLACK_API_URL: slack.apiUrl,
        DATABASE_URL: database.url,
        KUBECONFIG: kubeconfig,
        PROMETHEUS_URL: prometheus.url,
        ALERTMANAGER_TOKEN: token,
        HEADROOM_CONFIG: config,
        HOST: '127.0.0.1',
        PORT: String(port),
      },
    });
    let log = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => (log += String(chunk)));
    }
    const ended = once(child, 'exit');
    await until('the app being up', async () => {
      if (child.exitCode !== null) throw new Error(`the app ended before it was up: ${log}`);
      return log.includes('Headroom is up') || undefined;
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${log}`);
    });
    return {
      url: `http://127.0.0.1:${port}`,
      stop: async () => {
        child.kill('SIGTERM');
        await ended;
      },
    };
  }

  it('becomes a card for the right component, and is carried out', async () => {
    const answer = await fetch(`${url}/alertmanager`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(firing()),
    });
    expect(answer.status).toBe(200);
    // 1.82 of 2 cores is 91 %: 4 × 0.91 ÷ 0.65 = 5.6 → 6.
    const card = await until('a card', async () =>
      (await slack.control.messages(channel)).find((message) => wordsOf(message).includes('91 %')),
    );
    expect(wordsOf(card)).toContain('Web shop');
    expect(wordsOf(card)).toContain('4 → at least 6 replicas');
    await slack.control.click(ann, channel, card.ts, actionIds.approve);
    await until('six pods', async () => {
      const spec = cluster.control.get('Deployment', 'shop', 'web')?.['spec'] as {
        replicas: number;
      };
      return spec.replicas === 6 || undefined;
    });
  }, 60_000);
});

function firing() {
  const labels = {
    alertname: 'ShopHighCPU',
    namespace: 'shop',
    headroom_system: 'web-shop',
    headroom_component: 'web',
  };
  return {
    version: '4',
    groupKey: '{}:{alertname="ShopHighCPU"}',
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'headroom',
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager.example',
    alerts: [
      {
        status: 'firing',
        labels,
        annotations: { value: '0.91' },
        startsAt: '2026-11-22T03:00:00Z',
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: 'http://prometheus.example',
        fingerprint: 'a1b2c3d4e5f60718',
      },
    ],
  };
}

function webDeployment(replicas: number) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [
            {
              name: 'web',
              image: 'registry.example/web:1.0.0',
              resources: { requests: { cpu: '500m', memory: '768Mi' } },
            },
          ],
        },
      },
    },
  };
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await sleep(50);
  }
}
