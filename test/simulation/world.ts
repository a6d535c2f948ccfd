// Everything around the processes of a history: time, database, cluster, metrics, queue and Slack, each ready to fail on a seed's order.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeCount } from '../../sandbox/cluster/default-nodes.ts';
import { type Cluster, startCluster } from '../../sandbox/cluster/server.ts';
import { createClusters } from '../../src/adapters/kubernetes.ts';
import { createRoomReader } from '../../src/adapters/kubernetes-room.ts';
import { createStore } from '../../src/adapters/store/store.ts';
import type { AllowedByCluster } from '../../src/change/allowed.ts';
import type { ClusterWrite, PatchWrite } from '../../src/change/cluster-write.ts';
import { valueAt } from '../../src/change/pointer.ts';
import { serverNow } from '../../src/database/health.ts';
import type { Answers, Query } from '../../src/database/query.ts';
import { OperationError } from '../../src/errors.ts';
import type { Systems } from '../../src/plan/system.ts';
import type {
  Clusters,
  LookForRoom,
  MetricAnswer,
  NewId,
  RunId,
  WriteAnswer,
} from '../../src/ports.ts';
import type { Profile } from '../../src/profile/profile.ts';
import { allowedIn } from '../../src/settings/allowed-in.ts';
import {
  assembleSystems,
  type HeadroomConfig,
  parseHeadroomConfig,
} from '../../src/settings/headroom-config.ts';
import type { StopParts } from '../../src/workflow/stop-and-resume.ts';
import { AppProcess } from './app-process.ts';
import type { SimulatedDatabase } from './database.ts';
import { Gates } from './gates.ts';
import { Prng } from './prng.ts';
import { configText, namespace, people, type Rules, workerDeployment } from './scene.ts';
import { SlackRecord } from './slack.ts';
import { VirtualTime } from './virtual-time.ts';

/** How big the worker may be, by whoever says so. */
export interface Sizes {
  readonly replicas: number | undefined;
  readonly minReplicas: number | undefined;
  readonly maxReplicas: number | undefined;
  /** What the worker requests, as the server writes it. */
  readonly cpu: string | undefined;
  /** The autoscaler's target, in percent of the request. */
  readonly target: number | undefined;
}

export interface SentWrite {
  readonly process: string;
  readonly rules: Rules;
  readonly run: RunId;
  readonly write: ClusterWrite;
}

/** The histories hold no other kind of write. */
export function patchOf(write: ClusterWrite): PatchWrite['patch'] {
  if (write.how !== 'patch') throw new Error(`a write that is no patch: ${write.how}`);
  return write.patch;
}

/** A write that had an effect. */
export interface Effect extends SentWrite {
  readonly atMs: number;
  readonly from: Sizes;
  readonly to: Sizes;
  /** It arrived after its sender had given up on it. */
  readonly isLate: boolean;
}

/** What somebody else did to the worker's size. */
export interface ForeignChange {
  readonly atMs: number;
  readonly sizes: Sizes;
}

export interface WorldParts {
  readonly seed: number;
  /** Emptied first. */
  readonly database: SimulatedDatabase;
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly print?: (line: string) => void;
  /** An answer of the cluster that takes longer is none. (Default: that of the app.) */
  readonly clusterDeadlineMs?: number;
  /** The text of headroom.yaml by what is wished. (Default: one system, gl-008.) */
  readonly text?: (rules: Rules) => string;
  /** (Default: those of the sandbox.) */
  readonly nodes?: NodeCount;
}

/** What is outside besides the cluster, where a story has more to say than a few numbers. */
export interface Answering {
  metric(promql: string): number;
  database(queries: readonly Query[]): Answers;
}

export class World {
  readonly prng: Prng;
  readonly gates = new Gates();
  readonly time = new VirtualTime();
  readonly slack: SlackRecord;
  readonly operators = [people.ann, people.oncall];
  readonly database: SimulatedDatabase;
  readonly cluster: Cluster;
  readonly clusters: Clusters;
  readonly lookForRoom: LookForRoom;
  readonly processes: AppProcess[] = [];
  readonly queue: RunId[] = [];
  readonly effects: Effect[] = [];
  readonly foreign: ForeignChange[] = [];
  readonly late: SentWrite[] = [];
  readonly bugs: string[] = [];
  readonly lines: string[] = [];
  /** Answers in place of the numbers below. */
  answering: Answering | undefined;
  backlog = 812;
  /** What the health endpoint answers. */
  health = 200;
  /** What the server behind the database's address is; undefined while nobody answers there. */
  databaseRole: 'primary' | 'standby' | undefined = 'primary';
  deaths = 0;
  lateArrivals = 0;
  metricTrouble = 0;
  queueTrouble = 0;
  /** How likely the answer to a write is to come after its sender has given up. */
  lateness = 0;
  /** How likely a watch is to be behind, so that what a process follows is what it had seen before. */
  staleness = 0;
  readonly #profiles: ReadonlyMap<string, Profile>;
  readonly #text: (rules: Rules) => string;
  readonly #print: ((line: string) => void) | undefined;
  readonly #directory: string;
  #names = 0;
  readonly #clock = { now: this.time.now, sleep: async () => undefined };
  #isOurs = false;
  #known = '';

