// Checks the triggers of the process heat orchestrator, and its decision tree, against its guide.
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../sandbox/prometheus/evaluate.ts';
import { parsePromql } from '../../sandbox/prometheus/parser.ts';
import { SeriesStore } from '../../sandbox/prometheus/series-store.ts';
import type { Doubt } from '../../src/profile/profile.ts';
import { fillPromql } from '../../src/profile/promql.ts';
import { readProfile, sizeFor, triggerRow } from './read-profile.ts';

const profile = readProfile('gl-001');

describe('the triggers of gl-001', () => {
  it('are those of every threshold of the guide', () => {
    const rows = [...profile.triggers.values()].map(
      (each) => `${triggerRow(each)} ${each.warnAt ?? '-'}`,
    );
    expect(rows).toEqual([
      // alert, component, kind, critical, target, warning
      'GL001HighCPU orchestrator ratio 0.8 0.7 0.7',
      'GL001HighMemory orchestrator ratio 0.85 0.75 0.75',
      'GL001HighCoordinationRate orchestrator ratio 55 50 -',
      'GL001BoilerCalculationQueue boiler-efficiency ratio 11 10 -',
      'GL001SubAgentHighCPU boiler-efficiency ratio 0.77 0.7 -',
      'GL001SubAgentHighCPU steam-system ratio 0.77 0.7 -',
      'GL001SubAgentHighCPU combustion-optimizer ratio 0.77 0.7 -',
      'GL001SubAgentHighCPU emissions-control ratio 0.77 0.7 -',
      'GL001SubAgentHighCPU waste-heat ratio 0.77 0.7 -',
      'GL001HighOrchestrationLatency orchestrator investigate 3 2 2',
      'GL001AgentCoordinationErrors orchestrator investigate 0.05 0.01 0.01',
      'GL001DatabaseConnections orchestrator investigate 0.85 0.7 0.7',
      'GL001MessageBusLag orchestrator investigate 500 100 100',
      'GL001KafkaLag orchestrator investigate 1000 - -',
      'GL001HeatOptimizationTime orchestrator investigate 5 2 2',
      'GL001PlantCount orchestrator investigate 10 - 8',
      'GL001SubAgentCount orchestrator investigate 80 - 70',
    ]);
  });

  it('fire every alert on exactly what they measure afterwards', () => {
    for (const { expr, measure, fireAt } of profile.triggers.values()) {
      expect(expr).toBe(`(${measure.promql}) > ${fireAt}`);
    }
  });

  it('measure CPU and memory against requests, as the autoscaler does, and not against limits', () => {
    for (const id of ['orchestrator-cpu', 'orchestrator-memory']) {
      const { promql } = profile.triggers.get(id)?.measure ?? { promql: '' };
      expect(promql).toContain('kube_pod_container_resource_requests');
      expect(promql).not.toContain('limits');
    }
  });

  it('answer a CPU of 84 % on 5 orchestrators with 6, and at most one step of the policy', () => {
    expect(sizeFor(profile, 'orchestrator-cpu', { current: 5, value: 0.84 })).toMatchObject({
      kind: 'scale',
      target: 6,
    });
    expect(sizeFor(profile, 'orchestrator-cpu', { current: 6, value: 1.4 })).toMatchObject({
      kind: 'scale',
      target: 9,
      wanted: 12,
      limitsMet: ['wanted 12, one step of the scaling policy allows 9'],
    });
  });

  it('answer a queue of 15 calculations a boiler agent with half as many again', () => {
    expect(sizeFor(profile, 'boiler-queue', { current: 12, value: 15 })).toMatchObject({
      kind: 'scale',
      target: 18,
    });
  });

  it('answer a latency the autoscaler would scale for with what to look at', () => {
    const sizing = sizeFor(profile, 'orchestration-latency', { current: 5, value: 4 });
    expect(sizing).toMatchObject({ kind: 'investigate' });
  });

  it('answer coordination errors with the decision tree and no size', () => {
    const sizing = sizeFor(profile, 'coordination-errors', { current: 5, value: 0.08 });
    expect(sizing).toMatchObject({
      kind: 'investigate',
      because: '8 % measured, the alert fires at 5 %',
    });
    expect(sizing.kind === 'investigate' && sizing.lookAt[0]).toMatch(/network/);
  });

  it('answer lag on the bus with the bus, whose partitions bound the consumers', () => {
    const sizing = sizeFor(profile, 'message-bus-lag', { current: 7, value: 800 });
    expect(sizing.kind === 'investigate' && sizing.lookAt.join()).toMatch(
      /goes to 12; more consumers than partitions stay idle/,
    );
  });
});

