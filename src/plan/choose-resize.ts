// Decides what a new size of a component's pods writes: its requests and limits in one patch, and the autoscaler's target.

import type { FieldValue, PatchChange, PatchField, WorkloadRef } from '../change/change.ts';
import type { ClusterState, SeenObject } from '../change/compare.ts';
import { valueAt } from '../change/pointer.ts';
import type { Component } from '../profile/profile.ts';
import { canonicalCpu, canonicalMemory } from '../profile/quantity.ts';
import type { Resource } from '../sizing/container-usage.ts';
import { chooseTarget } from './choose-target.ts';
import { containersOf, type PodContainer, type ResourceAmounts } from './pod-containers.ts';

/** What one pod of a component shall request; what is not given stays. */
export interface PodRequests {
  readonly cpuMillicores?: number;
  readonly memoryMi?: number;
}

export interface ResizeFacts {
  readonly component: Component;
  readonly workload: WorkloadRef;
  /** The container whose requests change. */
  readonly container: string;
  readonly cluster: ClusterState;
  readonly wanted: PodRequests;
}

export type ChosenResize =
  | {
      readonly kind: 'resize';
      /** In the order in which they are safe. */
      readonly changes: readonly PatchChange[];
      /** Some request becomes smaller. */
      readonly shrinks: boolean;
      readonly before: PodRequests;
      readonly after: PodRequests;
      readonly notes: readonly string[];
    }
  | { readonly kind: 'none'; readonly because: string };

/** The changes that give a component's pods these requests. */
export function chooseResize(facts: ResizeFacts): ChosenResize {
  const { workload, cluster } = facts;
  if (workload.kind === 'StatefulSet') {
    return none(
      `${workload.name} is a StatefulSet: a rollout that fails there does not mend itself when the template goes back, so Headroom does not change its pods`,
    );
  }
  const object = cluster.objects.find(
    ({ kind, name }) => kind === workload.kind && name === workload.name,
  );
  const containers = object === undefined ? [] : containersOf(object);
  const container = containers.find(({ name }) => name === facts.container);
  if (object === undefined || container === undefined) {
    const has = containers.map(({ name }) => name).join(', ');
    return none(
      `${workload.kind} ${workload.name} has no container ${facts.container}, but ${has}`,
    );
  }
  const blocked = whyNot(facts, object);
  if (blocked !== undefined) return none(blocked);
  const moves = (['cpu', 'memory'] as const).flatMap((resource) => {
    const wanted = resource === 'cpu' ? facts.wanted.cpuMillicores : facts.wanted.memoryMi;
    return wanted === undefined ? [] : [moveOf(resource, container[resource], wanted, facts)];
  });
  const template = templatePatch(facts, container, moves);
  if (template.fields.length === 0) {
    return none(`${workload.name} already has these requests and the limits that go with them`);
  }
  return resize(facts, { object, containers, container, moves, template });
}

/** Request and limit of one resource, before and after. */
interface Move {
  readonly resource: Resource;
  readonly before: ResourceAmounts;
  readonly request: number;
  /** Undefined: no limit is written. */
  readonly limit?: number;
  readonly note?: string;
}

function whyNot(
  { component, workload, cluster, wanted }: ResizeFacts,
  object: SeenObject,
): string | undefined {
  const { podMax } = component;
  const tooMuch =
    podMax !== undefined &&
    ((wanted.cpuMillicores ?? 0) > podMax.cpuMillicores ||
      (wanted.memoryMi ?? 0) > podMax.memoryMi);
  if (tooMuch) {
    return `no pod of ${component.id} may request more than ${canonicalCpu(podMax.cpuMillicores)} and ${canonicalMemory(podMax.memoryMi)} (${podMax.source})`;
  }
  const { vertical } = cluster;
  if (vertical?.kind === 'seen') {
    return `vertical autoscaler ${vertical.name} (mode ${vertical.mode}) sets the requests of ${workload.name} and would undo this; change its bounds, or set it to Off first`;
  }
  return valueAt(object.value, '/spec/paused') === true
    ? `${workload.kind} ${workload.name} is paused: a new template would reach no pod before somebody resumes it`
    : undefined;
}

