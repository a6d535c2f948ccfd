// Recommends what one container should request and may use, from what it used; without enough proof nothing becomes smaller.
import { formatNumber } from '../profile/amount.ts';
import { ceilTolerant } from '../profile/rounding.ts';
import type { ArithmeticLine } from '../profile/trigger-facts.ts';
import { keepThreshold, type TargetMove, type UtilisationTarget } from './autoscaler-target.ts';
import {
  type Amounts,
  amountsOf,
  type ContainerSize,
  type ContainerUsage,
  type Resource,
  sizeOf,
} from './container-usage.ts';
import { type Need, needOf } from './right-size-need.ts';
import { obstaclesToLowering } from './right-size-obstacles.ts';
import { type RightSizeRule, usualRule, worthwhileShare } from './right-size-rule.ts';
import { amountText, resourceText, shareText } from './right-size-words.ts';

export interface RightSizeFacts {
  readonly container: string;
  readonly usage: ContainerUsage;
  readonly now: ContainerSize;
  /** The autoscaler's targets that are shares of requests, if one owns the workload. */
  readonly targets?: readonly UtilisationTarget[];
  /** No request is made smaller than this, in millicores and Mi: the least its profile states. */
  readonly least?: Readonly<Partial<Record<Resource, number>>>;
  /** What differs from the usual rule. */
  readonly rule?: Partial<RightSizeRule>;
}

/** What is recommended for CPU (in millicores) or memory (in Mi). */
export interface Recommendation {
  readonly resource: Resource;
  /** `raise` and `lower` change the request, the limit or both, never one up and the other down. */
  readonly kind: 'keep' | 'raise' | 'lower';
  readonly before: Amounts;
  readonly after: Amounts;
  readonly because: string;
  readonly arithmetic: readonly ArithmeticLine[];
  /** Of how many steps of the window a sample was seen; absent when nobody counted. */
  readonly samplesSeen?: number;
  readonly samplesExpected: number;
}

