// What a container used over a window and what it requests: the facts that right-sizing rests on, each of which may be missing.

export type Resource = 'cpu' | 'memory';

/** What one resource of the busiest pod was at: CPU in millicores, memory in Mi. What was not measured is absent. */
export interface ResourceUsage {
  readonly p50?: number;
  readonly p95?: number;
  readonly p99?: number;
  readonly maximum?: number;
  /** How many steps of the window have a sample. */
  readonly samplesSeen?: number;
}

/** The use of one container of a workload. */
export interface ContainerUsage {
  readonly windowMs: number;
  readonly stepMs: number;
  /** How many steps the window has. */
  readonly samplesExpected: number;
  readonly cpu: ResourceUsage;
  readonly memory: ResourceUsage;
  /** Restarts in the window, those after an OOM kill included; absent when nobody counted them. */
  readonly restarts?: number;
  readonly oomKills?: number;
  /** The share of its CPU periods in which it was held back by its limit; absent when nobody counted them. */
  readonly throttledShare?: number;
  /** What could not be measured and why, one sentence each. */
  readonly missing: readonly string[];
}

/** What one container requests and may use at most; absent is not set. */
export interface ContainerSize {
  readonly cpuRequestMillicores?: number;
  readonly cpuLimitMillicores?: number;
  readonly memoryRequestMi?: number;
  readonly memoryLimitMi?: number;
}

/** Request and limit of one resource, in its own unit (millicores, Mi). */
export interface Amounts {
  readonly request?: number;
  readonly limit?: number;
}

/** One resource of a container's size. */
export function amountsOf(size: ContainerSize, resource: Resource): Amounts {
  const [request, limit] =
    resource === 'cpu'
      ? [size.cpuRequestMillicores, size.cpuLimitMillicores]
      : [size.memoryRequestMi, size.memoryLimitMi];
  return { ...(request !== undefined && { request }), ...(limit !== undefined && { limit }) };
}

/** The size that two resources' amounts make. */
export function sizeOf(cpu: Amounts, memory: Amounts): ContainerSize {
  return {
    ...(cpu.request !== undefined && { cpuRequestMillicores: cpu.request }),
    ...(cpu.limit !== undefined && { cpuLimitMillicores: cpu.limit }),
    ...(memory.request !== undefined && { memoryRequestMi: memory.request }),
    ...(memory.limit !== undefined && { memoryLimitMi: memory.limit }),
  };
}
