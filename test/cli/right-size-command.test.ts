// `headroom right-size` as it ships: the built bundle against the sandbox's cluster and two weeks of its Prometheus.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../../sandbox/cluster/server.ts';
import { type RunningPrometheus, startPrometheus } from '../../sandbox/prometheus/server.ts';
import { runHeadroom } from '../run-headroom.ts';

const dayMs = 24 * 3_600_000;
const component = (name: string) => `
  ${name}:
    workload: { kind: Deployment, namespace: shop, name: ${name}, container: app }
    replicas: { min: 2, max: 10, baseline: 4, source: Limits }
    pod: { cpu: 1, memory: 1Gi, source: Baseline }`;
const profile = `profile: shop
title: Shop
guide: Shop guide 1
components:${component('web')}${component('worker')}
cost: { cpuCoreHourUsd: 0.05, memoryGbHourUsd: 0.01, source: Rates }
rightSize:
  lowerBelow: 0.5
  lowerOf: request
  source: Use
  replicas: { lowerBelow: 0.3, lowerFactor: 0.7, raiseAbove: 0.8, raiseFactor: 1.4, min: 3, source: Pods }
`;
const config = `clusters: { main: {} }
systems:
  eshop: { profile: shop, title: E-Shop, cluster: main, channel: C0CAPACITY1 }
  mail: { cluster: main, namespace: mail, channel: C0CAPACITY1 }
`;

let cluster: Cluster;
let prometheus: RunningPrometheus;
let directory: string;

beforeAll(async () => {
  cluster = await startCluster({ autoTick: false });
  prometheus = await startPrometheus({ scrapeIntervalMs: 120_000 });
  directory = await mkdtemp(join(tmpdir(), 'headroom-right-size-'));
  await mkdir(join(directory, 'profiles'));
  await writeFile(join(directory, 'kubeconfig'), cluster.kubeconfig());
  await writeFile(join(directory, 'profiles/shop.yaml'), profile);
  await writeFile(join(directory, 'headroom.yaml'), config);
  seedCluster();
  setUse();
}, 60_000);
afterEach(() => cluster.control.clearFaults());
afterAll(async () => {
  await Promise.all([cluster.stop(), prometheus.stop()]);
  await rm(directory, { recursive: true, force: true });
});

/** Four pods of one core and 1Gi each, on an autoscaler that acts at 70 % of the CPU. */
function seedCluster(): void {
  const labels = { app: 'web' };
  const size = { cpu: '1', memory: '1Gi' };
  const resources = { requests: size, limits: { memory: '2Gi' } };
  const resource = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } };
  cluster.control.seed([
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        replicas: 4,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: 'app', image: 'web:1', resources }] },
        },
      },
    },
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        minReplicas: 2,
        maxReplicas: 10,
        metrics: [{ type: 'Resource', resource }],
      },
    },
  ]);
}

/** The busiest pod at 400m all the time, three others at 200m; 256Mi each; nobody restarts. */
function setUse(): void {
  const from = new Date(Date.now() - 15 * dayMs);
  for (const [index, pod] of ['aaaaa', 'bbbbb', 'ccccc', 'ddddd'].entries()) {
    const labels = { namespace: 'shop', pod: `web-6f7d-${pod}`, container: 'app' };
    const set = (name: string, valueAt: (ms: number) => number) =>
      prometheus.control.setHistory({ name, labels }, valueAt, from);
    const cores = index === 0 ? 0.4 : 0.2;
    set('container_cpu_usage_seconds_total', (ms) => (cores * ms) / 1000);
    set('container_memory_working_set_bytes', () => 256 * 2 ** 20);
    set('kube_pod_container_status_restarts_total', () => 1);
  }
}

const rightSize = (words: readonly string[], changes: Readonly<Record<string, string>> = {}) =>
  runHeadroom(['right-size', ...words], {
    HOME: directory,
    KUBECONFIG: join(directory, 'kubeconfig'),
    PROFILES_DIR: join(directory, 'profiles'),
    HEADROOM_CONFIG: join(directory, 'headroom.yaml'),
    PROMETHEUS_URL: prometheus.url,
    ...changes,
  });