export interface RightSize {
  readonly container: string;
  readonly windowMs: number;
  readonly stepMs: number;
  readonly rule: RightSizeRule;
  readonly before: ContainerSize;
  readonly after: ContainerSize;
  readonly cpu: Recommendation;
  readonly memory: Recommendation;
  /** How the autoscaler's targets must move so that it acts at the same use as before. */
  readonly targets: readonly TargetMove[];
  /** What else a reader should know, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * The size that fits the use. A raise may rest on little; a smaller size needs a week, four fifths of the samples and every
 * figure it must cover. The request covers the observed p99 of CPU and the largest memory with its margin. Doing it again
 * with the same use keeps the result.
 */
export function rightSize(facts: RightSizeFacts): RightSize {
  const rule: RightSizeRule = { ...usualRule, ...facts.rule };
  const { usage, now } = facts;
  const cpu = recommend('cpu', facts, rule);
  const memory = recommend('memory', facts, rule);
  const targets = (facts.targets ?? []).flatMap((target) => {
    const { before, after } = target.resource === 'cpu' ? cpu : memory;
    const move = keepThreshold(target, before.request, after.request);
    return move === undefined ? [] : [move];
  });
  return {
    container: facts.container,
    windowMs: usage.windowMs,
    stepMs: usage.stepMs,
    rule,
    before: now,
    after: sizeOf(cpu.after, memory.after),
    cpu,
    memory,
    targets,
    notes: notesOn(usage),
  };
}

function recommend(
  resource: Resource,
  { usage, now, least }: RightSizeFacts,
  rule: RightSizeRule,
): Recommendation {
  const before = amountsOf(now, resource);
  const { samplesSeen } = usage[resource];
  const common = {
    resource,
    before,
    ...(samplesSeen !== undefined && { samplesSeen }),
    samplesExpected: usage.samplesExpected,
  };
  const need = needOf(resource, usage[resource], { rule, stated: least?.[resource] });
  if (need === undefined) {
    const because = `nothing is known of the ${resourceText(resource)} it uses`;
    return { ...common, kind: 'keep', after: before, because, arithmetic: [] };
  }
  const { arithmetic } = need;
  const raise = reasonToRaise(before.request, need, rule);
  if (raise !== undefined) {
    const limit = limitFor(need.request, before, need, rule);
    const after = amounts(
      need.request,
      before.limit === undefined ? undefined : Math.max(before.limit, limit.amount),
    );
    const lines = after.limit === before.limit ? arithmetic : [...arithmetic, limit.line];
    return { ...common, kind: 'raise', after, because: raise, arithmetic: lines };
  }
  return { ...common, ...lowerOrKeep(before, need, { usage, rule }) };
}

/** Why the request must grow; nothing when it need not. */
function reasonToRaise(
  request: number | undefined,
  need: Need,
  rule: RightSizeRule,
): string | undefined {
  const { resource, figure, covered } = need;
  if (request === undefined) return `it requests no ${resourceText(resource)}`;
  if (need.request <= request) return undefined;
  const has = amountText(resource, request);
  if (figure.value > rule.raiseAbove * request) {
    return `${figure.name} is ${amountText(resource, figure.value)}, ${shareText(figure.value / request)} of the ${has} it requests (above ${shareText(rule.raiseAbove)})`;
  }
  return covered !== undefined && covered.amount > request
    ? `${covered.text} does not fit into the ${has} it requests`
    : undefined;
}

type Judgement = Pick<Recommendation, 'kind' | 'after' | 'because' | 'arithmetic'>;

function lowerOrKeep(
  before: Amounts,
  need: Need,
  { usage, rule }: { readonly usage: ContainerUsage; readonly rule: RightSizeRule },
): Judgement {
  const { resource, figure, arithmetic } = need;
  const ofLimit = rule.lowerOf === 'limit' && before.limit !== undefined;
  const base = (ofLimit ? before.limit : before.request) ?? 0;
  const share = base > 0 ? figure.value / base : Number.POSITIVE_INFINITY;
  const seen = `${figure.name} is ${amountText(resource, figure.value)}, ${shareText(share)} of ${ofLimit ? 'its limit' : 'what it requests'}`;
  const keep = (because: string): Judgement => ({
    kind: 'keep',
    after: before,
    because,
    arithmetic,
  });
  if (share >= rule.lowerBelow) return keep(`${seen}: neither too little nor too much`);

  const obstacles = obstaclesToLowering(need, usage);
  const request = before.request ?? 0;
  const smaller = worthIt(request, need.request);
  const limit = limitFor(smaller, before, need, rule);
  // Where the request has no room to spare, neither has the limit: a raise of the one is not followed by a cut of the other.
  const limitFree =
    before.limit !== undefined && obstacles.limit.length === 0 && need.request < request;
  const smallerLimit = limitFree ? worthIt(before.limit, limit.amount) : before.limit;
  const heldLimit =
    before.limit !== undefined && limit.amount < before.limit && obstacles.limit.length > 0
      ? `; the limit stays: ${obstacles.limit.join('; ')}`
      : '';
  if (smaller === request && smallerLimit === before.limit) {
    const why =
      need.request < request ? 'a smaller size would save less than a tenth' : 'the request fits';
    return keep(`${seen}; ${why}${heldLimit}`);
  }
  if (obstacles.both.length > 0)
    return keep(`${seen}, but nothing is made smaller: ${obstacles.both.join('; ')}`);
  return {
    kind: 'lower',
    after: amounts(smaller, smallerLimit),
    because: `${seen} (below ${shareText(rule.lowerBelow)})${heldLimit}`,
    arithmetic: smallerLimit === before.limit ? arithmetic : [...arithmetic, limit.line],
  };
}

/** The smaller amount where it saves enough to be worth a rollout, else what is there. */
function worthIt(now: number, wanted: number): number {
  return wanted <= now * (1 - worthwhileShare) ? wanted : now;
}

/** The limit that goes with a request, never below what was seen at its highest. */
function limitFor(
  request: number,
  before: Amounts,
  need: Need,
  rule: RightSizeRule,
): { readonly amount: number; readonly line: ArithmeticLine } {
  const { resource } = need;
  const stated = rule.limitFactor?.[resource];
  const present =
    before.limit !== undefined && before.request !== undefined && before.request > 0
      ? before.limit / before.request
      : 1;
  const factor = Math.max(1, stated ?? present);
  const byFactor = ceilTolerant(request * factor);
  const amount = Math.max(byFactor, need.limitMin);
  const why = stated === undefined ? ' (limit to request as it is now)' : '';
  const words = `limit ${amountText(resource, request)} × ${formatNumber(factor)}${why} = ${amountText(resource, byFactor)}`;
  return {
    amount,
    line: {
      formula: 'max(request × factor, highest seen)',
      values: { request, factor, highest: need.limitMin },
      result: amount,
      source: rule.source,
      text:
        amount === byFactor
          ? words
          : `${words}; ${amountText(resource, amount)} to hold the highest use seen`,
    },
  };
}

function amounts(request: number, limit: number | undefined): Amounts {
  return { request, ...(limit !== undefined && { limit }) };
}

function notesOn(usage: ContainerUsage): readonly string[] {
  const { restarts, oomKills, throttledShare } = usage;
  const notes = [...usage.missing];
  if (oomKills !== undefined && oomKills > 0)
    notes.push(
      `${counted(oomKills, 'OOM kill')} in the window: the largest memory seen is what its limit let it have`,
    );
  else if (restarts !== undefined && restarts > 0)
    notes.push(
      `${counted(restarts, 'restart')} in the window: look for OOM kills, use after a restart says little about what it needs`,
    );
  if (throttledShare !== undefined && throttledShare > 0)
    notes.push(
      `held back by its CPU limit in ${shareText(throttledShare)} of its periods: it would have used more`,
    );
  return notes;
}

function counted(count: number, what: string): string {
  const whole = Math.max(1, Math.round(count));
  return `${whole} ${what}${whole === 1 ? '' : 's'}`;
}
