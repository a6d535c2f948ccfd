// What the workflows need from outside, in our own words; long, because everything reachable stands in this one place.

import type { Vote } from './approval/condition.ts';
import type { AuditEntry, AuditFact, ChainHead } from './audit/chain.ts';
import type { AccessRight } from './change/access.ts';
import type { DatabaseRef, WorkloadRef } from './change/change.ts';
import type { ClusterWrite } from './change/cluster-write.ts';
import type {
  ClusterState,
  ScaledObjectSeen,
  SeenObject,
  VerticalAutoscaler,
} from './change/compare.ts';
import type { ObjectRef } from './change/kinds.ts';
import type { SyncSettings, SyncSource } from './change/sync-settings.ts';
import type { SqlWrite } from './change/write.ts';
import type { Answers, Query } from './database/query.ts';
import type { Lease, LeaseState } from './lease/lease.ts';
import type { Message } from './message/message.ts';
import type { Plan } from './plan/plan.ts';
import type { OutcomeState, PlanState } from './plan/plan-state.ts';
import type { DisruptionBudget } from './sizing/disruption.ts';
import type { LiveWorkload } from './sizing/live-workload.ts';
import type { RoomFacts } from './sizing/room.ts';

export interface Clock {
  now(): Date;
  /** Resolves after the time has passed, at once when the signal fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Makes names nobody can guess; random, so it is a port. */
export type NewId = (prefix: 'p' | 'c' | 'h') => string;

/** Called at every named point between a click and its outcome; does nothing but in tests, which die there. */
export type Checkpoint = (point: CheckpointName) => void;
export type CheckpointName =
  | 'vote-stored'
  | 'run-queued'
  | 'run-claimed'
  | 'observed-again'
  | 'locks-taken'
  | 'write-announced'
  | 'write-sent'
  | 'write-stored'
  | 'revert-announced'
  | 'revert-sent'
  | 'revert-stored'
  | 'gate-held'
  | 'gate-passed'
  | 'give-back-queued'
  | 'give-back-announced'
  | 'give-back-sent'
  | 'give-back-stored'
  | 'give-back-ended'
  | 'rollout-seen'
  | 'run-ended'
  | 'outcome-judged';

// ---- The cluster -------------------------------------------------------------------------------------------------

/**
 * What came of a write. A refusal is certain: the server said no; `forbidden` when our account lacks the right, `partly`
 * when something of it was done and stays, which the words name.
 */
export type WriteAnswer =
  | { readonly kind: 'written' }
  | {
      readonly kind: 'refused';
      readonly because: string;
      readonly forbidden?: true;
      readonly partly?: true;
    }
  | { readonly kind: 'unknown'; readonly because: string };

/** What is left beside an object for people who look at it in the cluster. */
export interface ObjectEvent {
  readonly object: ObjectRef;
  readonly name: string;
  readonly reason: 'HeadroomApplied' | 'HeadroomReverted' | 'HeadroomGaveBack';
  /** 1,024 characters at most. */
  readonly message: string;
  readonly at: Date;
}

/** An autoscaler and the name and kind of what it scales: a Deployment, or anything else with a scale. */
export interface Autoscaled {
  readonly autoscaler: string;
  readonly kind: string;
  readonly workload: string;
}

export interface Clusters {
  /**
   * What the cluster says now about a workload and the autoscaler that owns it; `undefined` parts are not there.
   * @throws OperationError when the cluster cannot be asked.
   */
  observe(workload: WorkloadRef): Promise<ClusterState>;
  /**
   * The same as the cluster last told it, without asking where that can be helped: for waiting and for drawing plans,
   * never for a write (docs/decisions/0010). It may be behind, by seconds as a rule and by a minute and a half at most,
   * but never behind what this process has read or written. The signal ends waiting, not the answer.
   * @throws OperationError when the cluster must be asked and cannot be.
   */
  follow(workload: WorkloadRef, signal?: AbortSignal): Promise<ClusterState>;
  /**
   * One object as patches see it; undefined when it is not there.
   * @throws OperationError when the cluster cannot be asked.
   */
  read(object: ObjectRef): Promise<SeenObject | undefined>;
  /**
   * The vertical autoscaler that sets a workload's requests, if there is one.
   * @throws OperationError when the cluster cannot be asked.
   */
  vertical(workload: WorkloadRef): Promise<VerticalAutoscaler>;
  /**
   * The ScaledObject (KEDA) that scales a workload, if there is one, as the cluster last told it.
   * @throws OperationError when the cluster cannot be asked.
   */
  scaledObject(workload: WorkloadRef): Promise<ScaledObjectSeen>;
  /**
   * When an Argo CD application or a Flux source puts back what somebody else changes.
   * @throws OperationError when the cluster cannot be asked.
   */
  syncSettings(cluster: string, source: SyncSource): Promise<SyncSettings>;
  /**
   * What the autoscalers of a namespace scale, as the cluster last told it.
   * @throws OperationError when the cluster cannot be asked.
   */
  autoscaled(place: {
    readonly cluster: string;
    readonly namespace: string;
  }): Promise<readonly Autoscaled[]>;
  /**
   * Whether our account has a right.
   * @throws OperationError when the cluster cannot be asked.
   */
  may(right: AccessRight): Promise<boolean>;
  /**
   * The PodDisruptionBudgets of a namespace.
   * @throws OperationError when the cluster cannot be asked.
   */
  disruptionBudgets(place: {
    readonly cluster: string;
    readonly namespace: string;
  }): Promise<readonly DisruptionBudget[]>;
  /**
   * Whether volumes of a storage class can grow; the empty name is that of volumes somebody made by hand, which cannot.
   * @throws OperationError when the cluster cannot be asked.
   */
  mayGrow(storageClass: { readonly cluster: string; readonly name: string }): Promise<boolean>;
  /**
   * Sends one conditional write. With `dryRun` the server checks it and changes nothing.
   * @throws OperationError (retryable) only when the request provably was not received; a timeout is `unknown`.
   */
  write(write: ClusterWrite, options: { readonly dryRun: boolean }): Promise<WriteAnswer>;
  /**
   * Leaves a Kubernetes Event beside an object; told again under the same name, it stays one. Nothing where the object is gone.
   * @throws OperationError when the cluster does not take it.
   */
  tell(event: ObjectEvent): Promise<void>;
  /** Whether each cluster answers, for metrics and the status command. */
  health(): Promise<readonly { readonly cluster: string; readonly problem?: string }[]>;
}

/**
 * Reads one workload in full. When it is not there, `names` are those that are, of its kind and namespace.
 * @throws OperationError when the cluster cannot be asked.
 */
export type WorkloadReader = (
  workload: WorkloadRef,
) => Promise<
  | { readonly kind: 'found'; readonly workload: LiveWorkload }
  | { readonly kind: 'missing'; readonly names: readonly string[] }
>;

/**
 * What a cluster says about room for more pods in some namespaces. A part that cannot be read is unknown, with the reason;
 * that is no trouble to whoever looks. With `anew` quotas and limits are those of now; nodes may be some seconds old.
 */
export type LookForRoom = (
  cluster: string,
  namespaces: readonly string[],
  options?: { readonly anew?: boolean },
) => Promise<RoomFacts>;

// ---- Databases ---------------------------------------------------------------------------------------------------

/** A database of headroom.yaml; with `server` it must be behind the address still. */
export type DatabaseAddress = Omit<DatabaseRef, 'server'> & Partial<Pick<DatabaseRef, 'server'>>;

export interface Databases {
  /**
   * Answers of one moment: all queries in one transaction that reads only.
   * @throws OperationError when the database cannot be asked, or lacks a right for it; the message names it.
   */
  read(database: DatabaseAddress, queries: readonly Query[]): Promise<Answers>;
  /**
   * Whether it is on the server that Headroom keeps its own state on.
   * @throws OperationError when it cannot be asked.
   */
  isOwn(database: DatabaseAddress): Promise<boolean>;
  /**
   * How many clients wait at the pooler before the database, by its own console.
   * @throws OperationError when it cannot be asked.
   */
  waitingClients(database: DatabaseAddress): Promise<number>;
  /**
   * Does what a deed still needs, after looking once more how it stands: in the same transaction where there can be one,
   * else right before; what needs several rounds is looked at again after each. What the server is at already is waited for.
   * With `dryRun` a transaction is rolled back, and what needs none is only looked at.
   *
   * What takes long tells how far it is; the signal ends it, and what it has left is then unknown.
   * @throws OperationError (retryable) only when nothing was changed for certain.
   */
  write(
    write: SqlWrite,
    options: {
      readonly dryRun: boolean;
      readonly signal?: AbortSignal;
      readonly onProgress?: (words: string) => Promise<void>;
    },
  ): Promise<WriteAnswer>;
}

// ---- Metrics -----------------------------------------------------------------------------------------------------

export type MetricAnswer =
  | { readonly kind: 'value'; readonly value: number; readonly at: Date }
  | { readonly kind: 'missing'; readonly because: string };

export interface Metrics {
  /**
   * Asks for one number. No row, several rows, NaN and infinity are `missing`, with the reason.
   * @throws OperationError when the server cannot be asked or refuses the query.
   */
  query(promql: string): Promise<MetricAnswer>;
}

/** Finds the metrics server that watches a cluster. */
export type MetricsOf = (cluster: string) => Metrics;

/** The samples of one number over a time; steps without a sample are left out. */
export type SeriesAnswer =
  | {
      readonly kind: 'samples';
      readonly samples: readonly { readonly atMs: number; readonly value: number }[];
    }
  | { readonly kind: 'missing'; readonly because: string };

/**
 * Asks for one number at every step of a time. No series and several are `missing`, with the reason; NaN and infinity
 * are no samples.
 * @throws OperationError when the server cannot be asked or refuses the query.
 */
export type ReadSeries = (
  promql: string,
  window: { readonly from: Date; readonly to: Date; readonly stepMs: number },
) => Promise<SeriesAnswer>;

// ---- Endpoints ---------------------------------------------------------------------------------------------------

export type ProbeAnswer =
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'silent'; readonly because: string };

