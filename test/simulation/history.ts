// Plays one seeded history: people, machines and accidents in an order that the seed chooses, then peace until nothing moves.

import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckpointName, IncomingAlert } from '../../src/ports.ts';
import { castVote } from '../../src/workflow/cast-vote.ts';
import { receiveAlerts } from '../../src/workflow/receive-alerts.ts';
import { receiveCommand } from '../../src/workflow/receive-command.ts';
import { resume, stop } from '../../src/workflow/stop-and-resume.ts';
import { type AppProcess, loopNames } from './app-process.ts';
import { brokenInvariants } from './invariants.ts';
import type { Prng } from './prng.ts';
import { alertname, namespace, people, type Rules, workerAutoscaler } from './scene.ts';
import { World, type WorldParts } from './world.ts';

export interface HistoryResult {
  readonly seed: number;
  /** What went wrong; empty for a clean history. */
  readonly broken: readonly string[];
  /** The whole history, one line a step. */
  readonly lines: readonly string[];
  /** How often what happened, so that one can see what the histories reach. */
  readonly seen: ReadonlyMap<string, number>;
}

/** How a history goes: drawn once from its seed. */
interface Temper {
  readonly rules: Rules;
  /** From 0, nothing goes wrong, to 1. */
  readonly chaos: number;
  /** Several calls at the same time, which the database then orders: played again, it may go another way. */
  readonly isConcurrent: boolean;
  readonly steps: number;
}

const checkpoints = {
  'vote-stored': true,
  'run-queued': true,
  'run-claimed': true,
  'observed-again': true,
  'locks-taken': true,
  'write-announced': true,
  'write-sent': true,
  'write-stored': true,
  'rollout-seen': true,
  'run-ended': true,
  'outcome-judged': true,
} as const satisfies Record<CheckpointName, true>;
const checkpointNames = Object.keys(checkpoints) as CheckpointName[];

/** A history that has not come to rest after so many rounds of peace never will. */
const peaceRoundsMax = 300;
/** A history that takes longer than this in real time hangs. */
const historyTimeoutMs = 120_000;

export async function playHistory(parts: WorldParts): Promise<HistoryResult> {
  const world = await World.start(parts);
  const done = new AbortController();
  try {
    const history = new History(world);
    await Promise.race([history.play(), tooLong(done.signal)]);
    const broken = [...world.bugs, ...(await brokenInvariants(world, history.facts))];
    return { seed: parts.seed, broken, lines: world.lines, seen: history.seen };
  } catch (error) {
    const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return {
      seed: parts.seed,
      broken: [...world.bugs, words],
      lines: world.lines,
      seen: new Map(),
    };
  } finally {
    done.abort();
    await world.stop();
  }
}

async function tooLong(done: AbortSignal): Promise<void> {
  await sleep(historyTimeoutMs, undefined, { signal: done }).catch(() => undefined);
  if (!done.aborted) throw new Error('the history hangs in real time');
}

function drawTemper(prng: Prng): Temper {
  return {
    rules: {
      mode: prng.weighted({ apply: 8, propose: 1, observe: 1 }),
      required: prng.weighted({ one: 3, two: 1 }) === 'one' ? 1 : 2,
    },
    chaos: prng.pick([0, 0.3, 0.6, 1]),
    isConcurrent: prng.chance(0.3),
    steps: prng.between(60, 180),
  };
}

/** What the checks of the invariants must know of a history. */
export interface HistoryFacts {
  readonly modesChanged: boolean;
  readonly commands: ReadonlyMap<string, { readonly words: string; readonly userId: string }>;
}

class History {
  readonly seen = new Map<string, number>();
  readonly #world: World;
  readonly #temper: Temper;
  readonly #alerts = new Map<string, IncomingAlert>();
  readonly #spoken: { triggerId: string; words: string; userId: string }[] = [];
  #modesChanged = false;
  #firings = 0;

  constructor(world: World) {
    this.#world = world;
    this.#temper = drawTemper(world.prng);
  }

