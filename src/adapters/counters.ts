// Headroom's own metrics for Prometheus. What the store knows is read when somebody asks, the rest is counted as it happens.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Counters, Queue, Store } from '../ports.ts';

export interface MetricsPage {
  readonly contentType: string;
  text(): Promise<string>;
}

export function createCounters(): { readonly counters: Counters; readonly registry: Registry } {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const alerts = new Counter({
    name: 'headroom_alerts_total',
    help: 'Alerts by what became of them when they came in.',
    labelNames: ['result'],
    registers,
  });
  const votes = new Counter({
    name: 'headroom_votes_total',
    help: 'Votes by result.',
    labelNames: ['result'],
    registers,
  });
  const runs = new Counter({
    name: 'headroom_runs_total',
    help: 'Runs by how they ended.',
    labelNames: ['result'],
    registers,
  });
  const runSeconds = new Histogram({
    name: 'headroom_run_seconds',
    help: 'How long runs took, the rollout included.',
    buckets: [1, 3, 10, 30, 60, 120, 300, 600],
    registers,
  });
  const slackCalls = new Counter({
    name: 'headroom_slack_calls_total',
    help: 'Calls to Slack by method and result.',
    labelNames: ['method', 'result'],
    registers,
  });
  const limitsMet = new Counter({
    name: 'headroom_limits_met_total',
    help: 'Limits of Headroom itself that were met.',
    labelNames: ['limit'],
    registers,
  });
  const degraded = new Gauge({
    name: 'headroom_degraded',
    help: '1 while a part outside does not answer.',
    labelNames: ['part'],
    registers,
  });
  return {
    registry,
    counters: {
      alerts: (result, by = 1) => alerts.inc({ result }, by),
      vote: (result) => votes.inc({ result }),
      run(result, seconds) {
        runs.inc({ result });
        runSeconds.observe(seconds);
      },
      slackCall: (method, result) => slackCalls.inc({ method, result }),
      limitMet: (limit) => limitsMet.inc({ limit }),
      degraded: (part, isDegraded) => degraded.set({ part }, isDegraded ? 1 : 0),
    },
  };
}

/** Adds what is read from the store at each scrape, and serves the page. */
export function createMetricsPage(
  registry: Registry,
  { store, queue }: { readonly store: Store; readonly queue: Queue },
): MetricsPage {
  const registers = [registry];
  const plans = new Gauge({
    name: 'headroom_plans',
    help: 'Plans by state.',
    labelNames: ['state'],
    registers,
  });
  const unrouted = new Gauge({
    name: 'headroom_alerts_unrouted',
    help: 'Firing alerts that fit no system.',
    registers,
  });
  const owed = new Gauge({
    name: 'headroom_messages_owed',
    help: 'Messages Slack does not have yet.',
    registers,
  });
  const depth = new Gauge({
    name: 'headroom_queue_depth',
    help: 'Runs the queue has not delivered to their end.',
    registers,
  });
  const audit = new Gauge({
    name: 'headroom_audit_entries',
    help: 'The number of the newest audit entry.',
    registers,
  });
  return {
    contentType: registry.contentType,
    async text() {
      const facts = await store.transaction(async (tx) => ({
        plans: await tx.plans.countByState(),
        unrouted: (await tx.alerts.unrouted(0)).count,
        owed: await tx.messages.owed(),
        head: await tx.audit.head(),
      }));
      plans.reset();
      for (const { state, count } of facts.plans) plans.set({ state }, count);
      unrouted.set(facts.unrouted);
      owed.set(facts.owed);
      audit.set(facts.head.seq);
      depth.set(await queue.depth());
      return registry.metrics();
    },
  };
}
