// Checks the first profile of a live workload: its words, and that it parses whatever the cluster says.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FirstProfileFacts, firstProfile } from '../../src/profile/first-profile.ts';
import { parseProfile } from '../../src/profile/parse-profile.ts';
import type { ThroughputEstimate } from '../../src/sizing/estimate-throughput.ts';
import { cpuTarget, type LiveMetric, type LiveWorkload } from '../../src/sizing/live-workload.ts';
import { whatIf } from '../../src/sizing/what-if.ts';

const dayMs = 24 * 3_600_000;
const mark = ['TO', 'DO'].join('');

const workload: LiveWorkload = {
  ref: { cluster: 'main', namespace: 'shop', kind: 'Deployment', name: 'web' },
  replicas: 4,
  containers: [
    {
      name: 'app',
      size: {
        cpuRequestMillicores: 500,
        cpuLimitMillicores: 1000,
        memoryRequestMi: 512,
        memoryLimitMi: 1024,
      },
    },
  ],
  autoscalers: [
    {
      name: 'web',
      min: 3,
      max: 12,
      metrics: [
        { kind: 'share', resource: 'cpu', percent: 65 },
        { kind: 'pods', name: 'requests_per_second', average: 50 },
      ],
      up: {
        select: 'Max',
        windowSeconds: 60,
        policies: [
          { kind: 'percent', value: 100, periodSeconds: 30 },
          { kind: 'pods', value: 4, periodSeconds: 30 },
        ],
      },
      down: { select: 'Min', policies: [{ kind: 'percent', value: 25, periodSeconds: 60 }] },
    },
  ],
};
const estimate: ThroughputEstimate = {
  kind: 'estimated',
  perSecond: 42.37,
  low: 41.02,
  high: 43.72,
  rSquared: 0.931,
  residual: 3.24,
  samples: 4012,
  worth: 512.4,
  targetMillicores: 325,
  highestMillicores: 410,
};
const facts: FirstProfileFacts = {
  workload,
  container: 'app',
  readAt: new Date('2026-11-22T12:00:00Z'),
  windowMs: 14 * dayMs,
  cpuTarget: cpuTarget(workload, 'app'),
  throughput: estimate,
  rate: 'sum(rate(http_requests_total{namespace="$namespace"}[5m]))',
};

function parsed(changes: Partial<FirstProfileFacts> = {}) {
  const first = firstProfile({ ...facts, ...changes });
  const result = parseProfile(first.text, 'first.yaml');
  if (!result.ok)
    throw new Error(`${result.mistakes.map(({ message }) => message).join('\n')}\n${first.text}`);
  return { ...first, profile: result.value };
}