  get facts(): HistoryFacts {
    const commands = new Map(this.#spoken.map((spoken) => [spoken.triggerId, spoken]));
    return { modesChanged: this.#modesChanged, commands };
  }

  async play(): Promise<void> {
    const world = this.#world;
    const { rules, chaos, isConcurrent, steps } = this.#temper;
    world.trace(
      `${rules.mode} mode, ${rules.required} approvals, chaos ${chaos}${isConcurrent ? ', calls at the same time' : ''}`,
    );
    if (world.prng.chance(0.2)) this.#autoscaler();
    world.startProcess(rules);
    world.startProcess(rules);
    this.#fire();
    await this.#opening();
    for (let step = 0; step < steps; step += 1) {
      await this.#step();
      await world.gates.settle();
      if (world.bugs.length > 0) return;
    }
    await this.#peace();
  }

  /** Most histories begin with a plan that somebody approves: what follows then happens to a run. */
  async #opening(): Promise<void> {
    const world = this.#world;
    const { prng } = world;
    if (!prng.chance(0.8)) return;
    for (let round = 0; round < 5; round += 1) await this.#calmRound(1_100);
    if (prng.chance(this.#temper.chaos)) {
      world.lateness = prng.pick([0, 0, 0.5, 1]);
      world.queueTrouble = prng.pick([0, 0, 0.5]);
      world.slack.trouble = prng.pick([0, 0, 0.2]);
      for (let accidents = prng.between(0, 3); accidents > 0; accidents -= 1) {
        if (world.alive.length > 0) this.#accident(prng.pick(world.alive));
      }
    }
    for (let votes = prng.between(1, 3); votes > 0; votes -= 1) {
      await this.#vote();
      await world.gates.settle();
    }
  }

  async #step(): Promise<void> {
    const { prng, gates, alive } = this.#world;
    for (const process of alive) if (process.hasStopped) this.#endStopped(process);
    const kind = prng.weighted({
      outside: this.#world.isBeforeWrite ? 5 : 3,
      accident: alive.length === 0 ? 0 : 3 * this.#temper.chaos,
      restart: [8, 2][alive.length] ?? 0,
      call: gates.waiting.length === 0 ? 0 : 10,
      loop: alive.length === 0 ? 0 : 4,
      deliver: this.#world.queue.length > 0 && alive.length > 0 ? 4 : 0,
      late: this.#world.late.length === 0 ? 0 : 1,
      thaw: this.#world.frozen.length === 0 ? 0 : 1,
      time: 3,
      calm: alive.length === 0 ? 0 : 3,
    });
    switch (kind) {
      case 'outside':
        return this.#outside();
      case 'accident':
        return this.#accident(prng.pick(alive));
      case 'restart':
        return this.#restart();
      case 'call':
        return this.#letThrough();
      case 'loop':
        return prng.pick(alive).loop(prng.pick(loopNames));
      case 'deliver':
        return this.#deliver();
      case 'late':
        return this.#lateArrival();
      case 'thaw':
        return this.#thaw(prng.pick(this.#world.frozen));
      case 'time':
        return this.#world.advance(this.#moment());
      case 'calm':
        for (let round = prng.between(1, 6); round > 0; round -= 1) await this.#calmRound(1_100);
    }
  }

  #moment(): number {
    const { prng } = this.#world;
    switch (prng.weighted({ moment: 6, lease: 2, minutes: 0.3, expiry: 0.1 })) {
      case 'moment':
        return prng.between(100, 3_000);
      case 'lease':
        return prng.between(6_000, 13_000);
      case 'minutes':
        return prng.between(1, 6) * 60_000;
      case 'expiry':
        return prng.pick([16, 31]) * 60_000;
    }
  }

  // ---- What people and machines outside do ------------------------------------------------------------------------

