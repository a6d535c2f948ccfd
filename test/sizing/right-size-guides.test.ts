// Checks that each guide's own rule for sizes by use, as its profile states it, comes to what the guide says.
import { describe, expect, it } from 'vitest';
import type { ContainerSize, ContainerUsage } from '../../src/sizing/container-usage.ts';
import type { LiveWorkload } from '../../src/sizing/live-workload.ts';
import {
  podsRuleOf,
  type SizedComponentFacts,
  type SizedContainer,
  sizeComponent,
} from '../../src/sizing/right-size-component.ts';
import { readProfile } from '../profile/read-profile.ts';

const dayMs = 24 * 3_600_000;

interface Case {
  /** p95 and p99 of CPU in millicores. */
  readonly cpu: number;
  /** The most memory, in Mi. */
  readonly memory: number;
  readonly average?: SizedComponentFacts['average'];
  readonly replicas?: number;
  readonly size?: ContainerSize;
  /** Other containers of the pods. */
  readonly others?: LiveWorkload['containers'];
  readonly autoscalers?: LiveWorkload['autoscalers'];
  readonly usage?: Partial<ContainerUsage>;
}

/** What is recommended for a component that runs as its profile states it, unless the case says otherwise. */
function sized(id: string, componentId: string, given: Case): SizedContainer {
  const profile = readProfile(id);
  const component = profile.components.get(componentId);
  if (component === undefined) throw new Error(`${id} has no ${componentId}`);
  const { cpu, memory, average, replicas = 4, others = [], autoscalers = [] } = given;
  const { cpuMillicores, memoryMi, cpuLimitMillicores, memoryLimitMi } = component.pod;
  const size = given.size ?? {
    cpuRequestMillicores: cpuMillicores,
    memoryRequestMi: memoryMi,
    ...(cpuLimitMillicores !== undefined && { cpuLimitMillicores }),
    ...(memoryLimitMi !== undefined && { memoryLimitMi }),
  };
  const container = { name: component.workload.container, size };
  const usage: ContainerUsage = {
    windowMs: (profile.rightSize?.windowDays ?? 14) * dayMs,
    stepMs: 300_000,
    samplesExpected: 4000,
    cpu: { p95: cpu, p99: cpu, samplesSeen: 4000 },
    memory: { maximum: memory, samplesSeen: 4000 },
    restarts: 0,
    throttledShare: 0,
    missing: [],
    ...given.usage,
  };
  const ref = { ...component.workload, cluster: 'main' };
  return sizeComponent({
    profile,
    component,
    workload: { ref, replicas, containers: [container, ...others], autoscalers },
    container,
    usage,
    ...(average && { average }),
    rates: profile.cost,
  });
}

const size = (
  cpuRequestMillicores: number,
  cpuLimitMillicores: number,
  memoryRequestMi = 4096,
  memoryLimitMi = 8192,
): ContainerSize => ({
  cpuRequestMillicores,
  cpuLimitMillicores,
  memoryRequestMi,
  memoryLimitMi,
});

it('names the guide beside the place in it', () => {
  const { result } = sized('gl-008', 'worker', { cpu: 400, memory: 1000 });
  expect(result.rule.source).toBe(
    'GL-008 SteamTrapInspector Scaling Guide 1.0.0, Vertical Scaling, Resource Right-Sizing (actual p95 + 20 %)',
  );
});

describe('GL-001', () => {
  const orchestrator = (cpu: number) =>
    sized('gl-001', 'orchestrator', {
      cpu,
      memory: 6000,
      size: size(2700, 4500, 6334, 9048),
    }).result;

  it('lowers what uses less than 60 % of its limit, over seven days', () => {
    const { cpu, windowMs } = orchestrator(1000);
    expect(windowMs).toBe(7 * dayMs);
    expect(cpu).toMatchObject({ kind: 'lower', after: { request: 1200, limit: 2000 } });
  });

  it('raises a request of which more than 80 % are used, though that is below 60 % of the limit too', () => {
    const { cpu } = orchestrator(2400);
    expect(2400 / 4500).toBeLessThan(0.6);
    expect(cpu).toMatchObject({ kind: 'raise', after: { request: 2880 } });
  });
});

