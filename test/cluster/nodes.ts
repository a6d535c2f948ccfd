// What the nodes of a cluster do, so that what nobody can see there is skipped with a word instead of waited for.

import type { TestContext } from 'vitest';
import { z } from 'zod';
import type { Place } from './place.ts';

/** They run containers, say so without doing it (as in clusters made to try the control plane), or take no pods at all. */
type Nodes = 'running' | 'hollow' | 'none';

const nodeList = z.object({
  items: z.array(
    z.object({
      spec: z.object({ unschedulable: z.boolean().optional() }),
      status: z.object({
        conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
      }),
    }),
  ),
});

const seenPod = z.object({
  status: z.object({
    containerStatuses: z
      .array(
        z.object({
          ready: z.boolean(),
          state: z.object({ waiting: z.object({ reason: z.string().optional() }).optional() }),
        }),
      )
      .default([]),
  }),
});

/** Skips a case that needs pods to become ready, or containers that really run. It is found out once. */
export function nodeNeeds(lend: () => Place) {
  let found: Promise<Nodes> | undefined;
  return async ({ skip }: Pick<TestContext, 'skip'>, what: 'pods' | 'containers') => {
    found ??= nodesOf(lend());
    const nodes = await found;
    skip(nodes === 'none', 'no node there takes pods, so none become ready');
    skip(
      nodes === 'hollow' && what === 'containers',
      'nodes there run nothing: every pod is ready',
    );
  };
}

async function nodesOf(place: Place): Promise<Nodes> {
  const { status, body } = await place.ask('GET', '/api/v1/nodes');
  // Who may not look takes it that there are some.
  if (status === 200) {
    const takesPods = nodeList
      .parse(body)
      .items.some(
        ({ spec, status: { conditions } }) =>
          spec.unschedulable !== true &&
          conditions.some((each) => each.type === 'Ready' && each.status === 'True'),
      );
    if (!takesPods) return 'none';
  }
  const pods = `/api/v1/namespaces/${place.namespace}/pods`;
  const name = 'what-nodes-do';
  // There is no such image, so where its container is ready, nothing runs.
  const containers = [{ name: 'app', image: 'registry.invalid/does-not-exist:1' }];
  const spec = { terminationGracePeriodSeconds: 0, containers };
  await place.ask('POST', pods, { metadata: { name }, spec });
  const nodes = await place.until('a pod to tell what nodes do', async () => {
    const pod = seenPod.safeParse((await place.ask('GET', `${pods}/${name}`)).body).data;
    const container = pod?.status.containerStatuses[0];
    if (container?.ready === true) return 'hollow';
    return /Image/.test(container?.state.waiting?.reason ?? '') ? 'running' : undefined;
  });
  await place.ask('DELETE', `${pods}/${name}`);
  return nodes;
}
