// Says that a cluster does not hold what was asked for, with the nearest name it does hold: a slip is the likeliest reason.
import type { WorkloadRef } from '../change/change.ts';
import { suggestion } from '../words/nearest.ts';
import type { LiveWorkload } from './live-workload.ts';

const namesShownMax = 10;

/** `names` are those of the same kind and namespace, as far as they are known. */
export function noSuchWorkload(
  { kind, namespace, name }: WorkloadRef,
  names: readonly string[],
): string {
  const near = suggestion(name, names);
  const others =
    near !== '' || names.length === 0
      ? near
      : `; there are ${names.toSorted().slice(0, namesShownMax).join(', ')}`;
  return `there is no ${kind} "${name}" in namespace ${namespace}${others}`;
}

/** A container that the pods of a workload do not have. */
export function noSuchContainer({ ref, containers }: LiveWorkload, container: string): string {
  const names = containers.map(({ name }) => name);
  const near = suggestion(container, names);
  const where = `${ref.kind} ${ref.namespace}/${ref.name}`;
  return `${where} has no container "${container}"${near === '' ? `; it has ${names.join(', ')}` : near}`;
}
