// Checks a finished history against the invariants of the product, from the audit trail, the database, the cluster and Slack.

import { z } from 'zod';
import { createStore } from '../../src/adapters/store/store.ts';
import type { ClusterWrite } from '../../src/change/cluster-write.ts';
import { type LeaseState, leaseMayBecome } from '../../src/lease/lease.ts';
import { cardMessage } from '../../src/message/card.ts';
import { type Plan, planHash } from '../../src/plan/plan.ts';
import { mayBecome, type PlanState, planStates } from '../../src/plan/plan-state.ts';
import { changesOf } from '../../src/plan/step.ts';
import { verifyStored } from '../../src/workflow/audit-trail.ts';
import { limits } from '../../src/workflow/limits.ts';
import { readPlanView } from '../../src/workflow/read-plan.ts';
import type { HistoryFacts } from './history.ts';
import { people } from './scene.ts';
import { type Effect, patchOf, type Sizes, type World } from './world.ts';

const entry = z.object({
  seq: z.number(),
  at: z.string(),
  event: z.string(),
  by: z.string(),
  planId: z.string().optional(),
  detail: z.record(z.string(), z.unknown()).default({}),
});
type Entry = z.infer<typeof entry>;

interface StoredPlan {
  readonly id: string;
  readonly body: string;
  readonly hash: string;
  readonly target: string;
  readonly state: PlanState;
  readonly reason: string | null;
  readonly outcome: string | null;
}

/** All that the checks look at. */
interface Record {
  readonly world: World;
  readonly facts: HistoryFacts;
  readonly entries: readonly Entry[];
  readonly plans: ReadonlyMap<string, StoredPlan>;
}

type Check = (record: Record) => readonly string[] | Promise<readonly string[]>;

const checks = {
  chainIsIntact,
  frozenPlans,
  statesFollowTheTable,
  onlyApprovedWrites,
  eachChangeOnce,
  conditionalWrites,
  neverLower,
  leasesFollowTheTable,
  oneRunATarget,
  votesCountOnce,
  nothingIsStuck,
  noFalseDrift,
  truthfulReasons,
  commandsOnce,
  cardsShowWhatIsStored,
  cardsArePostedOnce,
  slackIsNotHurried,
} as const satisfies { readonly [name: string]: Check };

/** The names of the broken invariants, each with what broke it. */
export async function brokenInvariants(
  world: World,
  facts: HistoryFacts,
): Promise<readonly string[]> {
  const { rows } = await world.database.pool.query<{ body: string }>(
    'select body from audit_entry order by seq',
  );
  const plans = await world.database.pool.query<StoredPlan>(
    'select id, body, hash, target, state, reason, outcome from plan order by id',
  );
  const record: Record = {
    world,
    facts,
    entries: rows.map(({ body }) => entry.parse(JSON.parse(body))),
    plans: new Map(plans.rows.map((plan) => [plan.id, plan])),
  };
  const broken: string[] = [];
  for (const [name, check] of Object.entries<Check>(checks)) {
    for (const because of await check(record)) broken.push(`${name}: ${because}`);
  }
  return broken;
}

async function chainIsIntact({ world }: Record): Promise<readonly string[]> {
  const finding = await verifyStored(createStore(world.database.pool));
  return finding.kind === 'intact' ? [] : [`entry ${finding.seq}: ${finding.because}`];
}

function frozenPlans({ plans, entries }: Record): readonly string[] {
  return [...plans.values()].flatMap(({ id, body, hash }) => {
    const drawn = entries.find(({ event, planId }) => event === 'plan.proposed' && planId === id);
    return planHash(body) === hash && drawn?.detail['hash'] === hash
      ? []
      : [`plan ${id} is not the text that was proposed`];
  });
}

