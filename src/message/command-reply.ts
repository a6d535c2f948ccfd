// Answers to slash commands: seen by whoever asked, short enough for a phone.

import type { KnownBlock } from '@slack/types';
import type { CommandNames } from '../command/command-names.ts';
import type { DatabaseSeen } from '../database/health-lines.ts';
import { unreachable } from '../errors.ts';
import type { Lease } from '../lease/lease.ts';
import type { Plan } from '../plan/plan.ts';
import { changesOf } from '../plan/step.ts';
import type { System, Systems } from '../plan/system.ts';
import type { PlanRecord, Stop, StoredAlert } from '../ports.ts';
import { firstLine } from './first-line.ts';
import { healthBlocks } from './health-blocks.ts';
import { leaseStatusLine } from './lease-words.ts';
import {
  context,
  counted,
  fallback,
  literal,
  type Message,
  person,
  plainMessage,
  section,
  sections,
} from './message.ts';

export function helpMessage({ capacity, scale }: CommandNames): Message {
  const text = [
    '*What you can ask*',
    `\`${capacity} systems\`  which systems there are, and how far each may go by itself`,
    `\`${capacity} status [SYSTEM]\`  what waits, what runs, what is lent, how its databases fare, what came in and fits nowhere`,
    `\`${capacity} plan SYSTEM key=value…\`  sizes a system, measuring what you do not give, and compares that with what runs`,
    `\`${capacity} what-if SYSTEM key=value…\`  sizes it from what you give alone`,
    `\`${capacity} forecast SYSTEM key=value… growth=10% periods=12\`  what is to come, and when a limit is passed`,
    `\`${capacity} cost SYSTEM key=value…\`  what each sizing costs a month, and where the budget stands`,
    `\`${capacity} right-size SYSTEM[/component]\`  requests and limits that fit what pods used in the last weeks`,
    `\`${capacity} explain SYSTEM key=value… | PLAN\`  where each number comes from`,
    `\`${capacity} rules SYSTEM\`  which alerts bring a card, and how to get the rules for Prometheus`,
    `\`${scale} SYSTEM/component replicas=N reason="…"\`  draws a plan that somebody else approves`,
    `\`${scale} SYSTEM/component cpu=750m memory=2Gi [replicas=N] reason="…"\`  the same for what each pod requests; its limits move along`,
    `\`${scale} SYSTEM/component replicas=N for=2h\`  lends more for a time: it is given back by itself`,
    `\`${scale} extend PLAN [for=1h]\`  gives what a plan has lent more time`,
    `\`${scale} give-back PLAN\`  gives it back now, unless an alert or the load speaks against it`,
    `\`${scale} revert PLAN reason="…"\`  takes back what a plan wrote, as a plan that somebody approves`,
    `\`${scale} run SYSTEM [PROCEDURE] key=value… reason="…"\`  which procedures there are, or the plan that carries one out step by step`,
    `\`${scale} restart SYSTEM DATABASE [setting=value…] reason="…"\`  restarts a database in its hours, as a plan of its own`,
    `\`${scale} stop [SYSTEM | cluster=NAME] reason="…"\`  halts everything, one system or one cluster, between two changes`,
    `\`${scale} resume [SYSTEM | cluster=NAME]\`  lets it go on`,
  ].join('\n');
  // The whole list is also what a screen reader says; a notification is not sent for an answer.
  return { text, blocks: [section(text)] };
}

export function misuseMessage(name: string, because: string): Message {
  return plainMessage(
    `I did not understand that: ${literal(because, 400)}\nTry \`${name} help\`. Nothing was changed.`,
  );
}

export function refusedMessage(because: string): Message {
  return plainMessage(`No plan was drawn: ${literal(because, 1000)}. Nothing was changed.`);
}

/** What came of asking for a change: the plan is in its channel, or there is none and why. */
export function proposedMessage(result: Proposed, channel: string): Message {
  switch (result.kind) {
    case 'proposed':
      return plainMessage(
        `Plan ${result.plan.id} is in <#${channel}>: ${literal(firstLine(result.plan), 200)}`,
      );
    case 'refused':
      return refusedMessage(result.because);
    case 'busy': {
      const { plan, state, outcome } = result.open;
      // A server may hold databases of several systems.
      const isSql = changesOf(plan).some(({ kind }) => kind === 'sql');
      const what = isSql ? 'workload or database server' : 'workload';
      return refusedMessage(
        outcome === 'pending'
          ? `plan ${plan.id} of ${plan.title} for the same ${what} is watching its outcome; ask again once that is known`
          : `plan ${plan.id} of ${plan.title} for the same ${what} is ${state}; decide on that one first`,
      );
    }
    default:
      return unreachable(result);
  }
}