/** Asks an endpoint of headroom.yaml for its status, once and with a deadline; it never throws for what answers or not. */
export type Probe = (url: string) => Promise<ProbeAnswer>;

// ---- The queue ---------------------------------------------------------------------------------------------------

export interface RunId {
  readonly planId: string;
  readonly number: number;
}

/** Delivers run ids, at least once, maybe late, maybe never: the sweeper makes up for it. */
export interface Queue {
  /** @throws OperationError when the queue cannot take it. */
  add(run: RunId): Promise<void>;
  depth(): Promise<number>;
}

// ---- Slack -------------------------------------------------------------------------------------------------------

/** A Slack call that will never succeed as it is is `rejected`; trouble is thrown as OperationError. */
export type ChatAnswer =
  | { readonly kind: 'sent'; readonly ts: string }
  /** The message is no longer there; somebody deleted it. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'rejected'; readonly because: string };

/** A picture as it is posted. */
export interface Picture {
  /** Ends in `.png`. */
  readonly fileName: string;
  readonly title: string;
  /** What a screen reader says in its place, 1,000 characters at most. */
  readonly altText: string;
  /** Stands above the picture; mrkdwn that is ours or escaped. */
  readonly comment: string;
  readonly png: Uint8Array;
}

/**
 * SVG into PNG.
 * @throws OperationError when it cannot be drawn.
 */
