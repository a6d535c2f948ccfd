// One process of the app in a simulated history: the real workflows and store, and every call outside behind a gate.

import { createStore } from '../../src/adapters/store/store.ts';
import { targetKey, type WorkloadRef } from '../../src/change/change.ts';
import type { ClusterState } from '../../src/change/compare.ts';
import { OperationError } from '../../src/errors.ts';
import type { CheckpointName, Clusters, Counters, RunId, Store } from '../../src/ports.ts';
import { answerNextCommand } from '../../src/workflow/answer-command.ts';
import { applyPlan } from '../../src/workflow/apply-plan.ts';
import { intakeAlerts } from '../../src/workflow/intake-alerts.ts';
import { judgeOutcomes } from '../../src/workflow/judge-outcome.ts';
import type { Parts } from '../../src/workflow/parts.ts';
import { sendNextMessage } from '../../src/workflow/send-messages.ts';
import { sweep } from '../../src/workflow/sweep.ts';
import { noDatabases } from '../make.ts';
import { BreakablePool } from './database.ts';
import type { Caller } from './gates.ts';
import type { Rules } from './scene.ts';
import type { World } from './world.ts';

/** A watch that has been silent for longer is not believed any more. */
const behindMaxMs = 90_000;

/** Unwinds a process that died at a checkpoint. */
class Death extends Error {}

const counters: Counters = {
  alerts: () => undefined,
  vote: () => undefined,
  run: () => undefined,
  slackCall: () => undefined,
  limitMet: () => undefined,
  untold: () => undefined,
  degraded: () => undefined,
};

const loops = {
  alerts: (parts: Parts) => intakeAlerts(parts),
  commands: (parts: Parts) => answerNextCommand(parts),
  messages: (parts: Parts) => sendNextMessage(parts),
  runs: (parts: Parts, process: AppProcess) => sweep(parts, (run) => process.run(run)),
  outcomes: (parts: Parts) => judgeOutcomes(parts),
} as const;
export type LoopName = keyof typeof loops;
export const loopNames = Object.keys(loops) as LoopName[];

export class AppProcess implements Caller {
  readonly name: string;
  readonly rules: Rules;
  readonly database: BreakablePool;
  readonly parts: Parts;
  isAlive = true;
  isFrozen = false;
  /** The point at which it will die, and how often it passes there before. */
  doom: { readonly point: CheckpointName; left: number } | undefined;
  /** Something that happens outside at such a moment. */
  onCheckpoint: ((point: CheckpointName) => void) | undefined;
  readonly #world: World;
  readonly #shutdown = new AbortController();
  readonly #unwritten = new Set<RunId>();
  /** What this process has last seen of a workload; what it follows may be as old, but never older. */
  readonly #told = new Map<string, { readonly atMs: number; readonly state: ClusterState }>();
  readonly #loopsAtWork = new Set<LoopName>();
  #atWork = 0;

  constructor(name: string, rules: Rules, world: World) {
    this.name = name;
    this.rules = rules;
    this.#world = world;
    this.database = new BreakablePool(world.database.url, world.database.pool);
    this.parts = this.#wire(createStore(this.database.pool));
  }

  get isStopping(): boolean {
    return this.#shutdown.signal.aborted;
  }

  /** A run has begun and not written yet: the moment in which everything outside matters most. */
  get isBeforeWrite(): boolean {
    return this.isAlive && this.#unwritten.size > 0;
  }