/** Each step is in the table and has exactly one entry: the entries form one path that ends where the plan is. */
function statesFollowTheTable({ plans, entries }: Record): readonly string[] {
  return [...plans.values()].flatMap((plan) => {
    const steps = entries.filter(({ planId, event }) => planId === plan.id && isStep(event));
    let state: PlanState | undefined;
    const broken: string[] = [];
    for (const { event, detail, seq } of steps) {
      const to = event.slice('plan.'.length) as PlanState;
      const follows =
        state === undefined
          ? to === 'proposed'
          : detail['from'] === state && mayBecome(state, to) && detail['hash'] === plan.hash;
      if (!follows) broken.push(`entry ${seq}: ${plan.id} from ${state} to ${to}`);
      state = to;
    }
    if (state !== plan.state) broken.push(`${plan.id} is ${plan.state}, the trail says ${state}`);
    return broken;
  });
}

function isStep(event: string): boolean {
  return event.startsWith('plan.') && event.slice('plan.'.length) in planStates;
}

/** Whatever had an effect was announced while the plan ran, was approved as it is, and nothing was stopped. */
function onlyApprovedWrites(record: Record): readonly string[] {
  return record.world.effects.flatMap((effect) => {
    const why = whyNotApproved(effect, record);
    return why === undefined ? [] : [`write of ${effect.run.planId}/${effect.run.number}: ${why}`];
  });
}

function whyNotApproved(effect: Effect, { entries, plans }: Record): string | undefined {
  const plan = plans.get(effect.run.planId);
  if (plan === undefined) return 'there is no such plan';
  const announced = entries.findLast(
    ({ event, planId, detail, at }) =>
      (event === 'change.writing' || event === 'change.reverting') &&
      planId === plan.id &&
      detail['run'] === effect.run.number &&
      Date.parse(at) <= effect.atMs,
  );
  if (announced === undefined) return 'it was not announced';
  if (effect.rules.mode !== 'apply') return `the process was in ${effect.rules.mode} mode`;
  const before = entries.filter(({ seq }) => seq < announced.seq);
  const own = before.filter(({ planId }) => planId === plan.id);
  const last = own.findLast(({ event }) => isStep(event));
  if (givesBack(effect, entries)) {
    const lease = own.findLast(({ event }) => movesLease(event));
    if (lease?.event !== 'lease.giving')
      return `its lease was not being given back (${lease?.event})`;
  } else if (last?.event !== 'plan.applying' || last.detail['run'] !== effect.run.number) {
    return `the plan was not applying in this run (${last?.event})`;
  }
  const stopped = new Set<unknown>();
  for (const { event, detail } of before) {
    if (event === 'stop.set') stopped.add(detail['scope']);
    if (event === 'stop.ended') stopped.delete(detail['scope']);
  }
  if (stopped.size > 0) return `${[...stopped].join(', ')} was stopped when it was announced`;
  const votes = own.filter(({ detail }) => detail['counted'] === true);
  if (votes.some(({ detail }) => detail['hash'] !== plan.hash)) return 'a vote for another text';
  if (votes.some(({ event }) => event === 'vote.deny')) return 'it was denied';
  return whyTooFew(votes, JSON.parse(plan.body) as Plan, effect.rules.required);
}

/** Whether an effect is of a run that gives back what the plan has lent. */
function givesBack({ run }: Pick<Effect, 'run'>, entries: readonly Entry[]): boolean {
  return entries.some(
    ({ event, planId, detail }) =>
      event === 'lease.giving' && planId === run.planId && detail['run'] === run.number,
  );
}

function movesLease(event: string): boolean {
  return event.startsWith('lease.') && event !== 'lease.refused';
}

/** The policy of the scene in its own words, apart from the code under test. */
function whyTooFew(votes: readonly Entry[], plan: Plan, required: number): string | undefined {
  const listed: readonly string[] = [people.ann, people.bob, people.oncall];
  const yes = votes.filter(({ event, by }) => event === 'vote.approve' && listed.includes(by));
  const asker = plan.origin.kind === 'command' ? plan.origin.by : undefined;
  const alone = yes.some(
    ({ by, detail }) =>
      by === asker && by === people.oncall && detail['reason'] !== undefined && !plan.decrease,
  );
  if (alone) return undefined;
  const others = new Set(yes.map(({ by }) => by));
  if (asker !== undefined && asker !== people.oncall) others.delete(asker);
  const needed = plan.decrease ? Math.max(2, required) : required;
  return others.size >= needed ? undefined : `${others.size} of ${needed} approvals`;
}