describe('headroom right-size', () => {
  it('shows sizes that fit the use, what all pods cost, and what could not be sized', async () => {
    const { code, out, err } = await rightSize(['eshop']);
    expect([code, err]).toEqual([0, '']);
    expect(
      out.replaceAll(/\d{4}\/4032/g, 'SEEN/4032').replaceAll(/\d,\d{3} of/g, 'SEEN of'),
    ).toBe(`E-Shop

component  container  resource  advice  request       limit        samples    USD/month
web        app        CPU       lower   1000m → 480m  none         SEEN/4032  175.20 → 78.86
                      memory    lower   1Gi → 308Mi   2Gi → 616Mi  SEEN/4032

web: SEEN of 4,032 samples in 14d, one every 5m; Shop guide 1, Use
  CPU: p95 is 400m, 40 % of what it requests (below 50 %)
    p95 400m × 1.2 = 480m
    480m covers p99 of 400m → request 480m
  memory: p95 is 256Mi, 25 % of what it requests (below 50 %)
    p95 256Mi × 1.2 = 307.2Mi
    307.2Mi → request 308Mi
    limit 308Mi × 2 (limit to request as it is now) = 616Mi
  pods: CPU 25 %, memory 25 % of what is requested (below 30 %): 4 pods × 0.7, at least 3 → 3 pods; Shop guide 1, Pods
    4 → 3 pods, 175.20 → 131.40 USD/month
    either another size or another number of pods, not both at once
  autoscaler, CPU: 1000m × 70 % ÷ 480m = 145.833 %, which is no usable target: at 95 % it acts at 456m a pod instead of 700m, so more pods run
  note: autoscaler web decides how many pods run (2 to 10): for another number its bounds must change

Not sized:
  worker: there is no Deployment "worker" in namespace shop; there are web
`);
  });

  it('takes another window, and one component', async () => {
    const { out } = await rightSize(['eshop/web', '--window', '7d']);
    expect(out).toContain('samples in 7d, one every 5m');
    expect(out).not.toContain('worker');
  });

  it('prints the same for programs', async () => {
    const { code, out } = await rightSize(['eshop', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      system: 'eshop',
      components: [
        {
          component: 'web',
          rule: 'Shop guide 1, Use',
          after: { cpuRequestMillicores: 480, memoryRequestMi: 308, memoryLimitMi: 616 },
          costUsdPerMonth: { before: 175.2, after: 78.86 },
          replicas: { recommendation: 'lower', before: 4, after: 3, rule: 'Shop guide 1, Pods' },
        },
      ],
      problems: [{ component: 'worker', because: expect.stringContaining('there are web') }],
    });
  });

  it.each<[readonly string[], Readonly<Record<string, string>>, RegExp]>([
    [['eshp'], {}, /there is no system or profile "eshp"; did you mean "eshop"\?/],
    [['eshop/wbe'], {}, /eshop has no component "wbe"; did you mean "web"\?/],
    [['eshop', '--window', '14'], {}, /--window: "14" should be a duration/],
    [['shop'], {}, /shop is a profile.*headroom\.yaml.*KUBECONFIG.*PROMETHEUS_URL/],
    [['eshop'], { PROMETHEUS_URL: '' }, /no Prometheus is known for cluster main: set PROMETHEUS/],
    [['eshop'], { PROMETHEUS_URL: 'prometheus:9090' }, /should be an address/],
    [['eshop'], { KUBECONFIG: '' }, /\.kube\/config: there is no such file/],
    [[], {}, /missing required argument 'system'/],
  ])('%j with %j is misuse', async (words, env, says) => {
    const { code, out, err } = await rightSize(words, env);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(says);
    expect(err).not.toContain('    at ');
  });

  it.each<[string, readonly string[], () => void, RegExp]>([
    ['the only workload is missing', ['eshop/worker'], () => {}, /worker: there is no Deployment/],
    ['a system has no profile', ['mail'], () => {}, /mail: it has no profile/],
    [
      'the cluster does not answer',
      ['eshop'],
      () => cluster.control.injectFault({ status: 503, match: { method: 'GET' } }),
      /web: reading Deployment shop\/web.*\nworker: reading Deployment shop\/worker/,
    ],
  ])('fails when %s', async (_, words, prepare, says) => {
    prepare();
    const { code, out, err } = await rightSize(words);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(says);
  });

  it('keeps every size while Prometheus does not answer', async () => {
    const { code, out } = await rightSize(['eshop/web'], { PROMETHEUS_URL: 'http://127.0.0.1:9' });
    expect(code).toBe(0);
    expect(out).toMatch(/web +app +CPU +keep +1000m/);
    expect(out).toContain('nothing is known of the CPU it uses');
    expect(out).toContain('asking Prometheus: it cannot be reached');
  });
});
