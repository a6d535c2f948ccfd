// Judges whether an applied plan helped, by the metric that made it; what cannot be measured is said to be unmeasured.

import { assert, OperationError } from '../errors.ts';
import { amount, span } from '../message/message.ts';
import type { OutcomeState } from '../plan/plan-state.ts';
import type { MetricAnswer, PlanRecord, Transaction } from '../ports.ts';
import { inParallel } from './in-parallel.ts';
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
  await inParallel(waiting, async (record) => {
    const judgement = judge(record, await measure(record, parts), parts.clock.now());
    if (judgement === undefined) return;
    await parts.store.transaction((tx) => settle(tx, record.plan.id, judgement, parts));
    parts.checkpoint('outcome-judged');
    parts.wake('messages');
  });
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
    const before =
      sampled !== undefined &&
      (sampled.kind === 'missing' || sampled.value * 1000 < stateAt.getTime());
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
  // "812 → 240 jobs, below 250": the unit once, but a percent sign at each share.
  const bare = test.unit === 'ratio' ? test.unit : '';
  const from = before?.kind === 'value' ? `${amount(before.value, bare)} → ` : '';
  const took = span((now.getTime() - stateAt.getTime()) / 1000);
  if (answer.kind === 'value' && answer.value < test.below) {
    return {
      outcome: 'helped',
      note: `${plan.trigger ?? 'The metric'} ${from}${amount(answer.value, test.unit)}, below ${amount(test.below, bare)}, ${took} after the change.`,
    };
  }
  if (now < outcomeBy) return undefined;
  return answer.kind === 'value'
    ? {
        outcome: 'not-helped',
        note: `${plan.trigger ?? 'The metric'} ${from}${amount(answer.value, test.unit)} ${took} after the change, not below ${amount(test.below, bare)}.`,
      }
    : {
        outcome: 'unmeasured',
        note: `No measurement ${took} after the change: ${answer.because}.`,
      };
}

async function settle(
  tx: Transaction,
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
  else await tx.alerts.reopenOthers(planId, record.plan.trigger);
}
