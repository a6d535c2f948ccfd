// Checks the draft of a first profile from a live workload, on the sandbox's cluster and Prometheus with two weeks of a past.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../sandbox/cluster/json.ts';
import { type Cluster, startCluster } from '../../sandbox/cluster/server.ts';
import { type RunningPrometheus, startPrometheus } from '../../sandbox/prometheus/server.ts';
import { createCounters } from '../../src/adapters/counters.ts';
import { createWorkloadReader } from '../../src/adapters/kubernetes-live.ts';
import { createMetrics, createSeriesReader } from '../../src/adapters/prometheus.ts';
import { parseProfile } from '../../src/profile/parse-profile.ts';
import {
  type DraftParts,
  type DraftQuestion,
  draftProfile,
} from '../../src/workflow/draft-profile.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const nowMs = Date.UTC(2026, 10, 22, 12);
const clock = { now: () => new Date(nowMs), sleep: async () => {} };
const question: DraftQuestion = {
  ref: { cluster: 'main', namespace: 'shop', kind: 'Deployment', name: 'web' },
  windowMs: 14 * dayMs,
};

let cluster: Cluster;
let prometheus: RunningPrometheus;
let directory: string;
let parts: DraftParts;

beforeAll(async () => {
  cluster = await startCluster({ autoTick: false });
  directory = await mkdtemp(join(tmpdir(), 'headroom-draft-'));
  await writeFile(join(directory, 'kubeconfig'), cluster.kubeconfig());
});
afterAll(async () => {
  await cluster.stop();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  cluster.control.reset();
  prometheus = await startPrometheus({ clock, scrapeIntervalMs: minuteMs });
  const { url } = prometheus;
  parts = {
    readWorkload: createWorkloadReader({ id: 'main' }, join(directory, 'kubeconfig')),
    prometheus: {
      readSeries: createSeriesReader({ url }),
      metricsOf: () => createMetrics({ url }),
    },
    clock,
    counters: createCounters().counters,
  };
});
afterEach(() => prometheus.stop());

const usual = { requests: { cpu: '500m', memory: '512Mi' }, limits: { memory: '1Gi' } };

function seed(resources: JsonObject = usual, containers: readonly string[] = ['app']): void {
  const labels = { app: 'web' };
  cluster.control.seed([
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: containers.map((name) => ({ name, image: 'web:1', resources })) },
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
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } },
          },
        ],
      },
    },
  ]);
}

/** Two pods of 40 to 100 requests a second over the day, each request taking 4 ms of CPU beside 20m when idle. */
function setLoad(counter = 'http_requests_total', days = 14): void {
  const from = new Date(nowMs - days * dayMs);
  for (const pod of ['web-6f7d-aaaaa', 'web-6f7d-bbbbb']) {
    const labels = { namespace: 'shop', pod, container: 'app' };
    // The integral of 70 - 30 cos over the day.
    const requests = (ms: number) =>
      (70 * ms) / 1000 -
      ((30 * dayMs) / (2 * Math.PI * 1000)) * Math.sin((2 * Math.PI * ms) / dayMs);
    const { control } = prometheus;
    control.setHistory({ name: counter, labels: { namespace: 'shop', pod } }, requests, from);
    control.setHistory(
      { name: 'container_cpu_usage_seconds_total', labels },
      (ms) => 0.02 * (ms / 1000) + 0.004 * requests(ms),
      from,
    );
    control.setHistory(
      { name: 'container_memory_working_set_bytes', labels },
      () => 300 * 2 ** 20,
      from,
    );
  }
}

async function draft(changes: Partial<DraftQuestion> = {}, other: Partial<DraftParts> = {}) {
  const answer = await draftProfile({ ...question, ...changes }, { ...parts, ...other });
  if (answer.kind === 'misuse') throw new Error(answer.because);
  const parsed = parseProfile(answer.text, 'first.yaml');
  if (!parsed.ok) throw new Error(parsed.mistakes.map(({ message }) => message).join('\n'));
  return { ...answer, profile: parsed.value, component: parsed.value.components.get('web') };
}

/** The words of a question that cannot be answered. */
async function refusal(changes: Partial<DraftQuestion>): Promise<string> {
  const answer = await draftProfile({ ...question, ...changes }, parts);
  if (answer.kind === 'drafted') throw new Error('it was drafted');
  return answer.because;
}

