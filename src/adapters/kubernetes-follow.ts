// Answers from watches what a cluster last said of workloads and autoscalers; whatever it cannot prove new enough is read.

import { setMaxListeners } from 'node:events';
import type { Configuration, V1Deployment, V1StatefulSet } from '@kubernetes/client-node';
import type { WorkloadRef } from '../change/change.ts';
import type { ClusterState, ScaledObjectSeen } from '../change/compare.ts';
import type { ObjectRef } from '../change/kinds.ts';
import type { Autoscaled, Log } from '../ports.ts';
import {
  areAllReady,
  clusterState,
  readAutoscaler,
  readWorkload,
  scaledBy,
} from './cluster-state.ts';
import { uidOf } from './kubernetes-events.ts';
import {
  type FollowedKind,
  isFollowed,
  podsOf,
  sourcesOf,
  tagOf,
  wideNames,
} from './kubernetes-sources.ts';
import { podSelector, readObject, seenObject } from './kubernetes-state.ts';
import { Views, type ViewTimes } from './kubernetes-views.ts';
import { watchTimes } from './kubernetes-watch.ts';
import { type Floor, keyOf, type Shelf } from './shelf.ts';

export interface FollowTimes extends ViewTimes {
  /** What was written a moment ago is waited for this long; then it is read. */
  readonly behindMs: number;
  /** Where pods are read because no further watch is opened, the answer counts for this long. */
  readonly podsMs: number;
}

export const followTimes: FollowTimes = {
  ...watchTimes,
  openMs: 3_000,
  idleMs: 300_000,
  restMs: 30_000,
  behindMs: 2_000,
  podsMs: 120_000,
};

export interface FollowerParts {
  readonly cluster: string;
  readonly configuration: Configuration;
  readonly times: FollowTimes;
  readonly log: Pick<Log, 'debug' | 'info' | 'warn'>;
  /**
   * Reads why pods are not ready, for workloads whose pods cannot be watched.
   * @throws OperationError when the cluster cannot be asked.
   */
  readonly readReasons: (
    pods: { readonly namespace: string; readonly labelSelector: string },
    signal: AbortSignal,
  ) => Promise<readonly string[]>;
}

interface ReadReasons {
  readonly untilMs: number;
  readonly reasons: Promise<readonly string[]>;
}

/**
 * Its answers may be some moments old, and where a connection hangs as old as its deadline allows. They are never older
 * than what this process has itself read or written, as far as it was noted here.
 */
export class Follower {
  readonly #parts: FollowerParts;
  readonly #views: Views;
  readonly #closing = new AbortController();
  readonly #readReasons = new Map<string, ReadReasons>();