  get #takesWork(): boolean {
    return this.isAlive && !this.isStopping && !this.isFrozen;
  }

  /** Asked to stop, and nothing is at work any more. */
  get hasStopped(): boolean {
    return this.isStopping && this.#atWork === 0;
  }

  /** As SIGTERM does. */
  stop(): void {
    this.#shutdown.abort();
  }

  /** As SIGKILL does. */
  kill(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#world.trace(`${this.name} dies`);
    this.#world.deaths += 1;
    this.#world.gates.dropOf(this);
  }

  /** Begins one pass of a loop, unless the last one still goes on. */
  loop(name: LoopName): void {
    if (!this.#takesWork || this.#loopsAtWork.has(name)) return;
    this.#loopsAtWork.add(name);
    this.begin(name, async () => {
      try {
        await loops[name](this.parts, this);
      } finally {
        this.#loopsAtWork.delete(name);
      }
    });
  }

  run(run: RunId): void {
    if (!this.#takesWork) return;
    const clusters = this.#clusters(run);
    const apply = applyPlan({ ...this.parts, clusters });
    this.begin(`run ${run.planId}/${run.number}`, async () => {
      this.#unwritten.add(run);
      const end = await apply(run, this.#shutdown.signal).finally(() => {
        this.#unwritten.delete(run);
      });
      if (end !== 'not-ours' && end !== 'waiting')
        this.#world.trace(`${this.name} run ${run.planId}/${run.number} ends: ${end}`);
    });
  }

  /** Begins anything; trouble outside is part of the game, everything else is a bug. */
  begin(what: string, work: () => Promise<unknown>): void {
    this.#atWork += 1;
    work()
      .catch((error: unknown) => {
        if (error instanceof Death) return;
        if (error instanceof OperationError)
          this.#world.trace(`${this.name} ${what}: ${error.message}`);
        else this.#world.bug(`${this.name} ${what}`, error);
      })
      .finally(() => {
        this.#atWork -= 1;
      });
  }

  #wire(store: Store): Parts {
    const world = this.#world;
    const { gates, time } = world;
    return {
      store: {
        transaction: (work) =>
          gates.pass({ caller: this, label: 'transaction' }, () => store.transaction(work)),
      },
      clusters: this.#clusters(undefined),
      databases: {
        ...noDatabases,
        read: ({ name }, queries) =>
          gates.pass({ caller: this, label: 'database' }, async () =>
            world.askDatabase(name, queries),
          ),
      },
      allowed: world.allowedOf(this.rules),
      lookForRoom: (cluster, namespaces, options) =>
        gates.pass({ caller: this, label: 'observe' }, () =>
          world.lookForRoom(cluster, namespaces, options),
        ),
      readWorkload: async () => ({ kind: 'missing', names: [] }),
      probe: async () => ({ kind: 'answered', status: world.health }),
      metricsOf: () => ({
        query: (promql) =>
          gates.pass({ caller: this, label: 'metric' }, async () => world.measure(promql)),
      }),
      queue: {
        add: (run) => gates.pass({ caller: this, label: 'queue' }, async () => world.enqueue(run)),
        depth: async () => 0,
      },
      chat: world.slack.for(this),
      drawPicture: async () => new Uint8Array(),
      clock: { now: time.now, sleep: (ms, signal) => time.sleep(this, ms, signal) },
      newId: (prefix) => world.newId(prefix),
      checkpoint: (point) => this.#checkpoint(point),
      systems: world.systemsOf(this.rules),
      operators: world.operators,
      commands: { capacity: '/capacity', scale: '/scale' },
      log: {
        debug: () => undefined,
        info: () => undefined,
        warn: ({ err }, message) =>
          world.trace(
            `${this.name} warns: ${message}${err instanceof Error ? ` (${err.message})` : ''}`,
          ),
        error: (fields, message) => world.bug(`${this.name}: ${message}`, fields),
      },
      counters,
      wake: () => undefined,
    };
  }

  /** The cluster as a run of this process reaches it; only runs write. */
  #clusters(run: RunId | undefined): Clusters {
    const world = this.#world;
    return {
      observe: (workload) =>
        world.gates.pass({ caller: this, label: 'observe' }, () => this.#observe(workload)),
      follow: (workload) =>
        world.gates.pass({ caller: this, label: 'follow' }, async () => {
          const told = this.#told.get(targetKey(workload));
          const isKept = told !== undefined && world.time.ms - told.atMs <= behindMaxMs;
          return isKept && world.prng.chance(world.staleness)
            ? told.state
            : this.#observe(workload);
        }),
      read: (object) =>
        world.gates.pass({ caller: this, label: 'observe' }, () => world.clusters.read(object)),
      vertical: (workload) =>
        world.gates.pass({ caller: this, label: 'observe' }, () =>
          world.clusters.vertical(workload),
        ),
      scaledObject: (workload) =>
        world.gates.pass({ caller: this, label: 'observe' }, () =>
          world.clusters.scaledObject(workload),
        ),
      syncSettings: (cluster, source) =>
        world.gates.pass({ caller: this, label: 'observe' }, () =>
          world.clusters.syncSettings(cluster, source),
        ),
      autoscaled: (place) =>
        world.gates.pass({ caller: this, label: 'observe' }, () =>
          world.clusters.autoscaled(place),
        ),
      write: (write, { dryRun }) => {
        if (dryRun) {
          return world.gates.pass({ caller: this, label: 'dry run' }, () =>
            world.clusters.write(write, { dryRun }),
          );
        }
        if (run === undefined) throw new Error('only a run writes');
        const sent = { process: this.name, rules: this.rules, run, write };
        return world.gates.pass(
          { caller: this, label: 'write', onDeath: () => world.maybeOnTheWire(sent) },
          () => {
            this.#unwritten.delete(run);
            this.#told.clear();
            return world.write(sent);
          },
        );
      },
      may: (right) =>
        world.gates.pass({ caller: this, label: 'may' }, () => world.clusters.may(right)),
      mayGrow: (storageClass) =>
        world.gates.pass({ caller: this, label: 'observe' }, () =>
          world.clusters.mayGrow(storageClass),
        ),
      disruptionBudgets: (place) =>
        world.gates.pass({ caller: this, label: 'observe' }, () =>
          world.clusters.disruptionBudgets(place),
        ),
      tell: (event) =>
        world.gates.pass({ caller: this, label: 'tell' }, () => world.clusters.tell(event)),
      health: () => world.clusters.health(),
    };
  }

  async #observe(workload: WorkloadRef): Promise<ClusterState> {
    const state = await this.#world.clusters.observe(workload);
    this.#told.set(targetKey(workload), { atMs: this.#world.time.ms, state });
    return state;
  }

  #checkpoint(point: CheckpointName): void {
    if (!this.isAlive) throw new Death();
    this.onCheckpoint?.(point);
    const { doom } = this;
    if (doom?.point !== point) return;
    doom.left -= 1;
    if (doom.left > 0) return;
    this.#world.trace(`${this.name} reaches ${point}`);
    this.kill();
    throw new Death();
  }
}
