// Decides what a new size of a component's pods writes: its requests and limits in one patch, and the autoscaler's target.

import type { PatchChange, PatchField, WorkloadRef } from '../change/change.ts';
import type { ClusterState, SeenObject } from '../change/compare.ts';
import { whyPaused } from '../change/compare-patch.ts';
import { patchOf } from '../change/patch-of.ts';
import { escaped, keysOf, valueAt } from '../change/pointer.ts';
import type { Component } from '../profile/profile.ts';
import { canonicalCpu, canonicalMemory } from '../profile/quantity.ts';
import type { Resource } from '../sizing/container-usage.ts';
import { chooseTarget } from './choose-target.ts';
import {
  containersOf,
  type PodContainer,
  type ResourceAmounts,
  sidecarsOf,
  statedForPod,
} from './pod-containers.ts';

/** What one pod of a component shall request; what is not given stays. */
export interface PodRequests {
  readonly cpuMillicores?: number;
  readonly memoryMi?: number;
}

export interface ResizeFacts {
  readonly component: Pick<Component, 'id' | 'podMax' | 'limitFactor'>;
  readonly workload: WorkloadRef;
  /** The container whose requests change. */
  readonly container: string;
  readonly cluster: ClusterState;
  readonly wanted: PodRequests;
  /** Limits that are stated; without one it keeps its ratio to the request. */
  readonly limits?: PodRequests;
  /** Other resources by name, such as nvidia.com/gpu, which are requested and limited alike. */
  readonly extended?: Readonly<Record<string, number>>;
  /** Somebody else writes it, so that pods of a StatefulSet are worked out as well. (Default: Headroom does) */
  readonly byPerson?: true;
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
  /** Nothing to write: it is so already (`enough`), or it cannot be done from here. */
  | { readonly kind: 'none'; readonly enough: boolean; readonly because: string };

/** The changes that give a component's pods these requests. */
export function chooseResize(facts: ResizeFacts): ChosenResize {
  const { workload, cluster } = facts;
  if (workload.kind === 'StatefulSet' && !facts.byPerson) return none(whyNoTemplate(workload));
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
    const field = resource === 'cpu' ? 'cpuMillicores' : 'memoryMi';
    const { [field]: limit } = facts.limits ?? {};
    const { request: now } = container[resource];
    const wanted = facts.wanted[field] ?? (limit === undefined ? undefined : (now ?? limit));
    return wanted === undefined
      ? []
      : [moveOf(resource, container[resource], { wanted, limit }, facts)];
  });
  const upsideDown = moves.find(({ request, limit }) => limit !== undefined && limit < request);
  if (upsideDown !== undefined) {
    return none(
      `the ${upsideDown.resource} limit would be below what each pod of ${workload.name} requests`,
    );
  }
  const template = templatePatch(facts, container, moves);
  if (template.fields.length === 0) {
    const because = `${workload.name} already has these requests and the limits that go with them`;
    return { kind: 'none', enough: true, because };
  }
  return resize(facts, { object, containers, container, moves, template });
}

/** Why the pods of a StatefulSet are not changed. */
export function whyNoTemplate({ name }: WorkloadRef): string {
  return `${name} is a StatefulSet: a rollout that fails there does not mend itself when the template goes back, so Headroom does not change its pods`;
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
  { component, workload, cluster, wanted, limits }: ResizeFacts,
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
  const asked = { ...wanted, ...limits };
  const whole = statedForPod(object, [
    ...(asked.cpuMillicores === undefined ? [] : ['cpu']),
    ...(asked.memoryMi === undefined ? [] : ['memory']),
  ]);
  if (whole !== undefined) {
    return `${workload.name} states ${whole} for its pods as a whole (spec.template.spec.resources), which counts in place of what their containers request; change it there`;
  }
  return whyPaused(object);
}

/** The limit keeps its ratio to the request; where neither is set, the profile's factor makes one. */
function moveOf(
  resource: Resource,
  before: ResourceAmounts,
  { wanted: request, limit }: { readonly wanted: number; readonly limit: number | undefined },
  { component }: ResizeFacts,
): Move {
  const move = { resource, before, request };
  if (limit !== undefined) return { ...move, limit };
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
  { workload, extended = {} }: ResizeFacts,
  container: PodContainer,
  moves: readonly Move[],
): PatchChange {
  const fields = [
    ...fieldsOf(container, 'requests', moves, extended),
    ...fieldsOf(container, 'limits', moves, extended),
  ];
  const { cluster, namespace, kind, name } = workload;
  return patchOf({
    workload,
    object: { cluster, namespace, kind, name },
    fields,
    guards: [{ pointer: `${container.pointer}/name`, equals: container.name }],
    decrease: moves.some(takesAway) || fields.some(isLessOf(extended)),
  });
}

/** The server adds no missing parent, so where the map is not there it is written as a whole. */
function fieldsOf(
  { pointer, maps }: PodContainer,
  part: 'requests' | 'limits',
  moves: readonly Move[],
  extended: Readonly<Record<string, number>>,
): readonly PatchField[] {
  const here = `${pointer}/resources/${part}`;
  const map = maps[part];
  const wanted: readonly (readonly [resource: string, text: string])[] = [
    ...moves.flatMap(({ resource, before, request, limit }) => {
      const [amount, was] = part === 'requests' ? [request, before.request] : [limit, before.limit];
      if (amount === undefined || amount === was) return [];
      return [
        [resource, resource === 'cpu' ? canonicalCpu(amount) : canonicalMemory(amount)] as const,
      ];
    }),
    ...Object.entries(extended)
      .map(([resource, count]) => [resource, String(count)] as const)
      .filter(([resource, count]) => map?.[resource] !== count),
  ];
  if (map !== undefined) {
    return wanted.map(([resource, text]): PatchField => {
      const before = map[resource];
      return {
        pointer: `${here}/${escaped(resource)}`,
        what: `${resource} ${part.slice(0, -1)}`,
        ...(before !== undefined && { before }),
        after: text,
      };
    });
  }
  if (wanted.length === 0) return [];
  return [{ pointer: here, what: part, after: Object.fromEntries(wanted) }];
}

function isLessOf(extended: Readonly<Record<string, number>>): (field: PatchField) => boolean {
  return ({ pointer, before, after }) =>
    Object.hasOwn(extended, keysOf(pointer).at(-1) ?? '') && Number(after) < Number(before ?? 0);
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
  const beside = [...containers, ...sidecarsOf(object)];
  const target = chooseTarget(facts, { containers: beside, container, moves });
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
  return { kind: 'none', enough: false, because };
}