export type DrawPicture = (svg: string) => Promise<Uint8Array>;

export interface Chat {
  post(channel: string, message: Message, threadTs?: string): Promise<ChatAnswer>;
  update(channel: string, ts: string, message: Message): Promise<ChatAnswer>;
  /**
   * Posts a picture into a channel (`C…`, `D…`) where the bot is a member, or to a person (`U…`): then it is a direct
   * message, because Slack cannot show a file to one person alone in a channel. Nothing is seen before all of it is
   * there; asked twice, it is posted twice. The answer's `ts` is empty: Slack shares files later and names no message.
   */
  postPicture(to: string, picture: Picture, threadTs?: string): Promise<ChatAnswer>;
  /** Answers a command through the address Slack gave with it; valid for 30 minutes. */
  respond(responseUrl: string, message: Message): Promise<ChatAnswer>;
}

// ---- What is stored ----------------------------------------------------------------------------------------------

export interface IncomingAlert {
  readonly fingerprint: string;
  readonly startsAt: string;
  readonly status: 'firing' | 'resolved';
  readonly endsAt?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface StoredAlert extends IncomingAlert {
  readonly id: string;
  readonly system?: string;
  readonly component?: string;
  readonly trigger?: string;
  readonly planId?: string;
  readonly deliveries: number;
  readonly receivedAt: Date;
  readonly lastSeenAt: Date;
}

export interface StoredCommand {
  readonly id: string;
  readonly name: string;
  readonly words: string;
  readonly userId: string;
  readonly channelId: string;
  readonly responseUrl: string;
  readonly receivedAt: Date;
  /** It was carried out already; only the answer is missing. */
  readonly reply?: Message;
}

export interface PlanRecord {
  readonly plan: Plan;
  readonly hash: string;
  readonly state: PlanState;
  readonly stateAt: Date;
  readonly reason?: string;
  readonly startBy?: Date;
  readonly clearedAt?: Date;
  readonly outcome?: OutcomeState;
  readonly outcomeBy?: Date;
  readonly outcomeNote?: string;
  readonly supersededBy?: string;
}

/** What a run is for: to carry its plan out, or to give back what that lent. */
export type RunPurpose = 'apply' | 'give-back';

export type RunState = 'queued' | 'running' | 'lost' | 'ended';

export interface RunRecord extends RunId {
  readonly purpose: RunPurpose;
  readonly state: RunState;
  readonly queuedAt: Date;
  readonly startedAt?: Date;
  readonly endedAt?: Date;
  readonly holder?: string;
}

export type RunChangeState =
  | 'writing'
  | 'written'
  | 'reached'
  | 'verified'
  | 'refused'
  | 'unknown'
  | 'failed'
  /** It was there already, by somebody else, but its pods do not become ready. */
  | 'blocked'
  /** The plan failed: what this change wrote is being taken back, was taken back, or could not be. */
  | 'reverting'
  | 'reverted'
  | 'kept'
  /** A gate: the run looks, waits or asks somebody; it went on; it went on although what it looked for was not so. */
  | 'holding'
  | 'passed'
  | 'warned';

export interface RunChange {
  readonly position: number;
  readonly state: RunChangeState;
  readonly detail?: string;
  /** When the first run of the plan came to this step. */
  readonly since?: Date;
}

/** One time at which a schedule of a system is due. */
export interface ScheduledTime {
  readonly system: string;
  readonly name: string;
  readonly dueAt: Date;
}

/** Somebody said that what a plan asked them to do is done. */
export interface Tick {
  readonly position: number;
  readonly by: string;
  readonly at: Date;
}

export interface Stop {
  readonly scope: string;
  readonly by: string;
  readonly reason?: string;
  readonly stoppedAt: Date;
}

export type MessageKind = 'card' | 'progress' | 'outcome' | 'lease';

/** A message Headroom owes: `wanted` counts the versions asked for, `sent` the newest one Slack has. */
export interface OwedMessage {
  readonly key: string;
  readonly kind: MessageKind;
  readonly planId: string;
  /** Of a run's progress the run, of a lease which of its messages. */
  readonly number?: number;
  readonly channel: string;
  readonly wanted: number;
  readonly ts?: string;
  readonly sentHash?: string;
  readonly attempts: number;
}

/** Proof that the rows of some targets are locked for a plan; only `locks.take` makes one. */
declare const locked: unique symbol;
export type LockProof = { readonly planId: string; readonly [locked]: true };

/** All that is done in one database transaction; what it returns is committed or nothing is. */
export interface Transaction {
  readonly alerts: {
    /** Stores one delivery; an alert seen before (fingerprint, start, status) is counted, not stored again. */
    store(
      alerts: readonly IncomingAlert[],
      at: Date,
    ): Promise<{ readonly fresh: number; readonly known: number }>;
    /** The oldest alerts not looked at since they (last) arrived. */
    pending(limit: number): Promise<readonly StoredAlert[]>;
    /** Of these, the ones nobody else has looked at meanwhile; they are this transaction's until it ends. */
    claim(ids: readonly string[]): Promise<readonly StoredAlert[]>;
    done(ids: readonly string[], result: AlertRouting): Promise<void>;
    /** The plan the firing row of a resolved alert belongs to. */
    planOf(alert: StoredAlert): Promise<string | undefined>;
    /** Of these firing alerts, the ids of those whose end is stored as well. */
    endedAmong(ids: readonly string[]): Promise<ReadonlySet<string>>;
    ofPlan(planId: string): Promise<readonly AlertOfPlan[]>;
    /** Alerts about a target that have not ended, on whichever plan of it they are listed. */
    firingFor(about: {
      readonly target: string;
      readonly system: string;
      readonly component: string;
    }): Promise<readonly AlertOfPlan[]>;
    /** Moves the alerts of a plan to the one that replaces it. */
    move(fromPlan: string, toPlan: string): Promise<void>;
    /** Has the still firing alerts of a plan looked at once more. */
    reopen(planId: string): Promise<void>;
    /** The same for those that joined a plan which answers another trigger. */
    reopenOthers(planId: string, trigger: string | undefined): Promise<void>;
    /** Deletes what was last seen before then and belongs to no open plan; answers how many. */
    forget(before: Date): Promise<number>;
    unrouted(
      limit: number,
    ): Promise<{ readonly count: number; readonly newest: readonly StoredAlert[] }>;
  };
  readonly commands: {
    /** False when this very invocation is stored already. */
    store(command: StoredCommand, dedupeKey: string): Promise<boolean>;
    /** What somebody typed; undefined when it is no longer kept. */
    find(id: string): Promise<StoredCommand | undefined>;
    takeWaiting(now: Date, holdMs: number): Promise<StoredCommand | undefined>;
    /** Keeps what a command came to, so that it is not carried out again when only its answer is late. */
    carriedOut(id: string, reply: Message): Promise<void>;
    forget(before: Date): Promise<number>;
    answered(id: string, at: Date): Promise<void>;
  };
  readonly plans: {
    /** Each of its targets belongs to it while it is open. */
    insert(record: {
      readonly plan: Plan;
      readonly text: string;
      readonly hash: string;
    }): Promise<void>;
    find(id: string): Promise<PlanRecord | undefined>;
    /** Like find, and nobody else can move the plan until this transaction ends. */
    lock(id: string): Promise<PlanRecord | undefined>;
    /** The open plan of a target, locked; and nobody else can open one until this transaction ends. */
    openFor(target: string): Promise<PlanRecord | undefined>;
    latestFor(target: string): Promise<PlanRecord | undefined>;
    /** The plan a command drew, in whatever state. */
    ofCommand(commandId: string): Promise<PlanRecord | undefined>;
    list(filter: {
      readonly states?: readonly PlanState[];
      readonly outcome?: OutcomeState;
      readonly system?: string;
      readonly limit: number;
    }): Promise<readonly PlanRecord[]>;
    /** Moves a locked plan along the table of states; anything else is a bug. */
    move(
      record: PlanRecord,
      to: PlanState,
      at: Date,
      extra?: {
        readonly reason?: string;
        readonly startBy?: Date;
        readonly supersededBy?: string;
        readonly outcomeBy?: Date;
        readonly outcome?: OutcomeState;
      },
    ): Promise<void>;
    setCleared(id: string, at: Date | undefined): Promise<void>;
    setOutcome(id: string, outcome: OutcomeState, note: string): Promise<void>;
    countByState(): Promise<readonly { readonly state: string; readonly count: number }[]>;
  };
  readonly schedules: {
    /** Whether something came of this time already. */
    isDone(at: ScheduledTime): Promise<boolean>;
    /** False when another process was faster; until this transaction ends it then waits. */
    begin(at: ScheduledTime): Promise<boolean>;
    end(
      at: ScheduledTime,
      with_: { readonly planId?: string; readonly note?: string },
    ): Promise<void>;
  };
  readonly votes: {
    /** False when this person's vote for this text is stored already. */
    insert(planId: string, vote: Vote): Promise<boolean>;
    of(planId: string): Promise<readonly Vote[]>;
  };
  readonly runs: {
    /** (Default: to carry the plan out.) */
    queue(run: RunId, at: Date, purpose?: RunPurpose): Promise<void>;
    find(run: RunId): Promise<RunRecord | undefined>;
    /** The newest run that carries the plan out. */
    latest(planId: string): Promise<RunRecord | undefined>;
    /** The number the plan's next run has, whatever it is for. */
    nextNumber(planId: string): Promise<number>;
    /** Makes a queued run this process's own; false when somebody else was faster. */
    claim(run: RunId, holder: string, now: Date, holdMs: number): Promise<boolean>;
    /** Keeps the run; false when it was lost to somebody else. */
    renew(run: RunId, holder: string, now: Date, holdMs: number): Promise<boolean>;
    end(run: RunId, state: 'lost' | 'ended', at: Date): Promise<void>;
    /** Queued since before then, oldest first. */
    waiting(olderThan: Date): Promise<readonly RunRecord[]>;
    /** Running, but its holder has not been heard of in time. */
    abandoned(now: Date, purpose: RunPurpose): Promise<readonly RunRecord[]>;
    lost(purpose: RunPurpose): Promise<readonly RunRecord[]>;
    setChange(run: RunId, change: RunChange, at: Date): Promise<void>;
    changes(run: RunId): Promise<readonly RunChange[]>;
    /** How far the runs of a plan have come at one step: since when they are at it, whether one is through with it, and whether only with a warning. */
    stepDone(
      planId: string,
      position: number,
    ): Promise<{ readonly since?: Date; readonly isDone: boolean; readonly isWarned?: boolean }>;
    /** Keeps who said that a person's step is done; false when somebody said so before. */
    tick(planId: string, position: number, by: string, at: Date): Promise<boolean>;
    ticks(planId: string): Promise<readonly Tick[]>;
    /** Whether a run of the plan before this one may have written; at one position where given. (Default: to carry it out.) */
    mayHaveWritten(before: RunId, position?: number, purpose?: RunPurpose): Promise<boolean>;
    /** Whether it is known that some run of the plan wrote at this position. */
    wrote(planId: string, position: number): Promise<boolean>;
    /** Why a run of the plan before this one failed, when that was stored before the run was cut off. */
    gaveUp(before: RunId): Promise<string | undefined>;
  };
  readonly locks: {
    /** Takes all or none; an own lock is kept. Says who holds what is taken. */
    take(
      targets: readonly string[],
      planId: string,
      at: Date,
    ): Promise<
      | { readonly kind: 'taken'; readonly proof: LockProof }
      | { readonly kind: 'held'; readonly target: string; readonly planId: string }
    >;
    release(planId: string): Promise<void>;
  };
  readonly leases: {
    insert(lease: Lease): Promise<void>;
    find(planId: string): Promise<Lease | undefined>;
    /** Like find, and nobody else can move it until this transaction ends. Its plan is locked before. */
    lock(planId: string): Promise<Lease | undefined>;
    /** Stores a locked lease as it now is; its state moves along the table or stays. */
    save(before: Lease, after: Lease): Promise<void>;
    /** Lent, and due, asked back, or to be reminded of. */
    due(now: Date): Promise<readonly Lease[]>;
    /** The newest that were lent of the same target after this one and are not back. */
    onTop(lease: Lease): Promise<Lease | undefined>;
    list(filter: {
      readonly states: readonly LeaseState[];
      readonly system?: string;
      readonly limit: number;
    }): Promise<readonly Lease[]>;
  };
  readonly stops: {
    put(stop: Stop): Promise<void>;
    /** Ends the stop of a scope, unless it was set after `setBefore`. */
    remove(scope: string, setBefore: Date): Promise<boolean>;
    all(): Promise<readonly Stop[]>;
  };
  readonly messages: {
    /** Asks for a message to be sent, or sent again with what is stored now. */
    want(message: {
      readonly kind: MessageKind;
      readonly planId: string;
      readonly channel: string;
      readonly run?: number;
      /** Which of a lease's messages. */
      readonly number?: number;
    }): Promise<void>;
    /** The oldest message owed to a channel that may be called now; nobody else calls that channel until `sent` or `failed`. */
    takeOwed(now: Date, holdMs: number): Promise<OwedMessage | undefined>;
    cardTs(planId: string): Promise<string | undefined>;
    sent(
      message: OwedMessage,
      sent: { readonly ts: string; readonly hash: string },
      nextCallAt: Date,
    ): Promise<void>;
    failed(
      message: OwedMessage,
      problem: string,
      retryAt: Date | undefined,
      channelFreeAt: Date,
    ): Promise<void>;
    /** Has a message that somebody deleted posted anew. */
    gone(message: OwedMessage, channelFreeAt: Date): Promise<void>;
    owed(): Promise<number>;
  };
  readonly audit: {
    append(fact: AuditFact): Promise<AuditEntry>;
    head(): Promise<ChainHead>;
    /** Every entry in order, in pieces, so that a long trail fits in memory. */
    read(): AsyncIterable<AuditEntry>;
    ofPlan(planId: string): Promise<readonly AuditEntry[]>;
  };
}

export type AlertRouting =
  | { readonly kind: 'unrouted'; readonly note: string }
  | {
      readonly kind: 'routed';
      readonly system: string;
      readonly component: string;
      readonly trigger?: string;
      readonly planId?: string;
      readonly note?: string;
    };

export interface AlertOfPlan {
  readonly alertname: string;
  readonly fingerprint: string;
  readonly startsAt: string;
  readonly resolvedAt?: string;
  readonly deliveries: number;
}

export interface Store {
  /** @throws OperationError (unavailable, retryable) when the database is away. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
}

// ---- Log and counts ----------------------------------------------------------------------------------------------

export interface Log {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export interface Counters {
  alerts(result: 'fresh' | 'known' | 'unrouted' | 'rejected', by?: number): void;
  vote(result: string): void;
  run(result: 'applied' | 'failed' | 'unknown' | 'waiting', seconds: number): void;
  slackCall(method: string, result: 'ok' | 'rejected' | 'trouble'): void;
  limitMet(limit: string): void;
  /** A change was written, but the Event beside its object was not. */
  untold(cluster: string): void;
  degraded(part: string, isDegraded: boolean): void;
}
