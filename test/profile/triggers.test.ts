// Every trigger of every guide comes to something: a sized change of its component, or what people look at.

import { describe, expect, it } from 'vitest';
import { assembleAlertPlan } from '../../src/plan/assemble.ts';
import type { Reading } from '../../src/plan/observation.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Profile, Trigger } from '../../src/profile/profile.ts';
import { makeAutoscalerState, makeReading, makeSystem, makeWorkloadState, now } from '../make.ts';
import { readProfile } from './read-profile.ts';

const profiles = ['gl-001', 'gl-003', 'gl-008', 'gl-009', 'gl-010'].map(readProfile);
const triggers = profiles.flatMap((profile) =>
  [...profile.triggers.values()].map((trigger) => ({
    name: `${profile.id} ${trigger.id}`,
    profile,
    trigger,
  })),
);
const sized = triggers.filter(({ trigger }) => trigger.kind !== 'investigate');
const looked = triggers.filter(({ trigger }) => trigger.kind === 'investigate');

interface Seen {
  readonly measured: Reading;
  readonly arrival?: Reading | undefined;
  /** Pods that run. (Default: the component's baseline.) */
  readonly running?: number;
  /** The autoscaler's maximum, when it is there. */
  readonly autoscalerMax?: number;
}

/** The plan for an alert of a trigger, drawn as the app draws it. */
function draw(profile: Profile, trigger: Trigger, seen: Seen): Plan {
  const component = profile.components.get(trigger.component);
  if (component === undefined) throw new Error(`${trigger.id} has no component`);
  const running = seen.running ?? component.replicas.baseline;
  const max = seen.autoscalerMax;
  return assembleAlertPlan(
    {
      system: makeSystem({ id: profile.id, profile }),
      component,
      trigger,
      workload: { cluster: 'production', ...component.workload },
      cluster: {
        workload: makeWorkloadState({ replicas: running, readyReplicas: running }),
        autoscaler:
          max === undefined
            ? undefined
            : makeAutoscalerState({ minReplicas: 1, maxReplicas: max, limited: running >= max }),
        objects: [],
      },
      now,
      measured: seen.measured,
      arrival: seen.arrival,
      alertValue: undefined,
      origin: {
        kind: 'alert',
        alertname: trigger.alert,
        fingerprint: '0',
        startsAt: now.toISOString(),
        summary: '',
      },
    },
    { id: 'p-0abcd', revision: 1 },
  );
}

/** A fifth beyond the level at which the alert fires. */
const beyond = ({ fires, fireAt }: Trigger) =>
  makeReading(fires === 'above' ? fireAt * 1.2 : fireAt * 0.8);
const missing: Reading = { kind: 'missing', because: 'no such series', source: 'q' };

/** The component with the pods it goes from and to, when it is measured a fifth beyond its level and all else is as usual. */
const comesTo = {
  'gl-001': {
    'boiler-efficiency-cpu': 'boiler-efficiency 12 → 16',
    'boiler-queue': 'boiler-efficiency 12 → 16',
    'combustion-optimizer-cpu': 'combustion-optimizer 10 → 14',
    'coordination-rate': 'orchestrator 4 → 6',
    'emissions-control-cpu': 'emissions-control 10 → 14',
    'orchestrator-cpu': 'orchestrator 4 → 6',
    'orchestrator-memory': 'orchestrator 4 → 6',
    'steam-system-cpu': 'steam-system 10 → 14',
    'waste-heat-cpu': 'waste-heat 8 → 11',
    'coordination-errors': 'investigate',
    'database-connections': 'investigate',
    'heat-optimization-time': 'investigate',
    'kafka-lag': 'investigate',
    'message-bus-lag': 'investigate',
    'orchestration-latency': 'investigate',
    'plant-count': 'investigate',
    'subagent-count': 'investigate',
  },
  'gl-003': {
    'analyzer-cpu': 'steam-analyzer 3 → 5',
    'analyzer-memory': 'steam-analyzer 3 → 4',
    'meters-per-pod': 'steam-analyzer 3 → 4',
    'request-rate': 'steam-analyzer 3 → 4',
    'cold-pod': 'investigate',
    'database-connections': 'investigate',
    'hot-pod-cpu': 'investigate',
    'hot-pod-memory': 'investigate',
    'meters-per-facility': 'investigate',
    'requests-unused': 'investigate',
    'response-time': 'investigate',
    'sampling-frequency': 'investigate',
    'zones-per-facility': 'investigate',
  },
  'gl-008': {
    'high-cpu-api-gateway': 'api-gateway 3 → 5',
    'high-cpu-inspector': 'steam-trap-inspector 4 → 6',
    'high-cpu-ml-service': 'ml-service 2 → 3',
    'high-cpu-sensor-gateway': 'sensor-gateway 3 → 5',
    'high-cpu-worker': 'worker 5 → 7',
    'high-memory-api-gateway': 'api-gateway 3 → 5',
    'high-memory-inspector': 'steam-trap-inspector 4 → 6',
    'high-memory-ml-service': 'ml-service 2 → 3',
    'high-memory-sensor-gateway': 'sensor-gateway 3 → 5',
    'high-memory-worker': 'worker 5 → 7',
    'inspection-backlog': 'worker 5 → 7',
    'request-queue': 'api-gateway 3 → 4',
    'api-errors': 'investigate',
    'api-latency': 'investigate',
    'low-use-api-gateway': 'investigate',
    'low-use-inspector': 'investigate',
    'low-use-ml-service': 'investigate',
    'low-use-sensor-gateway': 'investigate',
    'low-use-worker': 'investigate',
  },
  'gl-009': {
    'high-cpu': 'thermaliq 4 → 6',
    'high-memory': 'thermaliq 4 → 6',
    'queue-depth': 'thermaliq 4 → 5',
    errors: 'investigate',
    latency: 'investigate',
    'low-load': 'investigate',
  },
  'gl-010': {
    'connections-per-pod': 'gl-010-cems-collector 1 → 2',
    'data-points-per-pod': 'gl-010-emissionwatch 4 → 6',
    'high-cpu': 'gl-010-emissionwatch 4 → 6',
    'high-memory': 'gl-010-emissionwatch 4 → 6',
    'queue-depth': 'gl-010-calculator 2 → 4',
    'database-cache-hits': 'investigate',
    'database-connections': 'investigate',
    'database-queries': 'investigate',
    'database-replication-lag': 'investigate',
    errors: 'investigate',
    latency: 'investigate',
    'processing-lag': 'investigate',
  },
} as const;

