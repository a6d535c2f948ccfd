// Moves the utilisation target of an autoscaler with the requests it is a share of, so that it goes on acting at the same use.

import type { PatchChange, PatchField, PatchGuard, WorkloadRef } from '../change/change.ts';
import type { ClusterState } from '../change/compare.ts';
import { patchOf } from '../change/patch-of.ts';
import { valueAt } from '../change/pointer.ts';
import { madeBy } from '../change/scaled-object.ts';
import { keepThreshold } from '../sizing/autoscaler-target.ts';
import type { Resource } from '../sizing/container-usage.ts';
import type { PodContainer, ResourceAmounts } from './pod-containers.ts';

interface Resized {
  /** With the sidecars among those that begin first: a share is of what they request together. */
  readonly containers: readonly PodContainer[];
  readonly container: PodContainer;
  readonly moves: readonly {
    readonly resource: Resource;
    readonly before: ResourceAmounts;
    readonly request: number;
  }[];
}

interface TargetChoice {
  /** Undefined: no target moves. */
  readonly patch?: PatchChange;
  /** A target becomes lower: the autoscaler wants more pods until the requests have grown. */
  readonly falls: boolean;
  readonly notes: readonly string[];
}

/** What becomes of the autoscaler's targets; one that cannot be kept stays, and a note says what that means. */
export function chooseTarget(
  { workload, cluster }: { readonly workload: WorkloadRef; readonly cluster: ClusterState },
  resized: Resized,
): TargetChoice {
  const object = cluster.objects.find(({ kind }) => kind === 'HorizontalPodAutoscaler');
  const metrics = object === undefined ? undefined : valueAt(object.value, '/spec/metrics');
  if (object === undefined || !Array.isArray(metrics)) return { falls: false, notes: [] };
  const maker = madeBy(object);
  if (maker !== undefined) {
    const say = `KEDA makes the targets of autoscaler ${object.name} from the triggers of ScaledObject ${maker}; a share of requests means another load now, so look at them.`;
    return { falls: false, notes: metrics.some((metric) => moveOf(metric, resized)) ? [say] : [] };
  }
  const fields: PatchField[] = [];
  const guards: PatchGuard[] = [];
  const notes: string[] = [];
  for (const [index, metric] of metrics.entries()) {
    const moved = moveOf(metric, resized);
    if (moved === undefined) continue;
    const { source, name, percent, move } = moved;
    if (!move.kept) {
      notes.push(
        `Autoscaler ${object.name} keeps its ${name} target of ${percent} %: ${move.because}.`,
      );
      continue;
    }
    notes.push(`Autoscaler ${object.name}, ${name}: ${move.because}.`);
    if (move.percentAfter === percent) continue;
    const here = `/spec/metrics/${index}/${source}`;
    guards.push({ pointer: `${here}/name`, equals: name });
    if (source === 'containerResource') {
      guards.push({ pointer: `${here}/container`, equals: resized.container.name });
    }
    fields.push({
      pointer: `${here}/target/averageUtilization`,
      what: `${name} target in percent`,
      before: percent,
      after: move.percentAfter,
    });
  }
  if (fields.length === 0) return { falls: false, notes };
  const falls = fields.some(({ before, after }) => Number(after) < Number(before));
  const { cluster: of, namespace } = workload;
  const ref = {
    cluster: of,
    namespace,
    kind: 'HorizontalPodAutoscaler',
    name: object.name,
  } as const;
  return { patch: patchOf({ workload, object: ref, fields, guards }), falls, notes };
}

/** A target that is a share of a request which changes; undefined for every other metric. */
function moveOf(metric: unknown, { containers, container, moves }: Resized) {
  const source = (['resource', 'containerResource'] as const).find(
    (key) => valueAt(metric, `/${key}`) !== undefined,
  );
  if (source === undefined) return undefined;
  const percent = valueAt(metric, `/${source}/target/averageUtilization`);
  const name = valueAt(metric, `/${source}/name`);
  const resize = moves.find(({ resource }) => resource === name);
  if (resize === undefined || typeof percent !== 'number') return undefined;
  if (source === 'containerResource' && valueAt(metric, `/${source}/container`) !== container.name)
    return undefined;
  const { resource } = resize;
  const podRequest = source === 'resource' ? requestedByAll(containers, resource) : undefined;
  const target = { resource, percent, ...(podRequest !== undefined && { podRequest }) };
  const move = keepThreshold(target, resize.before.request, resize.request);
  return move && { source, name: resource, percent, move };
}

/** What all containers request together; undefined when one requests nothing. */
function requestedByAll(
  containers: readonly PodContainer[],
  resource: Resource,
): number | undefined {
  const all = containers.map((container) => container[resource].request);
  return all.reduce<number | undefined>(
    (sum, request) => (sum === undefined || request === undefined ? undefined : sum + request),
    0,
  );
}
