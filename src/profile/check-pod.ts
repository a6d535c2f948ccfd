// Finds pods that Kubernetes would refuse, or that no sizing could plan: a limit below its request, a largest pod that is smaller.
import type { Mistake, Places, YamlPath } from '../yaml/parse-yaml.ts';
import { formatCpu, formatMemory } from './quantity.ts';
import type { ProfileFile } from './schema/profile-file.ts';

type ComponentFile = ProfileFile['components'][string];

/** All mistakes in the pod of the component at `at`. */
export function podMistakes(
  { cpu, memory, cpuLimit, memoryLimit }: ComponentFile['pod'],
  podMax: ComponentFile['podMax'],
  at: YamlPath,
  places: Places,
): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  const amounts = [
    { name: 'cpu', request: cpu, limit: cpuLimit, most: podMax?.cpu, show: formatCpu },
    {
      name: 'memory',
      request: memory,
      limit: memoryLimit,
      most: podMax?.memory,
      show: formatMemory,
    },
  ];
  for (const { name, request, limit, most, show } of amounts) {
    if (limit !== undefined && limit < request) {
      const message = `the limit ${show(limit)} is below the request ${show(request)}`;
      mistakes.push(places.at([...at, 'pod', `${name}Limit`], message));
    }
    if (most !== undefined && most < request) {
      const message = `the largest pod, ${show(most)}, is smaller than the pod, ${show(request)}`;
      mistakes.push(places.at([...at, 'podMax', name], message));
    }
  }
  return mistakes;
}
