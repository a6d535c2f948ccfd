// Checks the triggers of THERMALIQ against the thresholds of its guide.
import { describe, expect, it } from 'vitest';
import { sizeForTrigger } from '../../src/profile/size-for-trigger.ts';
import { componentOf, makeReading, triggerOf } from '../make.ts';
import { oneLine, readProfile } from './read-profile.ts';

const profile = readProfile('gl-009');
const component = componentOf(profile, 'thermaliq');

function answer(id: string, current: number, measured: number, arriving?: number) {
  return sizeForTrigger({
    component,
    trigger: triggerOf(profile, id),
    currentReplicas: current,
    measured: makeReading(measured),
    ...(arriving !== undefined && { arrival: makeReading(arriving) }),
    bounds: component.replicas,
  });
}

describe('the triggers of gl-009', () => {
  it('are of all three kinds, at the thresholds of the guide, up and down', () => {
    const rows = [...profile.triggers.values()].map(
      ({ alert, kind, fires, fireAt, target, forMs }) =>
        `${alert} ${kind} ${fires} ${fireAt} ${target ?? '-'} ${forMs / 60_000}m`,
    );
    expect(rows).toEqual([
      'ThermaliqHighCPU ratio above 0.7 0.6 5m',
      'ThermaliqHighMemory ratio above 0.8 0.55 5m',
      'ThermaliqQueueDepth backlog above 50 40 5m',
      'ThermaliqHighLatency investigate above 20 5 5m',
      'ThermaliqHighErrorRate investigate above 0.02 - 5m',
      'ThermaliqLowLoad investigate below 0.3 - 30m',
    ]);
  });

  it('fire every alert on exactly what they measure, but for low load', () => {
    for (const { id, expr, measure, fireAt } of profile.triggers.values()) {
      if (id !== 'low-load') expect(expr).toBe(`(${measure.promql}) > ${fireAt}`);
    }
  });

  it('say that load is low when CPU, memory, queue and latency are all low for half an hour', () => {
    const { expr, measure } = triggerOf(profile, 'low-load');
    const levels = [...oneLine(expr).matchAll(/ < ([\d.]+)/g)].map((match) => match[1]);
    expect(levels).toEqual(['0.3', '0.4', '5', '5']);
    // The first one's value is what the alert carries.
    expect(oneLine(expr).startsWith(`(${oneLine(measure.promql)} < 0.3 and `)).toBe(true);
    expect(expr).not.toMatch(/\bor\b/);
  });

  // biome-ignore format: a table
  it.each([
    // trigger, pods now, measured, arriving per minute, pods afterwards
    ['high-cpu',    4,  0.84, undefined, 6],  // 5.6
    ['high-cpu',    4,  0.71, undefined, 5],  // 4.7
    ['high-memory', 4,  0.81, undefined, 6],  // 5.9
    ['queue-depth', 4,  51,   24,        5],  // (24 + 5.1) / 6 = 4.85
    ['queue-depth', 4,  120,  undefined, 6],  // (24 + 12) / 6
    ['queue-depth', 4,  400,  30,        6],  // (30 + 40) / 6 = 11.7, one step of the policy is 2
    ['queue-depth', 10, 600,  60,        15], // 20, one step of the policy is 5
    ['queue-depth', 18, 900,  120,       20], // 35, the maximum is 20
  ])('answer %s on %i pods: %d, with %s arriving', (id, now, measured, arriving, target) => {
    expect(answer(id, now, measured, arriving)).toMatchObject({ kind: 'scale', target });
  });

  it.each([
    ['latency', 25, '25 s measured, the alert fires at 20 s'],
    ['errors', 0.05, '5 % measured, the alert fires at 2 %'],
    ['low-load', 0.2, '20 % measured, the alert fires below 30 %'],
  ])('say of %s what to look at and propose no size', (id, measured, because) => {
    const sizing = answer(id, 4, measured);
    expect(sizing).toMatchObject({ kind: 'investigate', because });
    expect(sizing.kind === 'investigate' && sizing.lookAt.length).toBeGreaterThanOrEqual(5);
  });

  it('warn of the restart that a grace period set for a scale-down brings', () => {
    expect(triggerOf(profile, 'low-load').lookAt.join('\n')).toMatch(
      /SHUTDOWN_GRACE_PERIOD 300 .* restarts every pod/,
    );
  });
});
