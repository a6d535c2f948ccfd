// What new requests write: limits in their ratio, missing maps as a whole, the autoscaler's target, and the safe order.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PatchChange } from '../../src/change/change.ts';
import type { SeenObject, VerticalAutoscaler } from '../../src/change/compare.ts';
import { assembleCommandPlan, type CommandFacts } from '../../src/plan/assemble-command.ts';
import type { PodRequests } from '../../src/plan/choose-resize.ts';
import type { Step } from '../../src/plan/step.ts';
import {
  componentOf,
  makeAlertFacts,
  makeAutoscalerState,
  makeClusterState,
  makeSeenAutoscaler,
  makeSeenDeployment,
  makeWorkload,
  makeWorkloadState,
  now,
  people,
} from '../make.ts';

const here = '/spec/template/spec/containers/0/resources';
const name = { id: 'p-0abcd', revision: 1 };

interface Given {
  readonly requests: PodRequests;
  readonly replicas?: number;
  readonly resources?: Readonly<Record<string, unknown>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly metrics?: readonly unknown[];
  readonly vertical?: VerticalAutoscaler;
  readonly over?: Partial<CommandFacts>;
}

function draw({ requests, replicas, resources, spec, metrics, vertical, over }: Given) {
  const { system, component, workload } = makeAlertFacts();
  const objects: SeenObject[] = [makeSeenDeployment(resources, spec)];
  if (metrics !== undefined) objects.push(makeSeenAutoscaler(metrics));
  const facts: CommandFacts = {
    system,
    component,
    workload,
    cluster: makeClusterState({
      workload: makeWorkloadState({ podCpuMillicores: 2000, podMemoryMi: 4096 }),
      ...(metrics && { autoscaler: makeAutoscalerState() }),
      objects,
      ...(vertical && { vertical }),
    }),
    now,
    requests,
    ...(replicas !== undefined && { replicas }),
    origin: { kind: 'command', commandId: 'c-1', by: people.eve },
    ...over,
  };
  return assembleCommandPlan(facts, name);
}

function planOf(given: Given) {
  const drawn = draw(given);
  if (drawn.kind === 'refused') throw new Error(drawn.because);
  return drawn.plan;
}

function refusal(given: Given): string {
  const drawn = draw(given);
  return drawn.kind === 'refused' ? drawn.because : 'not refused';
}

/** The worker's pods with something beside its container. */
function templateOf(more: Readonly<Record<string, unknown>>) {
  const containers = [{ name: 'worker', resources: { requests: { cpu: '2', memory: '4Gi' } } }];
  return { template: { spec: { containers, ...more } } };
}

const written = ({ steps }: { readonly steps: readonly Step[] }) =>
  steps.flatMap((change) =>
    change.kind === 'patch'
      ? change.fields.map(({ pointer, before, after }) => [
          pointer.replace(`${here}/`, ''),
          before,
          after,
        ])
      : [],
  );

