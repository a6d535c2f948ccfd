// The scheduler and kubelet in one: moves pods from Pending to Running to Ready, fails them on request, and lets them go.
import { timestamp } from '../clock.ts';
import type { Json, JsonObject } from '../json.ts';
import { clone, list, nameOf, namespaceOf, object, objects, text, uidOf } from '../json.ts';
import { isFinished } from '../pod-amounts.ts';
import { pod } from '../resources/core.ts';
import type { ClusterState, PodFailure } from '../state.ts';
import { workloadKey } from '../state.ts';
import { isLeaving, tell, writeStatus } from './actor.ts';
import { endsByItself, qosClass, workloadOfPod, zoneOf } from './pod-facts.ts';
import {
  crashStatuses,
  type Death,
  endedStatuses,
  podCondition,
  pullStatuses,
  runningStatuses,
} from './pod-status.ts';
import { Scheduler } from './scheduler.ts';

interface Life {
  scheduledAt: number;
  runningAt?: number;
  leavingAt?: number;
  restarts: number;
  nextRestartAt?: number;
}

const notReady = 'ContainersNotReady';
const completed = 'PodCompleted';

/** How a container dies that fails in some way; undefined: it does its work. */
function deathOf(failure: PodFailure | undefined): Death | undefined {
  if (failure === 'OOMKilled') return failure;
  return failure === 'CrashLoopBackOff' ? 'Error' : undefined;
}

/** Runs the pods. */
export class Kubelet {
  private readonly state: ClusterState;
  private readonly lives = new Map<string, Life>();
  private turn = 0;
  private scheduler: Scheduler | undefined;

  constructor(state: ClusterState) {
    this.state = state;
  }

  private get nowMs(): number {
    return this.state.clock.now().getTime();
  }

  private get now(): string {
    return timestamp(this.state.clock.now());
  }

  /** One pass over all pods. */
  sync(): void {
    const pods = this.state.store.list(pod);
    for (const held of pods) this.syncPod(held);
    // Whoever changes nodes or pods before the next pass is seen by it.
    this.scheduler = undefined;
    const alive = new Set(pods.map(uidOf));
    for (const uid of this.lives.keys()) if (!alive.has(uid)) this.lives.delete(uid);
  }

  private syncPod(held: JsonObject): void {
    if (isFinished(held)) return;
    if (isLeaving(held)) {
      this.letGo(held);
      return;
    }
    const failure = this.failureOf(held);
    if (text(held, 'spec', 'nodeName') === '') {
      if (list(held, 'spec', 'schedulingGates').length === 0) this.schedule(held, failure);
      return;
    }
    const life = this.lifeOf(held);
    const { startMs, readyMs } = this.state.timings;
    if (this.nowMs < life.scheduledAt + startMs || failure === 'NotStarted') return;
    if (failure === 'ImagePullBackOff') this.failPull(held);
    else if (failure === 'NotReady') this.run(held, life, Number.POSITIVE_INFINITY);
    else if (endsByItself(held)) this.work(held, life, deathOf(failure));
    else if (failure === 'CrashLoopBackOff' || failure === 'OOMKilled') {
      this.crash(held, life, failure === 'OOMKilled' ? failure : 'Error');
    } else this.run(held, life, readyMs);
  }

  private failureOf(held: JsonObject): PodFailure | undefined {
    const named = this.state.podFailures.get(workloadKey(namespaceOf(held), workloadOfPod(held)));
    if (named !== undefined && named !== 'Quota') return named;
    const images = objects(held, 'spec', 'containers').map((item) => text(item, 'image'));
    return images.some((image) => image.includes('does-not-exist'))
      ? 'ImagePullBackOff'
      : undefined;
  }

  private lifeOf(held: JsonObject): Life {
    const known = this.lives.get(uidOf(held));
    if (known !== undefined) return known;
    const life: Life = { scheduledAt: this.nowMs, restarts: 0 };
    this.lives.set(uidOf(held), life);
    return life;
  }

  private schedule(held: JsonObject, failure: PodFailure | undefined): void {
    this.scheduler ??= new Scheduler(this.state);
    const place = this.scheduler.place(held, this.turn, failure === 'Unschedulable');
    if ('because' in place) {
      this.refusePlace(held, place.because);
      return;
    }
    const node = nameOf(place.node);
    this.turn += 1;
    const placed = clone(held);
    object(placed, 'spec')['nodeName'] = node;
    const metadata = object(placed, 'metadata');
    metadata['labels'] = { ...object(metadata, 'labels'), ...zoneOf(place.node) };
    placed['status'] = {
      phase: 'Pending',
      conditions: [podCondition(held, 'PodScheduled', 'True', this.now)],
      qosClass: qosClass(held),
    };
    const stored = this.state.store.put(pod, placed);
    this.lifeOf(stored);
    tell(this.state, pod, stored, {
      type: 'Normal',
      reason: 'Scheduled',
      message: `Successfully assigned ${namespaceOf(held)}/${nameOf(held)} to ${node}`,
      component: 'default-scheduler',
    });
  }

