// Reads the containers of a workload's template: where each stands, and what it requests and may use.

import type { SeenObject } from '../change/compare.ts';
import { valueAt } from '../change/pointer.ts';
import { parseCpuMillicores, parseMemoryMi } from '../profile/quantity.ts';

/** CPU in millicores, memory in Mi; what is not set is absent. */
export interface ResourceAmounts {
  readonly request?: number;
  readonly limit?: number;
}

export interface PodContainer {
  readonly name: string;
  /** Where it stands in the object: a JSON Pointer. */
  readonly pointer: string;
  readonly cpu: ResourceAmounts;
  readonly memory: ResourceAmounts;
  /** The texts as they stand; a map that is not there is absent. */
  readonly maps: { readonly requests?: Amounts; readonly limits?: Amounts };
}

type Amounts = Readonly<Record<string, string>>;

/** The containers of a Deployment, in their order. */
export function containersOf(seen: SeenObject): readonly PodContainer[] {
  return listAt(seen, 'containers');
}

/** Those that begin before the others and go on beside them. */
export function sidecarsOf(seen: SeenObject): readonly PodContainer[] {
  return listAt(seen, 'initContainers').filter(
    ({ pointer }) => valueAt(seen.value, `${pointer}/restartPolicy`) === 'Always',
  );
}

/** Which of these a Deployment states for its pods as a whole: that counts in place of what their containers request. */
export function statedForPod(
  { value }: SeenObject,
  resources: readonly string[],
): string | undefined {
  const whole = valueAt(value, '/spec/template/spec/resources');
  return resources.find((resource) =>
    ['requests', 'limits'].some((part) => valueAt(whole, `/${part}/${resource}`) !== undefined),
  );
}

function listAt({ value }: SeenObject, of: string): readonly PodContainer[] {
  const here = `/spec/template/spec/${of}`;
  const list = valueAt(value, here);
  if (!Array.isArray(list)) return [];
  return list.map((container: unknown, index) => {
    const [requests, limits] = ['requests', 'limits'].map((part) =>
      amountsAt(container, `/resources/${part}`),
    );
    const name = valueAt(container, '/name');
    return {
      name: typeof name === 'string' ? name : '',
      pointer: `${here}/${index}`,
      cpu: amounts(requests?.['cpu'], limits?.['cpu'], parseCpuMillicores),
      memory: amounts(requests?.['memory'], limits?.['memory'], parseMemoryMi),
      maps: { ...(requests && { requests }), ...(limits && { limits }) },
    };
  });
}

function amountsAt(container: unknown, pointer: string): Amounts | undefined {
  const map = valueAt(container, pointer);
  if (typeof map !== 'object' || map === null) return undefined;
  return Object.fromEntries(Object.entries(map).map(([key, amount]) => [key, String(amount)]));
}

function amounts(
  request: string | undefined,
  limit: string | undefined,
  parse: (text: string) => number | undefined,
): ResourceAmounts {
  const [asked, most] = [request, limit].map((text) =>
    text === undefined ? undefined : parse(text),
  );
  return {
    ...(asked !== undefined && { request: asked }),
    ...(most !== undefined && { limit: most }),
  };
}
