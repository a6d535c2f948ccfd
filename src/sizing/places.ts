// The places that nodes have left, and a pod put on one of them: a model of the scheduler that leaves out what it cannot see.

import type { Amounts, Placement } from './pod-need.ts';
import type { HeldPod, RoomNode, Taint } from './room.ts';

interface Place {
  readonly node: RoomNode;
  free: Amounts & { readonly pods: number };
}

/** Nodes with what is left on each; `put` takes from it. */
export type Places = readonly Place[];

/** What is left of each node beside the pods that have a place. */
export function placesOf(nodes: readonly RoomNode[], pods: readonly HeldPod[]): Places {
  const places = nodes.map((node): Place => ({ node, free: node.allocatable }));
  const byName = new Map(places.map((place) => [place.node.name, place]));
  for (const { node, requests } of pods) {
    const place = node === undefined ? undefined : byName.get(node);
    if (place !== undefined) take(place, requests);
  }
  return places;
}

/** Puts a pod where most room is left, as the scheduler does; false when no node has room for it. */
export function put(places: Places, requests: Amounts, placement: Placement): boolean {
  let best: Place | undefined;
  for (const place of places) {
    if (!holds(place, requests) || !takes(place.node, placement)) continue;
    if (best === undefined || shareFree(place) > shareFree(best)) best = place;
  }
  if (best === undefined) return false;
  take(best, requests);
  return true;
}

function take(place: Place, { cpuMillicores, memoryBytes }: Amounts): void {
  const { free } = place;
  place.free = {
    cpuMillicores: free.cpuMillicores - cpuMillicores,
    memoryBytes: free.memoryBytes - memoryBytes,
    pods: free.pods - 1,
  };
}

/** A node that others have filled beyond its size still takes a pod that requests nothing. */
function holds({ free }: Place, { cpuMillicores, memoryBytes }: Amounts): boolean {
  return (
    free.pods >= 1 &&
    (cpuMillicores === 0 || free.cpuMillicores >= cpuMillicores) &&
    (memoryBytes === 0 || free.memoryBytes >= memoryBytes)
  );
}

function shareFree({ node, free }: Place): number {
  const share = (name: keyof Amounts) => free[name] / Math.max(1, node.allocatable[name]);
  return share('cpuMillicores') + share('memoryBytes');
}

/** Whether a node takes such pods at all, however full it is. */
export function takes(node: RoomNode, { tolerations, nodeSelector }: Placement): boolean {
  if (node.cordoned || !node.ready) return false;
  const isSelected = Object.entries(nodeSelector).every(
    ([key, value]) => node.labels[key] === value,
  );
  return (
    isSelected && node.taints.filter(keepsAway).every((taint) => isTolerated(taint, tolerations))
  );
}

/** A taint of the third effect, PreferNoSchedule, is a wish only. */
function keepsAway({ effect }: Taint): boolean {
  return effect === 'NoSchedule' || effect === 'NoExecute';
}

function isTolerated(taint: Taint, tolerations: Placement['tolerations']): boolean {
  return tolerations.some(
    ({ key, operator, value, effect }) =>
      (key === undefined ? operator === 'Exists' : key === taint.key) &&
      (operator === 'Exists' || value === taint.value) &&
      (effect === undefined || effect === taint.effect),
  );
}

/** The share that is left of some nodes together, in whole percent, rounded down. */
export function percentFree(places: Places, name: keyof Amounts): number {
  const all = places.reduce((sum, { node }) => sum + node.allocatable[name], 0);
  const free = places.reduce((sum, place) => sum + Math.max(0, place.free[name]), 0);
  return all === 0 ? 0 : Math.floor((free / all) * 100);
}