describe('the draft', () => {
  it('estimates what a pod does at the autoscaler’s target', async () => {
    seed();
    setLoad();
    const { component, profile } = await draft();
    // 60 % of 500m are 300m: 20m idle and 280m for 70 requests of 4 ms.
    expect(component?.throughput).toMatchObject({ unit: 'requests/s' });
    expect(component?.throughput?.value).toBeGreaterThan(69.5);
    expect(component?.throughput?.value).toBeLessThanOrEqual(70);
    expect(component?.throughput?.source).toMatch(
      /at 300m CPU a pod \(60 % of its request, by autoscaler web\).*95 % interval.*R² 1,.*40\d\d samples in 14d/,
    );
    expect(component).toMatchObject({
      replicas: { min: 2, max: 10, baseline: 2 },
      pod: { cpuMillicores: 500, memoryMi: 512, memoryLimitMi: 1024 },
    });
    expect(profile.inputs.get('requests_per_second')?.observe).toEqual({
      promql:
        'sum(rate(http_requests_total{namespace="$namespace",pod=~"$workload-[a-z0-9]+-[a-z0-9]+"}[5m]))',
    });
  });

  it('finds other usual counters, and takes a given rate', async () => {
    seed();
    setLoad('http_server_requests_seconds_count');
    expect((await draft()).component?.throughput?.value).toBeGreaterThan(69.5);
    // Half of the requests are as many per pod as there are, when only one pod is asked about.
    const rate = 'sum(rate(http_server_requests_seconds_count{namespace="$namespace"}[5m])) / 2';
    const { component, profile } = await draft({ rate });
    expect(component?.throughput?.value).toBeCloseTo(35, 0);
    expect(profile.inputs.get('requests_per_second')?.observe).toEqual({ promql: rate });
  });

  it('asks Prometheus at most a handful of questions', async () => {
    seed();
    setLoad();
    await draft();
    expect(prometheus.control.queries().length).toBeLessThanOrEqual(6);
  });

  it('takes requests that are not set from use', async () => {
    seed({});
    setLoad();
    const { component, open } = await draft();
    // p95 of 418m and a fifth; 300Mi and a fifth.
    expect(component?.pod.cpuMillicores).toBeGreaterThan(480);
    expect(component?.pod.cpuMillicores).toBeLessThan(510);
    expect(component?.pod.memoryMi).toBe(360);
    expect(open).toContainEqual(expect.stringContaining('CPU: the container requests none'));
    expect(open).toContainEqual(expect.stringContaining('requests no CPU, so it is not known'));
  });
});

describe('without', () => {
  it.each<[string, () => void, Partial<DraftQuestion>, RegExp]>([
    ['such requests', () => {}, {}, /no such series \(http_requests_total, .*give .* --rate/],
    [
      'such a rate',
      () => setLoad(),
      { rate: 'sum(nothing)' },
      /no such series \(the given --rate\)/,
    ],
    [
      'one rate',
      () => setLoad(),
      { rate: 'rate(http_requests_total[5m])' },
      /2 series, expected one/,
    ],
    ['enough samples', () => setLoad('http_requests_total', 0.5), {}, /at least 288 are needed/],
    [
      'a Prometheus that answers',
      () => prometheus.control.fault({ status: 503 }),
      {},
      /asking Prometheus: it is not available/,
    ],
    ['PromQL', () => setLoad(), { rate: 'sum(' }, /refuses the query/],
  ])(
    '%s there is a draft without throughput, and it says why',
    async (_, prepare, changes, why) => {
      seed();
      prepare();
      const { component, profile, open } = await draft(changes);
      expect(component?.pod.cpuMillicores).toBe(500);
      expect(component?.throughput).toBeUndefined();
      expect(profile.sizings).toEqual([]);
      expect(open).toContainEqual(expect.stringMatching(why));
    },
  );

  it('an address of Prometheus there is a draft without throughput', async () => {
    seed();
    const { prometheus: _, ...without } = parts;
    const answer = await draftProfile(question, without);
    expect(answer).toMatchObject({
      kind: 'drafted',
      open: expect.arrayContaining([expect.stringContaining('--prometheus or PROMETHEUS_URL')]),
    });
  });
});

describe('a name that leads nowhere', () => {
  it('gets the nearest Deployment, or those there are', async () => {
    seed();
    const of = (name: string, namespace = 'shop') =>
      refusal({ ref: { ...question.ref, name, namespace } });
    expect(await of('wbe')).toBe(
      'there is no Deployment "wbe" in namespace shop; did you mean "web"?',
    );
    expect(await of('checkout')).toBe(
      'there is no Deployment "checkout" in namespace shop; there are web',
    );
    expect(await of('web', 'shp')).toBe('there is no Deployment "web" in namespace shp');
  });

  it('of a container gets the nearest one, and several want a choice', async () => {
    seed(usual, ['app', 'proxy']);
    expect(await refusal({})).toBe(
      'Deployment shop/web has several containers, choose one: app, proxy',
    );
    expect(await refusal({ container: 'aap' })).toBe(
      'Deployment shop/web has no container "aap"; did you mean "app"?',
    );
    expect(await refusal({ container: 'nginx' })).toContain('; it has app, proxy');
    const { component, text } = await draft({ container: 'proxy' });
    expect(component?.workload.container).toBe('proxy');
    expect(text).toContain('# Its pods have other containers, which are not in here: app');
  });
});
