// Asks a cluster what a plan may do and meets there: the rights of our account, and PodDisruptionBudgets.

import { type Configuration, HttpMethod } from '@kubernetes/client-node';
import { z } from 'zod';
import type { AccessRight } from '../change/access.ts';
import { objectPath } from '../change/kinds.ts';
import { OperationError } from '../errors.ts';
import type { DisruptionBudget } from '../sizing/disruption.ts';
import { NotKubernetes, readTrouble } from './kubernetes-errors.ts';
import { orMissing } from './kubernetes-objects.ts';
import { listAll, readJson, sendJson } from './kubernetes-raw.ts';

const review = z.object({ status: z.object({ allowed: z.boolean() }) });

/** Whether our account has a right. @throws OperationError when the cluster cannot be asked. */
export async function mayIn(
  configuration: Configuration,
  {
    verb,
    group,
    resource,
    subresource,
    cluster,
    namespace,
    name,
  }: Omit<AccessRight, 'verb'> & { readonly verb: string },
): Promise<boolean> {
  const what = subresource === undefined ? resource : `${resource}/${subresource}`;
  const doing = `asking cluster ${cluster} whether Headroom may ${verb} ${what} of ${namespace}`;
  try {
    const answer = review.safeParse(
      await sendJson(configuration, {
        method: HttpMethod.POST,
        path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        type: 'application/json',
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: {
            resourceAttributes: { verb, group, resource, subresource, namespace, name },
          },
        },
      }),
    );
    if (!answer.success) throw new NotKubernetes();
    return answer.data.status.allowed;
  } catch (error) {
    throw readTrouble(doing, error);
  }
}

const storageClass = z.object({ allowVolumeExpansion: z.boolean().optional() });

/** One GET; a class that is gone lets nothing grow, as the server has it. @throws OperationError when the cluster cannot be asked. */
export async function mayGrowIn(
  configuration: Configuration,
  { cluster, name }: { readonly cluster: string; readonly name: string },
): Promise<boolean> {
  if (name === '') return false;
  const path = `/apis/storage.k8s.io/v1/storageclasses/${encodeURIComponent(name)}`;
  try {
    const read = await orMissing(readJson(configuration, path));
    if (read === undefined) return false;
    const answer = storageClass.safeParse(read);
    if (!answer.success) throw new NotKubernetes();
    return answer.data.allowVolumeExpansion === true;
  } catch (error) {
    throw readTrouble(`reading storage class ${name} of cluster ${cluster}`, error);
  }
}

const bound = z.union([z.number(), z.string()]).optional();
const budget = z
  .object({
    metadata: z.object({ name: z.string() }),
    spec: z
      .object({
        minAvailable: bound,
        maxUnavailable: bound,
        selector: z
          .object({
            matchLabels: z.record(z.string(), z.string()).optional(),
            matchExpressions: z
              .array(
                z.object({
                  key: z.string(),
                  operator: z.string(),
                  values: z.array(z.string()).optional(),
                }),
              )
              .optional(),
          })
          .optional(),
      })
      .optional(),
    status: z.object({ expectedPods: z.number().optional() }).optional(),
  })
  .transform(({ metadata, spec, status }): readonly DisruptionBudget[] => {
    const { selector, minAvailable, maxUnavailable } = spec ?? {};
    // Without a selector it is for no pod at all.
    if (selector === undefined) return [];
    return [
      {
        name: metadata.name,
        labels: selector.matchLabels ?? {},
        rules: (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => ({
          key,
          operator,
          values,
        })),
        ...(minAvailable !== undefined && { minAvailable }),
        ...(maxUnavailable !== undefined && { maxUnavailable }),
        expectedPods: status?.expectedPods ?? 0,
      },
    ];
  });

/** The budgets of a namespace. @throws OperationError when the cluster cannot be asked. */
export async function budgetsIn(
  configuration: Configuration,
  { cluster, namespace }: { readonly cluster: string; readonly namespace: string },
): Promise<readonly DisruptionBudget[]> {
  const doing = `listing the PodDisruptionBudgets of ${namespace} in cluster ${cluster}`;
  try {
    const path = objectPath('PodDisruptionBudget', { namespace });
    return (await listAll(configuration, { path, doing, item: budget })).flat();
  } catch (error) {
    throw error instanceof OperationError ? error : readTrouble(doing, error);
  }
}
