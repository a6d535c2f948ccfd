// Asks a cluster what our account may do there: the rules of a namespace at once, and one right at a time where they do not say.

import { type Configuration, HttpMethod } from '@kubernetes/client-node';
import { z } from 'zod';
import { apisOf } from './kubernetes.ts';
import { mayIn } from './kubernetes-checks.ts';
import type { ClusterAddress } from './kubernetes-config.ts';
import { readTrouble } from './kubernetes-errors.ts';
import { sendJson } from './kubernetes-raw.ts';

/** One verb on one resource. */
export interface AskedRight {
  /** Undefined: of the whole cluster. */
  readonly namespace: string | undefined;
  readonly group: string;
  /** The plural, with its subresource. */
  readonly resource: string;
  readonly verb: string;
  /** Only this object. */
  readonly name?: string;
}

export interface AccessReader {
  /** The name the cluster knows the account by. @throws OperationError when the cluster cannot be asked. */
  who(): Promise<string>;
  /** Those of the rights that the account lacks. @throws OperationError when the cluster cannot be asked. */
  missing<Right extends AskedRight>(rights: readonly Right[]): Promise<readonly Right[]>;
}

const rule = z.object({
  verbs: z.array(z.string()),
  apiGroups: z.array(z.string()).default([]),
  resources: z.array(z.string()).default([]),
  resourceNames: z.array(z.string()).default([]),
});
type Rule = z.infer<typeof rule>;

const rulesReview = z.object({ status: z.object({ resourceRules: z.array(rule) }) });
const selfReview = z.object({
  status: z.object({ userInfo: z.object({ username: z.string() }) }),
});

/** As many questions are open at once. */
const atOnce = 8;

/** @throws Error at once, in words, for what `kubeconfigMistakes` finds. */
export function createAccessReader(
  address: ClusterAddress,
  kubeconfig: string | undefined,
  { deadlineMs }: { readonly deadlineMs: number },
): AccessReader {
  const { configuration } = apisOf(address, kubeconfig, deadlineMs);
  return {
    async who() {
      const answer = await review(configuration, 'authentication', 'SelfSubjectReview', undefined);
      return selfReview.parse(answer).status.userInfo.username;
    },
    async missing(rights) {
      const namespaces = [...new Set(rights.flatMap(({ namespace }) => namespace ?? []))];
      const rules = new Map(
        await Promise.all(
          namespaces.map(
            async (namespace) => [namespace, await rulesIn(configuration, namespace)] as const,
          ),
        ),
      );
      const open = rights.filter(
        (right) =>
          right.namespace === undefined ||
          !(rules.get(right.namespace) ?? []).some((each) => covers(each, right)),
      );
      // The list of rules is not whole where something else than roles decides, so each right that is not in it is asked for.
      const lacking: (typeof open)[number][] = [];
      for (let from = 0; from < open.length; from += atOnce) {
        const some = open.slice(from, from + atOnce);
        const allowed = await Promise.all(
          some.map((right) => isAllowed(configuration, address.id, right)),
        );
        lacking.push(...some.filter((_, index) => allowed[index] !== true));
      }
      return lacking;
    },
  };
}

async function rulesIn(configuration: Configuration, namespace: string): Promise<readonly Rule[]> {
  const spec = { namespace };
  const answer = await review(configuration, 'authorization', 'SelfSubjectRulesReview', spec);
  return rulesReview.parse(answer).status.resourceRules;
}

function covers(
  { verbs, apiGroups, resources, resourceNames }: Rule,
  { verb, group, resource, name }: AskedRight,
): boolean {
  const has = (values: readonly string[], wanted: string) =>
    values.includes('*') || values.includes(wanted);
  const named = resourceNames.length === 0 || (name !== undefined && resourceNames.includes(name));
  return has(verbs, verb) && has(apiGroups, group) && has(resources, resource) && named;
}

async function isAllowed(
  configuration: Configuration,
  cluster: string,
  right: AskedRight,
): Promise<boolean> {
  const { namespace = '', group, verb, name = '' } = right;
  const [resource = '', subresource] = right.resource.split('/');
  const asked = { verb, group, resource, cluster, namespace, name };
  return mayIn(configuration, { ...asked, ...(subresource !== undefined && { subresource }) });
}

async function review(
  configuration: Configuration,
  group: 'authorization' | 'authentication',
  kind: string,
  spec: unknown,
): Promise<unknown> {
  try {
    return await sendJson(configuration, {
      method: HttpMethod.POST,
      path: `/apis/${group}.k8s.io/v1/${kind.toLowerCase()}s`,
      type: 'application/json',
      body: { apiVersion: `${group}.k8s.io/v1`, kind, ...(spec !== undefined && { spec }) },
    });
  } catch (error) {
    throw readTrouble('asking what the account may do', error);
  }
}
