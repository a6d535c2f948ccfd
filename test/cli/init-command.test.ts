// `headroom profile init` as it ships: the built bundle against the sandbox's cluster and Prometheus.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../../sandbox/cluster/server.ts';
import { type RunningPrometheus, startPrometheus } from '../../sandbox/prometheus/server.ts';
import { parseProfile } from '../../src/profile/parse-profile.ts';
import { runHeadroom } from '../run-headroom.ts';

const mark = ['TO', 'DO'].join('');
const dayMs = 24 * 3_600_000;
let cluster: Cluster;
let prometheus: RunningPrometheus;
let directory: string;

beforeAll(async () => {
  cluster = await startCluster({ autoTick: false });
  prometheus = await startPrometheus({ scrapeIntervalMs: 60_000 });
  directory = await mkdtemp(join(tmpdir(), 'headroom-init-'));
  await writeFile(join(directory, 'kubeconfig'), cluster.kubeconfig());
  const labels = { app: 'web' };
  cluster.control.seed([
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        replicas: 3,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            containers: [
              {
                name: 'app',
                image: 'web:1',
                resources: { requests: { cpu: '400m', memory: '256Mi' } },
              },
            ],
          },
        },
      },
    },
  ]);
  // One pod with 30 to 90 requests a second over the day, each of 4 ms of CPU.
  const requests = (ms: number) =>
    (60 * ms) / 1000 - ((30 * dayMs) / (2000 * Math.PI)) * Math.sin((2 * Math.PI * ms) / dayMs);
  const from = new Date(Date.now() - 14 * dayMs);
  const pod = { namespace: 'shop', pod: 'web-6f7d-aaaaa', container: 'app' };
  prometheus.control.setHistory({ name: 'http_requests_total', labels: pod }, requests, from);
  const cpu = { name: 'container_cpu_usage_seconds_total', labels: pod };
  prometheus.control.setHistory(cpu, (ms) => 0.004 * requests(ms), from);
}, 60_000);
afterAll(async () => {
  await Promise.all([cluster.stop(), prometheus.stop()]);
  await rm(directory, { recursive: true, force: true });
});

const init = (words: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runHeadroom(['profile', 'init', ...words], {
    HOME: directory,
    KUBECONFIG: join(directory, 'kubeconfig'),
    ...env,
  });

describe('headroom profile init', () => {
  it('writes a profile that parses, and says what is open', async () => {
    const words = ['--from-cluster', 'shop/web', '--prometheus', prometheus.url];
    const { code, out, err } = await init(words);
    expect(code).toBe(0);
    const parsed = parseProfile(out, 'first.yaml');
    if (!parsed.ok) throw new Error(parsed.mistakes.map(({ message }) => message).join('\n'));
    const component = parsed.value.components.get('web');
    // 70 % of 400m are 280m, 4 ms each.
    expect(component?.throughput?.value).toBeGreaterThan(69.5);
    expect(component?.throughput?.value).toBeLessThanOrEqual(70);
    expect(component?.replicas).toMatchObject({ min: 3, max: 3, baseline: 3 });
    expect(err).toMatch(/^Still open in this profile:\n {2}.*\n/);
    expect(err.trim().split('\n')).toHaveLength(out.split(`# ${mark}: `).length);
  });

  it('takes Prometheus from the environment, and does without it', async () => {
    const asked = prometheus.control.queries().length;
    const words = ['--from-cluster', 'shop/web', '--window', '7d'];
    expect((await init(words, { PROMETHEUS_URL: prometheus.url })).out).toContain('in 7d');
    expect(prometheus.control.queries().length).toBeGreaterThan(asked);
    const { code, out, err } = await init(words);
    expect([code, parseProfile(out, 'first.yaml').ok]).toEqual([0, true]);
    expect(err).toContain('nobody said where Prometheus is');
    const away = await init([...words, '--prometheus', 'http://127.0.0.1:9']);
    expect(away.code).toBe(0);
    expect(away.err).toContain('asking Prometheus: it cannot be reached');
  });

  it.each([
    [[], /required option '--from-cluster/],
    [['--from-cluster', 'web'], /"web" should be NAMESPACE\/DEPLOYMENT/],
    [['--from-cluster', 'shop/web/app'], /should be NAMESPACE\/DEPLOYMENT/],
    [['--from-cluster', 'shop/Web'], /should be NAMESPACE\/DEPLOYMENT/],
    [
      ['--from-cluster', 'shop/wbe'],
      /there is no Deployment "wbe" in namespace shop; did you mean "web"\?/,
    ],
    [['--from-cluster', 'shop/web', '--container', 'ap'], /no container "ap"; did you mean "app"/],
    [['--from-cluster', 'shop/web', '--window', '14'], /--window: "14" should be a duration/],
    [['--from-cluster', 'shop/web', '--rate', 'x{a="$namspace"}'], /did you mean "namespace"/],
    [['--from-cluster', 'shop/web', '--prometheus', 'prometheus:9090'], /should be an address/],
    [
      ['--from-cluster', 'shop/web', '--context', 'prod'],
      /--context: the kubeconfig has no context/,
    ],
  ] as const)('of %j is misuse', async (words, says) => {
    const { code, out, err } = await init(words);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(says);
    expect(err).not.toContain('    at ');
  });

  it('says which kubeconfig it looked for', async () => {
    const { code, err } = await init(['--from-cluster', 'shop/web'], { KUBECONFIG: '' });
    expect(code).toBe(2);
    expect(err).toContain('.kube/config: there is no such file');
  });

  it('fails when the cluster does not answer', async () => {
    cluster.control.injectFault({ status: 503, match: { method: 'GET' } });
    const { code, out, err } = await init(['--from-cluster', 'shop/web']);
    cluster.control.clearFaults();
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('reading Deployment shop/web');
  });
});
