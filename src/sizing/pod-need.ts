// What a pod asks of a node and of a quota: its containers added up the way Kubernetes adds them up.

/** CPU in millicores and memory in bytes, because nodes and quotas are compared to the byte. */
export interface Amounts {
  readonly cpuMillicores: number;
  readonly memoryBytes: number;
}

export type AmountName = keyof Amounts;

export const amountNames = ['cpuMillicores', 'memoryBytes'] as const satisfies AmountName[];

/** Amounts as far as somebody stated them. */
export type Stated = { readonly [name in AmountName]?: number };

export interface ContainerShape {
  readonly name: string;
  readonly requests: Stated;
  readonly limits: Stated;
}

/** A container that runs before the others; a sidecar goes on beside them. */
export interface InitContainerShape extends ContainerShape {
  readonly sidecar: boolean;
}

export interface Toleration {
  /** (Default: every key.) */
  readonly key?: string;
  readonly operator: 'Exists' | 'Equal';
  readonly value: string;
  /** (Default: every effect.) */
  readonly effect?: string;
}

/** Which nodes a pod may go to, as far as that is looked at. */
export interface Placement {
  readonly tolerations: readonly Toleration[];
  readonly nodeSelector: Readonly<Record<string, string>>;
}

/** A pod as its spec states it. */
export interface PodShape extends Placement {
  readonly containers: readonly ContainerShape[];
  readonly initContainers: readonly InitContainerShape[];
  /** What the way it is run takes on top. */
  readonly overhead: Stated;
  /** What is stated for the pod as a whole counts in place of the sum. */
  readonly whole: { readonly requests: Stated; readonly limits: Stated };
  /** Rules about its place that are not looked at, for people: "affinity". */
  readonly unread: readonly string[];
}

type Kind = 'requests' | 'limits';

/** What the scheduler keeps for the pod; what no container states counts as nothing. */
export function requestsOf(shape: PodShape): Amounts {
  return {
    cpuMillicores: total(shape, 'requests', 'cpuMillicores'),
    memoryBytes: total(shape, 'requests', 'memoryBytes'),
  };
}

/** What a quota counts for the pod; undefined when a container does not state it, which such a quota refuses. */
export function countedOf(shape: PodShape, kind: Kind, name: AmountName): number | undefined {
  const each = [...shape.containers, ...shape.initContainers];
  const isStated =
    shape.whole[kind][name] !== undefined ||
    each.every((container) => container[kind][name] !== undefined);
  return isStated ? total(shape, kind, name) : undefined;
}

/**
 * The containers run together with the sidecars; before that each other init container runs beside the sidecars started
 * so far. The larger of the two is what the pod needs.
 */
function total(
  { containers, initContainers, overhead, whole }: PodShape,
  kind: Kind,
  name: AmountName,
): number {
  let sidecars = 0;
  let starting = 0;
  for (const container of initContainers) {
    const amount = container[kind][name] ?? 0;
    starting = Math.max(starting, sidecars + amount);
    if (container.sidecar) sidecars += amount;
  }
  const running = containers.reduce((sum, each) => sum + (each[kind][name] ?? 0), sidecars);
  const most = Math.max(running, starting);
  // A pod whose limit alone is stated requests what its containers do, and the limit where they request nothing.
  const stated = whole[kind][name] ?? (most === 0 ? whole.limits[name] : undefined);
  return (stated ?? most) + (overhead[name] ?? 0);
}

/** Whether two pods take the same: then none of them is replaced by the other. */
export function sameNeed(one: PodShape, other: PodShape): boolean {
  return amountNames.every((name) =>
    (['requests', 'limits'] as const).every(
      (kind) => total(one, kind, name) === total(other, kind, name),
    ),
  );
}

/** One rule of a LimitRange, for each container or for pods as a whole. */
export interface LimitRange {
  readonly name: string;
  readonly type: 'Container' | 'Pod';
  readonly max: Stated;
  readonly min?: Stated;
  /** How many times its request a limit may be. */
  readonly ratio?: Stated;
  /** What a container gets as limit and request that states none. */
  readonly defaultLimit: Stated;
  readonly defaultRequest: Stated;
}

/** A pod that a LimitRange refuses. */
export interface LimitBreach {
  readonly limitRange: string;
  /** The container; absent where the rule is about the whole pod. */
  readonly container?: string;
  readonly name: AmountName;
  readonly wanted: number;
  /** The bound that is passed, which is the most there may be unless `of` says otherwise. */
  readonly max: number;
  readonly of?: 'min' | 'ratio';
}

/** The pod as it is made: a limit is the request where none is stated, then the namespace's defaults are filled in. */
export function withDefaults(shape: PodShape, ranges: readonly LimitRange[]): PodShape {
  const rules = ranges.filter(({ type }) => type === 'Container');
  const filled = <Shape extends ContainerShape>(container: Shape): Shape => ({
    ...container,
    limits: Object.assign({}, ...rules.map((rule) => rule.defaultLimit), container.limits),
    requests: Object.assign(
      {},
      ...rules.map((rule) => rule.defaultRequest),
      container.limits,
      container.requests,
    ),
  });
  return {
    ...shape,
    containers: shape.containers.map(filled),
    initContainers: shape.initContainers.map(filled),
  };
}

/** Every bound that a pod passes. */
export function breaches(shape: PodShape, ranges: readonly LimitRange[]): readonly LimitBreach[] {
  return ranges.flatMap((range) =>
    amountNames.flatMap((name) =>
      boundedBy(shape, range).flatMap((bounded) => breachesOf(bounded, range, name)),
    ),
  );
}

interface Bounded {
  readonly of: Pick<LimitBreach, 'limitRange' | 'container'>;
  readonly requests: Stated;
  readonly limits: Stated;
}

function boundedBy(shape: PodShape, { name: limitRange, type }: LimitRange): readonly Bounded[] {
  if (type === 'Container') {
    return [...shape.containers, ...shape.initContainers].map(
      ({ name: container, requests, limits }) => ({
        of: { limitRange, container },
        requests,
        limits,
      }),
    );
  }
  const sum = (kind: Kind): Stated => ({
    cpuMillicores: total(shape, kind, 'cpuMillicores'),
    memoryBytes: total(shape, kind, 'memoryBytes'),
  });
  return [{ of: { limitRange }, requests: sum('requests'), limits: sum('limits') }];
}

function breachesOf(
  { of, requests, limits }: Bounded,
  { max, min, ratio }: LimitRange,
  name: AmountName,
): readonly LimitBreach[] {
  const [request, limit] = [requests[name], limits[name]];
  const [most, least, times] = [max[name], min?.[name], ratio?.[name]];
  const largest = limit ?? request ?? 0;
  const smallest = request ?? limit;
  // By millionths, for a ratio such as 1.1 is none that binary numbers have.
  const stretched = Math.round(((limit ?? 0) / (request || Number.POSITIVE_INFINITY)) * 1e6) / 1e6;
  return [
    ...(most !== undefined && largest > most ? [{ ...of, name, wanted: largest, max: most }] : []),
    ...(least !== undefined && smallest !== undefined && smallest < least
      ? [{ ...of, name, wanted: smallest, max: least, of: 'min' as const }]
      : []),
    ...(times !== undefined && stretched > times
      ? [{ ...of, name, wanted: stretched, max: times, of: 'ratio' as const }]
      : []),
  ];
}