  async #outside(): Promise<void> {
    const { prng } = this.#world;
    switch (
      prng.weighted({
        vote: 8,
        fire: 2,
        repeat: 1,
        resolve: 1,
        load: 2,
        command: 2,
        drift: this.#world.isBeforeWrite ? 8 : 2,
        stop: this.#world.isBeforeWrite ? 4 : 0.3,
        resume: 1,
      })
    ) {
      case 'vote':
        return this.#vote();
      case 'fire':
        return this.#fire();
      case 'repeat':
        return this.#again();
      case 'resolve':
        return this.#resolve();
      case 'load':
        this.#world.backlog = prng.pick([100, 240, 812, 1_500, 3_000, 6_000]);
        return this.#world.trace(`the backlog is ${this.#world.backlog}`);
      case 'command':
        return this.#command();
      case 'drift':
        return this.#drift();
      case 'stop':
        this.#world.trace('the command line stops everything');
        return stop({ scope: '*', by: 'cli:driver' }, this.#world.commandLine);
      case 'resume':
        this.#world.trace('the command line resumes everything');
        await this.#resumeAll();
    }
  }

  #fire(): void {
    const fingerprint = this.#world.prng.pick(['aaaa000000000001', 'aaaa000000000002']);
    const current = this.#alerts.get(fingerprint);
    if (current?.status === 'firing') return this.#deliverAlert(current);
    this.#firings += 1;
    const startsAt = new Date(this.#world.time.ms - 1_000 + this.#firings).toISOString();
    const alert: IncomingAlert = {
      fingerprint,
      startsAt,
      status: 'firing',
      labels: { alertname, namespace, severity: 'warning' },
      annotations: { summary: `Inspection backlog is ${this.#world.backlog} jobs` },
    };
    this.#alerts.set(fingerprint, alert);
    this.#deliverAlert(alert);
  }

  #again(): void {
    const known = [...this.#alerts.values()];
    if (known.length > 0) this.#deliverAlert(this.#world.prng.pick(known));
  }

  #resolve(): void {
    const firing = [...this.#alerts.values()].filter(({ status }) => status === 'firing');
    if (firing.length === 0) return;
    const alert = this.#world.prng.pick(firing);
    const endsAt = this.#world.time.now().toISOString();
    const resolved: IncomingAlert = { ...alert, status: 'resolved', endsAt };
    this.#alerts.set(alert.fingerprint, resolved);
    this.#deliverAlert(resolved);
  }