type Proposed =
  | { readonly kind: 'proposed'; readonly plan: Plan }
  | { readonly kind: 'refused'; readonly because: string }
  | { readonly kind: 'busy'; readonly open: PlanRecord };

export function systemsMessage(systems: Systems): Message {
  if (systems.size === 0) return plainMessage('headroom.yaml names no systems yet.');
  const lines = [...systems.values()].map((system) => {
    const components =
      system.wholeNamespace === undefined
        ? [...system.profile.components.keys()].join(', ')
        : `every autoscaled Deployment of namespace ${system.wholeNamespace}`;
    const decides =
      system.rule === undefined ? 'nobody can approve' : `rule "${literal(system.rule.name, 60)}"`;
    return `• *${literal(system.id, 60)}* ${literal(system.title, 80)}: ${system.mode} mode, ${decides}, cards in <#${system.channel}>\n   ${literal(components, 300)}`;
  });
  return fallback(`${counted(systems.size, 'system')} in headroom.yaml`, sections(lines));
}

export interface StatusFacts {
  readonly systems: readonly System[];
  readonly plans: readonly PlanRecord[];
  /** What is lent now; what ends first comes first. */
  readonly leases: readonly { readonly lease: Lease; readonly plan: Plan }[];
  readonly stops: readonly Stop[];
  /** Words for each freeze in force for one of the systems. */
  readonly freezes: readonly string[];
  readonly unrouted: { readonly count: number; readonly newest: readonly StoredAlert[] };
  readonly clusters: readonly { readonly cluster: string; readonly problem?: string }[];
  /** Those of the system that was asked for. */
  readonly databases: readonly DatabaseSeen[];
  readonly messagesOwed: number;
}

/** What waits, what runs, what is stopped, what could not be placed. */
export function statusMessage(facts: StatusFacts): Message {
  const blocks: KnownBlock[] = [];
  const stops = facts.stops.map(
    (stop) =>
      `⏸ ${stop.scope === '*' ? 'Everything' : literal(stop.scope.replace(':', ' '), 80)} is stopped by ${person(stop.by)}${stop.reason === undefined ? '' : `: ${literal(stop.reason, 200)}`}`,
  );
  if (stops.length > 0) blocks.push(...sections(stops, 1));
  const freezes = facts.freezes.map((freeze) => `❄️ In force: ${literal(freeze, 300)}`);
  if (freezes.length > 0) blocks.push(...sections(freezes, 1));
  const plans = facts.plans.map(
    ({ plan, state, outcome }) =>
      `• *${plan.id}* ${outcome === 'pending' ? 'applied, watching whether it helps' : state}: ${literal(firstLine(plan), 200)}`,
  );
  blocks.push(
    ...sections(
      ['*Plans*', ...(plans.length === 0 ? ['Nothing waits and nothing runs.'] : plans)],
      1,
    ),
  );
  const leases = facts.leases.map(({ lease, plan }) => leaseStatusLine({ plan }, lease));
  if (leases.length > 0) blocks.push(...sections(['*Lent for a time*', ...leases], 1));
  const clusters = facts.clusters.map(({ cluster, problem }) =>
    problem === undefined
      ? `• cluster ${literal(cluster, 60)} answers`
      : `• cluster ${literal(cluster, 60)}: ${literal(problem, 300)}`,
  );
  if (clusters.length > 0) blocks.push(...sections(['*Clusters*', ...clusters], 1));
  blocks.push(...healthBlocks(facts.databases));
  const { count, newest } = facts.unrouted;
  if (count > 0) {
    const named = newest.map(
      (alert) =>
        `• ${literal(alert.labels['alertname'] ?? 'without a name', 100)} in ${literal(alert.labels['namespace'] ?? 'no namespace', 63)}`,
    );
    blocks.push(section(`*Alerts that fit no system: ${count}*\n${named.join('\n')}`));
  }
  if (facts.messagesOwed > 0) {
    blocks.push(context(`${counted(facts.messagesOwed, 'message')} on the way to Slack`));
  }
  const stopped = stops.length === 0 ? '' : `, ${counted(stops.length, 'stop')} in force`;
  return fallback(`Headroom status: ${counted(plans.length, 'open plan')}${stopped}`, blocks);
}