  constructor(parts: FollowerParts) {
    this.#parts = parts;
    // As many may wait at once as there are workloads.
    setMaxListeners(0, this.#closing.signal);
    this.#views = new Views(parts);
  }

  /** Undefined when it must be read. @throws OperationError when pods must be read and cannot. */
  async state(workload: WorkloadRef, given?: AbortSignal): Promise<ClusterState | undefined> {
    const { namespace, name, kind } = workload;
    const signal = this.#signal(given);
    const [workloads, autoscalers] = await Promise.all([
      this.#shelf(kind, namespace, signal),
      this.#shelf('HorizontalPodAutoscaler', namespace, signal),
    ]);
    if (workloads === undefined || autoscalers === undefined) return undefined;
    const key = keyOf(namespace, name);
    const areNew = await Promise.all([
      this.#caughtUp(workloads, () => workloads.isBehind(key), signal),
      this.#caughtUp(autoscalers, () => autoscalers.isBehindIn(namespace), signal),
    ]);
    if (areNew.includes(false)) return undefined;
    const text = workloads.text(key);
    const object = text === undefined ? undefined : readWorkload(text);
    return clusterState(workload, {
      object,
      scaling: autoscalers.textsTagged(tagOf(workload)).map(readAutoscaler),
      reasons: object === undefined ? [] : await this.#reasons(namespace, object, signal),
    });
  }

  /** What the autoscalers of a namespace scale; undefined when it must be read. */
  async autoscaled(namespace: string): Promise<readonly Autoscaled[] | undefined> {
    const signal = this.#signal(undefined);
    const shelf = await this.#shelf('HorizontalPodAutoscaler', namespace, signal);
    if (shelf === undefined) return undefined;
    if (!(await this.#caughtUp(shelf, () => shelf.isBehindIn(namespace), signal))) return undefined;
    return shelf.textsIn(namespace).flatMap((text) => scaledBy(readAutoscaler(text)));
  }

  /** The ScaledObject of a workload; undefined when it must be read. */
  async scaledObject(workload: WorkloadRef): Promise<ScaledObjectSeen | undefined> {
    const { namespace } = workload;
    const signal = this.#signal(undefined);
    const shelf = await this.#shelf('ScaledObject', namespace, signal);
    if (shelf === undefined) {
      const isAbsent = this.#views.isAbsent(sourcesOf('ScaledObject', namespace));
      return isAbsent ? { kind: 'none' } : undefined;
    }
    if (!(await this.#caughtUp(shelf, () => shelf.isBehindIn(namespace), signal))) return undefined;
    const [text] = shelf.textsTagged(tagOf(workload));
    if (text === undefined) return { kind: 'none' };
    return { kind: 'seen', object: seenObject('ScaledObject', readObject(JSON.parse(text))) };
  }

  /** The uid of an object that is watched; it stays the same for as long as the object is there. */
  uid({ kind, namespace, name }: ObjectRef): string | undefined {
    if (!isFollowed(kind)) return undefined;
    const [text] = this.#shelves(kind, namespace).flatMap(
      (shelf) => shelf.text(keyOf(namespace, name)) ?? [],
    );
    return text === undefined ? undefined : uidOf(JSON.parse(text));
  }

  /** What was read of a workload and its autoscaler: nothing older is answered from now on. */
  noteState(workload: WorkloadRef, { workload: seen, objects }: ClusterState): void {
    const { namespace } = workload;
    this.note(workload, floorAt(seen?.resourceVersion));
    if (seen === undefined) return;
    for (const shelf of this.#shelves('HorizontalPodAutoscaler', namespace)) {
      for (const key of shelf.keysTagged(tagOf(workload))) shelf.note(key, { kind: 'gone' });
    }
    for (const { kind, name, resourceVersion } of objects) {
      this.note({ kind, namespace, name }, floorAt(resourceVersion));
    }
  }

  /** What was read or written of one object; kinds that are not watched are not kept. */
  note(
    object: { readonly kind: string; readonly namespace: string; readonly name: string },
    floor: Floor,
  ): void {
    const { kind, namespace, name } = object;
    if (!isFollowed(kind)) return;
    for (const shelf of this.#shelves(kind, namespace)) shelf.note(keyOf(namespace, name), floor);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#views.close();
  }

  #signal(given: AbortSignal | undefined): AbortSignal {
    return given === undefined
      ? this.#closing.signal
      : AbortSignal.any([this.#closing.signal, given]);
  }

  #shelf(kind: FollowedKind, namespace: string, signal: AbortSignal): Promise<Shelf | undefined> {
    return this.#views.shelfOf(sourcesOf(kind, namespace), signal);
  }

  #shelves(kind: FollowedKind, namespace: string): readonly Shelf[] {
    return sourcesOf(kind, namespace).flatMap(({ name }) => this.#views.shelfNamed(name) ?? []);
  }

  /** A watch is behind a write by a moment; that moment is waited for. */
  async #caughtUp(shelf: Shelf, isBehind: () => boolean, signal: AbortSignal): Promise<boolean> {
    const untilMs = performance.now() + this.#parts.times.behindMs;
    while (isBehind()) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0 || signal.aborted) return false;
      await shelf.next(leftMs, signal);
    }
    return true;
  }

  /** Why pods are not ready: only then are they watched, and only those of this workload. */
  async #reasons(
    namespace: string,
    object: V1Deployment | V1StatefulSet,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const labelSelector = podSelector(object);
    if (areAllReady(object) || labelSelector === '') return [];
    const source = podsOf(namespace, labelSelector);
    const shelf = await this.#views.shelfOf([source], signal, { keepFree: wideNames });
    if (shelf !== undefined) return shelf.texts().filter((reason) => reason !== '');
    const nowMs = performance.now();
    const before = this.#readReasons.get(source.name);
    if (before !== undefined && nowMs < before.untilMs) return before.reasons;
    for (const [name, { untilMs }] of this.#readReasons) {
      if (untilMs <= nowMs) this.#readReasons.delete(name);
    }
    const { readReasons, times } = this.#parts;
    const reasons = readReasons({ namespace, labelSelector }, signal);
    this.#readReasons.set(source.name, { untilMs: nowMs + times.podsMs, reasons });
    reasons.catch(() => this.#readReasons.delete(source.name));
    return reasons;
  }
}

/** What has been read of an object that may not be there. */
export function floorAt(version: string | undefined): Floor {
  return version === undefined ? { kind: 'gone' } : { kind: 'version', version };
}
