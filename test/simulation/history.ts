// Plays one seeded history: people, machines and accidents in an order that the seed chooses, then peace until nothing moves.

import { setTimeout as sleep } from 'node:timers/promises';
import { accident } from './accidents.ts';
import { type AppProcess, loopNames } from './app-process.ts';
import { brokenInvariants } from './invariants.ts';
import { Outside, type SpokenWords } from './outside.ts';
import type { Prng } from './prng.ts';
import { namespace, type Rules } from './scene.ts';
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
  readonly commands: readonly SpokenWords[];
}

class History {
  readonly seen = new Map<string, number>();
  readonly #world: World;
  readonly #temper: Temper;
  readonly #outside: Outside;
  #modesChanged = false;

  constructor(world: World) {
    this.#world = world;
    this.#temper = drawTemper(world.prng);
    this.#outside = new Outside(world, this.#temper);
  }

  get facts(): HistoryFacts {
    return { modesChanged: this.#modesChanged, commands: this.#outside.spoken };
  }

  async play(): Promise<void> {
    const world = this.#world;
    const { rules, chaos, isConcurrent, steps } = this.#temper;
    world.trace(
      `${rules.mode} mode, ${rules.required} approvals, chaos ${chaos}${isConcurrent ? ', calls at the same time' : ''}`,
    );
    if (world.prng.chance(0.2)) this.#outside.autoscaler();
    world.startProcess(rules);
    world.startProcess(rules);
    this.#outside.fire();
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
      world.staleness = prng.pick([0, 0.5, 1]);
      world.queueTrouble = prng.pick([0, 0, 0.5]);
      world.slack.trouble = prng.pick([0, 0, 0.2]);
      for (let accidents = prng.between(0, 3); accidents > 0; accidents -= 1) {
        if (world.alive.length > 0) accident(world, prng.pick(world.alive));
      }
    }
    for (let votes = prng.between(1, 3); votes > 0; votes -= 1) {
      await this.#outside.vote();
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
        return this.#outside.act();
      case 'accident':
        return accident(this.#world, prng.pick(alive));
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
    switch (prng.weighted({ moment: 6, hold: 2, minutes: 0.3, expiry: 0.1 })) {
      case 'moment':
        return prng.between(100, 3_000);
      case 'hold':
        return prng.between(6_000, 13_000);
      case 'minutes':
        return prng.between(1, 6) * 60_000;
      case 'expiry':
        return prng.pick([16, 31]) * 60_000;
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
    world.staleness = 0;
    world.slack.trouble = 0;
    world.cluster.control.clearFaults();
    world.cluster.control.podFailure(namespace, 'worker');
    while (world.late.length > 0) await this.#lateArrival();
    await this.#outside.resumeAll();
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

  /** Not counted as movement: what is lent is looked at, and told, for as long as something speaks against giving it back. */
  async #progress(): Promise<{ readonly isOver: boolean; readonly text: string }> {
    const { rows } = await this.#world.database.pool.query<Record<string, number>>(
      `select (select count(*)::int from plan where outcome = 'pending'
                or state in ('proposed', 'approved', 'applying', 'unknown', 'failed')) as plans,
              (select count(*)::int from run where state <> 'ended') as runs,
              (select count(*)::int from lease where state in ('giving', 'unknown')) as leases,
              (select count(*)::int from message where sent < wanted) as messages,
              (select count(*)::int from alert where pending) as alerts,
              (select count(*)::int from command where answered_at is null and received_at > $1) as commands,
              (select count(*)::int from audit_entry where body not like '%"event":"lease.%') as audit,
              (select coalesce(sum(sent), 0)::int from message
                where plan_id not in (select plan_id from lease)) as sent`,
      [new Date(this.#world.time.ms - 30 * 60_000)],
    );
    const { plans, runs, leases, messages, alerts, commands } = rows[0] ?? {};
    const open = [plans, runs, leases, messages, alerts, commands];
    return {
      isOver: open.every((count) => count === 0),
      text: JSON.stringify({ ...rows[0], messages: 0 }),
    };
  }

  async #count(): Promise<void> {
    const { rows } = await this.#world.database.pool.query<{ what: string; count: number }>(
      `select 'plans ' || state as what, count(*)::int as count from plan group by 1
       union all select 'leases ' || state, count(*)::int from lease group by 1
       union all select 'unknown, looked at', count(*)::int from audit_entry where body like '%"run.looked"%'`,
    );
    for (const { what, count } of rows) this.seen.set(what, count);
    this.seen.set('writes', this.#world.effects.length);
    this.seen.set('late writes', this.#world.lateArrivals);
    this.seen.set('deaths', this.#world.deaths);
  }
}
