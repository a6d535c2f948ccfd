// Checks what is asked of Prometheus about a container's use, on the stand-in with two weeks of a past.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningPrometheus, startPrometheus } from '../../sandbox/prometheus/server.ts';
import { createCounters } from '../../src/adapters/counters.ts';
import { createMetrics } from '../../src/adapters/prometheus.ts';
import { rightSize } from '../../src/sizing/right-size.ts';
import {
  observeAverageUse,
  observeUsage,
  type UsageQuestion,
} from '../../src/workflow/observe-usage.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const nowMs = Date.UTC(2026, 10, 22, 12);
const clock = { now: () => new Date(nowMs), sleep: async () => {} };
const daysAgo = (days: number) => new Date(nowMs - days * dayMs);

const names = { namespace: 'shop', workload: 'worker', container: 'app' };
const question: UsageQuestion = { cluster: 'main', kind: 'Deployment', names };
const pods = { busy: 'worker-6f7d-abcde', quiet: 'worker-6f7d-fghij' } as const;

let prometheus: RunningPrometheus;
beforeEach(async () => {
  prometheus = await startPrometheus({ clock, scrapeIntervalMs: minuteMs });
});
afterEach(() => prometheus.stop());

function observe(changes: Partial<UsageQuestion> = {}) {
  const metrics = createMetrics({ url: prometheus.url });
  const { counters } = createCounters();
  return observeUsage({ ...question, ...changes }, { metricsOf: () => metrics, clock, counters });
}

const labelsOf = (pod: string) => ({ namespace: 'shop', pod, container: 'app' });

/** Cores used until a time; the counter is their integral. A tenth of each day is three times as busy. */
function coresUsed(cores: number): (ms: number) => number {
  return (ms) => {
    const days = Math.floor(ms / dayMs);
    const share = ms / dayMs - days;
    const busy = Math.max(0, share - 0.9);
    return (cores * dayMs * (days * 1.2 + share + 2 * busy)) / 1000;
  };
}

function setUse(days = 14): void {
  const { control } = prometheus;
  const from = daysAgo(days);
  const counter = (name: string, pod: string, count: (ms: number) => number) =>
    control.setHistory({ name, labels: labelsOf(pod) }, count, from);
  for (const [pod, cores] of [
    [pods.busy, 0.2],
    [pods.quiet, 0.1],
  ] as const) {
    counter('container_cpu_usage_seconds_total', pod, coresUsed(cores));
    counter('container_cpu_cfs_periods_total', pod, (ms) => ms / 100);
    counter('container_cpu_cfs_throttled_periods_total', pod, (ms) =>
      pod === pods.busy ? ms / 1000 : 0,
    );
    counter('kube_pod_container_status_restarts_total', pod, () => 3);
    counter('container_memory_working_set_bytes', pod, (ms) =>
      // A peak of less than a step, three minutes after a full hour six days ago.
      pod === pods.quiet && Math.abs(ms - daysAgo(6).getTime() - 3 * minuteMs) < 1
        ? 900 * 2 ** 20
        : 600 * 2 ** 20,
    );
  }
}

describe('the use of a container', () => {
  it('is that of its busiest pod, with the largest memory between two steps', async () => {
    setUse();
    const usage = await observe();
    expect(usage).toMatchObject({
      windowMs: 14 * dayMs,
      stepMs: 5 * minuteMs,
      samplesExpected: 4032,
      missing: [],
      restarts: 0,
    });
    expect(usage.cpu.p95).toBeCloseTo(600, 3);
    expect(usage.cpu.p99).toBeCloseTo(600, 3);
    expect(usage.memory.maximum).toBe(900);
    expect(usage.cpu.samplesSeen).toBeGreaterThan(4020);
    expect(usage.cpu.samplesSeen).toBeLessThanOrEqual(4032);
    expect(usage.throttledShare).toBeCloseTo(0.05, 6);
  });

  it('asks at most six questions, each of one workload', async () => {
    setUse();
    await observe();
    const asked = prometheus.control.queries();
    expect(asked).toHaveLength(6);
    for (const { query } of asked) expect(query).toContain('pod=~"worker-[a-z0-9]+-[a-z0-9]+"');
  });

  it('asks for another percentile, and for memory where there is no CPU limit to ask about', async () => {
    setUse();
    const usage = await observe({ percentile: 50, cpuLimited: false });
    expect(usage.cpu.p50).toBeCloseTo(200, 3);
    expect(usage.memory.p50).toBe(600);
    expect(usage).not.toHaveProperty('throttledShare');
    expect(prometheus.control.queries()).toHaveLength(6);
  });

  it('takes longer steps in a longer window', async () => {
    setUse();
    expect(await observe({ windowMs: 30 * dayMs })).toMatchObject({
      stepMs: 11 * minuteMs,
      samplesExpected: 3927,
    });
  });

  it('names pods of a StatefulSet as such', async () => {
    prometheus.control.setHistory(
      { name: 'container_memory_working_set_bytes', labels: labelsOf('worker-0') },
      () => 2 ** 20,
      daysAgo(1),
    );
    expect((await observe({ kind: 'StatefulSet' })).memory.maximum).toBe(1);
    expect((await observe()).memory.maximum).toBeUndefined();
  });
});

describe('the average use', () => {
  const average = () => {
    const metrics = createMetrics({ url: prometheus.url });
    const { counters } = createCounters();
    return observeAverageUse(question, { metricsOf: () => metrics, clock, counters });
  };

  it('is that of all pods over the window, for two questions more', async () => {
    setUse();
    const { cpuMillicores, memoryMi, missing } = await average();
    // Cores of 0.2 and 0.1, three times as many in a tenth of each day.
    expect(cpuMillicores).toBeCloseTo(180, 0);
    expect(memoryMi).toBeCloseTo(600, 6);
    expect(missing).toEqual([]);
    expect(prometheus.control.queries()).toHaveLength(2);
  });

  it('is missing with the reason where nothing was measured', async () => {
    expect(await average()).toEqual({
      missing: ['average CPU, average memory: Prometheus has no such series now'],
    });
  });
});

describe('what is not there', () => {
  it('is missing with the reason, once for all that it is the reason of', async () => {
    const usage = await observe();
    expect(usage).toMatchObject({ cpu: {}, memory: {} });
    expect(usage).not.toHaveProperty('restarts');
    expect(usage.missing).toEqual([
      'CPU p95, CPU p99, largest memory, number of samples, restarts, throttling: Prometheus has no such series now',
    ]);
  });

  it('is missing when Prometheus is away', async () => {
    prometheus.control.fault({ status: 503 });
    expect((await observe()).missing).toEqual([
      expect.stringContaining('asking Prometheus: it is not available'),
    ]);
  });

  it('keeps a young workload at its size, and an old one gets its own', async () => {
    const now = {
      cpuRequestMillicores: 2000,
      cpuLimitMillicores: 4000,
      memoryRequestMi: 4096,
      memoryLimitMi: 8192,
    };
    setUse(5);
    const young = rightSize({ container: 'app', usage: await observe(), now });
    expect(young.after).toEqual(now);
    expect(young.cpu.because).toContain('80 % are needed');
    setUse(14);
    const old = rightSize({ container: 'app', usage: await observe(), now });
    expect(old.after).toEqual({
      cpuRequestMillicores: 720,
      cpuLimitMillicores: 4000,
      memoryRequestMi: 1080,
      memoryLimitMi: 2160,
    });
  });
});