describe('the template', () => {
  it('keeps the ratio between limit and request, in the text the server keeps', () => {
    const resources = {
      requests: { cpu: '2', memory: '4Gi' },
      limits: { cpu: '4', memory: '6Gi' },
    };
    const plan = planOf({ requests: { cpuMillicores: 3000, memoryMi: 5120 }, resources });
    expect(plan.steps).toHaveLength(1);
    expect(written(plan)).toEqual([
      ['requests/cpu', '2', '3'],
      ['requests/memory', '4Gi', '5Gi'],
      ['limits/cpu', '4', '6'],
      ['limits/memory', '6Gi', '7680Mi'],
    ]);
    expect(plan.decrease).toBe(false);
    expect(plan.requests).toEqual({
      container: 'worker',
      before: { cpuMillicores: 2000, memoryMi: 4096 },
      after: { cpuMillicores: 3000, memoryMi: 5120 },
    });
    expect(plan.cost?.afterUsdPerMonth).toBeGreaterThan(plan.cost?.beforeUsdPerMonth ?? 0);
  });

  it('gets no limit where it has a request and none, and says so', () => {
    const plan = planOf({ requests: { cpuMillicores: 3000 } });
    expect(written(plan)).toEqual([['requests/cpu', '2', '3']]);
    expect(plan.notes).toContain('It has no cpu limit, and gets none.');
  });

  it('writes a map that is not there as a whole, with limits by the profile’s factor', () => {
    const component = {
      ...componentOf(makeAlertFacts().system.profile, 'worker'),
      limitFactor: { value: 2, source: 'the guide' },
    };
    const plan = planOf({
      requests: { cpuMillicores: 500, memoryMi: 1024 },
      resources: {},
      over: { component },
    });
    expect(written(plan)).toEqual([
      ['requests', undefined, { cpu: '500m', memory: '1Gi' }],
      ['limits', undefined, { cpu: '1', memory: '2Gi' }],
    ]);
    // A limit where none was takes something away.
    expect(plan.decrease).toBe(true);
  });

  it('is a decrease when any request or limit goes down', () => {
    expect(planOf({ requests: { cpuMillicores: 1000 } }).decrease).toBe(true);
    expect(planOf({ requests: { cpuMillicores: 3000, memoryMi: 1024 } }).decrease).toBe(true);
  });

  it('never gets a limit below its request', () => {
    const millicores = fc.integer({ min: 1, max: 64_000 });
    fc.assert(
      fc.property(millicores, millicores, millicores, (asked, request, more) => {
        fc.pre(asked !== request);
        const resources = {
          requests: { cpu: `${request}m` },
          limits: { cpu: `${request + more}m` },
        };
        const fields = new Map(
          written(planOf({ requests: { cpuMillicores: asked }, resources })).map(
            ([pointer, , after]) => [pointer, after],
          ),
        );
        const parse = (text: unknown) =>
          String(text).endsWith('m') ? Number.parseInt(String(text), 10) : Number(text) * 1000;
        const limit = fields.get('limits/cpu') ?? `${request + more}m`;
        expect(parse(limit)).toBeGreaterThanOrEqual(parse(fields.get('requests/cpu')));
      }),
    );
  });
});

describe('the order', () => {
  const kinds = ({ steps }: { readonly steps: readonly Step[] }) =>
    steps.map((change) => (change.kind === 'patch' ? change.object.kind : change.kind));
  const cpu = (percent: number) => ({
    type: 'Resource',
    resource: {
      name: 'cpu',
      target: { type: 'Utilization', averageUtilization: percent },
    },
  });

  it('is the template, then the replicas', () => {
    expect(kinds(planOf({ requests: { cpuMillicores: 3000 }, replicas: 8 }))).toEqual([
      'Deployment',
      'scale',
    ]);
    expect(kinds(planOf({ requests: { cpuMillicores: 3000 }, replicas: 4 }))).toEqual([
      'Deployment',
      'scale',
    ]);
  });

  it('is the replicas first where pods become smaller and more', () => {
    expect(kinds(planOf({ requests: { cpuMillicores: 1000 }, replicas: 8 }))).toEqual([
      'scale',
      'Deployment',
    ]);
  });

  it('lowers an autoscaler’s target before the pods grow, and raises it after they have shrunk', () => {
    const grown = planOf({ requests: { cpuMillicores: 2500 }, metrics: [cpu(70)] });
    expect(kinds(grown)).toEqual(['HorizontalPodAutoscaler', 'Deployment']);
    expect((grown.steps[0] as PatchChange).fields).toEqual([
      {
        pointer: '/spec/metrics/0/resource/target/averageUtilization',
        what: 'cpu target in percent',
        before: 70,
        after: 56,
      },
    ]);
    expect((grown.steps[0] as PatchChange).guards).toEqual([
      { pointer: '/spec/metrics/0/resource/name', equals: 'cpu' },
    ]);
    const shrunk = planOf({ requests: { cpuMillicores: 1800 }, metrics: [cpu(70)] });
    expect(kinds(shrunk)).toEqual(['Deployment', 'HorizontalPodAutoscaler']);
    expect(written(shrunk).at(-1)).toEqual([
      '/spec/metrics/0/resource/target/averageUtilization',
      70,
      77,
    ]);
  });

  it('counts a sidecar among what a share is of', () => {
    const resources = { requests: { cpu: '2' } };
    const initContainers = [
      { name: 'proxy', restartPolicy: 'Always', resources },
      { name: 'schema', resources },
    ];
    const plan = planOf({
      requests: { cpuMillicores: 3000 },
      metrics: [cpu(70)],
      spec: templateOf({ initContainers }),
    });
    expect(plan.notes.join('\n')).toContain('4000m × 70 % ÷ 5000m = 56 %');
  });

  it('leaves a target that cannot be kept, and says what that means', () => {
    const plan = planOf({ requests: { cpuMillicores: 1000 }, metrics: [cpu(70)] });
    expect(kinds(plan)).toEqual(['Deployment']);
    expect(plan.notes.join('\n')).toContain('Autoscaler worker-hpa keeps its cpu target of 70 %');
  });

  it('does not touch a target of another resource or in an amount of its own', () => {
    const memory = {
      type: 'Resource',
      resource: { name: 'memory', target: { averageValue: '3Gi' } },
    };
    const plan = planOf({ requests: { cpuMillicores: 2500 }, metrics: [memory] });
    expect(kinds(plan)).toEqual(['Deployment']);
  });
});