describe('GL-003', () => {
  const analyzer = (given: Case) => sized('gl-003', 'steam-analyzer', given);
  const use = (cpu: number, memory: number) => ({
    cpu,
    memory,
    size: size(2000, 4000),
    replicas: 7,
  });

  it.each([
    [900, 'lower'],
    [1000, 'keep'],
    [1600, 'keep'],
    [1700, 'raise'],
  ] as const)('has for %im of a request of 2000m the answer %s', (cpu, kind) => {
    expect(analyzer(use(cpu, 3000)).result.cpu.kind).toBe(kind);
  });

  it('keeps the seven pods of the guide’s example, at 45 % of CPU and 50 % of memory', () => {
    const average = { cpuMillicores: 900, memoryMi: 2048 };
    expect(analyzer({ ...use(1200, 2500), average }).pods?.advice).toMatchObject({
      kind: 'keep',
      after: 7,
    });
  });

  it('rounds pods up where the guide’s optimizer cuts them off: 5 of 7, not 4, and 10, not 9', () => {
    const little = { cpuMillicores: 500, memoryMi: 1000 };
    const fewer = analyzer({ ...use(1100, 2048), average: little }).pods;
    expect(fewer?.advice).toMatchObject({ kind: 'lower', before: 7, after: 5 });
    // The price of two pods of 2 cores and 4 GB.
    expect(fewer?.cost?.beforeUsdPerMonth).toBeCloseTo(7 * 730 * 0.14, 6);
    expect(fewer?.cost?.afterUsdPerMonth).toBeCloseTo(5 * 730 * 0.14, 6);
    const much = { cpuMillicores: 1700, memoryMi: 1000 };
    expect(analyzer({ ...use(1600, 2048), average: much }).pods?.advice).toMatchObject({
      kind: 'raise',
      after: 10,
    });
  });

  it('takes no pod away that the others could not stand in for, nor after a sign of trouble', () => {
    const average = { cpuMillicores: 500, memoryMi: 1000 };
    const pods = (given: Case) => analyzer({ ...given, average }).pods?.advice;
    expect(pods(use(1600, 2048))).toMatchObject({ kind: 'lower', after: 6 });
    expect(pods(use(1900, 2048))).toMatchObject({
      after: 7,
      because: expect.stringContaining('each needs more CPU than it requests'),
    });
    expect(pods({ ...use(1100, 2048), usage: { restarts: 2 } })).toMatchObject({ after: 7 });
    expect(pods({ ...use(1100, 2048), usage: { throttledShare: 0.1 } })).toMatchObject({
      after: 7,
    });
  });

  it('says whose the number of pods is, and that its pods are not the database’s', () => {
    const autoscalers = [{ name: 'steam', min: 3, max: 10, metrics: [] }];
    const average = { cpuMillicores: 500, memoryMi: 1000 };
    const { result } = analyzer({ ...use(1100, 2048), average, autoscalers });
    expect(result.notes).toContain(
      'autoscaler steam decides how many pods run (3 to 10): for another number its bounds must change',
    );
    expect(podsRuleOf(readProfile('gl-003'), 'postgresql')).toBeUndefined();
  });
});

describe('GL-008', () => {
  it('requests p95 and a fifth, from two weeks where the script looks at one moment', () => {
    const { result } = sized('gl-008', 'worker', { cpu: 700, memory: 1500 });
    expect(result.windowMs).toBe(14 * dayMs);
    expect(result.after).toMatchObject({ cpuRequestMillicores: 840, memoryRequestMi: 1800 });
  });

  it('never makes a pod smaller than the least its profile states', () => {
    const { result } = sized('gl-008', 'steam-trap-inspector', {
      cpu: 200,
      memory: 1024,
      size: size(1000, 2000),
    });
    expect(result.cpu.after).toEqual({ request: 500, limit: 1000 });
    expect(result.cpu.arithmetic.map(({ text }) => text)).toContain(
      '240m is less than the least its profile states → request 500m',
    );
  });
});

describe('GL-009', () => {
  it('has limits of twice the requests, whatever they are now', () => {
    const { result } = sized('gl-009', 'thermaliq', {
      cpu: 1000,
      memory: 3000,
      size: size(2000, 8000, 8192, 8192),
    });
    expect(result.after).toEqual(size(1200, 2400, 3600, 7200));
  });

  it('says when a pod needs more than one may request', () => {
    const { result } = sized('gl-009', 'thermaliq', {
      cpu: 7500,
      memory: 3000,
      size: size(8000, 9000),
    });
    expect(result.cpu.after.request).toBe(9000);
    expect(result.notes).toContain(
      '9000m is more than the 8000m of CPU that one pod may request: more pods are needed',
    );
  });
});

describe('GL-010', () => {
  const cpuAt = (cpu: number) =>
    sized('gl-010', 'gl-010-emissionwatch', { cpu, memory: 2867.2, size: size(1000, 2000) }).result
      .cpu;

  it.each([
    [420, 'lower', 600],
    [650, 'keep', 1000],
    [700, 'keep', 1000],
    [770, 'raise', 1100],
  ] as const)(
    'of %im of a request of 1000m has the answer %s, to 70 %: %im',
    (cpu, kind, request) => {
      expect(cpuAt(cpu)).toMatchObject({ kind, after: { request } });
    },
  );

  it('looks at thirty days', () => {
    expect(sized('gl-010', 'gl-010-calculator', { cpu: 100, memory: 100 }).result.windowMs).toBe(
      30 * dayMs,
    );
  });

  it('counts what is saved from requests, where the guide’s 8 × 4 GB to 6 × 3 GB are 44 % and not 25 %', () => {
    const [before, after] = [8 * 4, 6 * 3];
    expect(Math.round((1 - after / before) * 100)).toBe(44);
    const { cost, result } = sized('gl-010', 'gl-010-emissionwatch', {
      cpu: 700,
      memory: 2150.4,
      size: size(1000, 2000),
      replicas: 8,
    });
    expect(result.after.memoryRequestMi).toBe(3072);
    expect(cost?.afterUsdPerMonth).toBeCloseTo(8 * 730 * (0.05 + 3 * 0.01), 6);
  });
});

describe('what all pods cost', () => {
  it('counts all their containers, and says which were not looked at', () => {
    const others = [
      { name: 'proxy', size: { cpuRequestMillicores: 500, memoryRequestMi: 1024 } },
      { name: 'logs', size: {} },
    ];
    const { cost, result } = sized('gl-008', 'worker', {
      cpu: 100,
      memory: 100,
      size: { cpuRequestMillicores: 500, memoryRequestMi: 1024 },
      replicas: 2,
      others,
    });
    expect(cost?.beforeUsdPerMonth).toBeCloseTo(2 * 730 * (0.04 + 2 * 0.005), 6);
    expect(result.notes).toContain(
      'its pods have other containers, which were not looked at: proxy, logs',
    );
  });

  it('is not known where a container requests nothing', () => {
    expect(sized('gl-008', 'worker', { cpu: 100, memory: 100, size: {} })).not.toHaveProperty(
      'cost',
    );
  });
});