  private constructor(
    parts: WorldParts,
    made: Pick<World, 'database' | 'cluster' | 'clusters' | 'lookForRoom'> & {
      readonly directory: string;
    },
  ) {
    this.prng = new Prng(parts.seed);
    this.slack = new SlackRecord({ prng: this.prng, gates: this.gates, time: this.time });
    this.database = made.database;
    this.cluster = made.cluster;
    this.clusters = made.clusters;
    this.lookForRoom = made.lookForRoom;
    this.#directory = made.directory;
    this.#profiles = parts.profiles;
    this.#text = parts.text ?? configText;
    this.#print = parts.print;
  }

  static async start(parts: WorldParts): Promise<World> {
    let world: World | undefined;
    const cluster = await startCluster({
      autoTick: false,
      ...(parts.nodes && { nodes: parts.nodes }),
      clock: { now: () => world?.time.now() ?? new VirtualTime().now() },
      timings: { startMs: 2_000, stopMs: 500, autoscalerMs: 15_000 },
    });
    const directory = await mkdtemp(join(tmpdir(), 'headroom-simulation-'));
    const kubeconfig = join(directory, 'kubeconfig');
    await writeFile(kubeconfig, cluster.kubeconfig());
    const addresses = [{ id: 'production' }];
    const { clusterDeadlineMs: deadlineMs } = parts;
    const clusters = createClusters(addresses, kubeconfig, {
      ...(deadlineMs !== undefined && { deadlineMs }),
    });
    const lookForRoom = createRoomReader(addresses, kubeconfig, {
      clock: { now: () => world?.time.now() ?? new VirtualTime().now() },
    });
    const { database } = parts;
    await database.clear();
    world = new World(parts, { database, cluster, clusters, lookForRoom, directory });
    world.#seedCluster();
    return world;
  }

  /** The processes that can be asked for something. */
  get alive(): readonly AppProcess[] {
    return this.processes.filter((process) => process.isAlive && !process.isFrozen);
  }

  get frozen(): readonly AppProcess[] {
    return this.processes.filter((process) => process.isAlive && process.isFrozen);
  }

  get isBeforeWrite(): boolean {
    return this.processes.some((process) => process.isBeforeWrite);
  }

