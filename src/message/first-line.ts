// A plan in one line: what it is about, why, what it comes to and what that costs.

import type { Change } from '../change/change.ts';
import type { Finding, Plan } from '../plan/plan.ts';
import { changesOf } from '../plan/step.ts';
import { canonicalCpu, canonicalMemory } from '../profile/quantity.ts';
import { slackLimits } from './limits.ts';
import { amount, costDelta, counted, cut, plainLine } from './message.ts';

/** System, cause, action and cost in at most 150 characters; long names lose their tails, the figures stay. */
export function firstLine(plan: Plan): string {
  const cost =
    plan.cost === undefined
      ? 'cost unknown'
      : costDelta(plan.cost.afterUsdPerMonth - plan.cost.beforeUsdPerMonth);
  const moves = moveWords(plan);
  const action =
    plan.finding === undefined
      ? `${moves}, ${cost}`
      : plan.finding.kind === 'commit'
        ? `${findingTitles.commit}: ${moves}`
        : findingTitles[plan.finding.kind];
  const room = slackLimits.header.textChars - action.length - 4;
  const about = plan.procedure === undefined ? plan.component : plan.procedure.title;
  const subject = cut(plainLine(`${plan.title} ${about}`), Math.floor(room / 2));
  const line = `${subject}: ${cause(plan, room - subject.length)}: ${action}`;
  return cut(line, slackLimits.header.textChars);
}

/** What the plan comes to, in a few words. */
export function moveWords(plan: Plan): string {
  if (plan.procedure === undefined) {
    return [...replicasMove(plan), ...requestsMove(plan)].join(', ');
  }
  if (plan.finding?.instead !== undefined) return counted(plan.finding.instead.length, 'change');
  const changes = changesOf(plan).length;
  const gates = plan.steps.length - changes;
  return `${counted(changes, 'change')}, ${counted(gates, 'gate')}`;
}

function replicasMove(plan: Plan): string[] {
  const { replicas, requests } = plan;
  const { before, after } = replicas;
  if (requests !== undefined && before === after) return [];
  return [`${before} → ${reach(changesOf(plan))}${after} replicas`];
}

/** "cpu 500m → 750m", what a pod requests. */
function requestsMove({ requests }: Plan): string[] {
  if (requests === undefined) return [];
  const { before, after } = requests;
  const cpu = (millicores: number | undefined) =>
    millicores === undefined ? 'none' : canonicalCpu(millicores);
  const memory = (mi: number | undefined) => (mi === undefined ? 'none' : canonicalMemory(mi));
  return [
    ...(after.cpuMillicores === undefined
      ? []
      : [`cpu ${cpu(before.cpuMillicores)} → ${cpu(after.cpuMillicores)}`]),
    ...(after.memoryMi === undefined
      ? []
      : [`memory ${memory(before.memoryMi)} → ${memory(after.memoryMi)}`]),
  ];
}

/** A floor is "at least"; a higher maximum only lets the autoscaler go there. */
function reach(changes: readonly Change[]): string {
  const ceiling = changes.some(
    (change) =>
      change.kind === 'autoscaler' && change.after.minReplicas === change.before.minReplicas,
  );
  if (ceiling) return 'up to ';
  return changes.some((change) => change.floor) ? 'at least ' : '';
}

const findingTitles = {
  investigate: 'look before scaling',
  enough: 'no change needed',
  frozen: 'no change can be proposed',
  commit: 'commit it',
} as const satisfies Record<Finding['kind'], string>;

function cause({ origin, observations, trigger }: Plan, maxChars: number): string {
  if (origin.kind === 'schedule') return cut(plainLine(`schedule ${origin.name}`), maxChars);
  if (origin.kind === 'command') {
    return cut(plainLine(origin.reason ?? '') || 'asked for by command', maxChars);
  }
  const measured = observations.find(({ name }) => name === trigger);
  const value =
    measured?.kind === 'value' ? plainLine(amount(measured.value, cut(measured.unit, 20))) : '';
  const room = value === '' ? maxChars : maxChars - value.length - 1;
  return `${cut(plainLine(origin.alertname), room)} ${value}`.trimEnd();
}