/** Twice is only possible when somebody else has put the old value back in between and a lost write arrives after that. */
function eachChangeOnce({ world }: Record): readonly string[] {
  return world.effects.flatMap((effect, index) => {
    const text = JSON.stringify(effect.write);
    const first = world.effects
      .slice(0, index)
      .find(({ run, write }) => run.planId === effect.run.planId && JSON.stringify(write) === text);
    if (first === undefined) return [];
    const putBack = world.foreign.some(({ atMs }) => atMs >= first.atMs && atMs <= effect.atMs);
    return putBack ? [] : [`${effect.run.planId} was written twice`];
  });
}

/** A write has its effect only on exactly what the plan saw. */
function conditionalWrites({ world, plans, entries }: Record): readonly string[] {
  return world.effects.flatMap(({ run, from, write }) => {
    const isBack = givesBack({ run }, entries);
    const body = plans.get(run.planId)?.body;
    const changes = body === undefined ? [] : changesOf(JSON.parse(body) as Plan);
    const metrics = patchOf(write).some(({ path }) => path.startsWith('/spec/metrics'));
    const isLimits = write.object.kind === 'HorizontalPodAutoscaler' && !metrics;
    const kindOfWrite = isLimits ? 'autoscaler' : 'patch';
    const wanted = write.how === 'patch' && write.subresource === 'scale' ? 'scale' : kindOfWrite;
    const change = changes.find(({ kind }) => kind === wanted);
    if (change === undefined || change.kind === 'create' || change.kind === 'sql')
      return [`${run.planId} has no change`];
    if (change.kind === 'patch') return whyNotTested(run.planId, from, write);
    if (change.kind === 'scale') {
      const saw = isBack ? change.after.replicas : change.before.replicas;
      return from.replicas === saw ? [] : [`${run.planId} saw ${saw}, wrote over ${from.replicas}`];
    }
    const moved = (['minReplicas', 'maxReplicas'] as const).filter(
      (field) => change.before[field] !== change.after[field],
    );
    return moved
      .filter((field) => from[field] !== (isBack ? change.after : change.before)[field])
      .map((field) => `${run.planId} saw ${change.before[field]}, wrote over ${from[field]}`);
  });
}

/** The worker's cpu and the autoscaler's target are what the write itself tested, forward or back. */
function whyNotTested(planId: string, from: Sizes, write: ClusterWrite): readonly string[] {
  const seen = [
    ['/spec/template/spec/containers/0/resources/requests/cpu', from.cpu],
    ['/spec/metrics/0/resource/target/averageUtilization', from.target],
  ] as const;
  return seen.flatMap(([pointer, is]) => {
    const operations = patchOf(write).filter(({ path }) => path === pointer);
    if (operations.every(({ op }) => op === 'test')) return [];
    const tested = operations.some((each) => each.op === 'test' && each.value === is);
    return tested ? [] : [`${planId} wrote over ${is} at ${pointer}`];
  });
}

function neverLower({ world, plans, entries }: Record): readonly string[] {
  return world.effects.flatMap(({ run, from, to }) => {
    const body = plans.get(run.planId)?.body;
    const plan = body === undefined ? undefined : (JSON.parse(body) as Plan);
    if (plan === undefined || plan.decrease) return [];
    // What a plan has lent goes back to exactly what was there, and was approved with it.
    if (givesBack({ run }, entries)) return whyNotBack(plan, to);
    const lowered = (['replicas', 'minReplicas', 'maxReplicas'] as const).filter(
      (field) => (to[field] ?? 0) < (from[field] ?? 0),
    );
    return lowered.map((field) => `${plan.id} lowered ${field} ${from[field]} → ${to[field]}`);
  });
}

function whyNotBack(plan: Plan, to: Sizes): readonly string[] {
  return changesOf(plan).flatMap((change) => {
    if (plan.lease === undefined) return [`${plan.id} lends nothing and was given back`];
    if (change.kind === 'scale' && to.replicas !== change.before.replicas) {
      return [`${plan.id} gave back to ${to.replicas}, not ${change.before.replicas}`];
    }
    const isMinimum = change.kind === 'autoscaler' && to.minReplicas !== change.before.minReplicas;
    return isMinimum ? [`${plan.id} gave the minimum back to ${to.minReplicas}`] : [];
  });
}