  #deliverAlert(alert: IncomingAlert): void {
    const { prng, alive } = this.#world;
    if (alive.length === 0) return;
    const process = prng.pick(alive);
    this.#world.trace(`alert ${alert.fingerprint.at(-1)} ${alert.status} → ${process.name}`);
    process.begin('alert', () =>
      receiveAlerts(process.parts)({ ok: true, alerts: [alert], truncated: 0 }),
    );
  }

  async #vote(): Promise<void> {
    const { prng, alive, database } = this.#world;
    if (alive.length === 0) return;
    const { rows } = await database.pool.query<{ id: string; hash: string; state: string }>(
      'select id, hash, state from plan order by id desc limit 4',
    );
    const [newest] = rows;
    if (newest === undefined) return;
    const plan = prng.chance(0.8) ? newest : prng.pick(rows);
    const by = prng.weighted({ ann: 5, bob: 5, eve: 1, oncall: 2 });
    const kind = prng.chance(0.93) ? 'approve' : 'deny';
    const planHash = prng.chance(0.95) ? plan.hash : prng.pick([...rows.map((r) => r.hash), '0']);
    const ballot = {
      planId: plan.id,
      planHash,
      by: people[by],
      kind,
      ...(prng.chance(0.6) && { reason: 'it is needed' }),
    } as const;
    for (let clicks = prng.chance(0.2) ? 2 : 1; clicks > 0; clicks -= 1) {
      const process = prng.pick(alive);
      this.#world.trace(`${by} clicks ${kind} for ${plan.id} (${plan.state}) → ${process.name}`);
      process.begin('vote', async () => {
        const result = await castVote(process.parts)(ballot);
        this.#world.trace(`${by} hears: ${result.kind}`);
      });
    }
  }

  #command(): void {
    const { prng, alive } = this.#world;
    if (alive.length === 0) return;
    const words = prng.weighted({ scale: 4, stop: 1, resume: 1.5 });
    const text =
      words === 'scale' ? `gl-008/worker replicas=${prng.between(3, 14)} reason="a test"` : words;
    const earlier = this.#spoken.at(-1);
    const spoken =
      earlier !== undefined && prng.chance(0.15)
        ? earlier
        : {
            triggerId: `t${this.#spoken.length + 1}`,
            words: prng.chance(0.7) || words === 'scale' ? text : `${text} gl-008`,
            userId: people[prng.weighted({ ann: 3, bob: 2, oncall: 2, eve: 1 })],
          };
    if (spoken !== earlier) this.#spoken.push(spoken);
    const process = prng.pick(alive);
    this.#world.trace(`${spoken.userId} types /scale ${spoken.words} → ${process.name}`);
    process.begin('command', () =>
      receiveCommand(process.parts)({
        ...spoken,
        name: '/scale',
        channelId: 'C0CAPACITY1',
        responseUrl: 'http://slack.invalid/response',
      }),
    );
  }

  #drift(): void {
    const { prng, cluster } = this.#world;
    const worker = { kind: 'Deployment', namespace, name: 'worker' };
    const owner = { kind: 'HorizontalPodAutoscaler', namespace, name: 'worker-hpa' };
    const hasOwner = this.#world.sizes().maxReplicas !== undefined;
    const what = prng.weighted({
      edit: 3,
      churn: 4,
      autoscaler: hasOwner ? 0 : 0.4,
      limits: hasOwner ? 1 : 0,
      remove: hasOwner ? 0.5 : 0,
      pods: this.#temper.chaos,
    });
    switch (what) {
      case 'edit': {
        const replicas = prng.between(2, 12);
        return this.#world.asForeigner(`edits replicas to ${replicas}`, () => {
          cluster.control.patch(worker, { spec: { replicas } });
        });
      }
      case 'churn':
        return this.#world.asForeigner('touches labels and status', () => {
          const touched = String(this.#world.time.ms);
          cluster.control.patch(worker, { metadata: { annotations: { touched } } }, 'churn');
          if (hasOwner) {
            cluster.control.patch(owner, { metadata: { annotations: { touched } } }, 'churn');
          }
        });
      case 'autoscaler':
        return this.#autoscaler();
      case 'limits': {
        const minReplicas = prng.between(2, 6);
        const spec = { minReplicas, maxReplicas: minReplicas + prng.between(1, 10) };
        return this.#world.asForeigner('moves the limits of the autoscaler', () => {
          cluster.control.patch(owner, { spec });
        });
      }
      case 'remove':
        return this.#world.asForeigner('removes the autoscaler', () => {
          cluster.control.remove('HorizontalPodAutoscaler', namespace, 'worker-hpa');
        });
      case 'pods': {
        const failure = prng.pick(['ImagePullBackOff', 'Unschedulable', undefined] as const);
        this.#world.trace(`pods: ${failure ?? 'well again'}`);
        return cluster.control.podFailure(namespace, 'worker', failure);
      }
    }
  }

  #autoscaler(): void {
    const { prng, cluster } = this.#world;
    const min = prng.between(3, 6);
    const max = min + prng.between(0, 10);
    this.#world.asForeigner('creates an autoscaler', () => {
      cluster.control.seed([workerAutoscaler(min, max)]);
      cluster.control.setUtilization(namespace, 'worker', { cpu: prng.pick([40, 70, 95]) });
    });
  }

  // ---- What goes wrong --------------------------------------------------------------------------------------------

  #accident(process: AppProcess): void {
    const world = this.#world;
    const { prng } = world;
    const half = () => (prng.chance(0.5) ? 0 : prng.pick([0.1, 0.4, 1]));
    const happens = prng.weighted({
      doom: 5,
      freeze: 4,
      kill: 2,
      terminate: 1,
      break: 4,
      away: 1,
      cluster: 4,
      network: 2,
      slack: 2,
      metrics: 1,
      queue: 1,
    });
    switch (happens) {
      case 'doom': {
        const point = prng.pick(checkpointNames);
        process.doom = { point, left: prng.between(1, 2) };
        return world.trace(`${process.name} will die at ${point}`);
      }
      case 'freeze':
        process.isFrozen = true;
        return world.trace(`${process.name} freezes`);
      case 'kill':
        return process.kill();
      case 'terminate':
        process.stop();
        return world.trace(`${process.name} is asked to stop`);
      case 'break': {
        const when = prng.pick(['before', 'after'] as const);
        const statements = prng.between(1, 14);
        const dies = prng.chance(0.4);
        world.trace(
          `${process.name} loses the database ${when} statement ${statements}${dies ? ' and dies' : ''}`,
        );
        const onBreak = () => (dies ? process.kill() : undefined);
        return process.database.order({ statements, when, onBreak });
      }
      case 'away':
        process.database.isAway = !process.database.isAway;
        return world.trace(
          `${process.name} ${process.database.isAway ? 'does not reach' : 'reaches'} the database`,
        );
      case 'cluster':
        return this.#clusterFault();
      case 'network':
        world.lateness = half();
        return world.trace(`writes are late: ${world.lateness}`);
      case 'slack':
        world.slack.trouble = half();
        return world.trace(`Slack's trouble: ${world.slack.trouble}`);
      case 'metrics':
        world.metricTrouble = half();
        return world.trace(`Prometheus' trouble: ${world.metricTrouble}`);
      case 'queue':
        world.queueTrouble = half();
        return world.trace(`the queue's trouble: ${world.queueTrouble}`);
    }
  }

  #clusterFault(): void {
    const { prng, cluster } = this.#world;
    const what = prng.pick(['after', 'before', '409', '422', '429', '500', '503', 'read'] as const);
    const times = prng.between(1, 3);
    this.#world.trace(`cluster fault: ${what} ×${times}`);
    const write = { method: 'PATCH' };
    switch (what) {
      case 'after':
        return cluster.control.injectFault({ match: write, dropAfterWrite: true, times });
      case 'before':
        return cluster.control.injectFault({ match: write, drop: true, times });
      case 'read': {
        const status = prng.pick([500, 503, 429]);
        const match = { method: 'GET', path: '/deployments/worker' };
        return cluster.control.injectFault({ match, status, times: times * 2 });
      }
      case '429': {
        const headers = { 'retry-after': String(prng.between(1, 20)) };
        return cluster.control.injectFault({ match: write, status: 429, headers, times });
      }
      case '409':
      case '422':
      case '500':
      case '503':
        return cluster.control.injectFault({ match: write, status: Number(what), times });
    }
  }

  #restart(): void {
    const { prng } = this.#world;
    const changes = this.#temper.chaos > 0 && prng.chance(0.08);
    if (changes) this.#modesChanged = true;
    const mode = changes ? prng.pick(['observe', 'propose', 'apply'] as const) : undefined;
    this.#world.startProcess({ ...this.#temper.rules, ...(mode && { mode }) });
  }

  #thaw(process: AppProcess): void {
    process.isFrozen = false;
    this.#world.trace(`${process.name} goes on`);
  }

  #endStopped(process: AppProcess): void {
    process.isAlive = false;
    this.#world.trace(`${process.name} has stopped`);
  }

  // ---- What goes on -----------------------------------------------------------------------------------------------

  #letThrough(): void {
    const { prng, gates } = this.#world;
    let calls = this.#temper.isConcurrent && prng.chance(0.4) ? prng.between(2, 4) : 1;
    for (; calls > 0 && gates.waiting.length > 0; calls -= 1) {
      gates.release(prng.pick(gates.waiting));
    }
  }

  #deliver(): void {
    const { prng, queue, alive } = this.#world;
    const [run] = queue.splice(prng.between(0, queue.length - 1), 1);
    if (run !== undefined) prng.pick(alive).run(run);
  }

  async #lateArrival(): Promise<void> {
    const { prng, late } = this.#world;
    const [sent] = late.splice(prng.between(0, late.length - 1), 1);
    if (sent === undefined) return;
    try {
      await this.#world.arrive(sent, { isLate: true });
    } catch (error) {
      this.#world.trace(`nobody waits for this answer: ${String(error)}`);
    }
  }

  /** Somebody does what is due, in order, then a little time passes. */
  async #calmRound(ms: number): Promise<void> {
    const world = this.#world;
    if (world.alive.length > 0) {
      const process = world.prng.pick(world.alive);
      for (const name of loopNames) process.loop(name);
    }
    await this.#letAllThrough();
    for (const run of world.queue.splice(0)) {
      if (world.alive.length > 0) world.prng.pick(world.alive).run(run);
    }
    await this.#letAllThrough();
    await world.advance(ms);
    await this.#letAllThrough();
  }

  async #letAllThrough(): Promise<void> {
    const { gates } = this.#world;
    await this.#world.gates.settle();
    while (gates.waiting.length > 0) {
      gates.release(gates.waiting[0]);
      await this.#world.gates.settle();
    }
  }

  /** Nothing goes wrong any more: whatever was begun must come to its end. */
  async #peace(): Promise<void> {
    const world = this.#world;
    world.trace('peace');
    for (const process of world.frozen) this.#thaw(process);
    for (const process of world.alive) {
      if (process.isStopping || process.rules.mode !== this.#temper.rules.mode) process.kill();
      process.doom = undefined;
      process.database.order({
        statements: Number.POSITIVE_INFINITY,
        when: 'before',
        onBreak() {},
      });
      process.database.isAway = false;
    }
    if (world.alive.length === 0) world.startProcess(this.#temper.rules);
    world.metricTrouble = 0;
    world.queueTrouble = 0;
    world.lateness = 0;
    world.slack.trouble = 0;
    world.cluster.control.clearFaults();
    world.cluster.control.podFailure(namespace, 'worker');
    while (world.late.length > 0) await this.#lateArrival();
    await this.#resumeAll();
    let waitMs = 1_100;
    let before = '';
    for (let round = 0; round < peaceRoundsMax; round += 1) {
      await this.#calmRound(waitMs);
      if (world.bugs.length > 0) return;
      const now = await this.#progress();
      if (now.isOver) return this.#count();
      // While nothing moves time goes faster: the next thing to happen is a deadline.
      waitMs = now.text === before ? Math.min(waitMs * 2, 4 * 3_600_000) : 1_100;
      before = now.text;
    }
    this.#world.bug('something is stuck', before);
  }

  async #resumeAll(): Promise<void> {
    const world = this.#world;
    const { rows } = await world.database.pool.query<{ scope: string }>('select scope from stop');
    for (const { scope } of rows) {
      await resume({ scope, by: 'cli:driver', askedAt: world.time.now() }, world.commandLine);
    }
  }

  async #progress(): Promise<{ readonly isOver: boolean; readonly text: string }> {
    const { rows } = await this.#world.database.pool.query<Record<string, number>>(
      `select (select count(*)::int from plan where outcome = 'pending'
                or state in ('proposed', 'approved', 'applying', 'unknown', 'failed')) as plans,
              (select count(*)::int from run where state <> 'ended') as runs,
              (select count(*)::int from message where sent < wanted) as messages,
              (select count(*)::int from alert where pending) as alerts,
              (select count(*)::int from command where answered_at is null and received_at > $1) as commands,
              (select coalesce(max(seq), 0)::int from audit_entry) as audit,
              (select coalesce(sum(sent), 0)::int from message) as sent`,
      [new Date(this.#world.time.ms - 30 * 60_000)],
    );
    const { plans, runs, messages, alerts, commands } = rows[0] ?? {};
    const open = [plans, runs, messages, alerts, commands];
    return { isOver: open.every((count) => count === 0), text: JSON.stringify(rows[0]) };
  }

  async #count(): Promise<void> {
    const { rows } = await this.#world.database.pool.query<{ what: string; count: number }>(
      `select 'plans ' || state as what, count(*)::int as count from plan group by 1
       union all select 'unknown, looked at', count(*)::int from audit_entry where body like '%"run.looked"%'`,
    );
    for (const { what, count } of rows) this.seen.set(what, count);
    this.seen.set('writes', this.#world.effects.length);
    this.seen.set('late writes', this.#world.lateArrivals);
    this.seen.set('deaths', this.#world.deaths);
  }
}
