// Finds a node for a pod, or says why each node is none, in the scheduler's words.

import type { JsonObject } from '../json.ts';
import { list, nameOf, object, objects, text } from '../json.ts';
import { podAmount, unfinishedPods } from '../pod-amounts.ts';
import { quantityNanos } from '../quantity.ts';
import { node } from '../resources/node.ts';
import type { ClusterState } from '../state.ts';

const amounts = ['cpu', 'memory'] as const;

interface Use {
  readonly cpu: bigint;
  readonly memory: bigint;
  readonly pods: number;
}

const nothing: Use = { cpu: 0n, memory: 0n, pods: 0 };

/** Why a node takes no pod; `forGood` when it would not either if it were empty. */
interface Obstacle {
  readonly reason: string;
  readonly forGood: boolean;
}

const tooSmall: Obstacle = { reason: 'Insufficient cpu', forGood: true };

/** One look at all nodes; pods placed during the look are counted. */
export class Scheduler {
  private readonly nodes: readonly JsonObject[];
  private readonly use = new Map<string, Use>();

  constructor(state: ClusterState) {
    this.nodes = state.store.list(node);
    for (const held of unfinishedPods(state)) {
      const name = text(held, 'spec', 'nodeName');
      if (name !== '') this.add(name, held);
    }
  }

  /**
   * The first node with room, beginning at a turn; otherwise the message that the pod stays where it is. When `isRefused`
   * no node has the CPU for it, whatever it asks for.
   */
  place(
    held: JsonObject,
    turn: number,
    isRefused: boolean,
  ): { readonly node: JsonObject } | { readonly because: string } {
    const { nodes } = this;
    const obstacles: Obstacle[] = [];
    for (const index of nodes.keys()) {
      const candidate = nodes[(turn + index) % nodes.length];
      if (candidate === undefined) continue;
      const found = isRefused ? [tooSmall] : this.obstaclesOf(candidate, held);
      if (found.length === 0) {
        this.add(nameOf(candidate), held);
        return { node: candidate };
      }
      obstacles.push(...found);
    }
    return { because: refusal(nodes.length, obstacles) };
  }

  private add(name: string, held: JsonObject): void {
    const { cpu, memory, pods } = this.use.get(name) ?? nothing;
    const spec = object(held, 'spec');
    this.use.set(name, {
      cpu: cpu + podAmount(spec, 'requests', 'cpu'),
      memory: memory + podAmount(spec, 'requests', 'memory'),
      pods: pods + 1,
    });
  }

  private obstaclesOf(candidate: JsonObject, held: JsonObject): Obstacle[] {
    const closed = closedBecause(candidate, held);
    if (closed !== undefined) return [{ reason: closed, forGood: true }];
    const use = this.use.get(nameOf(candidate)) ?? nothing;
    const allocatable = object(candidate, 'status', 'allocatable');
    const lacking = amounts.flatMap((name): Obstacle[] => {
      const asked = podAmount(object(held, 'spec'), 'requests', name);
      const most = quantityNanos(text(allocatable, name)) ?? 0n;
      return asked > 0n && use[name] + asked > most
        ? [{ reason: `Insufficient ${name}`, forGood: asked > most }]
        : [];
    });
    const isFull = use.pods >= Number(text(allocatable, 'pods'));
    return isFull ? [{ reason: 'Too many pods', forGood: false }, ...lacking] : lacking;
  }
}

/** `1 Insufficient cpu, 2 node(s) were unschedulable`. */
function counted(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .toSorted()
    .join(', ');
}

function refusal(count: number, obstacles: readonly Obstacle[]): string {
  if (count === 0) return 'no nodes available to schedule pods';
  const head = `0/${count} nodes are available: `;
  const victims = counted(
    obstacles.map(({ forGood }) =>
      forGood
        ? 'Preemption is not helpful for scheduling'
        : 'No preemption victims found for incoming pod',
    ),
  );
  return `${head}${counted(obstacles.map(({ reason }) => reason))}. no new claims to deallocate, preemption: ${head}${victims}.`;
}

function closedBecause(candidate: JsonObject, held: JsonObject): string | undefined {
  const spec = object(candidate, 'spec');
  if (spec['unschedulable'] === true) return 'node(s) were unschedulable';
  const taint = [...objects(spec, 'taints'), ...ownTaints(candidate)]
    .filter((each) => text(each, 'effect') !== 'PreferNoSchedule')
    .find((each) => !objects(held, 'spec', 'tolerations').some((own) => tolerates(own, each)));
  if (taint !== undefined) {
    return `node(s) had untolerated taint {${text(taint, 'key')}: ${text(taint, 'value')}}`;
  }
  const labels = object(candidate, 'metadata', 'labels');
  const isSelected = Object.entries(object(held, 'spec', 'nodeSelector')).every(
    ([key, value]) => labels[key] === value,
  );
  const isWanted = isSelected && meetsAffinity(candidate, held);
  return isWanted ? undefined : "node(s) didn't match Pod's node affinity/selector";
}

/** One requirement of a node selector, about a label or the name of the node. */
function meets(own: string | undefined, requirement: JsonObject): boolean {
  const values = list(requirement, 'values');
  switch (text(requirement, 'operator')) {
    case 'In':
      return own !== undefined && values.includes(own);
    case 'NotIn':
      return own === undefined || !values.includes(own);
    case 'Exists':
      return own !== undefined;
    case 'DoesNotExist':
      return own === undefined;
    case 'Gt':
      return own !== undefined && Number(own) > Number(values[0]);
    case 'Lt':
      return own !== undefined && Number(own) < Number(values[0]);
    default:
      return false;
  }
}

/** Whether a node meets one of the terms a pod insists on; a term without requirements meets none. */
function meetsAffinity(candidate: JsonObject, held: JsonObject): boolean {
  const needed = 'requiredDuringSchedulingIgnoredDuringExecution';
  const path = ['spec', 'affinity', 'nodeAffinity', needed, 'nodeSelectorTerms'];
  const terms = objects(held, ...path);
  const labelOf = (key: string) => {
    const value = object(candidate, 'metadata', 'labels')[key];
    return typeof value === 'string' ? value : undefined;
  };
  return (
    terms.length === 0 ||
    terms.some((term) => {
      const labels = objects(term, 'matchExpressions');
      const fields = objects(term, 'matchFields');
      return (
        labels.length + fields.length > 0 &&
        labels.every((each) => meets(labelOf(text(each, 'key')), each)) &&
        fields.every((each) => meets(nameOf(candidate), each))
      );
    })
  );
}

/** The node controller taints what is not ready; the sandbox reads the condition itself. */
function ownTaints(candidate: JsonObject): readonly JsonObject[] {
  const isReady = list(candidate, 'status', 'conditions').some(
    (each) => text(each, 'type') === 'Ready' && text(each, 'status') === 'True',
  );
  return isReady ? [] : [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }];
}

function tolerates(own: JsonObject, taint: JsonObject): boolean {
  const [key, effect, operator] = [text(own, 'key'), text(own, 'effect'), text(own, 'operator')];
  const isAny = operator === 'Exists';
  return (
    (key === text(taint, 'key') || (key === '' && isAny)) &&
    (effect === '' || effect === text(taint, 'effect')) &&
    (isAny || text(own, 'value') === text(taint, 'value'))
  );
}