/** Each step of a lease is in the table, and while it is given back or unknown no other run of the target begins. */
async function leasesFollowTheTable({ world, entries }: Record): Promise<readonly string[]> {
  const { rows } = await world.database.pool.query<{ plan_id: string; state: LeaseState }>(
    'select plan_id, state from lease',
  );
  return rows.flatMap(({ plan_id, state }) => {
    const own = entries.filter(({ planId, event }) => planId === plan_id && movesLease(event));
    let at: LeaseState | undefined;
    const broken: string[] = [];
    for (const { event, detail, seq } of own) {
      if (event === 'lease.lent') at = 'lent';
      else {
        const to = String(detail['to']) as LeaseState;
        const follows = detail['from'] === at && (to === at || leaseMayBecome(at ?? to, to));
        if (!follows) broken.push(`entry ${seq}: the lease of ${plan_id} from ${at} to ${to}`);
        at = to;
      }
    }
    if (at !== state) broken.push(`the lease of ${plan_id} is ${state}, the trail says ${at}`);
    return broken;
  });
}

/** From applying to its end no other plan of the same target is applying. */
function oneRunATarget({ entries, plans }: Record): readonly string[] {
  const running = new Map<string, string>();
  const broken: string[] = [];
  for (const { event, planId, seq } of entries) {
    const target = plans.get(planId ?? '')?.target;
    if (planId === undefined || target === undefined || !isStep(event)) continue;
    const holder = running.get(target);
    if (event === 'plan.applying') {
      if (holder !== undefined && holder !== planId)
        broken.push(`entry ${seq}: ${planId} runs while ${holder} does`);
      running.set(target, planId);
    } else if (holder === planId && event !== 'plan.unknown') running.delete(target);
  }
  return broken;
}

async function votesCountOnce({ world, entries }: Record): Promise<readonly string[]> {
  const counted = entries
    .filter(({ event, detail }) => event.startsWith('vote.') && detail['counted'] === true)
    .map(({ planId, by, event, detail }) => `${planId} ${by} ${event} ${String(detail['hash'])}`);
  const twice = counted.filter((vote, index) => counted.indexOf(vote) !== index);
  const { rows } = await world.database.pool.query<{ count: number }>(
    'select count(*)::int as count from vote',
  );
  const stored = rows[0]?.count;
  return [
    ...twice.map((vote) => `${vote} counts twice`),
    ...(stored === counted.length
      ? []
      : [`${stored} votes are stored, ${counted.length} are in the trail`]),
  ];
}

async function nothingIsStuck({ world, plans }: Record): Promise<readonly string[]> {
  const open = [...plans.values()].filter(
    ({ state, outcome }) => planStates[state].length > 0 || outcome === 'pending',
  );
  const { rows } = await world.database.pool.query<{ what: string }>(
    `select 'a lock on ' || target || ' of ' || plan_id as what from target_lock
     union all select 'run ' || plan_id || '/' || number || ' ' || state from run where state <> 'ended'
     union all select 'the lease of ' || plan_id || ' ' || state from lease where state in ('giving', 'unknown')
     union all select 'alert ' || id from alert where pending`,
  );
  return [...open.map(({ id, state }) => `${id} ${state}`), ...rows.map(({ what }) => what)];
}

/** Only somebody else's change is drift, never a status that moves or a label. */
function noFalseDrift({ world, entries, plans }: Record): readonly string[] {
  if (world.lateArrivals > 0) return [];
  return entries.flatMap(({ event, planId, detail, at }) => {
    const body = plans.get(planId ?? '')?.body;
    if (event !== 'plan.failed' || detail['code'] !== 'drift' || body === undefined) return [];
    const since = Date.parse((JSON.parse(body) as Plan).createdAt);
    const moved = world.foreign.some(({ atMs }) => atMs >= since && atMs <= Date.parse(at));
    return moved ? [] : [`${planId}: ${String(detail['reason'])}`];
  });
}