  /** What the command line is given: it waits at no gate. */
  get commandLine(): StopParts {
    const systems = this.systemsOf({ mode: 'apply', required: 1 });
    return { store: createStore(this.database.pool), clock: this.#clock, systems };
  }

  startProcess(rules: Rules): AppProcess {
    const process = new AppProcess(`app${this.processes.length + 1}`, rules, this);
    this.processes.push(process);
    this.trace(`${process.name} starts (${rules.mode})`);
    return process;
  }

  trace(line: string): void {
    const seconds = ((this.time.ms - Date.parse('2026-11-22T03:00:00Z')) / 1000).toFixed(1);
    const text = `${seconds.padStart(8)} s  ${line}`;
    this.lines.push(text);
    this.#print?.(text);
  }

  /** Something that must never happen; the history fails. */
  bug(what: string, why: unknown): void {
    const words = why instanceof Error ? (why.stack ?? why.message) : JSON.stringify(why);
    this.trace(`BUG ${what}: ${words}`);
    this.bugs.push(`${what}: ${words}`);
  }

  newId: NewId = (prefix) => {
    this.#names += 1;
    return `${prefix}-${String(this.#names).padStart(4, '0')}`;
  };

  systemsOf(rules: Rules): Systems {
    return assembleSystems(this.#configOf(rules), this.#profiles);
  }

  allowedOf(rules: Rules): AllowedByCluster {
    return allowedIn(this.#configOf(rules), this.systemsOf(rules));
  }

  #configOf(rules: Rules): HeadroomConfig {
    const parsed = parseHeadroomConfig(this.#text(rules), 'headroom.yaml', this.#profiles);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.mistakes));
    return parsed.value;
  }

  sizes(): Sizes {
    const number = (kind: string, name: string, field: string) => {
      const spec = this.cluster.control.get(kind, namespace, name)?.['spec'];
      const value = typeof spec === 'object' && spec !== null ? Object(spec)[field] : undefined;
      return typeof value === 'number' ? value : undefined;
    };
    return {
      replicas: number('Deployment', 'worker', 'replicas'),
      minReplicas: number('HorizontalPodAutoscaler', 'worker-hpa', 'minReplicas'),
      maxReplicas: number('HorizontalPodAutoscaler', 'worker-hpa', 'maxReplicas'),
      cpu: this.#cpu(),
      target: this.#target(),
    };
  }

  #cpu(): string | undefined {
    const found = valueAt(
      this.cluster.control.get('Deployment', namespace, 'worker'),
      '/spec/template/spec/containers/0/resources/requests/cpu',
    );
    return typeof found === 'string' ? found : undefined;
  }

  #target(): number | undefined {
    const found = valueAt(
      this.cluster.control.get('HorizontalPodAutoscaler', namespace, 'worker-hpa'),
      '/spec/metrics/0/resource/target/averageUtilization',
    );
    return typeof found === 'number' ? found : undefined;
  }

  /** Does something to the worker as somebody else. */
  asForeigner(what: string, change: () => void): void {
    change();
    this.trace(`somebody ${what}: ${JSON.stringify(this.sizes())}`);
    this.#noteForeign();
  }

  /** Lets time pass, in the cluster too. */
  async advance(ms: number): Promise<void> {
    this.time.advance(ms);
    for (let pass = 0; pass < 4 && this.cluster.control.tick(); pass += 1);
    await this.gates.settle();
  }

  /** Its one server says who it is, and nothing else. */
  askDatabase(name: string, queries: readonly Query[]): Answers {
    if (this.databaseRole === undefined) {
      const trouble = { code: 'unavailable', retryable: true } as const;
      throw new OperationError(`connecting to database ${name}: nobody answers`, trouble);
    }
    if (this.answering) return this.answering.database(queries);
    const standby = this.databaseRole === 'standby';
    const itself = { version: '18.0', database: 'shop', standby, max: 100, reserved: 3 };
    return queries.map(({ text }) => (text === serverNow.query.text ? [itself] : []));
  }

  measure(promql: string): MetricAnswer {
    if (this.answering)
      return { kind: 'value', value: this.answering.metric(promql), at: this.time.now() };
    if (this.prng.chance(this.metricTrouble)) {
      if (this.prng.chance(0.5)) return { kind: 'missing', because: 'no row answers the query' };
      const trouble = { code: 'unreachable', retryable: true } as const;
      throw new OperationError('asking Prometheus: it cannot be reached', trouble);
    }
    const value = promql.includes('timestamp(')
      ? Math.floor(this.time.ms / 1000)
      : promql.includes('enqueued')
        ? 300
        : this.backlog;
    return { kind: 'value', value, at: this.time.now() };
  }

  enqueue(run: RunId): void {
    const happens = this.prng.chance(this.queueTrouble)
      ? this.prng.pick(['refused', 'lost', 'twice'] as const)
      : 'once';
    if (happens === 'refused') {
      const trouble = { code: 'unavailable', retryable: true } as const;
      throw new OperationError('adding to the queue: it is not available', trouble);
    }
    if (happens !== 'lost') this.queue.push(run);
    if (happens === 'twice') this.queue.push(run);
  }

  /** A write as the network treats it: it may hang until its sender gives up, and still arrive. */
  async write(sent: SentWrite): Promise<WriteAnswer> {
    if (!this.prng.chance(this.lateness)) return this.arrive(sent, { isLate: false });
    this.trace(`${sent.process} waits in vain for the answer to a write`);
    this.maybeOnTheWire(sent);
    return { kind: 'unknown', because: 'no answer came (timeout)' };
  }

  maybeOnTheWire(sent: SentWrite): void {
    if (this.prng.chance(0.6)) this.late.push(sent);
  }

  async arrive(sent: SentWrite, { isLate }: { readonly isLate: boolean }): Promise<WriteAnswer> {
    const from = this.sizes();
    this.#isOurs = true;
    const finish = (how: string) => {
      this.#isOurs = false;
      const to = this.sizes();
      this.#known = JSON.stringify(to);
      const { write } = sent;
      const patch = JSON.stringify('patch' in write ? write.patch : write);
      this.trace(
        `${isLate ? 'late ' : ''}write of ${sent.process} ${sent.run.planId}/${sent.run.number} ${patch}: ${how}`,
      );
      if (JSON.stringify(from) === JSON.stringify(to)) return;
      if (isLate) this.lateArrivals += 1;
      this.effects.push({ ...sent, atMs: this.time.ms, from, to, isLate });
    };
    try {
      const answer = await this.clusters.write(sent.write, { dryRun: false });
      finish(answer.kind === 'written' ? 'written' : `${answer.kind}: ${answer.because}`);
      return answer;
    } catch (error) {
      finish(String(error));
      throw error;
    }
  }

  async stop(): Promise<void> {
    for (const process of this.processes) process.isAlive = false;
    await Promise.all(this.processes.map(({ database }) => database.pool.end()));
    await this.cluster.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #seedCluster(): void {
    const { control } = this.cluster;
    control.seed([workerDeployment(5)]);
    control.settle();
    this.time.advance(3_000);
    control.settle();
    this.#known = JSON.stringify(this.sizes());
    control.onChange(() => {
      if (!this.#isOurs) this.#noteForeign();
    });
  }

  /** Whatever moved and was not written by the app. */
  #noteForeign(): void {
    const sizes = this.sizes();
    if (this.#known === JSON.stringify(sizes)) return;
    this.#known = JSON.stringify(sizes);
    this.foreign.push({ atMs: this.time.ms, sizes });
  }
}
