// The nodes a sandbox cluster starts with: few, large and empty.

import type { JsonObject } from './json.ts';

/** What one node offers to pods. */
export interface NodeSize {
  readonly cpu: string;
  readonly memory: string;
  readonly pods: string;
}

export interface NodeCount extends NodeSize {
  readonly count: number;
}

/** Enough for the systems of the guides at their baselines several times over. */
export const usualNodes: NodeCount = { count: 2, cpu: '64', memory: '128Gi', pods: '500' };

/** Nodes named `sandbox-node-0` and on, each in a zone of its own, ready and open. */
export function defaultNodes({ count, ...size }: NodeCount): readonly JsonObject[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `sandbox-node-${index}`;
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        labels: {
          'kubernetes.io/arch': 'amd64',
          'kubernetes.io/hostname': name,
          'kubernetes.io/os': 'linux',
          'topology.kubernetes.io/zone': `zone-${index}`,
        },
      },
      status: {
        capacity: { ...size },
        allocatable: { ...size },
        conditions: [
          { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'KubeletReady' },
        ],
        addresses: [{ type: 'InternalIP', address: `10.0.0.${10 + index}` }],
        daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
        nodeInfo: {
          kubeletVersion: 'v1.36.2',
          operatingSystem: 'linux',
          architecture: 'amd64',
        },
      },
    };
  });
}
