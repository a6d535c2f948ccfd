// Judges whether an applied plan helped, by the metric that made it; what cannot be measured is said to be unmeasured.

import { assert, OperationError } from '../errors.ts';
import { figure, span } from '../message/message.ts';
import type { OutcomeState } from '../plan/plan-state.ts';
import type { MetricAnswer, PlanRecord } from '../ports.ts';
import { wantCard, wantInThread } from './move-plan.ts';
import type { Parts } from './parts.ts';

interface Judgement {
  readonly outcome: Exclude<OutcomeState, 'pending'>;
  readonly note: string;
}

/** Asks once for every applied plan that waits for its outcome. */
export async function judgeOutcomes(parts: Parts): Promise<void> {
  const waiting = await parts.store.transaction((tx) =>
    tx.plans.list({ outcome: 'pending', limit: 500 }),
  );
  for (const record of waiting) {
    const judgement = judge(record, await measure(record, parts), parts.clock.now());
    if (judgement === undefined) continue;
    await parts.store.transaction((tx) => settle(tx, record.plan.id, judgement, parts));
    parts.checkpoint('outcome-judged');
    parts.wake('messages');
  }
}

async function measure({ plan, stateAt }: PlanRecord, { metricsOf }: Parts): Promise<MetricAnswer> {
  const test = plan.outcomeTest;
  assert(test !== undefined, 'only a plan with a test waits for its outcome');
  const metrics = metricsOf(plan.workload.cluster);
  try {
    const [answer, sampled] = await Promise.all([
      metrics.query(test.promql),
      test.sampledAt === undefined ? undefined : metrics.query(test.sampledAt),
    ]);
    const before = sampled?.kind === 'value' && sampled.value * 1000 < stateAt.getTime();
    return before ? { kind: 'missing', because: 'nothing was measured since the change' } : answer;
  } catch (error) {
    if (error instanceof OperationError) return { kind: 'missing', because: error.message };
    throw error;
  }
}

/** Pure: undefined while it is too early to tell. */
export function judge(record: PlanRecord, answer: MetricAnswer, now: Date): Judgement | undefined {
  const { plan, stateAt, outcomeBy } = record;
  const test = plan.outcomeTest;
  assert(
    test !== undefined && outcomeBy !== undefined,
    'an outcome that is awaited has a test and a deadline',
  );
  const before = plan.observations.find((observation) => observation.name === plan.trigger);
  const from = before?.kind === 'value' ? `${figure(before.value)} → ` : '';
  const took = span((now.getTime() - stateAt.getTime()) / 1000);
  if (answer.kind === 'value' && answer.value < test.below) {
    return {
      outcome: 'helped',
      note: `${plan.trigger ?? 'The metric'} ${from}${figure(answer.value)} ${test.unit}, below ${figure(test.below)}, ${took} after the change.`,
    };
  }
  if (now < outcomeBy) return undefined;
  return answer.kind === 'value'
    ? {
        outcome: 'not-helped',
        note: `${plan.trigger ?? 'The metric'} ${from}${figure(answer.value)} ${test.unit} ${took} after the change, not below ${figure(test.below)}.`,
      }
    : {
        outcome: 'unmeasured',
        note: `No measurement ${took} after the change: ${answer.because}.`,
      };
}

async function settle(
  tx: Parameters<Parameters<Parts['store']['transaction']>[0]>[0],
  planId: string,
  { outcome, note }: Judgement,
  parts: Parts,
): Promise<void> {
  const record = await tx.plans.lock(planId);
  if (record?.outcome !== 'pending') return;
  await tx.plans.setOutcome(planId, outcome, note);
  await tx.audit.append({
    at: parts.clock.now().toISOString(),
    event: `outcome.${outcome}`,
    by: 'headroom',
    planId,
    detail: { note },
  });
  await wantCard(tx, planId, record.plan.system, parts);
  await wantInThread(tx, record, { kind: 'outcome' }, parts);
  // Alerts that still fire after a plan that did not help deserve a fresh look.
  if (outcome === 'not-helped') await tx.alerts.reopen(planId);
}