  private refusePlace(held: JsonObject, message: string): void {
    const known = objects(held, 'status', 'conditions').some(
      (item) => item['reason'] === 'Unschedulable',
    );
    if (known) return;
    writeStatus(
      this.state,
      pod,
      held,
      {
        phase: 'Pending',
        conditions: [
          {
            type: 'PodScheduled',
            observedGeneration: 1,
            status: 'False',
            lastProbeTime: null,
            lastTransitionTime: this.now,
            reason: 'Unschedulable',
            message,
          },
        ],
        qosClass: qosClass(held),
      },
      'kube-scheduler',
    );
    tell(this.state, pod, held, {
      type: 'Warning',
      reason: 'FailedScheduling',
      message,
      component: 'default-scheduler',
    });
  }

  /** `because` says why the pod is not ready. */
  private write(
    held: JsonObject,
    phase: string,
    because: string | undefined,
    statuses: Json[],
  ): void {
    const state = because === undefined ? 'True' : 'False';
    const octet = 2 + (Number.parseInt(uidOf(held).slice(0, 6), 16) % 250);
    const ip = `10.244.1.${octet}`;
    writeStatus(
      this.state,
      pod,
      held,
      {
        phase,
        conditions: [
          podCondition(held, 'PodReadyToStartContainers', 'True', this.now),
          podCondition(
            held,
            'Initialized',
            'True',
            this.now,
            because === completed ? because : undefined,
          ),
          podCondition(held, 'ContainersReady', state, this.now, because),
          podCondition(held, 'Ready', state, this.now, because),
          podCondition(held, 'PodScheduled', 'True', this.now),
        ],
        hostIP: '10.0.0.10',
        hostIPs: [{ ip: '10.0.0.10' }],
        podIP: ip,
        podIPs: [{ ip }],
        startTime: text(held, 'status', 'startTime') || this.now,
        containerStatuses: statuses,
        qosClass: qosClass(held),
      },
      'kubelet',
    );
  }

  private run(held: JsonObject, life: Life, readyMs: number): void {
    life.runningAt ??= this.nowMs;
    const ready = this.nowMs >= life.runningAt + readyMs;
    const statuses = runningStatuses(held, this.now, ready, life.restarts);
    this.write(held, 'Running', ready ? undefined : notReady, statuses);
  }

  /** Pods that end run for as long as they took to start, and then have ended for good. */
  private work(held: JsonObject, life: Life, death: Death | undefined): void {
    if (life.runningAt === undefined || this.nowMs < life.runningAt + this.state.timings.startMs) {
      this.run(held, life, 0);
      return;
    }
    const phase = death === undefined ? 'Succeeded' : 'Failed';
    const because = death === undefined ? completed : notReady;
    this.write(held, phase, because, endedStatuses(held, this.now, death));
  }

  private failPull(held: JsonObject): void {
    const first = objects(held, 'status', 'containerStatuses').length === 0;
    const [container] = objects(held, 'spec', 'containers');
    const image = text(container, 'image');
    this.write(held, 'Pending', notReady, pullStatuses(held));
    if (!first) return;
    for (const [reason, message] of [
      ['Failed', `Failed to pull image "${image}": not found`],
      ['BackOff', `Back-off pulling image "${image}"`],
    ] as const) {
      this.warn(held, reason, message);
    }
  }

  private warn(held: JsonObject, reason: string, message: string): void {
    tell(this.state, pod, held, {
      type: 'Warning',
      reason,
      message,
      component: 'kubelet',
      host: text(held, 'spec', 'nodeName'),
    });
  }

  private crash(held: JsonObject, life: Life, death: Death): void {
    if (life.nextRestartAt !== undefined && this.nowMs < life.nextRestartAt) return;
    life.restarts += 1;
    life.nextRestartAt = this.nowMs + this.state.timings.startMs * 2 ** Math.min(life.restarts, 6);
    this.write(held, 'Running', notReady, crashStatuses(held, this.now, death, life.restarts));
    const [first] = objects(held, 'spec', 'containers');
    const named = `${nameOf(held)}_${namespaceOf(held)}(${uidOf(held)})`;
    this.warn(
      held,
      'BackOff',
      `Back-off restarting failed container ${text(first, 'name')} in pod ${named}`,
    );
  }

  private letGo(held: JsonObject): void {
    const life = this.lifeOf(held);
    life.leavingAt ??= this.nowMs;
    if (this.nowMs < life.leavingAt + this.state.timings.stopMs) return;
    if (list(held, 'metadata', 'finalizers').length > 0) return;
    const last = clone(held);
    object(last, 'metadata')['deletionGracePeriodSeconds'] = 0;
    this.state.store.put(pod, last);
    this.state.store.remove(pod, namespaceOf(held), nameOf(held));
  }
}