describe('a first profile', () => {
  it('says what runs, where each figure comes from, and what is left to decide', () => {
    expect(`\n${parsed().text}`.replaceAll(mark, 'OPEN')).toBe(`
# The first profile of Deployment shop/web, written on 2026-11-22 from the cluster and 14d of Prometheus.
# What is marked OPEN is not known or wants a decision. Check with: headroom profile validate FILE

profile: web
# OPEN: a title that people know it by
title: web
# OPEN: the document that says how it scales, once there is one
guide: What runs as shop/web, read on 2026-11-22

inputs:
  requests_per_second:
    type: number
    unit: requests/s
    required: true
    observe:
      promql: sum(rate(http_requests_total{namespace="$namespace"}[5m]))

components:
  web:
    workload: { kind: Deployment, namespace: shop, name: web, container: app }
    replicas: { min: 3, max: 12, baseline: 4, source: HorizontalPodAutoscaler web; baseline as it runs now }
    pod: { cpu: 500m, memory: 512Mi, cpuLimit: 1000m, memoryLimit: 1Gi, source: "Deployment web, container app" }
    # Between 41 and 43.7 with 95 % confidence, if work goes on to take CPU as it did.
    throughput: { value: 42.3, unit: requests/s, source: "Estimated at 325m CPU a pod (65 % of its request, by autoscaler web) by least squares: 95 % interval 41 to 43.7; R² 0.931, residual 3.24; 4012 samples in 14d, worth 512 independent ones" }
    autoscaling:
      hpa:
        name: web
        min: 3
        max: 12
        metrics:
          - { resource: cpu, percent: 65 }
          - { pods: requests_per_second, average: 50 }
      up: { percent: 100, pods: 4, periodSeconds: 30, select: Max, windowSeconds: 60 }
      down: { percent: 25, periodSeconds: 60, select: Min, windowSeconds: 300 }
      source: HorizontalPodAutoscaler web

sizings:
  - id: by-throughput
    source: Estimated throughput of one pod
    component: web
    replicas: max(3, ceil(requests_per_second / 42.3))
# OPEN: triggers: which alerts ask for more of it, how that is measured and where it should be
# OPEN: cost: what a core-hour and a GB-hour cost here
`);
  });

  it('is a profile that plans', () => {
    const { profile } = parsed();
    const component = profile.components.get('web');
    expect(component).toMatchObject({
      workload: { kind: 'Deployment', namespace: 'shop', name: 'web', container: 'app' },
      replicas: { min: 3, max: 12, baseline: 4 },
      pod: { cpuMillicores: 500, memoryMi: 512 },
      throughput: { value: 42.3, unit: 'requests/s', perMinute: 42.3 * 60 },
      autoscaling: {
        hpa: { name: 'web', min: 3, max: 12 },
        up: { percent: 100, pods: 4, periodSeconds: 30, select: 'Max', windowSeconds: 60 },
        // The autoscaler states no window: Kubernetes takes five minutes.
        down: { percent: 25, periodSeconds: 60, select: 'Min', windowSeconds: 300 },
      },
    });
    const replicas = (requests: number) => {
      const plan = whatIf(profile, new Map([['requests_per_second', String(requests)]]));
      return plan.kind === 'sized' ? plan.recommended?.components[0]?.replicas : plan.mistakes;
    };
    expect(replicas(400)).toBe(10);
    expect(replicas(1)).toBe(3);
  });
});