/** The limit keeps its ratio to the request; where neither is set, the profile's factor makes one. */
function moveOf(
  resource: Resource,
  before: ResourceAmounts,
  request: number,
  { component }: ResizeFacts,
): Move {
  const move = { resource, before, request };
  if (before.limit !== undefined) {
    const ratio = before.request ? before.limit / before.request : 1;
    return { ...move, limit: Math.max(request, Math.ceil(request * Math.max(1, ratio) - 1e-9)) };
  }
  if (before.request === undefined && component.limitFactor !== undefined) {
    const { value, source } = component.limitFactor;
    const note = `The ${resource} limit is ${value} times the request (${source}).`;
    return { ...move, limit: Math.max(request, Math.ceil(request * value - 1e-9)), note };
  }
  return { ...move, note: `It has no ${resource} limit, and gets none.` };
}

function templatePatch(
  { workload }: ResizeFacts,
  container: PodContainer,
  moves: readonly Move[],
): PatchChange {
  const fields = [
    ...fieldsOf(container, 'requests', moves),
    ...fieldsOf(container, 'limits', moves),
  ];
  return {
    kind: 'patch',
    workload,
    object: {
      cluster: workload.cluster,
      namespace: workload.namespace,
      kind: 'Deployment',
      name: workload.name,
    },
    fields,
    guards: [{ pointer: `${container.pointer}/name`, equals: container.name }],
    rollout: true,
    decrease: moves.some(takesAway),
    floor: false,
    undo: 'exact',
  };
}

/** The server adds no missing parent, so where the map is not there it is written as a whole. */
function fieldsOf(
  { pointer, maps }: PodContainer,
  part: 'requests' | 'limits',
  moves: readonly Move[],
): readonly PatchField[] {
  const here = `${pointer}/resources/${part}`;
  const wanted = moves.flatMap(({ resource, before, request, limit }) => {
    const [amount, was] = part === 'requests' ? [request, before.request] : [limit, before.limit];
    if (amount === undefined || amount === was) return [];
    const text = resource === 'cpu' ? canonicalCpu(amount) : canonicalMemory(amount);
    return [{ resource, text }];
  });
  const map = maps[part];
  if (map !== undefined) {
    return wanted.map(({ resource, text }): PatchField => {
      const before = map[resource];
      return {
        pointer: `${here}/${resource}`,
        what: `${resource} ${part.slice(0, -1)}`,
        ...(before !== undefined && { before }),
        after: text,
      };
    });
  }
  if (wanted.length === 0) return [];
  const after: FieldValue = Object.fromEntries(
    wanted.map(({ resource, text }) => [resource, text]),
  );
  return [{ pointer: here, what: part, after }];
}

function takesAway({ before, request, limit }: Move): boolean {
  return (
    shrinks({ before, request }) ||
    (limit !== undefined && limit < (before.limit ?? Number.POSITIVE_INFINITY))
  );
}

function shrinks({ before, request }: Pick<Move, 'before' | 'request'>): boolean {
  return request < (before.request ?? 0);
}

interface Chosen {
  readonly object: SeenObject;
  readonly containers: readonly PodContainer[];
  readonly container: PodContainer;
  readonly moves: readonly Move[];
  readonly template: PatchChange;
}

/** A target that falls is written before the pods grow, one that rises after they have shrunk: in between it never asks for fewer pods. */
function resize(facts: ResizeFacts, chosen: Chosen): ChosenResize {
  const { containers, container, moves, template, object } = chosen;
  const target = chooseTarget(facts, { containers, container, moves });
  const { patch } = target;
  const [cpu, memory] = (['cpu', 'memory'] as const).map((name) =>
    moves.find(({ resource }) => resource === name),
  );
  return {
    kind: 'resize',
    changes:
      patch === undefined ? [template] : target.falls ? [patch, template] : [template, patch],
    shrinks: moves.some(shrinks),
    before: requests(cpu?.before.request, memory?.before.request),
    after: requests(cpu?.request, memory?.request),
    notes: [
      'Every pod is replaced. If the new pods do not become ready, Headroom puts the old sizes back.',
      ...moves.flatMap(({ note }) => note ?? []),
      ...target.notes,
      ...(valueAt(object.value, '/spec/strategy/type') === 'Recreate'
        ? ['Its strategy is Recreate: all pods end before the new ones start.']
        : []),
      ...(facts.cluster.vertical?.kind === 'unknown'
        ? [
            `Whether a vertical autoscaler sets these requests is not known: ${facts.cluster.vertical.because}`,
          ]
        : []),
    ],
  };
}

function requests(cpu: number | undefined, memory: number | undefined): PodRequests {
  return {
    ...(cpu !== undefined && { cpuMillicores: cpu }),
    ...(memory !== undefined && { memoryMi: memory }),
  };
}

function none(because: string): ChosenResize {
  return { kind: 'none', because };
}