function inWords({ steps, finding, replicas, component }: Plan): string {
  return steps.length === 0
    ? (finding?.kind ?? 'nothing')
    : `${component} ${replicas.before} → ${replicas.after}`;
}

it.each(profiles)('each trigger of $id comes to what is written here', (profile) => {
  const all = [...profile.triggers.values()].map(
    (trigger) =>
      [trigger.id, inWords(draw(profile, trigger, { measured: beyond(trigger) }))] as const,
  );
  expect(Object.fromEntries(all)).toEqual(comesTo[profile.id as keyof typeof comesTo]);
});

describe.each(sized)('$name', ({ profile, trigger }) => {
  const component = profile.components.get(trigger.component);
  const { min = 0, max = 0 } = component?.replicas ?? {};
  const running = Math.max(min, Math.min(component?.replicas.baseline ?? 0, max - 1));

  it('sizes its component, as a floor within its limits', () => {
    const plan = draw(profile, trigger, { measured: beyond(trigger), running });
    expect(plan.steps).toMatchObject([
      { kind: 'scale', floor: true, workload: { name: component?.workload.name } },
    ]);
    expect(plan.replicas.before).toBe(running);
    expect(plan.replicas.after).toBeGreaterThan(running);
    expect(plan.replicas.after).toBeLessThanOrEqual(max);
    expect(plan.arithmetic).toHaveLength(1);
    expect(plan.outcomeTest).toMatchObject({ unit: trigger.unit });
  });

  it('raises the maximum of an autoscaler that is at it', () => {
    const plan = draw(profile, trigger, {
      measured: beyond(trigger),
      running,
      autoscalerMax: running,
    });
    expect(plan.steps).toMatchObject([
      { kind: 'autoscaler', before: { maxReplicas: running }, after: { minReplicas: 1 } },
    ]);
  });

  it('asks for nothing when the measurement is at its target', () => {
    const plan = draw(profile, trigger, { measured: makeReading(trigger.target ?? 0), running });
    expect(plan.finding?.kind).toBe('enough');
  });

  // biome-ignore format: a table
  it.each<[string, Reading]>([
    ['is missing',             missing],
    ['is stale',               { kind: 'stale', value: 0, ageSeconds: 86_400, source: 'q' }],
    ['is older than it counts', makeReading(0, { ageSeconds: trigger.maxAgeSeconds + 1 })],
    ['is no number',           makeReading(Number.NaN)],
    ['is impossible',          makeReading(-1)],
  ])('never argues for fewer pods from a measurement that %s', (_, measured) => {
    for (const pods of [min, running, max]) {
      const plan = draw(profile, trigger, { measured, arrival: missing, running: pods });
      expect(plan.decrease).toBe(false);
      expect(plan.replicas.after).toBeGreaterThanOrEqual(pods);
      expect(plan.notes.join()).toContain('no measurement to build on');
      // The alert alone is worth one step of the policy, and at the maximum nothing.
      expect(inWords(plan)).toMatch(pods === max ? /^frozen$/ : / → /);
    }
  });

  it('asks Prometheus at most six questions', () => {
    const { measure, kind } = trigger;
    const arrival = kind === 'backlog' && trigger.arrival !== undefined ? 1 : 0;
    const doubts = kind === 'investigate' ? 0 : trigger.doubts.length;
    expect(1 + (measure.sampledAt === undefined ? 0 : 1) + arrival + doubts).toBeLessThanOrEqual(6);
  });
});

describe.each(looked)('$name', ({ profile, trigger }) => {
  it.each<[string, Reading]>([
    ['beyond its level', beyond(trigger)],
    ['missing', missing],
    ['stale', { kind: 'stale', value: trigger.fireAt, ageSeconds: 86_400, source: 'q' }],
  ])('says what to look at and changes nothing when it is %s', (_, measured) => {
    const plan = draw(profile, trigger, { measured });
    expect(plan.steps).toEqual([]);
    expect(plan.finding).toMatchObject({ kind: 'investigate', lookAt: trigger.lookAt });
    expect(trigger.lookAt.length).toBeGreaterThan(0);
    expect(plan.finding?.because).toMatch(trigger.fires === 'below' ? /fires below / : /fires at /);
  });
});