describe('what is not known', () => {
  const unknown = {
    throughput: { kind: 'unknown', because: '12 samples are there', samples: 12 },
    rate: undefined,
  } as const;

  it('of the throughput is a mark, and there is no sizing that would need it', () => {
    const { profile, text, open } = parsed(unknown);
    expect(profile.components.get('web')?.throughput).toBeUndefined();
    expect(profile.sizings).toEqual([]);
    expect(profile.inputs.size).toBe(0);
    expect(text).toContain(
      `    # ${mark}: throughput: what one pod gets done; 12 samples are there\n`,
    );
    for (const sentence of open) expect(text).toContain(`# ${mark}: ${sentence}`);
    expect(text.split(`# ${mark}:`)).toHaveLength(open.length + 1);
  });

  it('of limits of replicas are those that run, and marked', () => {
    const { profile, open } = parsed({ workload: { ...workload, autoscalers: [] } });
    expect(profile.components.get('web')?.replicas).toMatchObject({ min: 4, max: 4, baseline: 4 });
    expect(profile.components.get('web')?.autoscaling).toBeUndefined();
    expect(open).toContainEqual(expect.stringContaining('no autoscaler says them'));
  });

  it('of requests comes from use, else from the limit, else is the least there is, and is marked', () => {
    const bare = (size: LiveWorkload['containers'][number]['size']): LiveWorkload => ({
      ...workload,
      containers: [{ name: 'app', size }],
    });
    const podOf = (changes: Partial<FirstProfileFacts>) => {
      const { profile, open } = parsed({ ...unknown, ...changes });
      const pod = profile.components.get('web')?.pod;
      return { pod, marks: open.filter((each) => /^(CPU|memory):/.test(each)) };
    };
    const use = { cpuRequestMillicores: 120, memoryRequestMi: 300 };
    expect(podOf({ workload: bare({}), byUse: use })).toMatchObject({
      pod: { cpuMillicores: 120, memoryMi: 300 },
      marks: [expect.stringContaining('its use argues for'), expect.any(String)],
    });
    expect(
      podOf({ workload: bare({ cpuLimitMillicores: 900, memoryLimitMi: 800 }) }),
    ).toMatchObject({
      pod: { cpuMillicores: 900, memoryMi: 800 },
      marks: [expect.stringContaining('this is its limit'), expect.any(String)],
    });
    // Kubernetes takes no limit below its request, and neither does a profile.
    const tight = { workload: bare({ cpuLimitMillicores: 100, memoryLimitMi: 400 }), byUse: use };
    expect(podOf(tight).pod).toEqual({
      cpuMillicores: 120,
      memoryMi: 300,
      memoryLimitMi: 400,
      source: expect.any(String),
    });
    expect(parsed({ ...unknown, ...tight }).open).toContain(
      'CPU limit: it is 100m now, less than the request here; left out',
    );
    expect(podOf({ workload: bare({ cpuRequestMillicores: 0 }) })).toMatchObject({
      pod: { cpuMillicores: 1, memoryMi: 1 },
      marks: [expect.stringContaining('only keeps the file valid'), expect.any(String)],
    });
  });

  it('is what the autoscaler has and a profile cannot say', () => {
    const [autoscaler] = workload.autoscalers;
    if (autoscaler === undefined) throw new Error('there is one');
    const { open } = parsed({
      workload: {
        ...workload,
        autoscalers: [
          {
            ...autoscaler,
            metrics: [{ kind: 'other', words: 'Object requests 100' }],
            up: {
              select: 'Max',
              policies: [
                { kind: 'percent', value: 50, periodSeconds: 60 },
                { kind: 'pods', value: 2, periodSeconds: 30 },
              ],
            },
          },
          { ...autoscaler, name: 'web-2' },
        ],
      },
    });
    expect(open).toContain(
      'the autoscaler also looks at Object requests 100, which a profile cannot say',
    );
    expect(open).toContain(
      'several autoscalers for one workload disable each other; not in here: web-2',
    );
    expect(open).toContainEqual(expect.stringContaining('the autoscaler has 1 of another'));
  });

  it('is how a pod behaves above what was seen', () => {
    const { open } = parsed({ throughput: { ...estimate, highestMillicores: 250 } });
    expect(open).toContainEqual(expect.stringContaining('a load test: no pod ran above 250m CPU'));
  });
});

describe('the CPU a pod is meant to run at', () => {
  it('is what the autoscaler aims at, else seven tenths, and never above the limit', () => {
    expect(cpuTarget(workload, 'app')).toEqual({
      millicores: 325,
      words: '65 % of its request, by autoscaler web',
    });
    expect(cpuTarget({ ...workload, autoscalers: [] }, 'app')?.millicores).toBe(350);
    const tight = [{ name: 'app', size: { cpuRequestMillicores: 500, cpuLimitMillicores: 300 } }];
    expect(cpuTarget({ ...workload, containers: tight }, 'app')?.millicores).toBe(300);
    expect(
      cpuTarget({ ...workload, containers: [{ name: 'app', size: {} }] }, 'app'),
    ).toBeUndefined();
  });
});

