// Reads what a pod's spec asks for, from a template as well as from a pod that runs.

import { z } from 'zod';
import { parseCpuMillicores, parseQuantity } from '../profile/quantity.ts';
import type { PodShape, Stated } from './pod-need.ts';

/** Amounts by name; the ones that are not CPU and memory are left out. Amounts are rounded up, as for a request. */
export const statedAmounts = z
  .record(z.string(), z.string())
  .optional()
  .transform((amounts, context): Stated => {
    const cpu = amounts?.['cpu'];
    const memory = amounts?.['memory'];
    const cpuMillicores = cpu === undefined ? undefined : parseCpuMillicores(cpu);
    const bytes = memory === undefined ? undefined : parseQuantity(memory);
    if (cpuMillicores === undefined && cpu !== undefined) {
      context.addIssue({ code: 'custom', message: `"${cpu}" is no amount of CPU` });
    }
    if (bytes === undefined && memory !== undefined) {
      context.addIssue({ code: 'custom', message: `"${memory}" is no amount of memory` });
    }
    return {
      ...(cpuMillicores !== undefined && { cpuMillicores }),
      ...(bytes !== undefined && { memoryBytes: Math.ceil(bytes) }),
    };
  });

const resources = z
  .object({ requests: statedAmounts, limits: statedAmounts })
  .optional()
  .transform((stated) => stated ?? { requests: {}, limits: {} });

const container = z
  .object({ name: z.string(), restartPolicy: z.string().optional(), resources })
  .transform(({ name, restartPolicy, resources: { requests, limits } }) => ({
    name,
    requests,
    limits,
    sidecar: restartPolicy === 'Always',
  }));

const toleration = z
  .object({
    key: z.string().optional(),
    operator: z.string().optional(),
    value: z.string().optional(),
    effect: z.string().optional(),
  })
  .transform(({ key, operator, value, effect }) => ({
    ...(key !== undefined && key !== '' && { key }),
    operator: operator === 'Exists' ? ('Exists' as const) : ('Equal' as const),
    value: value ?? '',
    ...(effect !== undefined && effect !== '' && { effect }),
  }));

/** What is only preferred never keeps a pod from starting. */
const affinity = z
  .object({ requiredDuringSchedulingIgnoredDuringExecution: z.unknown().optional() })
  .optional();
const spread = z.object({ whenUnsatisfiable: z.string().optional() });

/** A pod's spec; anything that does not fit is a bad answer. */
export const podSpec = z
  .object({
    containers: z.array(container),
    initContainers: z.array(container).optional(),
    overhead: statedAmounts,
    resources,
    tolerations: z.array(toleration).optional(),
    nodeSelector: z.record(z.string(), z.string()).optional(),
    affinity: z
      .object({ nodeAffinity: affinity, podAffinity: affinity, podAntiAffinity: affinity })
      .optional(),
    topologySpreadConstraints: z.array(spread).optional(),
  })
  .transform(
    (spec): PodShape => ({
      containers: spec.containers.map(({ sidecar: _sidecar, ...each }) => each),
      initContainers: spec.initContainers ?? [],
      overhead: spec.overhead,
      whole: spec.resources,
      tolerations: spec.tolerations ?? [],
      nodeSelector: spec.nodeSelector ?? {},
      unread: [
        ...(Object.values(spec.affinity ?? {}).some(
          (each) => each?.requiredDuringSchedulingIgnoredDuringExecution !== undefined,
        )
          ? ['affinity']
          : []),
        ...(spec.topologySpreadConstraints?.some(
          (each) => each.whenUnsatisfiable !== 'ScheduleAnyway',
        )
          ? ['spreading']
          : []),
      ],
    }),
  );

/** The same of what the client has read; undefined when it does not fit. */
export function podShapeOf(spec: unknown): PodShape | undefined {
  const parsed = podSpec.safeParse(spec);
  return parsed.success ? parsed.data : undefined;
}