/** A plan that had an effect never says that nothing was written; what arrives late may only follow an "unknown". */
function truthfulReasons({ world, plans, entries }: Record): readonly string[] {
  return [...plans.values()].flatMap(({ id, reason }) => {
    const wasUnknown = entries.some(
      ({ event, planId }) => event === 'plan.unknown' && planId === id,
    );
    const wrote = world.effects.some(
      ({ run, isLate }) => run.planId === id && !(isLate && wasUnknown),
    );
    return wrote && /nothing was (written|changed)/i.test(reason ?? '') ? [`${id}: ${reason}`] : [];
  });
}

/** However often a command is delivered or answered, what it asks for is done once. */
async function commandsOnce({ world, entries, plans, facts }: Record): Promise<readonly string[]> {
  const { rows } = await world.database.pool.query<{ id: string; dedupe_key: string }>(
    'select id, dedupe_key from command',
  );
  const broken: string[] = [];
  for (const { id } of rows) {
    const drawn = [...plans.values()].filter(({ body }) => {
      const { origin } = JSON.parse(body) as Plan;
      return origin.kind === 'command' && origin.commandId === id;
    });
    if (drawn.length > 1) broken.push(`${id} made ${drawn.map((plan) => plan.id).join(' and ')}`);
  }
  for (const [verb, event] of [
    ['stop', 'stop.set'],
    ['resume', 'stop.ended'],
  ] as const) {
    const spoken = facts.commands.filter(({ words }) => words.startsWith(verb));
    const done = entries.filter(({ event: name, by }) => name === event && !by.startsWith('cli:'));
    if (done.length > spoken.length)
      broken.push(`${spoken.length} times ${verb} was said, ${done.length} times it was done`);
  }
  return broken;
}

async function cardsShowWhatIsStored({ world, facts, plans }: Record): Promise<readonly string[]> {
  const [process] = world.processes;
  // A card is not sent anew because the settings changed.
  if (process === undefined || facts.modesChanged) return [];
  const store = createStore(world.database.pool);
  const broken: string[] = [];
  for (const id of plans.keys()) {
    const { message, ts } = await store.transaction(async (tx) => ({
      message: cardMessage(await readPlanView(tx, id, process.parts)),
      ts: await tx.messages.cardTs(id),
    }));
    const shown = world.slack.messages.get(ts ?? '')?.text;
    broken.push(...difference(`card of ${id}`, shown ?? '', JSON.stringify(message)));
  }
  return broken;
}

/** Slack cannot be asked to post a thing only once: whoever is cut off in a post leaves it to be posted again, after its hold. */
function cardsArePostedOnce({ world }: Record): readonly string[] {
  return world.slack.calls.flatMap(({ card, atMs }, index) => {
    if (card === undefined) return [];
    const before = world.slack.calls.slice(0, index).findLast((call) => call.card === card);
    if (before === undefined || before.isLost) return [];
    // A call begins in the first half of its hold, or not at all.
    const sinceDecided = atMs - before.atMs + before.hungMs;
    return sinceDecided >= limits.messageHoldMs / 2 ? [] : [`card of ${card} was posted twice`];
  });
}

/** Where two texts part, with a little of what stands around it. */
function difference(what: string, shown: string, stored: string): readonly string[] {
  if (shown === stored) return [];
  let at = 0;
  while (shown[at] === stored[at]) at += 1;
  const from = Math.max(0, at - 40);
  return [
    `${what} shows …${shown.slice(from, at + 80)}…, stored is …${stored.slice(from, at + 80)}…`,
  ];
}

/** At most one call a second for each channel, whichever process makes it, as long as no call hangs for longer than the ten seconds it may. */
function slackIsNotHurried({ world }: Record): readonly string[] {
  return world.slack.calls.flatMap(({ atMs, channel, hungMs }, index) => {
    const before = world.slack.calls.slice(0, index).findLast((call) => call.channel === channel);
    if (before === undefined || atMs - before.atMs >= limits.slackPaceMs) return [];
    const hung = Math.max(hungMs, before.hungMs) >= limits.messageHoldMs / 2;
    return hung ? [] : [`${atMs - before.atMs} ms between two calls`];
  });
}
