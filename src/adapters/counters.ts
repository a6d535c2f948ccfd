// Headroom's own metrics for Prometheus. What the store knows is read when somebody asks, the rest is counted as it happens.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { OperationError } from '../errors.ts';
import type { Counters, Queue, Store } from '../ports.ts';

const degradedName = 'headroom_degraded';

export interface MetricsPage {
  readonly contentType: string;
  text(): Promise<string>;
}

/** Counts, and the registry that `createMetricsPage` serves. */
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
  const untold = new Counter({
    name: 'headroom_untold_changes_total',
    help: 'Changes that were written, but whose Event in the cluster was not.',
    labelNames: ['cluster'],
    registers,
  });
  const degraded = new Gauge({
    name: degradedName,
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
      untold: (cluster) => untold.inc({ cluster }),
      degraded: (part, isDegraded) => degraded.set({ part }, isDegraded ? 1 : 0),
    },
  };
}

/**
 * Adds what is read from the store at each scrape, and serves the page.
 * While the database is away the page has everything else, and says `headroom_degraded{part="database"} 1`.
 */
export function createMetricsPage(
  registry: Registry,
  parts: { readonly store: Store; readonly queue: Queue },
): MetricsPage {
  const gauges = storeGauges(registry);
  const degraded = registry.getSingleMetric(degradedName);
  const databaseIsAway = (isAway: boolean) => {
    if (degraded instanceof Gauge) degraded.set({ part: 'database' }, isAway ? 1 : 0);
  };
  return {
    contentType: registry.contentType,
    async text() {
      // What cannot be read now is left out: an old number would look like a present one.
      const { plans, ...others } = gauges;
      plans.reset();
      for (const gauge of Object.values(others)) gauge.remove();
      try {
        await readStore(gauges, parts);
        databaseIsAway(false);
      } catch (error) {
        if (!(error instanceof OperationError)) throw error;
        databaseIsAway(true);
      }
      return registry.metrics();
    },
  };
}

type StoreGauges = ReturnType<typeof storeGauges>;

function storeGauges(registry: Registry) {
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  return {
    plans: gauge('headroom_plans', 'Plans by state.', ['state']),
    unrouted: gauge('headroom_alerts_unrouted', 'Firing alerts that fit no system.'),
    owed: gauge('headroom_messages_owed', 'Messages Slack does not have yet.'),
    depth: gauge('headroom_queue_depth', 'Runs the queue has not delivered to their end.'),
    audit: gauge('headroom_audit_entries', 'The number of the newest audit entry.'),
  };
}

async function readStore(
  gauges: StoreGauges,
  { store, queue }: { readonly store: Store; readonly queue: Queue },
): Promise<void> {
  const facts = await store.transaction(async (tx) => ({
    plans: await tx.plans.countByState(),
    unrouted: (await tx.alerts.unrouted(0)).count,
    owed: await tx.messages.owed(),
    head: await tx.audit.head(),
  }));
  const depth = await queue.depth();
  for (const { state, count } of facts.plans) gauges.plans.set({ state }, count);
  gauges.unrouted.set(facts.unrouted);
  gauges.owed.set(facts.owed);
  gauges.audit.set(facts.head.seq);
  gauges.depth.set(depth);
}