describe('whatever the cluster says', () => {
  const whole = (max: number) => fc.integer({ min: 0, max });
  const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
  const name = fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,80}[a-z0-9])?$/);
  const words = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom('a\nb: c', '# d', '- e', '{', 'null', '1e3', 'on'),
  );
  const size = fc
    .record({
      cpu: maybe(whole(1e5)),
      cpuMax: maybe(whole(1e5)),
      memory: maybe(whole(1e6)),
      memoryMax: maybe(whole(1e6)),
    })
    .map(({ cpu, cpuMax, memory, memoryMax }) => ({
      ...(cpu !== undefined && { cpuRequestMillicores: cpu }),
      ...(cpuMax !== undefined && { cpuLimitMillicores: cpuMax }),
      ...(memory !== undefined && { memoryRequestMi: memory }),
      ...(memoryMax !== undefined && { memoryLimitMi: memoryMax }),
    }));
  const average = fc.oneof(fc.double({ min: 0, max: 1e12, noNaN: true }), whole(1000));
  const resource = fc.constantFrom('cpu' as const, 'memory' as const);
  const metric: fc.Arbitrary<LiveMetric> = fc.oneof(
    fc.record({ kind: fc.constant('share' as const), resource, percent: whole(2000) }),
    fc.record({
      kind: fc.constant('share' as const),
      resource,
      percent: whole(2000),
      container: name,
    }),
    fc.record({ kind: fc.constant('pods' as const), name: words, average }),
    fc.record({ kind: fc.constant('external' as const), name: words, average }),
    fc.record({ kind: fc.constant('other' as const), words }),
  );
  const behaviour = fc
    .record({
      select: fc.constantFrom('Max' as const, 'Min' as const, 'Disabled' as const),
      windowSeconds: maybe(whole(3600)),
      policies: fc.array(
        fc.record({
          kind: fc.constantFrom('pods' as const, 'percent' as const),
          value: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
          periodSeconds: fc.integer({ min: 1, max: 1800 }),
        }),
        { maxLength: 4 },
      ),
    })
    .map(({ windowSeconds, ...rest }) => ({
      ...rest,
      ...(windowSeconds !== undefined && { windowSeconds }),
    }));
  const autoscaler = fc
    .record({
      name,
      min: whole(2 ** 31 - 1),
      more: whole(1e6),
      metrics: fc.array(metric, { maxLength: 30, size: 'max' }),
      up: maybe(behaviour),
      down: maybe(behaviour),
    })
    .map(({ min, more, up, down, ...rest }) => ({
      ...rest,
      min,
      max: min + more,
      ...(up && { up }),
      ...(down && { down }),
    }));
  const amount = fc.double({ min: 1e-9, max: 1e12, noNaN: true });
  const throughput: fc.Arbitrary<ThroughputEstimate> = fc.oneof(
    fc.record({ kind: fc.constant('unknown' as const), because: words, samples: whole(4032) }),
    fc.record({
      kind: fc.constant('estimated' as const),
      perSecond: amount,
      low: amount,
      high: amount,
      rSquared: fc.double({ min: 0, max: 1, noNaN: true }),
      residual: fc.double({ min: 0, max: 1e12, noNaN: true }),
      samples: whole(4032),
      worth: amount,
      targetMillicores: amount,
      highestMillicores: amount,
    }),
  );
  const clusters = fc.record({
    namespace: fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/),
    name,
    replicas: whole(2 ** 31 - 1),
    containers: fc.uniqueArray(fc.record({ name, size }), {
      minLength: 1,
      maxLength: 3,
      selector: (each) => each.name,
    }),
    autoscalers: fc.array(autoscaler, { maxLength: 2 }),
    throughput,
    rate: maybe(fc.constantFrom('sum(rate(x[5m]))', 'sum(\n  rate(x{a="b#: c"}[5m])\n)')),
    byUse: maybe(size),
  });

  it('the text parses as a profile, and every mark is in it', () => {
    fc.assert(
      fc.property(
        clusters,
        ({ namespace, name: called, replicas, containers, autoscalers, ...rest }) => {
          const live: LiveWorkload = {
            ref: { cluster: 'main', namespace, kind: 'Deployment', name: called },
            replicas,
            containers,
            autoscalers,
          };
          const container = containers[0]?.name ?? '';
          const { profile, open, text } = parsed({
            ...rest,
            workload: live,
            container,
            cpuTarget: cpuTarget(live, container),
          });
          expect(text.split(`# ${mark}: `)).toHaveLength(open.length + 1);
          const [component] = profile.components.values();
          expect(component?.workload).toEqual({
            kind: 'Deployment',
            namespace,
            name: called,
            container,
          });
          const estimated = rest.throughput.kind === 'estimated';
          expect(component?.throughput !== undefined).toBe(estimated);
          if (rest.throughput.kind === 'estimated') {
            const { value } = component?.throughput ?? { value: 0 };
            expect(value).toBeLessThanOrEqual(rest.throughput.perSecond * (1 + 1e-9));
            expect(value).toBeGreaterThan(rest.throughput.perSecond * 0.98);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