describe('no plan is drawn', () => {
  const bigger = { cpuMillicores: 3000 };
  // biome-ignore format: a table
  it.each<[string, Given, RegExp]>([
    ['for what is there already', { requests: { cpuMillicores: 2000 } }, /already has these requests/],
    ['for a StatefulSet', { requests: bigger, over: { workload: makeWorkload({ kind: 'StatefulSet' }) } }, /is a StatefulSet/],
    ['while the rollout is paused', { requests: bigger, spec: { paused: true } }, /is paused/],
    ['for pods that state it as a whole', { requests: bigger, spec: templateOf({ resources: { requests: { cpu: '4' } } }) }, /worker states cpu for its pods as a whole/],
    ['against a vertical autoscaler', { requests: bigger, vertical: { kind: 'seen', name: 'v', mode: 'Auto' } }, /vertical autoscaler v \(mode Auto\)/],
    ['for a workload that is not there', { requests: bigger, over: { cluster: makeClusterState({ workload: undefined }) } }, /there is no Deployment worker/],
    ['outside the limits of replicas', { requests: bigger, replicas: 99 }, /99 is outside that/],
    ['above the biggest pod the profile allows', { requests: bigger, over: {
      component: { ...componentOf(makeAlertFacts().system.profile, 'worker'), podMax: { cpuMillicores: 2500, memoryMi: 8192, source: 'the guide' } },
    } }, /may request more than 2500m and 8Gi \(the guide\)/],
  ])('%s', (_, given, because) => {
    expect(refusal(given)).toMatch(because);
  });

  it('for a container that is not there; the ones that are, are named', () => {
    const { system } = makeAlertFacts();
    const workloads = new Map(system.workloads).set('worker', {
      ...makeWorkload(),
      container: 'main',
    });
    expect(refusal({ requests: bigger, over: { system: { ...system, workloads } } })).toBe(
      'Deployment worker has no container main, but worker',
    );
  });

  it('but a look at vertical autoscalers that is not allowed is only noted', () => {
    const vertical = { kind: 'unknown', because: 'cannot list' } as const;
    expect(planOf({ requests: bigger, vertical }).notes.join('\n')).toContain(
      'Whether a vertical autoscaler sets these requests is not known: cannot list',
    );
    expect(planOf({ requests: bigger, spec: { strategy: { type: 'Recreate' } } }).notes).toContain(
      'Its strategy is Recreate: all pods end before the new ones start.',
    );
  });
});