const hourMs = 3_600_000;
const nowMs = Date.UTC(2026, 10, 23);
const names = { namespace: 'greenlang', workload: 'orchestrator', container: 'orchestrator' };
const pod = { namespace: 'greenlang', pod: 'orchestrator-5d8c7f-abc12', container: 'orchestrator' };

/** Whether a doubt stands when one series has this past, in hours before now. */
function stands(doubt: Doubt, metric: string, valueAt: (hoursAgo: number) => number): boolean {
  const store = new SeriesStore(60_000);
  const labels =
    metric === 'kube_replicaset_created'
      ? { namespace: 'greenlang', replicaset: 'orchestrator-5d8c7f' }
      : pod;
  store
    .find(metric, labels)
    .setHistory((ms) => valueAt((nowMs - ms) / hourMs), nowMs - 20 * hourMs);
  const answer = evaluate(parsePromql(fillPromql(doubt.promql, names)), nowMs, store);
  return answer.type === 'vector' && answer.rows.some(({ value }) => value > doubt.above);
}

function doubtOf(trigger: string, words: RegExp): Doubt {
  const found = profile.triggers.get(trigger);
  const doubts = found === undefined || found.kind === 'investigate' ? [] : found.doubts;
  const doubt = doubts.find(({ say }) => words.test(say));
  if (doubt === undefined) throw new Error(`${trigger} has no doubt of ${words.source}`);
  return doubt;
}

describe('the decision tree of gl-001', () => {
  it('asks to look at a rollout of the last hour first, for CPU and for memory', () => {
    for (const trigger of ['orchestrator-cpu', 'orchestrator-memory', 'waste-heat-cpu']) {
      const doubt = doubtOf(trigger, /rolled out/);
      const rolledOut = (hoursAgo: number) =>
        stands(doubt, 'kube_replicaset_created', () => nowMs / 1000 - hoursAgo * 3600);
      expect([rolledOut(0.5), rolledOut(2)]).toEqual([true, false]);
    }
  });

  it('asks for a runaway process when CPU doubles at once, and not when it rises slowly', () => {
    const doubt = doubtOf('orchestrator-cpu', /runaway/);
    const counter = 'container_cpu_usage_seconds_total';
    const seconds = (hoursAgo: number) => (20 - hoursAgo) * 3600;
    // Three times as fast in the last quarter of an hour.
    const sudden = (ago: number) => seconds(ago) + 2 * Math.max(0, 0.25 - ago) * 3600;
    const slow = (ago: number) => seconds(ago) ** 2 / 72_000;
    expect([stands(doubt, counter, sudden), stands(doubt, counter, slow)]).toEqual([true, false]);
  });

  it('asks for a leak when memory grows without end, not when load has made it step up once', () => {
    const doubt = doubtOf('orchestrator-memory', /leak/);
    const memory = (valueAt: (hoursAgo: number) => number) =>
      stands(doubt, 'container_memory_working_set_bytes', valueAt);
    expect(memory((ago) => 4e9 - ago * 1e8)).toBe(true);
    expect(memory((ago) => (ago < 4 ? 4e9 : 3e9))).toBe(false);
    expect(memory(() => 4e9)).toBe(false);
  });

  it('asks how memory is used when it peaked and fell again', () => {
    const doubt = doubtOf('orchestrator-memory', /peaked/);
    const memory = (valueAt: (hoursAgo: number) => number) =>
      stands(doubt, 'container_memory_working_set_bytes', valueAt);
    expect(memory((ago) => (ago > 0.4 && ago < 0.5 ? 6e9 : 4e9))).toBe(true);
    expect(memory(() => 4e9)).toBe(false);
  });
});
